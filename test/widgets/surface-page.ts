import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { PURPOSES } from "../../models/consent.ts";
import type { BannerRequest, CampaignRequest, CentreRequest, SurfaceKind } from "../../models/surface.ts";
import { WORDS } from "../../models/texts/all.ts";
import { visitor as en } from "../../models/texts/en.ts";
import { type CampaignText, type PageText, textFor } from "../../models/texts/visitor-text.ts";
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
/** One grey pixel. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);
const SHEETS: Record<string, string> = { "/page.css": CSS, "/more.css": "", "/hostile.css": HOSTILE_CSS };

/** Serves a page with `STRICT_CSP` (`/control`: without a policy) and the two chunks, bundled as the build does. */
export async function surfaceSite(): Promise<LocalSite> {
  const files = await bundle();
  const site = await localSite(({ url = "/" }, response) => {
    const script = files.get(url);
    if (script !== undefined) response.setHeader("content-type", "text/javascript").end(script);
    else if (url.startsWith("/picture.png")) response.setHeader("content-type", "image/png").end(PICTURE);
    else if (url.endsWith(".css")) response.setHeader("content-type", "text/css").end(SHEETS[url]);
    else {
      if (url !== "/control")
        response.setHeader("content-security-policy", `${STRICT_CSP}; img-src 'self'; frame-src 'self'`);
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

export interface Speech {
  text: PageText;
  /** Round what a campaign shows. */
  round: CampaignText;
  language: Spoken;
  dir: "ltr" | "rtl";
}

/** The same surfaces as a visitor meets them who reads this language. */
export function speaking(language: Spoken): Speech {
  return {
    text: textFor(WORDS[language].visitor, "opt-in"),
    round: WORDS[language].visitor.campaign,
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

const ROUND = {
  why: ["You have been on this step for a while.", "You came back to it twice."],
  text: en.campaign,
  contentLanguage: "en",
  language: "en",
  dir: "ltr",
} as const;

export const NUDGE: Told<CampaignRequest<"nudge">> = {
  ...ROUND,
  why: [...ROUND.why],
  content: {
    title: "Can we help?",
    body: ["Returns are free for 60 days.", "You can also call us."],
    action: { label: "See how delivery works", href: "/help" },
  },
};

/** A request of each kind, with every part that its content can have. */
export const REQUESTS: { [K in SurfaceKind]: Told<CampaignRequest<K>> } = {
  nudge: { ...NUDGE, content: { ...NUDGE.content, image: { src: "/picture.png", alt: "A parcel" } } },
  tip: {
    ...NUDGE,
    content: {
      target: "#send",
      title: "Send it when you are ready",
      body: ["You can change it for an hour."],
      action: { label: "What happens next", href: "/next" },
    },
  },
  offer: {
    ...NUDGE,
    content: {
      title: "Ten percent off your first order",
      body: ["For everything in the shop."],
      code: "WELCOME-10",
      terms: "Once for each household, until the end of the year.",
      contest: { label: "Have a person look at this", href: "/contact" },
      action: { label: "Go to the basket", href: "/basket" },
      image: { src: "/picture.png", alt: "A parcel" },
    },
  },
  survey: {
    ...NUDGE,
    content: {
      title: "How was it?",
      questions: [
        { id: "nps", kind: "nps", label: "Would you recommend us?", low: "Never", high: "At once" },
        { id: "csat", kind: "csat", label: "How content are you?", low: "Not at all", high: "Wholly", optional: true },
        { id: "ces", kind: "ces", label: "How easy was it?", low: "Hard", high: "Easy", optional: true },
        {
          id: "found",
          kind: "single",
          label: "Did you find it?",
          options: [
            { id: "yes", label: "Yes, at once" },
            { id: "no", label: "No, it is well hidden" },
          ],
        },
        {
          id: "missed",
          kind: "multiple",
          label: "What did you miss?",
          optional: true,
          options: [
            { id: "size", label: "Sizes" },
            { id: "photo", label: "Photos" },
          ],
        },
        { id: "words", kind: "text", label: "Anything else?" },
      ],
      thanks: "Thank you. That helps.",
    },
  },
  checklist: {
    ...NUDGE,
    done: ["account"],
    content: {
      title: "Get started",
      items: [
        { id: "account", label: "Make an account", match: { type: "track", name: "Signed Up" } },
        { id: "first", label: "Send the first message", body: "It takes a minute.", href: "/messages" },
        { id: "team", label: "Tell your team" },
        { id: "theme", label: "Choose colours", match: { type: "track", name: "Theme Chosen" } },
      ],
      done: "All done. Enjoy it.",
    },
  },
  tour: {
    ...NUDGE,
    content: {
      steps: [
        { target: "#name", title: "Your name", body: ["As others will see it."] },
        { target: "#send", placement: "inline-end", title: "Send", body: ["Nothing is sent before."] },
        { title: "More to see", body: ["All of it is in the help."], image: { src: "/picture.png", alt: "A parcel" } },
        { target: "#last", title: "The end of the page", body: ["Here is who we are."] },
      ],
    },
  },
  banner: {
    ...NUDGE,
    content: {
      body: ["We are closed on Monday.", "Orders leave on Tuesday."],
      action: { label: "Read why", href: "/closed" },
    },
  },
};
