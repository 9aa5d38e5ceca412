import type { Rate } from "./bucket.ts";
import type { SiteConfig } from "./site-config.ts";

/** What a site's pages may send, all together, where its configuration does not say otherwise: touchpoints and asks. */
export const TOUCHPOINTS_PER_SECOND = 1_000;
/** What a configuration may set in its place: a whole batch of 500 has to fit into ten seconds' worth. */
export const SITE_RATE: [min: number, max: number] = [50, 100_000];
/** What comes at once may be this many seconds' worth. */
export const SITE_BURST_S = 10;

/** Kinds of what a site pays for. Each has a bucket of its own, so that a flood of one holds up no other. */
export const SPENT_KINDS = ["touchpoints", "server-events", "imports", "grants", "refusals"] as const;
export type Spent = (typeof SPENT_KINDS)[number];

/** What a site's servers may send: an import is slower than this by itself. It holds up nothing that has just happened. */
const FROM_SERVERS: Rate = { perSecond: 5_000, burst: 50_000 };
const GRANTS: Rate = { perSecond: 100, burst: 1_000 };
/** Withdrawals among them. Wider than any site needs: a withdrawal that is not heard is worse than a row. */
const REFUSALS: Rate = { perSecond: 1_000, burst: 10_000 };

/** What one site may spend of a kind, over all places and addresses. */
export function siteRate(kind: Spent, { limits }: Pick<SiteConfig, "limits">): Rate {
  switch (kind) {
    case "touchpoints": {
      const perSecond = limits?.touchpointsPerSecond ?? TOUCHPOINTS_PER_SECOND;
      return { perSecond, burst: perSecond * SITE_BURST_S };
    }
    case "server-events":
    case "imports":
      return FROM_SERVERS;
    case "grants":
      return GRANTS;
    case "refusals":
      return REFUSALS;
  }
}

/** Batches of one visitor: each is a row. A page sends one in a few seconds, and what it kept while it was offline. */
export const VISITOR_RATE: Rate = { perSecond: 1, burst: 120 };

/** Of what a site's pages may send, one address at most this part: many people may be behind it, but not all of them. */
const ADDRESS_PART = 4;

/** What one address may send to one site: touchpoints and asks. */
export function addressRate(config: Pick<SiteConfig, "limits">): Rate {
  const { perSecond, burst } = siteRate("touchpoints", config);
  return { perSecond: Math.ceil(perSecond / ADDRESS_PART), burst: Math.ceil(burst / ADDRESS_PART) };
}

/** Looks of one person at others, each a row of the log: sixty at once, then one in ten seconds. */
export const LOOK_RATE: Rate = { perSecond: 1, burst: 600 };
/** What one costs of it. */
export const LOOK_COST = 10;

/** Requests of one address: many people may be behind it. Choices are counted apart from all others. */
export const ADDRESS_RATE: Rate = { perSecond: 100, burst: 1_000 };

/** Credentials of one address that were nobody's: mistakes of many people behind it, and slow guessing. */
export const FAILED_RATE: Rate = { perSecond: 1, burst: 100 };

/** Command lines of one address that ask to be signed in: each waits in a row of the deployment's for ten minutes. */
export const DEVICE_RATE: Rate = { perSecond: 0.05, burst: 10 };
