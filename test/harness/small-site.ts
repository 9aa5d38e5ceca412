import type { CampaignOf } from "../../models/campaign.ts";
import type { FrictionConfig, SiteConfig } from "../../models/site-config.ts";

const NO_FRICTION: FrictionConfig = { rage: false, dead: false, error: false, uTurn: false, struggle: false };

/** A configuration of four stages and one campaign, for tests that need some site. */
export const SMALL_SITE: SiteConfig & { campaigns: CampaignOf<"nudge">[] } = {
  origins: ["https://shop.example"],
  consent: {
    mode: "opt-in",
    language: "en",
    purposes: ["analytics", "scoring", "personalization"],
    askAgainAfterDays: 180,
    // The site's own link is in its place; tests of the control ask for it.
    control: false,
    text: {
      title: "May we help?",
      body: "We would like to see where visitors get stuck.",
      accept: "Accept",
      reject: "Reject",
      gpcHonoured: "Opt-out request honoured.",
      purposes: {
        analytics: "Your way through the shop.",
        scoring: "Predictions, made on your device and on our server.",
        personalization: "Help at the right moment.",
        improvement: "Better predictions.",
        sharing: "Sharing with others.",
      },
    },
  },
  journeys: [
    {
      id: "checkout",
      name: "Checkout",
      stages: [
        { id: "browse", name: "Browse", match: { path: "/" } },
        { id: "cart", name: "Cart", match: { path: "/cart" } },
        { id: "pay", name: "Payment", match: { path: "/pay*" }, typicalDwellMs: 10_000 },
        { id: "done", name: "Done", match: { path: "/thanks" } },
      ],
      goal: "done",
    },
  ],
  campaigns: [
    {
      id: "help",
      version: 1,
      name: "Help at payment",
      kind: "nudge",
      status: "live",
      trigger: { kind: "score", score: "stall", band: "high" },
      stages: ["pay"],
      holdout: 0.1,
      cap: { count: 1, windowMs: 7 * 86_400_000 },
      content: { title: "Need a hand?", body: ["Call us."] },
    },
  ],
  segments: [],
  traits: [],
  thresholds: { stall: { medium: 0.5, high: 0.8 }, intent: { medium: 0.5, high: 0.8 } },
  engine: "compact",
  capture: {
    clicks: true,
    forms: true,
    copies: true,
    errors: true,
    vitals: false,
    // Whether somebody struggles depends on time: tests of it say so.
    friction: NO_FRICTION,
    query: [],
  },
  serverBasis: "contract with the customer",
};

/** The same, with what a visitor can choose in detail: our own words in two more languages, a recipient, the control. */
export const DETAILED_SITE: SiteConfig = {
  ...SMALL_SITE,
  consent: {
    ...SMALL_SITE.consent,
    recipients: [{ name: "Parcel Post", purposes: ["analytics"] }],
    texts: { de: {}, ar: {} },
    dnt: true,
    control: true,
  },
};
