import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { PURPOSES } from "../../models/consent.ts";
import type { BannerRequest, CampaignRequest, CentreRequest } from "../../models/surface.ts";
import { WORDS } from "../../models/texts/all.ts";
import { visitor as en } from "../../models/texts/en.ts";
import { type PageText, textFor } from "../../models/texts/visitor-text.ts";
import type { Fixture, Own, Told } from "./fixture.ts";
import { type LocalSite, localSite } from "./local-site.ts";

declare global {
  var fixture: Fixture;
}

/** The strictest page that we promise to work on (S4): no inline style, no HTML parsing, no policy can be made. */
export const STRICT_CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";

const ROWS = Array.from({ length: 40 }, (_, i) => `<li><a href="#row-${i}">Row ${i}</a></li>`).join("");
const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="stylesheet" href="/page.css">
<link rel="stylesheet" href="/more.css"><script type="module" src="/fixture.js"></script></head>
<body><header><a id="first" href="#main">A site</a></header><main id="main"><h1>A page</h1><form><label>Name <input id="name"></label>
<label>Find <input id="find" type="search"></label><button id="send" type="button">Send</button></form><ul>${ROWS}</ul></main>
<footer><a id="last" href="#end">Imprint</a></footer></body></html>`;
const CSS = `:root{color-scheme:light dark}a{display:inline-block;padding:.3em}
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#9cf}}`;
/** Rules of a page that would spoil a surface if they could reach it: served at `/hostile`. */
const HOSTILE_CSS = `div,section{display:none!important;position:static!important;opacity:.1!important;font-size:4px!important}
button,h2,p,a{color:#ccc!important;font-size:6px!important;text-transform:uppercase!important}html{font-size:5px}`;
const SHEETS: Record<string, string> = { "/page.css": CSS, "/more.css": "", "/hostile.css": HOSTILE_CSS };

/** Serves a page with `STRICT_CSP` (`/control`: without a policy) and the two chunks, bundled as the build does. */
export async function surfaceSite(): Promise<LocalSite> {
  const files = await bundle();
  const site = await localSite(({ url = "/" }, response) => {
    const script = files.get(url);
    if (script !== undefined) response.setHeader("content-type", "text/javascript").end(script);
    else if (url.endsWith(".css")) response.setHeader("content-type", "text/css").end(SHEETS[url]);
    else {
      if (url !== "/control") response.setHeader("content-security-policy", STRICT_CSP);
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(url === "/hostile" ? PAGE.replace("more.css", "hostile.css") : PAGE);
    }
  });
  return {
    ...site,
    open: async (options) => {
      const page = await site.open(options);
      await page.waitForFunction(() => "fixture" in globalThis);
      return page;
    },
  };
}

async function bundle(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("fixture.ts", import.meta.url))],
    outdir: "/",
    write: false,
    bundle: true,
    format: "esm",
    splitting: true,
    minify: true,
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]));
}

/** The shadow root of the one surface that is open, for use in the page. */
export const ROOT = "document.querySelector('[data-waypost]').shadowRoot";

/** What a site says, in its own words where a test looks for them. */
const TEXT: PageText = {
  ...textFor(en, "opt-in"),
  title: "May we learn from your visit?",
  body: "We would like to keep which pages you open, so that we can help where people get stuck.",
  accept: "Accept",
  reject: "Reject",
  acceptAll: "Accept",
  rejectAll: "Reject",
  gpcHonoured: "Opt-out request honoured: your browser asks for it.",
};

type Spoken = "en" | "de" | "ar";

/** The same surfaces as a visitor meets them who reads this language. */
export function speaking(language: Spoken): { text: PageText; language: Spoken; dir: "ltr" | "rtl" } {
  return {
    text: textFor(WORDS[language].visitor, "opt-in"),
    language,
    dir: language === "ar" ? "rtl" : "ltr",
  };
}

/** What the surfaces are told of the site. */
export const CONSENT: CentreRequest["consent"] = {
  text: TEXT,
  language: "en",
  dir: "ltr",
  purposes: ["analytics", "scoring", "personalization"],
  recipients: [],
  retentionDays: 395,
};

/** A banner as a page would ask for it; a test changes what it is about. */
export const BANNER: Told<BannerRequest> = { consent: CONSENT, signal: null, news: [], openedByVisitor: false };

/** A preference centre in which nothing is on, of a site that offers all five purposes. */
export const CENTRE: Told<CentreRequest> = {
  consent: {
    ...CONSENT,
    purposes: [...PURPOSES],
    recipients: [{ name: "Parcel Post", purposes: ["sharing"] }],
  },
  text: TEXT,
  signal: null,
  news: [],
  granted: [],
  objects: false,
  privacyHref: "/privacy",
};

/** What an edge would tell of somebody who was told to be called Ada, in these words. */
export function ownIn(language: Spoken = "en", change: Partial<Own> = {}): Own {
  return {
    words: WORDS[language].visitor.data,
    state: { traits: { name: "Ada", visits: 3 }, restricted: false },
    receipt: null,
    ...change,
  };
}

export const NUDGE: Told<CampaignRequest<"nudge">> = {
  content: {
    title: "Can we help?",
    body: ["Returns are free for 60 days.", "You can also call us."],
    action: { label: "See how delivery works", href: "/help" },
  },
  why: ["You have been on this step for a while.", "You came back to it twice."],
  text: TEXT,
  contentLanguage: "en",
  language: "en",
  dir: "ltr",
};
