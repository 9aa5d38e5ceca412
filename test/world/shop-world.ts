import type { Campaign } from "../../models/campaign.ts";
import type { NudgeContent } from "../../models/content.ts";
import type { Times } from "./random.ts";
import type { World } from "./world.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A page is looked at for a second at least, and left by who forgets it before the visit is over by itself. */
function dwell(medianMs: number, sigma: number): Times {
  return { medianMs, sigma, minMs: 4_000, maxMs: 15 * MINUTE_MS };
}

const ONCE_A_WEEK = { count: 1, windowMs: 7 * DAY_MS };

function nudge(id: string, stage: string, holdout: number, channels: string[], content: NudgeContent): Campaign {
  return {
    id,
    version: 1,
    name: content.title,
    kind: "nudge",
    status: "live",
    trigger: { kind: "stage", stage },
    audience: { channel: { $in: channels } },
    holdout,
    cap: ONCE_A_WEEK,
    content,
  };
}

/**
 * Visitors of the demo shop (test/site/waypost.config.ts: its stages and paths). Shares are made up, but of the order that
 * shops report: one visit in twenty ends with an order, and most who have put something into the basket leave it.
 */
export const SHOP_WORLD: World = {
  stages: [
    {
      id: "home",
      path: "/",
      title: "Home",
      dwell: dwell(15_000, 0.8),
      leave: 0.34,
      next: { browse: 0.8, product: 0.2 },
      friction: null,
    },
    {
      id: "browse",
      path: "/listing",
      title: "All products",
      dwell: dwell(25_000, 0.9),
      leave: 0.22,
      next: { product: 0.85, browse: 0.1, home: 0.05 },
      friction: { type: "rage_click", share: 0.04, leaveFactor: 1.8, dwellFactor: 1.3 },
    },
    {
      id: "product",
      path: "/product",
      title: "A product",
      dwell: dwell(40_000, 0.9),
      leave: 0.3,
      next: { browse: 0.5, cart: 0.35, product: 0.15 },
      friction: { type: "dead_click", share: 0.08, leaveFactor: 1.5, dwellFactor: 1.5 },
    },
    {
      id: "cart",
      path: "/cart",
      title: "Basket",
      dwell: dwell(20_000, 0.8),
      leave: 0.4,
      next: { "checkout-details": 0.6, browse: 0.3, product: 0.1 },
      friction: null,
    },
    {
      id: "checkout-details",
      path: "/checkout/details",
      title: "Checkout: details",
      dwell: dwell(50_000, 0.6),
      leave: 0.25,
      next: { "checkout-delivery": 0.9, cart: 0.1 },
      friction: { type: "form_struggle", share: 0.2, leaveFactor: 2, dwellFactor: 2 },
    },
    {
      id: "checkout-delivery",
      path: "/checkout/delivery",
      title: "Checkout: delivery",
      dwell: dwell(25_000, 0.6),
      leave: 0.2,
      next: { "checkout-payment": 0.92, "checkout-details": 0.08 },
      friction: null,
    },
    {
      id: "checkout-payment",
      path: "/checkout/payment",
      title: "Checkout: payment",
      dwell: dwell(45_000, 0.6),
      leave: 0.15,
      next: { done: 0.93, "checkout-delivery": 0.07 },
      friction: { type: "error_click", share: 0.1, leaveFactor: 3, dwellFactor: 1.5 },
    },
    { id: "done", path: "/thanks", title: "Thank you", dwell: dwell(12_000, 0.5), leave: 1, next: {}, friction: null },
  ],
  channels: [
    {
      id: "direct",
      arrival: { referrer: "" },
      first: 22,
      thenBy: { direct: 6, email: 2, search: 2 },
      lands: { home: 0.8, browse: 0.2 },
      leaveFactor: 1,
    },
    {
      id: "search",
      arrival: { referrer: "www.google.com" },
      first: 34,
      thenBy: { direct: 4, search: 4, email: 1, ad: 1 },
      lands: { home: 0.3, browse: 0.3, product: 0.4 },
      leaveFactor: 1.05,
    },
    {
      id: "social",
      arrival: { referrer: "www.instagram.com" },
      first: 18,
      thenBy: { direct: 3, social: 4, ad: 3 },
      lands: { home: 0.2, product: 0.8 },
      leaveFactor: 1.35,
    },
    {
      id: "ad",
      arrival: { "query.utm_source": "outdoor-pages", "query.utm_medium": "display", "query.utm_campaign": "autumn" },
      first: 18,
      thenBy: { direct: 4, ad: 3, email: 1, search: 2 },
      lands: { browse: 0.5, product: 0.5 },
      leaveFactor: 1.15,
    },
    {
      id: "email",
      arrival: { "query.utm_source": "newsletter", "query.utm_medium": "email", "query.utm_campaign": "week-48" },
      first: 8,
      thenBy: { direct: 4, email: 6 },
      lands: { browse: 0.4, product: 0.4, cart: 0.2 },
      leaveFactor: 0.8,
    },
  ],
  campaigns: [
    {
      campaign: nudge("basket-kept", "cart", 0.4, ["ad", "social", "search"], {
        title: "Your basket stays as it is",
        body: ["Nothing is lost if you look around: the basket is kept for 30 days."],
      }),
      channels: ["ad", "social", "search"],
      reactions: {
        acted: { share: 0.3, leaveFactor: 0.1 },
        dismissed: { share: 0.25, leaveFactor: 0.9 },
        none: { share: 0.45, leaveFactor: 0.5 },
      },
    },
    {
      // It does nothing, whatever people do with it: what measures an uplift must find none.
      campaign: nudge("delivery-times", "checkout-delivery", 0.5, ["ad", "social", "search", "email"], {
        title: "When it arrives",
        body: ["Ordered before noon, it is with you in two days."],
      }),
      channels: ["ad", "social", "search", "email"],
      reactions: {
        acted: { share: 0.1, leaveFactor: 1 },
        dismissed: { share: 0.4, leaveFactor: 1 },
        none: { share: 0.5, leaveFactor: 1 },
      },
    },
  ],
  acceptShare: 0.8,
  visits: {
    max: 5,
    againShare: 0.35,
    gap: { medianMs: 3 * HOUR_MS, sigma: 0.9, minMs: 40 * MINUTE_MS, maxMs: 16 * HOUR_MS },
  },
  account: { share: 0.4, signInAt: "cart", otherDeviceShare: 0.5 },
  email: { openedShare: 0.9, before: { medianMs: 40_000, sigma: 0.8, minMs: 5_000, maxMs: 10 * MINUTE_MS } },
  support: { ticketShare: 0.25, after: { medianMs: 6 * MINUTE_MS, sigma: 0.7, minMs: MINUTE_MS, maxMs: 2 * HOUR_MS } },
  store: { purchaseShare: 0.05, after: { medianMs: 2 * HOUR_MS, sigma: 0.6, minMs: HOUR_MS, maxMs: 6 * HOUR_MS } },
  order: { median: 85, sigma: 0.6, currency: "EUR" },
  arrivalSpanMs: 36 * HOUR_MS,
  horizonMs: 6 * DAY_MS,
};
