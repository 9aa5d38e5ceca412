import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Scorer } from "../../client/scoring/scorer.ts";
import { readModel } from "../../models/onnx.ts";
import type { ScoreName } from "../../models/site-config.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[0]];
/** Dwell at payment in that site's configuration. */
const DWELL_MS = 10_000;

function load(name: ScoreName) {
  const read = readModel(new Uint8Array(readFileSync(`models/${name}/model.onnx`)));
  if (!read.ok) throw new Error(read.detail);
  return { version: `${name}-test`, model: read.model };
}
const MODELS = { stall: load("stall"), intent: load("intent") };

function page(path: string, at: number): Touchpoint {
  return { seq: 0, type: "page", name: "", at, url: `https://shop.example${path}`, props: {} };
}

function newScorer(band: "medium" | "high" = "high"): Scorer {
  const triggers = [{ kind: "score" as const, score: "stall" as const, band }];
  return new Scorer({ journey, triggers, thresholds: SMALL_SITE.thresholds }, MODELS);
}

/** The ticks, in seconds after `from`, at which a band was crossed. */
function crossings(scorer: Scorer, from: number, seconds: number): number[] {
  const ticks = Array.from({ length: seconds }, (_, i) => i + 1);
  return ticks.filter((s) => scorer.tick(from + s * 1_000).crossed.length > 0);
}

test("F a visitor who does nothing at payment crosses into the band once, not on every tick", () => {
  const scorer = newScorer();
  expect(scorer.add([page("/", 0), page("/cart", 1_000), page("/pay", 2_000)], 2_000).crossed).toEqual([]);
  const crossed = crossings(scorer, 2_000, 120);
  expect(crossed).toHaveLength(1);
  expect((crossed[0] as number) * 1_000).toBeGreaterThan(DWELL_MS);
});

test("F the band fires again only after the score fell below it", () => {
  const scorer = newScorer();
  scorer.add([page("/cart", 0), page("/pay", 1_000)], 1_000);
  expect(crossings(scorer, 1_000, 60)).toHaveLength(1);
  expect(scorer.add([{ ...page("/pay", 62_000), type: "click" }], 62_000).crossed).toEqual([]);
  expect(crossings(scorer, 62_000, 60)).toHaveLength(1);
});

test("F a trigger of the medium band fires before one of the high band", () => {
  const [medium, high] = [newScorer("medium"), newScorer("high")];
  for (const scorer of [medium, high]) scorer.add([page("/cart", 0), page("/pay", 0)], 0);
  expect(crossings(medium, 0, 60)[0]).toBeLessThan(crossings(high, 0, 60)[0] as number);
});

test("F what an earlier page left is not scored before this page adds to it", () => {
  const earlier = newScorer();
  const { features } = earlier.add([page("/cart", 0), page("/pay", 0)], 0);
  const triggers = [{ kind: "score" as const, score: "stall" as const, band: "high" as const }];
  const scorer = new Scorer({ journey, triggers, thresholds: SMALL_SITE.thresholds }, MODELS, features);
  expect(scorer.tick(60_000).crossed).toEqual([]);
  expect(scorer.add([page("/pay", 60_000)], 60_000).crossed).toEqual([]);
  expect(crossings(scorer, 60_000, 60)).toHaveLength(1);
});

test("F the crossing names trigger, score and model", () => {
  const scorer = newScorer();
  scorer.add([page("/cart", 0), page("/pay", 0)], 0);
  const [crossing] = scorer.tick(60_000).crossed;
  expect(crossing).toMatchObject({ on: "stall.high", model: "stall-test" });
  expect(crossing?.score).toBeGreaterThanOrEqual(SMALL_SITE.thresholds.stall.high);
  expect(crossing?.score).toBeLessThanOrEqual(1);
});

test("F without its model a trigger never fires, and nothing breaks", () => {
  const triggers = [{ kind: "score" as const, score: "stall" as const, band: "high" as const }];
  const scorer = new Scorer({ journey, triggers, thresholds: SMALL_SITE.thresholds }, {});
  scorer.add([page("/cart", 0), page("/pay", 0)], 0);
  expect(crossings(scorer, 0, 60)).toEqual([]);
});
