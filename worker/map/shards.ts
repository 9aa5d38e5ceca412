import { type MapSum, total } from "../../models/analysis/graph.ts";
import type { Home } from "../../models/journey-state.ts";
import type { Env } from "../env.ts";
import { base64url, sha256 } from "../keys.ts";
import { mapObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import type { Site } from "../sites.ts";
import type { MapPush } from "./object.ts";

/** How long a push waits for its shard; then it is taken for lost, and is sent again later. */
const PUSH_TIMEOUT_MS = 2_000;

type MapSite = Pick<Site, "id" | "epoch" | "shards">;

/** Where a person's rows are: found from the visitor id alone, which nobody can find from the rows. */
export async function mapPlace(visitor: string, site: MapSite): Promise<Pick<Home, "person" | "shard">> {
  const digest = await sha256(`map\0${visitor}`);
  return {
    person: base64url(digest.subarray(0, 16)),
    shard: shardName(site, (digest[16] as number) % site.shards),
  };
}

/** The object of one shard. */
export function shardName({ id, epoch }: MapSite, shard: number): string {
  return `${id}:${epoch}:${shard}`;
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

/** The map of a journey: every shard is asked, and the answers are added up. */
export async function mapSum(env: Env, site: MapSite, journey: string): Promise<MapSum> {
  const shards = Array.from({ length: site.shards }, (_, i) => shardName(site, i));
  return total(await Promise.all(shards.map((shard) => callObject(async () => mapObject(env, shard).sum(journey)))));
}
