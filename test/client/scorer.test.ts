import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type LoadedModel, Scorer } from "../../client/scoring/scorer.ts";
import { readModel, runModel } from "../../models/onnx.ts";
import type { ScoreName } from "../../models/site-config.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[0]];
/** Dwell at payment in that site's configuration. */
const DWELL_MS = 10_000;

function load(name: ScoreName): LoadedModel {
  const read = readModel(new Uint8Array(readFileSync(`models/${name}/model.onnx`)));
  if (!read.ok) throw new Error(read.detail);
  return { version: `${name}-test`, engine: "compact", run: (vector) => runModel(read.model, vector) };
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
async function crossings(scorer: Scorer, from: number, seconds: number): Promise<number[]> {
  const crossed: number[] = [];
  for (let s = 1; s <= seconds; s++) if ((await scorer.tick(from + s * 1_000)).crossed.length > 0) crossed.push(s);
  return crossed;
}

test("F a visitor who does nothing at payment crosses into the band once, not on every tick", async () => {
  const scorer = newScorer();
  expect((await scorer.add([page("/", 0), page("/cart", 1_000), page("/pay", 2_000)], 2_000)).crossed).toEqual([]);
  const crossed = await crossings(scorer, 2_000, 120);
  expect(crossed).toHaveLength(1);
  expect((crossed[0] as number) * 1_000).toBeGreaterThan(DWELL_MS);
});

test("F the band fires again only after the score fell below it", async () => {
  const scorer = newScorer();
  await scorer.add([page("/cart", 0), page("/pay", 1_000)], 1_000);
  expect(await crossings(scorer, 1_000, 60)).toHaveLength(1);
  expect((await scorer.add([{ ...page("/pay", 62_000), type: "click" }], 62_000)).crossed).toEqual([]);
  expect(await crossings(scorer, 62_000, 60)).toHaveLength(1);
});

test("F a trigger of the medium band fires before one of the high band", async () => {
  const [medium, high] = [newScorer("medium"), newScorer("high")];
  for (const scorer of [medium, high]) await scorer.add([page("/cart", 0), page("/pay", 0)], 0);
  const [first] = await crossings(medium, 0, 60);
  expect(first).toBeLessThan((await crossings(high, 0, 60))[0] as number);
});

test("F what an earlier page left is not scored before this page adds to it", async () => {
  const earlier = newScorer();
  const { features } = await earlier.add([page("/cart", 0), page("/pay", 0)], 0);
  const triggers = [{ kind: "score" as const, score: "stall" as const, band: "high" as const }];
  const scorer = new Scorer({ journey, triggers, thresholds: SMALL_SITE.thresholds }, MODELS, features);
  expect((await scorer.tick(60_000)).crossed).toEqual([]);
  expect((await scorer.add([page("/pay", 60_000)], 60_000)).crossed).toEqual([]);
  expect(await crossings(scorer, 60_000, 60)).toHaveLength(1);
});

test("F the crossing names trigger, score and model", async () => {
  const scorer = newScorer();
  await scorer.add([page("/cart", 0), page("/pay", 0)], 0);
  const [crossing] = (await scorer.tick(60_000)).crossed;
  expect(crossing).toMatchObject({ on: "stall.high", model: "stall-test", engine: "compact" });
  expect(crossing?.score).toBeGreaterThanOrEqual(SMALL_SITE.thresholds.stall.high);
  expect(crossing?.score).toBeLessThanOrEqual(1);
});

test("F without its model a trigger never fires, and nothing breaks", async () => {
  const triggers = [{ kind: "score" as const, score: "stall" as const, band: "high" as const }];
  const scorer = new Scorer({ journey, triggers, thresholds: SMALL_SITE.thresholds }, {});
  await scorer.add([page("/cart", 0), page("/pay", 0)], 0);
  expect(await crossings(scorer, 0, 60)).toEqual([]);
});

test("F a band is crossed once, however many looks an engine that takes its time has open", async () => {
  const slow: LoadedModel = {
    ...MODELS.stall,
    run: async (vector) => {
      await Promise.resolve();
      return MODELS.stall.run(vector);
    },
  };
  const triggers = [{ kind: "score" as const, score: "stall" as const, band: "high" as const }];
  const scorer = new Scorer({ journey, triggers, thresholds: SMALL_SITE.thresholds }, { stall: slow });
  const steps = [scorer.add([page("/cart", 0), page("/pay", 0)], 0), scorer.tick(60_000), scorer.tick(61_000)];
  expect((await Promise.all(steps)).map(({ crossed }) => crossed.length)).toEqual([0, 1, 0]);
});

test("F an answer that is no number moves nobody", async () => {
  const triggers = [{ kind: "score" as const, score: "stall" as const, band: "medium" as const }];
  const config = { journey, triggers, thresholds: SMALL_SITE.thresholds };
  const crossedWith = async (answer: number) => {
    const scorer = new Scorer(config, { stall: { version: "v", engine: "compact", run: () => answer } });
    return (await scorer.add([page("/pay", 0)], 0)).crossed.map((crossing) => crossing.score);
  };
  expect(await crossedWith(Number.NaN)).toEqual([]);
  expect(await crossedWith(Number.NEGATIVE_INFINITY)).toEqual([]);
  expect(await crossedWith(Number.POSITIVE_INFINITY)).toEqual([1]);
  expect(await crossedWith(0.9)).toEqual([0.9]);
});
