import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MapView } from "../models/analysis/graph.ts";
import { userName } from "../models/identity.ts";
import type { JourneyState } from "../models/journey-state.ts";
import { type Simulation, simulate } from "../worker/cli/simulate.ts";
import { keepComing } from "../worker/cli/simulated-crowd.ts";
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
const VISITORS = 150;
/** How long the map may take to hear of everything after the last answer. */
const MAP_MS = 30_000;

let edge: Edge;
let site: DemoSite;
let beganAt: number;
let written: string[];
let simulation: Simulation;
/** The same people by models/ alone. */
let alone: ReturnType<typeof pure>;

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
  alone = pure();
});
afterAll(() => edge?.close());

function targetOf({ publicKey, writeKey }: DemoSite) {
  return { edge: edge.url, origin: edge.url, publicKey, writeKey };
}

/** The people of the run by models/ alone, under the names that the edge's key gives them. */
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
  const expected = alone.edge.map();
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
  const onDisk = journeysOnDisk(edge.persist).filter(({ moved, receivedAt }) => !moved && receivedAt > 0);
  const decided = decidedOf(onDisk);
  expect(decided).toEqual(decidedOf(alone.edge.journeys()));
  expect(decided.filter((text) => /"browsers":2/.test(text)).length).toBeGreaterThan(1);
  for (const word of ["treated", "holdout", "acted", "dismissed", "capped", "not-in-audience"]) {
    expect(decided.filter((text) => text.includes(word)).length, word).toBeGreaterThan(2);
  }
  expect(simulation.counts).toEqual(alone.counts);
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
  expect(written.at(-1)).toMatch(/^100 % {2}150 of 150 visitors {2}\d+ visitors\/s\n$/);
  const lines = simulationLines(simulation);
  expect(lines[0]).toMatch(/^150 visitors of seed 0 in [\d.]+ s: \d+ agreed, \d+ refused$/);
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

/** Stands before the edge and does what networks do: sends away, fails, and loses answers to what was taken. */
async function badLine(): Promise<{ url: string; close: () => void }> {
  let calls = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call = request.method === "POST" ? ++calls : 0;
    if (call % 7 === 3) return response.writeHead(429, { "Retry-After": "0.02" }).end("{}");
    if (call % 11 === 4) return response.writeHead(503).end("{}");
    const { host: _, connection: __, "transfer-encoding": ___, ...headers } = request.headers;
    const body = request.method === "POST" ? { body: Buffer.concat(chunks) } : {};
    const answer = await fetch(edge.url + request.url, {
      method: request.method ?? "",
      headers: headers as Record<string, string>,
      ...body,
    });
    const text = await answer.text();
    if (call % 5 === 1) return response.destroy();
    return response.writeHead(answer.status, { "Content-Type": "application/json" }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

test("over a line that sends away, fails and loses answers everything arrives once; what the site does not ask for is named", async () => {
  const plain = await createSite(edge, "plain", demo);
  const line = await badLine();
  const target = { ...targetOf(plain), edge: line.url };
  const simulation = await simulate({ target, world: SHOP_WORLD, seed: 2, visitors: 12 }).finally(line.close);
  const { counts, sent, missing } = simulation;
  expect(sent.waits).toBeGreaterThan(5);
  expect(sent).toMatchObject({ refused: 0, asks: 0 });
  const seen = await waitFor(
    () => map(plain),
    ({ touchpoints }) => touchpoints >= sent.touchpoints + sent.items,
    MAP_MS,
  );
  expect(seen.touchpoints).toBe(sent.touchpoints + sent.items);
  expect(seen.stages.map(({ visits }) => visits)).toEqual(Object.values(counts.stages).map(({ of }) => of));
  expect(missing).toEqual(["basket-kept", "delivery-times"]);
  const lines = simulationLines(simulation);
  expect(lines.filter((text) => text.startsWith("Uplift"))).toEqual([]);
  expect(lines.at(-1)).toMatch(/^The site's pages do not ask for basket-kept, delivery-times: /);
});

test("visitors keep coming, a page at a time as they see it, until they are told to end", async () => {
  const live = await createSite(edge, "live", SITE);
  const ending = new AbortController();
  const faults: Error[] = [];
  const onFault = (error: Error) => faults.push(error);
  const target = targetOf(live);
  const dwell = { medianMs: 500, sigma: 0.1, minMs: 400, maxMs: 600 };
  const world = { ...SHOP_WORLD, stages: SHOP_WORLD.stages.map((stage) => ({ ...stage, dwell })) };
  const crowd = keepComing({ target, world, seed: 0, everyMs: 100, signal: ending.signal, onFault });
  const { stages, edges } = await waitFor(
    () => map(live),
    ({ visits, edges }) => visits > 5 && edges.length > 0,
    MAP_MS,
  );
  ending.abort();
  await crowd;
  expect(stages.reduce((sum, { starts }) => sum + starts, 0)).toBeGreaterThan(5);
  // Nobody goes on from a page before they have looked at it, for 400 ms at least.
  expect(edges.every(({ minMs }) => (minMs as number) >= 390)).toBe(true);
  expect(faults).toEqual([]);
});

test("what the person who runs it can mend is said in a sentence", async () => {
  const target = targetOf(site);
  const told = (change: Partial<typeof target>, world: World = SHOP_WORLD) =>
    simulate({ target: { ...target, ...change }, world, seed: 9, visitors: 20 }).catch((error: Error) => error.message);
  expect(await told({ edge: "http://localhost:9" })).toBe(
    "Nothing answers at http://localhost:9. Is it running? (npm start, or --edge URL for another.)",
  );
  expect(await told({ publicKey: "no-key-of-any-site-at-all".slice(0, 22) })).toContain(" answered 404 ");
  expect(await told({ origin: "https://elsewhere.example" })).toMatch(/\/v1\/config\/[\w-]+ answered 403 .*origin/i);
  expect(await told({ writeKey: "of-nobody" })).toMatch(/\/v1\/batch answered 401 /);
  const [home, ...others] = SHOP_WORLD.stages as [World["stages"][number], ...World["stages"]];
  const moved = { ...SHOP_WORLD, stages: [{ ...home, path: "/welcome" }, ...others] };
  expect(await told({}, moved)).toBe(
    "The world's stage “home” is at /welcome, which is in no stage of the site's journey. Take the demo, or give the site's own world: --world FILE.",
  );
});
