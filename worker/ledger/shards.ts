import type { Env } from "../env.ts";
import { sha256 } from "../keys.ts";
import { ledgerObject } from "../objects.ts";
import type { Site, SiteCall } from "../sites.ts";
import type { LedgerObject } from "./object.ts";

/** One shard's ledger of a site. */
export function shardLedger(env: Env, site: Pick<Site, "id">, shard: number): DurableObjectStub<LedgerObject> {
  return ledgerObject(env, `${site.id}:${shard}`);
}

/** The ledger that holds a visitor's records: the same for good, however the site's map has grown. */
export async function visitorLedger(
  env: Env,
  site: SiteCall,
  visitor: string,
): Promise<DurableObjectStub<LedgerObject>> {
  const byte = (await sha256(`ledger\0${visitor}`))[0] as number;
  return shardLedger(env, site, byte % placedOn(site));
}

/** Any ledger of a site: for what belongs to nobody. */
export function anyLedger(env: Env, site: Site): DurableObjectStub<LedgerObject> {
  return shardLedger(env, site, Math.floor(Math.random() * placedOn(site)));
}

/** How many ledgers may hold records: an earlier version placed them by the map's growing number of shards. */
export function ledgerCount({ shards, earlier = [] }: Site): number {
  return Math.max(shards, ...earlier);
}

function placedOn({ shards, earlier = [] }: SiteCall): number {
  return earlier[0] ?? shards;
}
