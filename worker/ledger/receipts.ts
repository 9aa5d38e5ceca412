import type { ConsentRecord } from "../../models/consent-record.ts";
import { type Receipt, receiptOf } from "../../models/receipt.ts";
import type { Env } from "../env.ts";
import { siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import type { Site, VersionedConfig } from "../sites.ts";
import { visitorLedger } from "./shards.ts";

/** Receipts of all that a visitor chose and the ledger still holds, the oldest first (B28). */
export async function receiptsOf(env: Env, site: Site, newest: VersionedConfig, visitor: string): Promise<Receipt[]> {
  const { name = site.id } = await visitorLedger(env, site, visitor);
  const ledger = () => visitorLedger(env, site, visitor);
  const records = (await callObject(async () => (await ledger()).receipts(visitor))) as ConsentRecord[];
  const hashes = [...new Set(records.map(({ notice }) => notice).filter((hash) => hash !== ""))];
  const notices = new Map(
    await Promise.all(
      hashes.map(async (hash) => [hash, await callObject(async () => siteObject(env, site.id).notice(hash))] as const),
    ),
  );
  const created = new Date().toISOString();
  return records.map((record) =>
    receiptOf(record, {
      id: `${name}:${record.no}`,
      notice: notices.get(record.notice) ?? null,
      controller: newest.config.consent.controller,
      at: new Date(record.at).toISOString(),
      created,
    }),
  );
}
