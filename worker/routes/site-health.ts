import * as v from "valibot";
import { healthOf, type SiteHealth } from "../../models/analysis/health.ts";
import { utcDay } from "../../models/visit.ts";
import type { Bindings, Env } from "../env.ts";
import { Hono } from "../hono.ts";
import { shardNames } from "../map/shards.ts";
import { eventsObject, liveMapObject, mapObject, siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import { newestConfig, type Site } from "../sites.ts";
import { described } from "./described.ts";

/** How long an object is waited for; then it is named as one that does not answer. */
const ANSWER_MS = 2_000;

const NUMBER = v.number();
const COUNTS = v.record(v.string(), NUMBER);
const ARRIVALS = v.object({
  touchpoints: NUMBER,
  batches: NUMBER,
  accepted: COUNTS,
  late: NUMBER,
  duplicates: NUMBER,
  refused: COUNTS,
  problems: COUNTS,
  robots: NUMBER,
  choices: NUMBER,
  visits: NUMBER,
  visitors: NUMBER,
});
const HEALTH = v.object({
  at: NUMBER,
  today: ARRIVALS,
  month: ARRIVALS,
  days: v.array(v.object({ day: v.string(), touchpoints: NUMBER, batches: NUMBER, refused: NUMBER })),
  shards: v.array(v.object({ shard: v.string(), pushedAt: v.nullable(NUMBER), lagMs: v.nullable(NUMBER) })),
  historyWaiting: NUMBER,
  watchers: v.object({ events: NUMBER, map: NUMBER }),
  unreachable: v.array(v.string()),
  cost: v.object({
    estimated: v.literal(true),
    dollars: NUMBER,
    terms: v.array(v.object({ name: v.string(), unit: v.string(), count: NUMBER, dollars: NUMBER })),
  }),
});

/** `GET /api/sites/:site/health`: what came, what was refused, how the site's objects are, and what it costs. */
export const siteHealth = new Hono<Bindings>().get(
  "/:site/health",
  described({
    operationId: "readHealth",
    summary: "What came, what was refused, how shards are, and what the month has cost",
    answer: HEALTH,
  }),
  async (c) => {
    const id = c.req.param("site");
    const site = (await callObject(async () => siteObject(c.env, id).site())) as Site | null;
    if (!site) return problem(c, "unknown-site", `Create it with PUT /api/sites/${id}.`);
    return c.json(await look(c.env, site));
  },
);

/** Asks every object of the site at once. Who does not answer is named, and the others are told of. */
async function look(env: Env, site: Site): Promise<SiteHealth> {
  const at = Date.now();
  const newest = await newestConfig(env, site.id);
  const journeys = newest?.config.journeys ?? [];
  const names = shardNames(site);
  const unreachable: string[] = [];
  const asked = async <T>(name: string, call: () => Promise<T>): Promise<T | null> => {
    const answer = await within(call);
    if (answer === null) unreachable.push(name);
    return answer;
  };
  const [counted, maps, shards] = await Promise.all([
    asked("events", async () => eventsObject(env, site.id).counted()),
    Promise.all(
      journeys.map(({ id }) => asked(`live map ${id}`, async () => liveMapObject(env, site.id, id).watchers())),
    ),
    Promise.all(
      names.map(async (shard) => {
        const answer = await asked(shard, async () => mapObject(env, shard).health());
        return answer ? [{ shard, ...answer }] : [];
      }),
    ),
  ]);
  const told = shards.flat();
  return {
    at,
    ...healthOf(counted?.days ?? [], { today: utcDay(at), shards: names.length }),
    shards: told.map(({ shard, pushedAt, waitsSince }) => ({
      shard,
      pushedAt,
      lagMs: waitsSince === null ? null : Math.max(0, at - waitsSince),
    })),
    historyWaiting: told.filter(({ waitsSince }) => waitsSince !== null).length,
    watchers: { events: counted?.watchers ?? 0, map: maps.reduce((sum: number, n) => sum + (n ?? 0), 0) },
    unreachable: unreachable.sort(),
  };
}

/** What an object answers; null where it fails, or not in time. */
async function within<T>(call: () => Promise<T>): Promise<T | null> {
  const answered = new AbortController();
  const late = scheduler.wait(ANSWER_MS, { signal: answered.signal }).then(
    () => null,
    () => null,
  );
  try {
    return await Promise.race([callObject(call), late]);
  } catch {
    return null;
  } finally {
    answered.abort();
  }
}
