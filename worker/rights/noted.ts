import { isFromBefore } from "../../models/erasing.ts";
import type { Env } from "../env.ts";
import type { ErasedJourney } from "../journey/call.ts";
import type { Erased } from "../ledger/object.ts";
import { visitorLedger } from "../ledger/shards.ts";
import type { Begun } from "../ledger/store.ts";
import { journeyObject, siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { type Site, siteCall } from "../sites.ts";
import { ownOf, type PersonJourney } from "./subject.ts";

/** What has become of one journey: what its ledger has noted, and what its erasure gave. */
export interface NotedErasure<T> {
  visitor: string;
  noted: Erased;
  result: T;
}

type EraseOne<T> = (journey: PersonJourney, at: number) => Promise<T>;

/** The erasure of a visitor that was begun and has not ended; null where there is none. */
export async function begunErasure(env: Env, site: Site, visitor: string): Promise<Begun | null> {
  return callObject(async () => (await visitorLedger(env, siteCall(site), visitor)).begun(visitor));
}

/**
 * Erases journeys of one person. Each one's ledger notes it, with the names of all (`begun`: those of an earlier try), the
 * first before the others; then all are erased, also where one of them fails; then the notes go. Throws where anything
 * has failed: then the notes stay, and everything can be done again.
 */
export async function eraseNoted<T>(
  env: Env,
  site: Site,
  { journeys, eraseOne, begun }: { journeys: PersonJourney[]; eraseOne: EraseOne<T>; begun?: Begun },
): Promise<NotedErasure<T>[]> {
  const names = begun?.journeys ?? journeys.map(({ visitor }) => visitor);
  const note = ({ visitor, kept }: PersonJourney): Promise<Erased> =>
    callObject(async () => {
      const bornAt = Math.max(kept.state.bornAt, begun?.at ?? 0);
      return (await visitorLedger(env, siteCall(site), visitor)).tombstone(visitor, site.id, bornAt, names);
    });
  const [first, ...others] = journeys;
  const noted = first ? [await note(first), ...(await Promise.all(others.map(note)))] : [];
  const erased: NotedErasure<T>[] = [];
  const failures: unknown[] = [];
  for (const [i, journey] of journeys.entries()) {
    const mark = noted[i] as Erased;
    try {
      erased.push({ visitor: journey.visitor, noted: mark, result: await eraseOne(journey, mark.at) });
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  await Promise.all(
    names.map((name) => callObject(async () => (await visitorLedger(env, siteCall(site), name)).ended(name))),
  );
  return erased;
}

/** Ends an erasure that nobody has asked for again. Who has begun to live again since stays. */
export async function endUnasked(env: Env, siteId: string, begun: Begun): Promise<void> {
  const site = (await callObject(async () => siteObject(env, siteId).site())) as Site | null;
  if (!site) throw new Error(`no site ${siteId}`);
  const named = await journeysNamed(env, site, begun);
  // Of whom no journey is left there may be records.
  const journeys = named.filter(({ kept: { state } }) => state.receivedAt === 0 || isFromBefore(state, begun.at));
  const eraseOne = ({ visitor }: PersonJourney, at: number) =>
    callObject(async () => journeyObject(env, site.id, visitor).erase(at)) as Promise<ErasedJourney>;
  await eraseNoted(env, site, { journeys, eraseOne, begun });
}

/** The very journeys that an erasure is of, with what is left in them. */
export function journeysNamed(env: Env, site: Site, { journeys }: Begun): Promise<PersonJourney[]> {
  return Promise.all(journeys.map(async (visitor) => ({ visitor, kept: await ownOf(env, site, visitor) })));
}
