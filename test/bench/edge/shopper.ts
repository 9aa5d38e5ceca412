import type { Campaign } from "../../../models/campaign.ts";
import type { SiteConfig } from "../../../models/site-config.ts";
import { USER_AGENT } from "../../chromium.ts";
import { type DemoSite, randomKey } from "../../harness/edge.ts";
import { SMALL_SITE } from "../../harness/small-site.ts";

const CAMPAIGNS = 20;
const BATCH = 10;
/** So many people share no address: the bound of one address is not what is measured. */
const ADDRESSES = 250;
const PAGES = ["", "products/kettle", "cart", "pay", "pay/card", "about"];

/** The small site with 20 campaigns, and a rate that no figure reaches. */
export const BUSY_SITE: SiteConfig = {
  ...SMALL_SITE,
  campaigns: Array.from({ length: CAMPAIGNS }, (_, i) => ({
    ...(SMALL_SITE.campaigns[0] as Campaign),
    id: `help${i}`,
  })),
  limits: { touchpointsPerSecond: 100_000 },
};

/** The page that a visitor is on, and what it adds to each batch. */
export interface Page {
  origin: string;
  site: DemoSite;
  more: () => object;
}

/** One visitor, as their page knows them. */
export interface Shopper {
  secret: string;
  stream: string;
  /** Of the next touchpoint. */
  seq: number;
  startedAt: number;
  /** The token of the last answer, "" before one. */
  person: string;
  address: string;
}

export function newShopper(): Shopper {
  const address = `198.51.100.${1 + Math.floor(Math.random() * ADDRESSES)}`;
  return { secret: randomKey(16), stream: randomKey(8), seq: 0, startedAt: Date.now() - 600_000, person: "", address };
}

export function headersOf({ origin }: Page, { address }: Shopper): Record<string, string> {
  return {
    Origin: origin,
    "Content-Type": "text/plain",
    "User-Agent": USER_AGENT,
    "Accept-Language": "en-GB,en;q=0.9",
    "CF-Connecting-IP": address,
  };
}

/** The next batch of ten: views and clicks, a second apart, with what the scrub has to look at. */
export function nextBatch({ origin, site, more }: Page, shopper: Shopper): string {
  const touchpoints = Array.from({ length: BATCH }, (_, i) => {
    const seq = shopper.seq + i;
    const isClick = seq % 3 === 2;
    return {
      seq,
      type: isClick ? "click" : "page",
      name: isClick ? "Add to basket" : "A page of the shop",
      at: shopper.startedAt + seq * 1000,
      url: `${origin}/${PAGES[Math.floor(seq / 2) % PAGES.length]}?q=kettle#top`,
      props: isClick ? { selector: "button.buy", count: seq } : { referrer: "https://search.example/", count: seq },
    };
  });
  shopper.seq += BATCH;
  const { secret, person, stream } = shopper;
  return JSON.stringify({
    v: 1,
    site: site.publicKey,
    ...(person === "" ? { secret } : { person }),
    sentAt: Date.now(),
    consent: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
    streams: [{ stream, touchpoints }],
    asks: [],
    ...more(),
  });
}
