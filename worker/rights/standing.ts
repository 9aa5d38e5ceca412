import { type ErasureReceipt, erasureReceipt } from "../../models/erasure-receipt.ts";
import type { Env } from "../env.ts";
import { visitorLedger } from "../ledger/shards.ts";
import { spend } from "../limits.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { siteCall } from "../sites.ts";
import { receiptSubject, sign } from "./sign.ts";
import type { Subject } from "./subject.ts";

/** Whether anything is kept of who asks, and how long their call has to wait, ms. */
export interface Standing {
  isKnown: boolean;
  waitMs: number;
}

/**
 * Anybody can make a secret, so a call by one that no journey and no ledger knows must cost nothing that lasts. Who is known
 * spends of their own batches, and of the site's refusals: a right is one, and waits for no count that cannot be had.
 */
export async function standingOf(env: Env, { site, newest, visitor }: Subject): Promise<Standing> {
  const [journey, isRecorded] = await Promise.all([
    callObject(async () => journeyObject(env, site.id, visitor).rightsCall()),
    callObject(async () => (await visitorLedger(env, siteCall(site), visitor)).knows(visitor)),
  ]);
  if (!journey.isKept && !isRecorded) return { isKnown: false, waitMs: 0 };
  if (journey.waitMs > 0) return { isKnown: true, waitMs: journey.waitMs };
  const spent = { kind: "refusals", count: 1 } as const;
  const waitMs = await spend(env, { site: site.id, config: newest.config }, spent).catch(() => 0);
  return { isKnown: true, waitMs };
}

/** The receipt of who is not known: there was nothing, and nothing stays. */
export async function nothingErased(
  env: Env,
  { site, visitor }: Subject,
): Promise<{ receipt: ErasureReceipt; jws: string }> {
  const who = { site: site.id, subject: await receiptSubject(env, visitor), journeys: 0 };
  const none = { touchpoints: 0, mapRows: 0, waiting: 0, historyRows: null, recordsKept: 0, recordsUntil: 0 };
  const receipt = erasureReceipt(who, { at: Date.now(), hasPipeline: false, ...none });
  return { receipt, jws: await sign(env, receipt) };
}
