import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { MapSum } from "../../models/analysis/map-sum.ts";
import type { CollectCall } from "../../worker/journey/call.ts";
import { mapPlace, readMap } from "../../worker/map/shards.ts";
import { createSite } from "../harness/site-of.ts";
import { type Case, caseOf, type Happened, type Step } from "../models/algebra/case.ts";
import { count, livesOf, type Naive } from "../models/algebra/naive.ts";

/** Of the same generator as the 10,000: too slow for the objects themselves in that number. */
const CASES = 40;
const SHARDS = 8;

interface Place {
  id: string;
  config: number;
}

const visitorOf = (one: Case, person: number) => `${one.seed}-${person}`.padEnd(43, "v");
const journeyOf = (place: Place, visitor: string) => env.JOURNEY.getByName(`${place.id}:${visitor}`);
const siteOf = ({ id }: Place) => ({ id, epoch: 1, shards: SHARDS });

/** As an import, which may be of any age: what happened is as it was in true time. */
function callOf(
  place: Place,
  visitor: string,
  { batch }: Extract<Step, { kind: "batch" }>,
  byKey: Map<string, Happened>,
) {
  const touchpoints = batch.touchpoints.map((one) => {
    const { trueAt } = byKey.get(`${batch.stream} ${one.seq}`) as Happened;
    return { ...one, at: trueAt };
  });
  return {
    site: siteOf(place),
    visitor,
    config: place.config,
    minimums: {},
    streams: [{ stream: batch.stream, touchpoints }],
    stamp: null,
    sentAt: 0,
    asks: [],
    agent: null,
    excluded: null,
  } satisfies CollectCall;
}

/** Its memory goes, if it has any: an object that nobody has called yet has none. */
async function evicted(stub: DurableObjectStub): Promise<void> {
  await runInDurableObject(stub, () => {});
  await evictDurableObject(stub);
}

async function play(place: Place, one: Case): Promise<void> {
  const byKey = new Map(one.happened.map((happened) => [`${happened.stream} ${happened.seq}`, happened]));
  for (const step of one.steps) {
    if (step.kind === "batch") {
      const visitor = visitorOf(one, step.batch.person);
      await journeyOf(place, visitor).collect(callOf(place, visitor, step, byKey));
      if (step.push === "lost") await evicted(journeyOf(place, visitor));
    } else if (step.kind === "restart-shard") {
      const { shard } = await mapPlace(visitorOf(one, 0), siteOf(place));
      await evicted(env.MAP.getByName(shard));
    } else if ("person" in step && step.kind !== "erase") {
      const stub = journeyOf(place, visitorOf(one, step.person));
      if (step.kind === "restart-journey") await evicted(stub);
      else await runDurableObjectAlarm(stub);
    }
  }
}

const plain = ({ visits, touchpoints, goals, starts, ends, edges, paths, orders }: MapSum): Naive => ({
  visits,
  touchpoints,
  goals,
  starts,
  ends,
  edges: Object.fromEntries(Object.entries(edges).map(([key, { count: n, sumMs }]) => [key, { count: n, sumMs }])),
  paths,
  orders: orders.count,
  cents: Math.round((orders.milli.EUR ?? 0) / 10),
});

test("J9 J12 J18 the real objects, evicted, restarted and rung, tell the map of the plainest count", async () => {
  let compared = 0;
  for (let seed = 1; compared < CASES; seed++) {
    const made = caseOf(seed);
    // Merges and erasures have no call of their own yet, and short lives are many enough.
    const kept = made.steps.filter(({ kind }) => kind !== "merge" && kind !== "erase");
    if (kept.length < made.steps.length || made.happened.length > 60) continue;
    const one = {
      ...made,
      happened: made.happened.map((h) => ({ ...h, touchpoint: { ...h.touchpoint, at: h.trueAt } })),
    };
    const id = `algebra-${seed}`;
    await createSite(id);
    const place = { id, config: 1 };
    await play(place, one);
    const wanted = count(livesOf(one));
    await expect
      .poll(async () => plain((await readMap(env, siteOf(place), { journey: "checkout" })).sum), { timeout: 10_000 })
      .toEqual(wanted);
    const late = await Promise.all(
      Array.from({ length: one.people }, (_, person) =>
        runInDurableObject(
          journeyOf(place, visitorOf(one, person)),
          (instance) => instance.store.load().state.folded.late,
        ),
      ),
    );
    expect(late.every((n) => n === 0)).toBe(true);
    compared++;
  }
});
