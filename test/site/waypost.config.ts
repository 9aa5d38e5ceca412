import { FRICTION_DEFAULTS } from "../../models/friction.ts";
import type { SiteConfig } from "../../models/site-config.ts";

const WEEK_MS = 7 * 86_400_000;

/** Worked campaigns (worker/config/campaigns) that `npm start` shows beside the one below: a list and a tip, a survey and what a bad answer brings. */
export const SHOWN_IN_DEMO = ["first-steps", "service-recovery"];

/** The whole of what Waypost does for the demo shop. `npm start` applies it through the public config route. */
export default {
  origins: ["http://localhost:8787"],
  consent: {
    mode: "opt-in",
    language: "en",
    purposes: ["analytics", "scoring", "personalization"],
    askAgainAfterDays: 180,
    // “Privacy choices” at the end of every page is the shop's own.
    control: false,
    text: {
      title: "May we learn from your visit?",
      body: "With your yes we keep which steps you take in our shop, work out from them whether you are stuck, and offer help when you seem to be. We never keep what you type. The shop works the same if you say no, and you can change your mind at any time under “Privacy choices” at the end of every page.",
      accept: "Accept",
      reject: "Reject",
      gpcHonoured:
        "Your browser sends an opt-out request (Global Privacy Control). We honour it: unless you choose otherwise here, nothing is kept.",
      purposes: {
        analytics:
          "Your visit: we keep which pages you open and what you press, under a random number that this browser makes up.",
        scoring:
          "Predictions: from these steps a rule works out how likely it is that you are stuck or about to buy. It runs on your device and again on our server.",
        personalization:
          "Help at the right moment: by your steps and the predictions we choose hints for you, and questions to you, each at most once a week.",
        improvement: "Better predictions: we use visits to improve the rules.",
        sharing: "Others: we pass visits on to other companies.",
      },
    },
  },
  journeys: [
    {
      id: "checkout",
      name: "From the first page to an order",
      goal: "done",
      stages: [
        { id: "home", name: "Home", match: { path: "/" } },
        { id: "browse", name: "Browsing", match: { path: "/listing" } },
        { id: "product", name: "A product", match: { path: "/product" } },
        { id: "cart", name: "Basket", match: { path: "/cart" }, typicalDwellMs: 10_000 },
        {
          id: "checkout-details",
          name: "Checkout: details",
          match: { path: "/checkout/details" },
          typicalDwellMs: 10_000,
        },
        {
          id: "checkout-delivery",
          name: "Checkout: delivery",
          match: { path: "/checkout/delivery" },
          typicalDwellMs: 8_000,
        },
        {
          id: "checkout-payment",
          name: "Checkout: payment",
          match: { path: "/checkout/payment" },
          typicalDwellMs: 10_000,
        },
        { id: "done", name: "Ordered", match: { path: "/thanks" } },
      ],
    },
  ],
  campaigns: [
    {
      id: "checkout-help",
      version: 1,
      name: "Help on stall in checkout",
      kind: "nudge",
      status: "live",
      trigger: { kind: "score", score: "stall", band: "high" },
      stages: ["checkout-details", "checkout-delivery", "checkout-payment"],
      holdout: 0.1,
      cap: { count: 1, windowMs: WEEK_MS },
      content: {
        title: "Can we help with your order?",
        body: [
          "If something does not fit, sending it back is free for 60 days.",
          "Or call us on 01632 960123: we can take your order by phone, and your basket stays as it is.",
        ],
        action: { label: "See what others ask", href: "/help#checkout" },
      },
    },
  ],
  thresholds: { stall: { medium: 0.5, high: 0.8 }, intent: { medium: 0.2, high: 0.55 } },
  engine: "compact",
  capture: {
    clicks: true,
    forms: true,
    copies: true,
    errors: true,
    vitals: false,
    friction: FRICTION_DEFAULTS,
    query: [],
  },
  serverBasis: "Orders are processed to fulfil the contract with the customer.",
} satisfies SiteConfig;
