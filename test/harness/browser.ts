import { type BrowserContext, type BrowserContextOptions, chromium } from "playwright-core";
import { CHROMIUM_ARGS, chromiumPath } from "../chromium.ts";
import { isLoopback } from "./loopback.ts";

/** A Chromium whose pages reach this machine alone. */
export interface GuardedBrowser {
  newContext: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  /** Every address outside this machine that a page asked for. */
  refused: string[];
  /** Fails where anything was refused. */
  close: () => Promise<void>;
}

/**
 * Other hosts are refused by Chromium's own resolver rules (`CHROMIUM_ARGS`), and recorded as the page asks. No route
 * stands in between: it would turn off the HTTP cache, and hold requests that are to outlive their page.
 */
export async function launchBrowser(): Promise<GuardedBrowser> {
  const browser = await chromium.launch({ executablePath: await chromiumPath(), args: CHROMIUM_ARGS });
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
      await browser.close();
      if (refused.length > 0) throw new Error(`pages asked for ${refused.join(", ")}`);
    },
  };
}
