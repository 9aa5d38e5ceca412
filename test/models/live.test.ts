import { expect, test } from "vitest";
import type { Entry } from "../../models/entry.ts";
import { EMPTY_FEATURES } from "../../models/features.ts";
import { pageNews } from "../../models/live.ts";
import type { Campaign } from "../../models/site-config.ts";
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
  expect(pageNews("own", [entry({ stream: "own" })], { features, campaigns })).toBe(null);
  expect(pageNews("own", [entry({ type: "outcome" })], { features, campaigns })).toBe(null);
  expect(pageNews("own", [], { features, campaigns })).toBe(null);
  expect(pageNews("own", [entry({ stream: "own" }), entry({})], { features, campaigns })).toEqual({ features });
});

test("L3 the trigger of a stage is told where a live campaign listens for it and the visitor came there by them", () => {
  const on = (entries: Entry[], campaigns: Campaign[], stage = "pay") =>
    pageNews("own", entries, { features: { ...features, stage }, campaigns })?.on;
  expect(on([entry({})], [help, atPay])).toBe("stage.pay");
  expect(on([entry({})], [help])).toBeUndefined();
  expect(on([entry({})], [{ ...atPay, status: "paused" }])).toBeUndefined();
  // The page itself went there; what others did was elsewhere, or has been left since.
  expect(on([entry({ stage: "cart" }), entry({ stream: "own" })], [atPay])).toBeUndefined();
  expect(on([entry({})], [atPay], "cart")).toBeUndefined();
  expect(on([entry({ stage: "" })], [atPay], "")).toBeUndefined();
});
