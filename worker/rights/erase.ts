import { type ErasureReceipt, erasureReceipt } from "../../models/erasure-receipt.ts";
import type { Env } from "../env.ts";
import { historyOfPerson } from "../history/person.ts";
import type { ErasedJourney } from "../journey/call.ts";
import { visitorLedger } from "../ledger/shards.ts";
import { mapPlace } from "../map/shards.ts";
import { journeyObject, mapObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { siteCall } from "../sites.ts";
import { receiptSubject, sign } from "./sign.ts";
import { journeysOf, type PersonJourney, type Subject } from "./subject.ts";

/**
 * Erases a person everywhere, and says what has happened. First the ledger notes it, for all of their journeys: from then
 * on nothing that is sent again comes in, and an object that is interrupted ends the erasure when it is next asked
 * anything. Then the journeys go, the one that leads to the others last. Repeating it finishes it, and changes nothing after.
 */
export async function erase(env: Env, subject: Subject): Promise<{ receipt: ErasureReceipt; jws: string }> {
  const { site, visitor } = subject;
  const [main, ...others] = (await journeysOf(env, subject)) as [PersonJourney, ...PersonJourney[]];
  const isCaller = (journey: PersonJourney) => journey.visitor === visitor;
  const order = [...others.filter((one) => !isCaller(one)), main, ...others.filter(isCaller)];
  const noted = await Promise.all(
    order.map(async (one) =>
      callObject(async () =>
        (await visitorLedger(env, siteCall(site), one.visitor)).tombstone(one.visitor, site.id, one.kept.state.bornAt),
      ),
    ),
  );
  const result = {
    at: Date.now(),
    touchpoints: 0,
    mapRows: 0,
    waiting: 0,
    historyRows: env.HISTORY ? 0 : null,
    hasPipeline: env.HISTORY_PIPELINE !== undefined,
    recordsKept: noted.reduce((sum, { recordsKept }) => sum + recordsKept, 0),
    recordsUntil: Math.max(...noted.map(({ keptUntil }) => keptUntil)),
  };
  for (const [i, journey] of order.entries()) {
    const erased = await eraseOne(env, subject, { journey, at: noted[i]?.at as number });
    result.touchpoints += erased.touchpoints;
    result.mapRows += erased.mapRows;
    result.waiting += erased.waiting;
    if (result.historyRows !== null) result.historyRows += erased.historyRows;
  }
  result.at = Date.now();
  const who = { site: site.id, subject: await receiptSubject(env, visitor), journeys: order.length };
  const receipt = erasureReceipt(who, result);
  return { receipt, jws: await sign(env, receipt) };
}

async function eraseOne(
  env: Env,
  { site }: Subject,
  { journey: { visitor, kept }, at }: { journey: PersonJourney; at: number },
): Promise<ErasedJourney & { historyRows: number }> {
  const place = kept.state.home ?? (await mapPlace(visitor, site));
  const { person, shard } = place;
  const waits = await callObject(async () => mapObject(env, shard).waitingRows(person));
  const files = env.HISTORY ? await historyOfPerson(env.HISTORY, { site: site.id, shard, person }) : [];
  const erased = (await callObject(async () => journeyObject(env, site.id, visitor).erase(at))) as ErasedJourney;
  return { ...erased, waiting: erased.waiting + waits, historyRows: files.length };
}
