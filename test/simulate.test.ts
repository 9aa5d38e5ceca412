import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MapView } from "../models/analysis/graph.ts";
import { userName } from "../models/identity.ts";
import type { JourneyState } from "../models/journey-state.ts";
import { type Simulation, simulate } from "../worker/cli/simulate.ts";
import { simulationLines } from "../worker/cli/simulation-report.ts";
import { journeysOnDisk } from "./harness/disk.ts";
import { createSite, type DemoSite, type Edge, startEdge, visitorOf } from "./harness/edge.ts";
import { waitFor } from "./harness/wait-for.ts";
import demo from "./site/waypost.config.ts";
import { pureRun } from "./world/pure-run.ts";
import { SHOP_WORLD } from "./world/shop-world.ts";
import { type World, withCampaigns } from "./world/world.ts";

const SITE = withCampaigns(demo, SHOP_WORLD);
const SEED = 0;
const VISITORS = 300;
/** How long the map may take to hear of everything after the last answer. */
const MAP_MS = 30_000;

let edge: Edge;
let site: DemoSite;
let beganAt: number;
let written: string[];
let simulation: Simulation;

beforeAll(async () => {
  edge = await startEdge();
  site = await createSite(edge, "world", SITE);
  beganAt = Date.now() - SHOP_WORLD.horizonMs;
  written = [];
  simulation = await simulate({
    target: targetOf(site),
    world: SHOP_WORLD,
    seed: SEED,
    visitors: VISITORS,
    beganAt,
    sink: { write: (text) => written.push(text) },
  });
});
afterAll(() => edge?.close());

function targetOf({ publicKey, writeKey }: DemoSite) {
  return { edge: edge.url, origin: edge.url, publicKey, writeKey };
}

/** The same people by models/ alone, under the names that the edge's key gives them. */
function pure(world: World = SHOP_WORLD) {
  const user = (userId: string) =>
    createHmac("sha256", Buffer.from(edge.keys.ID_KEY, "base64url"))
      .update(userName(site.id, userId))
      .digest("base64url");
  const names = { browser: (secret: string) => visitorOf(edge.keys, site.id, secret), user };
  const people = Array.from({ length: VISITORS }, (_, index) => index);
  return pureRun(world, { seed: SEED, people, config: SITE, names, origin: edge.url, beganAt });
}

async function map(of: DemoSite): Promise<MapView> {
  return (await (await edge.api("GET", `/api/sites/${of.id}/journeys/checkout/map`)).json()) as MapView;
}

/** What was decided with each journey, and what became of it, without clocks and random ids. */
function decidedOf(states: JourneyState[]): string[] {
  return states
    .map(({ records, reservations, decisions, streams }) => ({
      arms: Object.entries(records)
        .map(([id, { variant, countedAt }]) => [id, variant, countedAt.length])
        .sort(),
      shown: reservations
        .map(({ campaign, version, state, reaction = "" }) => [campaign, version, state, reaction])
        .sort(),
      // By the run without a clock all were decided at once.
      decisions: decisions
        .map(({ ask, on, reason, considered }) => JSON.stringify([ask, on, reason, considered]))
        .sort(),
      browsers: new Set(Object.values(streams).flatMap(({ device }) => device ?? [])).size,
    }))
    .map((one) => JSON.stringify(one))
    .sort();
}

test("a run over HTTP and one by models/ alone come to the same map: visits, stages, edges with their times, paths, orders", async () => {
  const { edge: alone } = pure();
  const expected = alone.map();
  const seen = await waitFor(
    () => map(site),
    ({ touchpoints }) => touchpoints === expected.touchpoints,
    MAP_MS,
  );
  expect(seen).toEqual(expected);
  expect(seen.visits).toBeGreaterThan(VISITORS);
  expect(seen.edges.length).toBeGreaterThan(15);
  expect(seen.stages.every(({ visits }) => visits > 0)).toBe(true);
});

test("both give everybody the same arm, show the same, and hear of the same outcomes; users of two browsers are among them", () => {
  const { edge: alone, counts } = pure();
  const onDisk = journeysOnDisk(edge.persist).filter(({ moved, receivedAt }) => !moved && receivedAt > 0);
  const decided = decidedOf(onDisk);
  expect(decided).toEqual(decidedOf(alone.journeys()));
  expect(decided.filter((text) => /"browsers":2/.test(text)).length).toBeGreaterThan(1);
  for (const word of ["treated", "holdout", "acted", "dismissed", "capped", "not-in-audience"]) {
    expect(decided.filter((text) => text.includes(word)).length, word).toBeGreaterThan(2);
  }
  expect(simulation.counts).toEqual(counts);
});

test("one parameter changed, and the run by models/ alone comes to another map than the edge's", async () => {
  const stages = SHOP_WORLD.stages.map((stage) => (stage.id === "product" ? { ...stage, leave: 0.35 } : stage));
  const seen = await map(site);
  expect(pure({ ...SHOP_WORLD, stages }).edge.map().stages).not.toEqual(seen.stages);
});

test("the edge's drop-offs are those that the simulation reports, and who refused is counted and nothing else", async () => {
  const { stages } = await map(site);
  expect(stages.map(({ id, visits, ends }) => [id, { of: visits, count: ends }])).toEqual(
    Object.entries(simulation.counts.stages),
  );
  const told = await edge.api("GET", `/api/sites/${site.id}/consent`);
  const { refusals } = (await told.json()) as { refusals: { count: number }[] };
  expect(refusals.reduce((sum, { count }) => sum + count, 0)).toBe(simulation.counts.refused);
  expect(simulation.counts.refused).toBeGreaterThan(20);
  expect(simulation.counts.people + simulation.counts.refused).toBe(VISITORS);
  expect(simulation.sent).toMatchObject({ refused: 0, firstRefusal: null });
});

test("progress is shown, and the report says beside each truth what was seen of it", () => {
  expect(written.at(-1)).toMatch(/^100 % {2}300 of 300 visitors {2}\d+ visitors\/s\n$/);
  const lines = simulationLines(simulation);
  expect(lines[0]).toMatch(/^300 visitors of seed 0 in [\d.]+ s: \d+ agreed, \d+ refused$/);
  const { of, count } = simulation.counts.stages.product ?? { of: 0, count: 0 };
  const observed = `${((count / of) * 100).toFixed(1)} %`;
  const line = lines.find((text) => text.startsWith("  product "));
  expect(line).toContain(`54.6 %   ${observed}`);
  expect(line).toContain(`of ${of}`);
  expect(lines.filter((text) => /^ {2}(basket-kept|delivery-times) +true [+−]\d/.test(text))).toHaveLength(2);
});

test("of the same seed again what pages send is known, and moves nothing; another seed's visitors are added", async () => {
  const before = await map(site);
  const again = await simulate({ target: targetOf(site), world: SHOP_WORLD, seed: SEED, visitors: 30 });
  expect(again.sent.touchpoints).toBeGreaterThan(100);
  const { counts } = await simulate({ target: targetOf(site), world: SHOP_WORLD, seed: SEED + 1, visitors: 10 });
  const stagesOf = ({ stages }: MapView) => stages.map(({ id, visits, ends }) => ({ id, visits, ends }));
  const added = stagesOf(before).map(({ id, visits, ends }) => {
    const { of = 0, count = 0 } = counts.stages[id] ?? {};
    return { id, visits: visits + of, ends: ends + count };
  });
  expect(added).not.toEqual(stagesOf(before));
  const isAdded = (seen: MapView) => JSON.stringify(stagesOf(seen)) === JSON.stringify(added);
  await waitFor(() => map(site), isAdded, MAP_MS);
});
