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

/** Of high stall for this long. */
function newPatient(forMs: number): Scorer {
  const triggers = [{ kind: "score" as const, score: "stall" as const, band: "high" as const, forMs }];
  return new Scorer({ journey, triggers, thresholds: SMALL_SITE.thresholds }, MODELS);
}

/** Of high stall, with a visitor who has come to payment. */
async function atPayment(at: number): Promise<Scorer> {
  const scorer = newScorer();
  await scorer.add([page("/cart", 0), page("/pay", at)], at);
  return scorer;
}

test("L36 a band that has to hold fires that much later than one that has not, once, and under a key of its own", async () => {
  const [now, later] = [newScorer(), newPatient(20_000)];
  for (const scorer of [now, later]) await scorer.add([page("/cart", 0), page("/pay", 0)], 0);
  const [first = 0] = await crossings(now, 0, 60);
  expect(await crossings(later, 0, 120)).toEqual([first + 20]);
  const named = newPatient(20_000);
  await named.add([page("/cart", 0), page("/pay", 0)], 0);
  for (let s = 1; s < first + 20; s++) expect((await named.tick(s * 1_000)).crossed).toEqual([]);
  expect((await named.tick((first + 20) * 1_000)).crossed).toMatchObject([{ on: "stall.high.20000" }]);
});

test("L36 a score that falls below its band has to hold it anew", async () => {
  const scorer = newPatient(20_000);
  await scorer.add([page("/cart", 0), page("/pay", 1_000)], 1_000);
  const alone = await crossings(await atPayment(1_000), 1_000, 60);
  const heldMs = 1_000 + ((alone[0] ?? 0) + 10) * 1_000;
  expect(await crossings(scorer, 1_000, (alone[0] ?? 0) + 10)).toEqual([]);
  // A click: the visitor does something after all.
  expect((await scorer.add([{ ...page("/pay", heldMs), type: "click" }], heldMs)).crossed).toEqual([]);
  const [again = 0] = await crossings(scorer, heldMs, 120);
  expect(again).toBeGreaterThan(20);
});

test("L36 time in which nobody looked does not count: the page was hidden", async () => {
  const scorer = newPatient(20_000);
  await scorer.add([page("/cart", 0), page("/pay", 0)], 0);
  const [first = 0] = await crossings(await atPayment(0), 0, 60);
  expect(await crossings(scorer, 0, first + 1)).toEqual([]);
  const backMs = (first + 1) * 1_000 + 600_000;
  expect((await scorer.tick(backMs)).crossed).toEqual([]);
  expect(await crossings(scorer, backMs, 60)).toEqual([20]);
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
