import { expect, test } from "vitest";
import type { Campaign } from "../../models/campaign.ts";
import type { Entry } from "../../models/entry.ts";
import { EMPTY_FEATURES } from "../../models/features.ts";
import { missedNews, pageNews, withLately } from "../../models/live.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [help] = SMALL_SITE.campaigns as [Campaign];
const atPay: Campaign = { ...help, trigger: { kind: "stage", stage: "pay" } };
const features = { ...EMPTY_FEATURES, touchpoints: 3, stage: "pay" };
const entry = (change: Partial<Entry>): Entry => ({
  at: 1,
  stream: "other",
  seq: 0,
  type: "page",
  stage: "pay",
  name: "",
  path: "/pay",
  channel: "",
  context: "",
  excluded: "",
  ...change,
});

test("L1 a page is told of another stream's touchpoints, not of its own and not of what is no activity", () => {
  const campaigns = [help];
  expect(pageNews("own", [entry({ stream: "own" })], { features, campaigns, waits: null })).toBe(null);
  expect(pageNews("own", [entry({ type: "outcome" })], { features, campaigns, waits: null })).toBe(null);
  expect(pageNews("own", [], { features, campaigns, waits: null })).toBe(null);
  expect(pageNews("own", [entry({ stream: "own" }), entry({})], { features, campaigns, waits: null })).toEqual({
    features,
  });
});

test("L3 the trigger of a stage is told where a live campaign listens for it and the visitor came there by them", () => {
  const on = (entries: Entry[], campaigns: Campaign[], stage = "pay") =>
    pageNews("own", entries, { features: { ...features, stage }, campaigns, waits: null })?.on;
  expect(on([entry({})], [help, atPay])).toBe("stage.pay");
  expect(on([entry({})], [help])).toBeUndefined();
  expect(on([entry({})], [{ ...atPay, status: "paused" }])).toBeUndefined();
  // The page itself went there; what others did was elsewhere, or has been left since.
  expect(on([entry({ stage: "cart" }), entry({ stream: "own" })], [atPay])).toBeUndefined();
  expect(on([entry({})], [atPay], "cart")).toBeUndefined();
  expect(on([entry({ stage: "" })], [atPay], "")).toBeUndefined();
});

test("L14 what waits for the visitor is told with whatever is new, before the trigger of a stage", () => {
  const told = { features, campaigns: [atPay], waits: "touchpoint.Payment Failed" };
  expect(pageNews("own", [entry({})], told)).toEqual({ features, on: "touchpoint.Payment Failed" });
  expect(pageNews("own", [], told)).toBe(null);
  const lately = withLately({}, [entry({})], 100);
  expect(missedNews("own", { lately, after: 99 }, told)?.on).toBe("touchpoint.Payment Failed");
});

test("L6 what a page missed is what other streams brought after its last message, whenever it happened", () => {
  const told = { features, campaigns: [atPay], waits: null };
  const first = withLately({}, [entry({ stage: "pay", at: 1 }), entry({ stream: "own", at: 2 })], 100);
  expect(missedNews("own", { lately: first, after: 99 }, told)).toEqual({ features, on: "stage.pay" });
  expect(missedNews("own", { lately: first, after: 100 }, told)).toBe(null);
  // The stage was heard of, what followed in it was not.
  const second = withLately(first, [entry({ stage: "" })], 200);
  expect(missedNews("own", { lately: second, after: 100 }, told)).toEqual({ features });
  expect(missedNews("other", { lately: second, after: 100 }, told)).toBe(null);
  expect(withLately(second, [entry({ type: "outcome", stream: "third" })], 300)).toEqual(second);
});

test("L6 of many streams the eight that were heard last are remembered", () => {
  let lately = {};
  for (let i = 0; i < 12; i++) lately = withLately(lately, [entry({ stream: `s${i % 10}` })], i);
  expect(Object.keys(lately)).toEqual(["s4", "s5", "s6", "s7", "s8", "s9", "s0", "s1"]);
});
