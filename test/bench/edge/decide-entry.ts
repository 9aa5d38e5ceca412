/** The Worker of `decide-time.ts`: decides so often as it is asked to, about 200 live campaigns of every kind of bar. */
import type { Campaign } from "../../../models/campaign.ts";
import { type DecisionInput, decide } from "../../../models/decision.ts";
import { EMPTY_FEATURES } from "../../../models/features.ts";
import { SMALL_SITE } from "../../harness/small-site.ts";

const NOW = 1_800_000_000_000;
const [help] = SMALL_SITE.campaigns as [(typeof SMALL_SITE.campaigns)[0]];

/** All listen to the same trigger, so that every bar of each is tried; the last alone passes. */
const CAMPAIGNS = Array.from(
  { length: 200 },
  (_, i): Campaign => ({
    ...help,
    id: `campaign-${i}`,
    holdout: 0.1,
    priority: i % 7,
    trigger: { kind: "stage", stage: "pay" },
    schedule: { from: "2026-01-01T00:00", until: "2027-01-01T00:00", quiet: [{ from: "22:00", to: "07:00" }] },
    audience: {
      visits: { $gte: 2 },
      $or: [{ device: "mobile" }, { "traits.plan": { $in: ["pro", "team"] } }],
      page: { $regex: "^/(checkout|pay)/[a-z-]+$" },
      "counts.orders": i === 199 ? { $gte: 1 } : { $gte: 5 },
    },
  }),
);

const INPUT: DecisionInput = {
  on: "stage.pay",
  askAgeMs: 0,
  now: NOW,
  visitor: "v".repeat(43),
  consent: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
  features: { ...EMPTY_FEATURES, stage: "pay", visitAt: NOW - 60_000 },
  scores: {},
  campaigns: CAMPAIGNS,
  rules: {
    clocks: { UTC: "2026-11-29T12:00" },
    frequency: { minGapMs: 60_000, perVisit: 3, caps: [{ count: 5, windowMs: 86_400_000 }] },
  },
  minimums: {},
  records: Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [
      `campaign-${i}`,
      { variant: "treated", countedAt: [NOW - 90_000_000], exposedAt: NOW - 90_000_000 },
    ]),
  ),
  reservations: [],
  waiting: [],
  spent: [],
  isOff: false,
  attributes: {
    visits: 3,
    device: "desktop",
    page: "/checkout/payment",
    traits: { plan: "team" },
    counts: { orders: 2 },
  },
};

export default {
  async fetch(request: Request): Promise<Response> {
    const times = Number(await request.text());
    let chosen = "";
    for (let i = 0; i < times; i++) chosen = decide(INPUT).exposure?.campaign.id ?? "";
    return new Response(chosen);
  },
};
