import type { Env } from "../env.ts";
import { mapObject } from "../objects.ts";
import type { Site } from "../sites.ts";
import { shardName } from "./shards.ts";

/** What was acknowledged and given to no journey. */
export interface ExcludedCount {
  journey: string;
  kind: "bot";
  touchpoints: number;
}

/** Counts what was excluded, on any shard: it is nobody's, and the sum is what is asked for. Throws where it is not kept. */
export async function countExcluded(
  env: Env,
  site: Pick<Site, "id" | "epoch" | "shards">,
  { journey, kind, touchpoints }: ExcludedCount,
): Promise<void> {
  const shard = Math.floor(Math.random() * site.shards);
  await mapObject(env, shardName(site.id, site.epoch, shard)).exclude(journey, kind, touchpoints);
}
