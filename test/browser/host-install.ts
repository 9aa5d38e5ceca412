import type { BrowserContext, Page } from "playwright-core";
import type { SiteConfig } from "../../models/site-config.ts";
import { shareBrowser } from "../harness/browser.ts";
import { built } from "../harness/built.ts";
import { type Edge, randomKey, startEdge } from "../harness/edge.ts";
import { type FaultFor, type SiteHost, startSiteHost } from "./site-host.ts";

/** A page as its owner serves it. */
interface ServedPage {
  html: string;
  headers?: Record<string, string>;
}

export interface TagOptions {
  /** "own": from the page's host, as `/_w/waypost.js`. "edge": from another site. */
  from?: "own" | "edge";
  /** Further attributes, as written in HTML. */
  attributes?: string;
  /** Name of the file, below the folder of the tag. */
  file?: string;
}

/** Any page of any owner, with a real edge behind it. `startInstall` is the same for one page of ours. */
export interface HostInstall {
  /** The built files. */
  dist: string;
  /** A browser, a site and two hosts of its own for each visit. Visits may run side by side. */
  visit: (steps: (visit: HostVisit) => Promise<void>) => Promise<void>;
  close: () => Promise<void>;
}

export interface HostVisit {
  context: BrowserContext;
  page: Page;
  publicKey: string;
  /** Makes another site with the same configuration, for both hosts, and gives its public key. */
  newSite: () => Promise<string>;
  /** Where the pages are: `http://localhost:PORT`. */
  own: SiteHost;
  /** Another site, `http://127.0.0.1:PORT`, that serves the tag and the edge as well, and pages for frames. */
  edge: SiteHost;
  /** Puts a page at a path of both hosts. */
  serve: (path: string, page: ServedPage | string) => void;
  /** Answers for both hosts before anything else does; null: not any more. */
  fault: (answer: FaultFor | null) => void;
  /** The script element. */
  tag: (options?: TagOptions) => string;
  open: (path: string) => Promise<void>;
  /** What reached a `window.onerror` of any page: nobody's code threw, or a test says that it was to. */
  errors: string[];
}

export async function startHostInstall(config: SiteConfig): Promise<HostInstall> {
  const { dist } = await built();
  const edge = await startEdge({ assets: dist });
  const browser = await shareBrowser();
  let sites = 0;
  return {
    dist,
    visit: async (steps) => {
      const hosts = await Promise.all([startSiteHost(edge.url, notFound), startSiteHost(edge.url, notFound)]);
      const [own, other] = hosts as [SiteHost, SiteHost];
      other.url = other.url.replace("localhost", "127.0.0.1");
      const origins = hosts.map(({ url }) => url);
      const newSite = () => createSite(edge, `shop-${sites++}`, { ...config, origins });
      const publicKey = await newSite();
      const context = await browser.newContext();
      context.setDefaultTimeout(20_000);
      await steps(await newVisit(context, { own, edge: other, publicKey, newSite }));
      await context.close();
      await Promise.all(hosts.map((host) => host.close()));
    },
    close: async () => {
      await browser.close();
      await edge.close();
    },
  };
}

async function createSite(edge: Edge, id: string, config: SiteConfig): Promise<string> {
  const publicKey = randomKey(16);
  await edge.api("PUT", `/api/sites/${id}`, { id, publicKey, writeKey: randomKey(16) });
  const put = await edge.api("PUT", `/api/sites/${id}/config`, config);
  if (!put.ok) throw new Error(await put.text());
  return publicKey;
}

async function newVisit(
  context: BrowserContext,
  { own, edge, publicKey, newSite }: Pick<HostVisit, "own" | "edge" | "publicKey" | "newSite">,
): Promise<HostVisit> {
  const page = await context.newPage();
  const errors: string[] = [];
  context.on("weberror", (error) => errors.push(String(error.error())));
  const pages = new Map<string, ServedPage>();
  let before: FaultFor = () => null;
  const answer: FaultFor = (request) => {
    const { html, headers } = pages.get(new URL(request.path, own.url).pathname) ?? {};
    const served =
      html === undefined
        ? null
        : { status: 200, headers: { "content-type": "text/html; charset=utf-8", ...headers }, body: html };
    return before(request) ?? served;
  };
  own.fault = answer;
  edge.fault = answer;
  return {
    context,
    page,
    publicKey,
    newSite,
    own,
    edge,
    errors,
    serve: (path, served) => pages.set(path, typeof served === "string" ? { html: served } : served),
    fault: (fault) => {
      before = fault ?? (() => null);
    },
    tag: ({ from = "own", attributes = "async", file = "waypost.js" } = {}) => {
      const src = `${from === "own" ? "" : edge.url}/_w/${file}`;
      return `<script src="${src}" data-site="${publicKey}" ${attributes}></script>`;
    },
    open: async (path) => {
      await page.goto(own.url + path);
    },
  };
}

function notFound(path: string): string {
  return `<!doctype html><title>Not found</title><p>Nothing is at ${path}.</p>`;
}
