import type { About } from "../../models/about.ts";
import type { MapParts } from "../../models/analysis/graph.ts";
import { addTo, emptySum } from "../../models/analysis/map-sum.ts";
import { addMoments, type CampaignDay } from "../../models/campaign-counts.ts";
import { addCount } from "../../models/contribution.ts";
import type { Home } from "../../models/journey-state.ts";
import type { Env } from "../env.ts";
import { mapObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import type { Site } from "../sites.ts";
import type { MapQuery } from "./object.ts";
import { personDigest, personName } from "./person.ts";
import type { MapPush } from "./push.ts";

/** How long a push waits for its shard; then it is taken for lost, and is sent again later. */
const PUSH_TIMEOUT_MS = 2_000;

type MapSite = Pick<Site, "id" | "epoch" | "shards" | "earlier">;

/**
 * Where a person's rows are: found from the visitor id alone, which nobody can find from the rows. A journey keeps its
 * place for life, so that growth moves nothing.
 */
export async function mapPlace(visitor: string, site: MapSite): Promise<Pick<Home, "person" | "shard">> {
  const digest = await personDigest(visitor);
  return {
    person: personName(digest),
    shard: shardName(site.id, site.epoch, (digest[16] as number) % site.shards),
  };
}

/** The object of one shard. */
export function shardName(site: string, epoch: number, shard: number): string {
  return `${site}:${epoch}:${shard}`;
}

/** The site that a shard is of. */
export function siteOf(shard: string): { site: string } {
  return { site: shard.split(":")[0] ?? "" };
}

/** Every shard that a site has had, the present epoch's last. */
export function shardNames({ id, epoch, shards, earlier = [] }: MapSite): string[] {
  return [...earlier, shards].flatMap((count, i, all) =>
    Array.from({ length: count }, (_, shard) => shardName(id, epoch - all.length + 1 + i, shard)),
  );
}

/** Pushes to one shard. Throws where it refuses, or does not answer in time. */
export async function pushToShard(env: Env, shard: string, push: MapPush): Promise<void> {
  const answered = new AbortController();
  const pushed = async () => {
    await env.TEST_PUSH_GATE?.fetch("http://gate/");
    await mapObject(env, shard).push(push);
  };
  // The timer ends with the push: one that ran on would keep the object awake, and billed.
  const late = scheduler.wait(PUSH_TIMEOUT_MS, { signal: answered.signal }).then(() => {
    throw new Error(`map shard ${shard} did not answer within ${PUSH_TIMEOUT_MS} ms`);
  });
  try {
    await Promise.race([pushed(), late]);
  } finally {
    late.catch(() => {});
    answered.abort();
  }
}

/** The part of a map that is asked for: every shard is asked, and the answers are added up. */
export async function readMap(env: Env, site: MapSite, query: MapQuery): Promise<MapParts> {
  const answers = await Promise.all(
    shardNames(site).map((name) => callObject(async () => mapObject(env, name).read(query))),
  );
  const whole: MapParts = { sum: emptySum(), beside: {}, sets: {} };
  for (const { sum, beside, sets } of answers as MapParts[]) {
    addTo(whole.sum, sum);
    for (const [why, count] of Object.entries(beside)) whole.beside[why] = (whole.beside[why] ?? 0) + count;
    for (const [set, { visits, goals }] of Object.entries(sets)) {
      const known = whole.sets[set] ?? { visits: 0, goals: 0 };
      whole.sets[set] = { visits: known.visits + visits, goals: known.goals + goals };
    }
  }
  return whole;
}

/** What campaigns did, by day, of all shards. */
export async function readCampaignDays(
  env: Env,
  site: MapSite,
  query: MapQuery,
): Promise<[day: number, of: CampaignDay][]> {
  const answers = await Promise.all(
    shardNames(site).map((name) => callObject(async () => mapObject(env, name).campaignDays(query))),
  );
  const days = new Map<number, Required<CampaignDay>>();
  for (const [day, { moments, tallies = {} }] of (answers as [number, CampaignDay][][]).flat()) {
    const sum = days.get(day) ?? { moments: {}, tallies: {} };
    days.set(day, sum);
    addMoments(sum.moments, moments, 1);
    for (const [key, count] of Object.entries(tallies)) addCount(sum.tallies, key, count);
  }
  return [...days].sort(([a], [b]) => a - b);
}

/** The people who were seen last, at most `limit`, with the shard that holds each. */
export async function readPeopleByShard(
  env: Env,
  site: MapSite,
  { journey, limit }: { journey: string; limit: number },
): Promise<{ person: string; shard: string }[]> {
  const answers = await Promise.all(
    shardNames(site).map(async (shard) => {
      const people = await callObject(async () => mapObject(env, shard).people(journey, limit));
      return (people as { person: string; about: About }[]).map(({ person, about }) => ({
        person,
        shard,
        seenAt: about.seenAt,
      }));
    }),
  );
  const latest = answers.flat().sort((a, b) => b.seenAt - a.seenAt);
  return latest.slice(0, limit).map(({ person, shard }) => ({ person, shard }));
}

/** The people who were seen last, at most `limit` of all shards, with what the index knows of them. */
export async function readPeople(
  env: Env,
  site: MapSite,
  { journey, limit }: { journey: string; limit: number },
): Promise<{ person: string; about: About }[]> {
  const answers = await Promise.all(
    shardNames(site).map((name) => callObject(async () => mapObject(env, name).people(journey, limit))),
  );
  return (answers.flat() as { person: string; about: About }[])
    .sort((a, b) => b.about.seenAt - a.about.seenAt)
    .slice(0, limit);
}
