import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from "playwright-core";
import { CHROMIUM_ARGS, chromiumPath } from "../chromium.ts";
import { isLoopback } from "./loopback.ts";

/** A Chromium whose pages reach this machine alone. */
export interface GuardedBrowser {
  browser: Browser;
  newContext: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  /** Every address outside this machine that a page asked for; all are refused. */
  refused: string[];
  /** Fails where anything was refused. */
  close: () => Promise<void>;
}

export async function launchBrowser(): Promise<GuardedBrowser> {
  const browser = await chromium.launch({ executablePath: await chromiumPath(), args: CHROMIUM_ARGS });
  const refused: string[] = [];
  return {
    browser,
    refused,
    newContext: async (options) => {
      const context = await browser.newContext(options);
      await context.route(
        (url) => url.protocol.startsWith("http") && !isLoopback(url.hostname),
        async (route) => {
          refused.push(route.request().url());
          await route.abort();
        },
      );
      return context;
    },
    close: async () => {
      await browser.close();
      if (refused.length > 0) throw new Error(`pages asked for ${refused.join(", ")}`);
    },
  };
}
