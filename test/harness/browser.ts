import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from "playwright-core";
import { CHROMIUM_ARGS, chromiumPath } from "../chromium.ts";
import { isLoopback } from "./loopback.ts";

/** A Chromium whose pages reach this machine alone. */
export interface GuardedBrowser {
  newContext: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  /** Every address outside this machine that a page asked for. */
  refused: string[];
  /** Closes what it has opened. Fails where anything was refused. */
  close: () => Promise<void>;
}

/** A Chromium of its own. */
export async function launchBrowser(): Promise<GuardedBrowser> {
  const browser = await launch();
  return guarded(browser, () => browser.close());
}

let shared: Promise<Browser> | undefined;

/** Contexts of their own in one Chromium a process, which ends with it: each start is a second of a core. */
export async function shareBrowser(): Promise<GuardedBrowser> {
  shared ??= launch();
  const contexts = new Set<BrowserContext>();
  const all = guarded(await shared, async () => {
    await Promise.all([...contexts].map((context) => context.close()));
  });
  return {
    ...all,
    newContext: async (options) => {
      const context = await all.newContext(options);
      contexts.add(context);
      context.on("close", () => contexts.delete(context));
      return context;
    },
  };
}

async function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: await chromiumPath(), args: CHROMIUM_ARGS });
}

/**
 * Other hosts are refused by Chromium's own resolver rules (`CHROMIUM_ARGS`), and recorded as the page asks. No route
 * stands in between: it would turn off the HTTP cache, and hold requests that are to outlive their page.
 */
function guarded(browser: Browser, close: () => Promise<void>): GuardedBrowser {
  const refused: string[] = [];
  return {
    refused,
    newContext: async (options) => {
      const context = await browser.newContext(options);
      context.on("request", (request) => {
        const { protocol, hostname } = new URL(request.url());
        if (protocol.startsWith("http") && !isLoopback(hostname)) refused.push(request.url());
      });
      return context;
    },
    close: async () => {
      await close();
      if (refused.length > 0) throw new Error(`pages asked for ${refused.join(", ")}`);
    },
  };
}
