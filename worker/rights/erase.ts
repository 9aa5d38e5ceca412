import { type ErasureReceipt, erasureReceipt } from "../../models/erasure-receipt.ts";
import { lifeOf } from "../../models/history-objects.ts";
import type { Env } from "../env.ts";
import { historyOfPerson } from "../history/person.ts";
import type { ErasedJourney } from "../journey/call.ts";
import { mapPlace } from "../map/shards.ts";
import { dryRunObject, journeyObject, mapObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import type { Site } from "../sites.ts";
import { begunErasure, eraseNoted, journeysNamed } from "./noted.ts";
import { receiptSubject, sign } from "./sign.ts";
import { journeysOf, type PersonJourney, type Subject } from "./subject.ts";

/**
 * Erases a person everywhere, and says what has happened. First the ledger notes it, with all of their journeys: from then
 * on nothing that is sent again comes in, and who asks again, or the ledger itself, ends what was interrupted, though the
 * journeys that led there are gone by then. Repeating it changes nothing after.
 */
export async function erase(env: Env, subject: Subject): Promise<{ receipt: ErasureReceipt; jws: string }> {
  const { site, visitor } = subject;
  const eraseOne = (journey: PersonJourney, at: number) => eraseCounted(env, site, journey, at);
  const begun = await begunErasure(env, site, visitor);
  const ended = begun
    ? await eraseNoted(env, site, { journeys: await journeysNamed(env, site, begun), eraseOne, begun })
    : [];
  // What is found now has come since, or is all that there is.
  const found = (await journeysOf(env, subject)).filter(
    (one) => !begun?.journeys.includes(one.visitor) || one.kept.state.receivedAt > 0,
  );
  // The caller's note first: whoever asks again finds it there.
  const isCaller = (journey: PersonJourney) => Number(journey.visitor === visitor);
  const order = found.sort((a, b) => isCaller(b) - isCaller(a));
  const erased = [...ended, ...(await eraseNoted(env, site, { journeys: order, eraseOne }))];

  const records = [...new Map(erased.map(({ visitor: name, noted }) => [name, noted])).values()];
  const sumOf = (count: "touchpoints" | "mapRows" | "waiting" | "historyRows") =>
    erased.reduce((sum, { result }) => sum + result[count], 0);
  const result = {
    at: Date.now(),
    touchpoints: sumOf("touchpoints"),
    mapRows: sumOf("mapRows"),
    waiting: sumOf("waiting"),
    historyRows: env.HISTORY ? sumOf("historyRows") : null,
    hasPipeline: env.HISTORY_PIPELINE !== undefined,
    recordsKept: records.reduce((sum, { recordsKept }) => sum + recordsKept, 0),
    recordsUntil: Math.max(...records.map(({ keptUntil }) => keptUntil)),
  };
  const who = { site: site.id, subject: await receiptSubject(env, visitor), journeys: records.length };
  const receipt = erasureReceipt(who, result);
  return { receipt, jws: await sign(env, receipt) };
}

/** Erases one journey, with what a receipt counts. */
async function eraseCounted(
  env: Env,
  site: Site,
  { visitor, kept }: PersonJourney,
  at: number,
): Promise<ErasedJourney & { historyRows: number }> {
  const { home, bornAt, receivedAt } = kept.state;
  const { person, shard } = home ?? (await mapPlace(visitor, site));
  const map = () => mapObject(env, shard);
  const waits = await callObject(async () => map().waitingRows(person));
  const rows = (await callObject(async () => map().known(person))) as { day: number }[];
  const life = lifeOf({ bornAt, seenAt: receivedAt, days: rows.map(({ day }) => day) });
  // An erasure that is ended finds no life any more, and has to look everywhere.
  const of = { site: site.id, shard, person, ...(bornAt > 0 ? { life } : {}) };
  const files = env.HISTORY ? await historyOfPerson(env.HISTORY, of) : [];
  await callObject(async () => dryRunObject(env, site.id).forget(person));
  const erased = (await callObject(async () => journeyObject(env, site.id, visitor).erase(at))) as ErasedJourney;
  return { ...erased, waiting: erased.waiting + waits, historyRows: files.length };
}
