import { aboutOf } from "../models/about.ts";
import { type PersonView, personOfJourney, personOfRows } from "../models/analysis/person-view.ts";
import { devicesOf } from "../models/devices.ts";
import type { HistoryRow } from "../models/history.ts";
import { lifeOf } from "../models/history-objects.ts";
import type { Journey } from "../models/site-config.ts";
import type { Env } from "./env.ts";
import { historyOfPerson } from "./history/person.ts";
import type { KnownRow } from "./map/rows.ts";
import { mapPlace, shardNames } from "./map/shards.ts";
import { RUNNERS } from "./models.ts";
import { mapObject } from "./objects.ts";
import { callObject } from "./platform-errors.ts";
import { lastRecord } from "./rights/object.ts";
import { journeysOf, type Subject } from "./rights/subject.ts";
import type { Site } from "./sites.ts";

/** The person whose journey a visitor's leads to; null where nothing is kept of them, or nothing may be done with it. */
export async function journeyPerson(env: Env, subject: Subject): Promise<PersonView | null> {
  const { site, newest } = subject;
  const [main] = await journeysOf(env, subject);
  if (!main) return null;
  const { state } = main.kept;
  if (state.receivedAt === 0 || state.folded.touchpoints === 0 || state.restrictedAt) return null;
  const { person } = state.home ?? (await mapPlace(main.visitor, site));
  const { config } = newest;
  const about = aboutOf(state, config.journeys[0] as Journey, {
    scoring: { runners: RUNNERS, thresholds: config.thresholds },
    now: Date.now(),
  });
  // Choices are each browser's; a user's own journey has none.
  const browsers = state.devices ? devicesOf(state).map(({ visitor }) => visitor) : [main.visitor];
  const records = await Promise.all(browsers.map((visitor) => lastRecord(env, site, visitor)));
  const consentAt = Math.max(0, ...records.map(({ record }) => record?.at ?? 0)) || null;
  return personOfJourney(state, { person, about, consentAt });
}

/** The person of a pseudonym, or of the beginning of one, as map and history know them; null where they know nobody. */
export async function mapPerson(env: Env, site: Site, begins: string): Promise<PersonView | null> {
  const answers = await Promise.all(
    shardNames(site).map(async (shard) => {
      const found = (await callObject(async () => mapObject(env, shard).find(begins))) as {
        person: string;
        rows: KnownRow[];
      } | null;
      return found ? [{ shard, ...found }] : [];
    }),
  );
  const [found] = answers.flat();
  if (!found) return null;
  const { shard, person, rows } = found;
  const latest = rows.toSorted((a, b) => b.day - a.day)[0] as KnownRow;
  // The push of who has restricted what is done with their data tells nothing of them.
  const { about } = latest;
  if (!about) return null;
  const bornAt = Math.min(...rows.map(({ life }) => life));
  const life = lifeOf({ bornAt, seenAt: Math.max(...rows.map(({ at }) => at)), days: rows.map(({ day }) => day) });
  const written = env.HISTORY ? await historyOfPerson(env.HISTORY, { site: site.id, shard, person, life }) : [];
  const waiting = rows.flatMap((row) => row.waiting.flatMap(([, told]) => told));
  const sum = (of: "touchpoints" | "late") => rows.reduce((all, { contribution }) => all + contribution[of], 0);
  const beside = { about, bornAt, touchpoints: sum("touchpoints"), late: sum("late") };
  return personOfRows(person, beside, distinct([...written, ...waiting]));
}

/** What was written to the history may wait in its row until the next push: it is one and the same. */
function distinct(rows: readonly HistoryRow[]): HistoryRow[] {
  return [...new Map(rows.map((row) => [`${row.kind} ${row.stream} ${row.seq} ${row.name}`, row])).values()];
}
