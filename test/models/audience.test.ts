import { expect, test } from "vitest";
import { audienceOf } from "../../models/audience.ts";
import type { Entry } from "../../models/entry.ts";
import { matchesEntry } from "../../models/entry-match.ts";
import { progressOf } from "../../models/journey.ts";
import { EMPTY_STATE, type JourneyState, receive } from "../../models/journey-state.ts";
import { evaluate } from "../../models/rules.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const NOW = Date.UTC(2026, 10, 30, 12);
const HOUR = 3_600_000;
const journey = SMALL_SITE.journeys[0] as Journey;
const SITE: SiteConfig = {
  ...SMALL_SITE,
  counts: [{ id: "looks", match: { path: "/product*" }, windowMs: HOUR }],
  segments: [
    { id: "new", version: 1, name: "New", condition: { returning: false } },
    { id: "old", version: 1, name: "Old", condition: { returning: true } },
  ],
};

function view(path: string, at: number, seq: number) {
  return { seq, type: "page" as const, name: "", at, url: `https://shop.example${path}`, props: {} };
}
const touchpoints = [view("/product/1", NOW - HOUR, 0), view("/product/2", NOW - 5, 1), view("/cart", NOW - 4, 2)];
const read: JourneyState = receive(
  EMPTY_STATE,
  {
    streams: [{ stream: "s", touchpoints }],
    stamp: { rev: 1, purposes: ["analytics", "personalization"] },
    sentAt: NOW,
    receivedAt: NOW,
  },
  journey,
).state;
const values = { plan: "pro", group: "Acme", "group.plan": "team" };

function audience(site: SiteConfig = SITE, clocks: Record<string, string> = { UTC: "2026-11-30T12:05" }) {
  const state = { ...read, traits: { at: NOW, values } };
  return audienceOf(state, progressOf(state.folded, journey), { site, clocks, now: NOW });
}

test("D34 an audience may speak of traits, group, consent, page, counts in a window, segments and the site's time", () => {
  expect(audience()).toMatchObject({
    stage: "cart",
    page: "/cart",
    traits: { plan: "pro" },
    group: { name: "Acme", plan: "team" },
    consent: { analytics: true, scoring: false, personalization: true, improvement: false, sharing: false },
    // The one that is an hour old to the millisecond has left the window.
    counts: { looks: 1 },
    segments: ["old"],
    hour: 12,
    weekday: 1,
  });
  const tokyo = audience({ ...SITE, timeZone: "Asia/Tokyo" }, { "Asia/Tokyo": "2026-12-01T00:05" });
  expect(tokyo).toMatchObject({ hour: 0, weekday: 2 });
});

test("D34 conditions reach into all of it", () => {
  const holds = (condition: object) => evaluate(condition as Record<string, unknown>, audience());
  expect(holds({ "traits.plan": "pro", "group.name": { $in: ["Acme"] } })).toBe(true);
  expect(holds({ "counts.looks": { $gte: 1 }, "consent.scoring": false })).toBe(true);
  expect(holds({ segments: { $elemMatch: { $eq: "old" } } })).toBe(true);
  expect(holds({ segments: { $elemMatch: { $eq: "new" } } })).toBe(false);
  expect(holds({ hour: { $gte: 9, $lt: 17 }, weekday: { $lte: 5 } })).toBe(true);
  expect(holds({ "traits.plan": "free" })).toBe(false);
});

test("D34 a kept touchpoint matches by type, name and path, as far as they are kept; a name alone is of any type", () => {
  const long = `/${"x".repeat(60)}`;
  const entry = (change: Partial<Entry>) => ({ type: "track", name: "", path: "", ...change }) as Entry;
  expect(matchesEntry({ name: "Order Completed" }, entry({ name: "Order Completed" }))).toBe(true);
  expect(matchesEntry({ name: "Order Completed" }, entry({ name: "Order" }))).toBe(false);
  expect(matchesEntry({ type: "page", name: "a" }, entry({ name: "a" }))).toBe(false);
  expect(matchesEntry({ path: "/a" }, entry({ path: "/a" }))).toBe(false);
  expect(matchesEntry({ path: "/a" }, entry({ type: "page", path: "/a" }))).toBe(true);
  expect(matchesEntry({ path: long }, entry({ type: "page", path: long.slice(0, 40) }))).toBe(true);
  expect(matchesEntry({ name: "n".repeat(50) }, entry({ name: "n".repeat(40) }))).toBe(true);
});
