import type { About } from "../about.ts";
import { devicesOf } from "../devices.ts";
import type { HistoryRow } from "../history.ts";
import type { DecisionRecord, JourneyState } from "../journey-state.ts";
import { scrubText } from "../scrub.ts";
import type { Considered } from "../wire.ts";

/** Touchpoints of a timeline, the newest. */
const TIMELINE_MAX = 50;
const DECISIONS_MAX = 20;
/** Characters of a pseudonym that whoever may not identify people sees. */
const PERSON_SHOWN = 8;
/** Types whose names a site's own code gives: others are texts of a page, or ids. */
const CODED = ["track", "screen"];

/** One touchpoint of a person. */
interface Moment {
  /** ms since 1970. */
  at: number;
  type: string;
  name: string;
  path: string;
  stage: string;
  channel: string;
  /** Which of the site's systems told it; "" where it was a page. */
  source: string;
}

/** One decision about a person. */
interface Decided {
  at: number;
  on: string;
  /** "" where no campaign was a candidate. */
  campaign: string;
  version: number | null;
  variant: string;
  verdict: "show" | "none";
  reason: string;
  /** What became of it, "" where it is not known. */
  outcome: string;
  /** Every campaign that listened, with why it was chosen or not. */
  considered: Considered[];
}

/** What a team reads of one person. */
export interface PersonView extends Omit<About, "seenAt"> {
  person: string;
  /** Whether the site's server has proven who it is, and how many browsers share the journey; null: not known from here. */
  user: { proven: boolean; devices: number } | null;
  /** ms since 1970; null: not known. */
  firstSeenAt: number | null;
  lastSeenAt: number;
  /** In all, and those that came too late to be put in order, which no timeline has. */
  touchpoints: number;
  late: number;
  /** The newest first. */
  timeline: Moment[];
  /** The choice in force; null: not known from here. `at`: when the ledger recorded it, null where it has no record. */
  consent: { purposes: string[]; rev: number; at: number | null } | null;
  /** The newest first. */
  decisions: Decided[];
}

/** A person as their journey knows them. */
export function personOfJourney(
  state: JourneyState,
  { person, about, consentAt }: { person: string; about: About; consentAt: number | null },
): PersonView {
  const { seenAt, ...rest } = about;
  const { consent, folded, reservations, records } = state;
  const decisions = state.decisions.map((record) => {
    const reservation = reservations.find(({ id }) => id === record.reservation);
    const decided = decidedOf(record, reservation?.reaction ?? reservation?.state ?? "");
    return { ...decided, variant: reservation?.arm ?? records[decided.campaign]?.variant ?? decided.variant };
  });
  return {
    person,
    ...rest,
    user: { proven: state.devices !== undefined, devices: devicesOf(state).length },
    firstSeenAt: state.bornAt,
    lastSeenAt: seenAt,
    touchpoints: folded.touchpoints,
    late: folded.late,
    timeline: newest(folded.ring.map(momentOf), TIMELINE_MAX),
    consent: { purposes: consent.purposes, rev: consent.rev, at: consentAt },
    decisions: newest(decisions, DECISIONS_MAX),
  };
}

/** A person as map and history know them: from there nobody finds the journey. */
export function personOfRows(
  person: string,
  { about, bornAt, touchpoints, late }: { about: About; bornAt: number; touchpoints: number; late: number },
  history: readonly HistoryRow[],
): PersonView {
  const { seenAt, ...rest } = about;
  const told = (kind: HistoryRow["kind"]) => history.filter((row) => row.kind === kind);
  return {
    person,
    ...rest,
    user: null,
    firstSeenAt: bornAt || null,
    lastSeenAt: seenAt,
    touchpoints,
    late,
    timeline: newest(
      told("touchpoint").map((row) => momentOf({ ...row, at: row.occurredAt })),
      TIMELINE_MAX,
    ),
    consent: null,
    decisions: newest(
      told("decision").map(({ props }) => decidedOf(JSON.parse(props) as DecisionRecord, "")),
      DECISIONS_MAX,
    ),
  };
}

/**
 * The same for whoever may not identify people: the beginning of the pseudonym; of touchpoints no path, and no name but what the
 * site's own code calls an event. Declared traits stay: they are what the site has chosen to show.
 */
export function masked(view: PersonView): PersonView {
  const named = ({ type, name }: Moment) => (CODED.includes(type) ? scrubText(name) : "");
  return {
    ...view,
    person: shownPerson(view.person),
    timeline: view.timeline.map((moment) => ({ ...moment, name: named(moment), path: "" })),
  };
}

/** As much of a pseudonym as tells people apart in a list. */
export function shownPerson(person: string): string {
  return person.slice(0, PERSON_SHOWN);
}

function decidedOf({ at, on, considered, reason, reservation }: DecisionRecord, outcome: string): Decided {
  const arms = ["chosen", "holdout", "global-holdout"];
  const taken = considered.find((one) => one.reason === reason && arms.includes(reason));
  return {
    at,
    on,
    campaign: taken?.campaign ?? "",
    version: taken?.version ?? null,
    variant: taken ? (reason === "chosen" ? "treated" : reason) : "",
    verdict: reservation === null ? "none" : "show",
    reason,
    outcome,
    considered,
  };
}

/** Of an entry or a row. One that an earlier version wrote has no source. */
function momentOf({
  at,
  type,
  name,
  path,
  stage,
  channel,
  source = "",
}: Omit<Moment, "source"> & { source?: string }): Moment {
  return { at, type, name, path, stage, channel, source };
}

function newest<T extends { at: number }>(all: readonly T[], most: number): T[] {
  return all.toSorted((a, b) => b.at - a.at).slice(0, most);
}
