import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContextOptions, Page } from "playwright-core";
import { shareBrowser } from "../harness/browser.ts";

export interface LocalSite extends AsyncDisposable {
  /** A new page at `path`, in a context of its own; without motion, so that boxes stand still, unless told. */
  open: (options?: BrowserContextOptions & { path?: string }) => Promise<Page>;
}

/** A site on loopback and a Chromium that opens its pages; both end with it. */
export async function localSite(answer: RequestListener): Promise<LocalSite> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await shareBrowser();
  return {
    open: async ({ path = "/", ...options } = {}) => {
      const page = await (await browser.newContext({ baseURL, reducedMotion: "reduce", ...options })).newPage();
      await page.goto(path);
      return page;
    },
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await new Promise((done) => server.close(done));
    },
  };
}
