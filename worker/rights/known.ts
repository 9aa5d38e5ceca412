import type { About } from "../../models/about.ts";
import type { ConsentRecord } from "../../models/consent-record.ts";
import type { Contribution } from "../../models/contribution.ts";
import type { HistoryRow } from "../../models/history.ts";
import { lifeOf } from "../../models/history-objects.ts";
import type { JourneyState } from "../../models/journey-state.ts";
import type { Env } from "../env.ts";
import { historyOfPerson } from "../history/person.ts";
import type { Unheard } from "../journey/store.ts";
import { visitorLedger } from "../ledger/shards.ts";
import { mapPlace } from "../map/shards.ts";
import { mapObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { siteCall } from "../sites.ts";
import { journeysOf, type PersonJourney, type Subject } from "./subject.ts";

/** Everything that is kept of one of a person's journeys, by the store that keeps it. */
export interface KnownOfJourney {
  visitor: string;
  /** Pseudonym on the map and in the history. */
  person: string;
  /** The journey object: what it is made of, and what waits to be told. */
  journey: JourneyState;
  waiting: Unheard;
  /** The people index and the map, a row a day; with what waits there for the history. */
  map: { journey: string; day: number; about: About | null; contribution: Contribution; waiting: unknown }[];
  /** The files of the history. */
  history: HistoryRow[];
  /** The ledger: what was chosen, and how that is proven. */
  consent: ConsentRecord[];
}

/** The answer to what is known about a person. */
export interface Known {
  /** ms since 1970 UTC. */
  at: number;
  site: string;
  journeys: KnownOfJourney[];
}

/** Reads every store for everything that it has of a person: all devices, all rows. */
export async function knownOf(env: Env, subject: Subject): Promise<Known> {
  const journeys = await journeysOf(env, subject);
  const known = await Promise.all(journeys.map((journey) => readStores(env, subject, journey)));
  return { at: Date.now(), site: subject.site.id, journeys: known };
}

async function readStores(env: Env, { site }: Subject, { visitor, kept }: PersonJourney): Promise<KnownOfJourney> {
  const { state, unheard } = kept;
  const { person, shard } = state.home ?? (await mapPlace(visitor, site));
  const [map, consent] = (await Promise.all([
    callObject(async () => mapObject(env, shard).known(person)),
    callObject(async () => (await visitorLedger(env, siteCall(site), visitor)).receipts(visitor)),
  ])) as [KnownOfJourney["map"], ConsentRecord[]];
  // History goes with its journey at the latest: who has none is asked of no file.
  const life = lifeOf({ bornAt: state.bornAt, seenAt: state.receivedAt, days: map.map(({ day }) => day) });
  const bucket = state.bornAt > 0 ? env.HISTORY : undefined;
  const history = bucket ? await historyOfPerson(bucket, { site: site.id, shard, person, life }) : [];
  const rows = map.map(({ journey, day, about, contribution, waiting }) => ({
    journey,
    day,
    about,
    contribution,
    waiting,
  }));
  return { visitor, person, journey: state, waiting: unheard, map: rows, history, consent };
}
