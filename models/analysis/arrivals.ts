import { channelOf } from "../acquisition.ts";
import { arrivalOf } from "../arrival.ts";
import { type Catalogue, eventKey, NAMED_TYPES, violationsOf } from "../catalogue.ts";
import { scrubText } from "../scrub.ts";
import { pathOf } from "../stage.ts";
import type { Props, Touchpoint } from "../touchpoint.ts";
import type { Ask, Decision, RefusedTouchpoint, StreamBatch } from "../wire.ts";

/** What was done with a touchpoint; late: it counts in totals alone. */
type Verdict = "accepted" | "late" | "duplicate" | "refused";

/** One touchpoint of a batch, and what was done with it. Null: it was refused at the border, and nobody has read it. */
export interface Arrived {
  touchpoint: Touchpoint | null;
  verdict: Verdict;
  /** Why it was refused, else "". */
  reason: string;
  field: string;
  bound: string;
}

type Place = Pick<RefusedTouchpoint, "stream" | "seq">;

/** What a journey has answered to a batch, as far as it is told here. */
export interface Answered {
  refused: readonly RefusedTouchpoint[];
  duplicates: readonly Place[];
  late?: readonly Place[];
}

/** Names and keys come again with every batch, and scrubbing one costs as much as reading its touchpoint. */
const known = new Map<string, string>();
const KNOWN_MAX = 2_000;

function scrubbed(text: string): string {
  let found = known.get(text);
  if (found === undefined) {
    if (known.size >= KNOWN_MAX) known.clear();
    found = scrubText(text);
    known.set(text, found);
  }
  return found;
}

const placeOf = ({ stream, seq }: Place) => `${stream} ${seq}`;
const TAKEN = { reason: "", field: "", bound: "" };

/**
 * What became of each touchpoint of a batch. Asks that were left out are none, and neither is a part that a touchpoint
 * could do without.
 */
export function arrivedOf(
  { streams, refused }: { streams: readonly StreamBatch[]; refused: readonly RefusedTouchpoint[] },
  answered: Answered,
): Arrived[] {
  const bars = new Map(answered.refused.map((bar) => [placeOf(bar), bar]));
  const duplicates = new Set(answered.duplicates.map(placeOf));
  const late = new Set(answered.late?.map(placeOf));
  const read = new Set<string>();
  const taken = streams.flatMap(({ stream, touchpoints }) =>
    touchpoints.map((touchpoint): Arrived => {
      const place = placeOf({ stream, seq: touchpoint.seq });
      read.add(place);
      const bar = bars.get(place);
      if (bar) return { touchpoint, verdict: "refused", ...whyOf(bar) };
      if (duplicates.has(place)) return { touchpoint, verdict: "duplicate", ...TAKEN };
      return { touchpoint, verdict: late.has(place) ? "late" : "accepted", ...TAKEN };
    }),
  );
  const left = refused.filter((bar) => bar.stream !== "" && !read.has(placeOf(bar)));
  return [...taken, ...left.map((bar): Arrived => ({ touchpoint: null, verdict: "refused", ...whyOf(bar) }))];
}

/** A field is named by its sender: it may hold a property's key. */
function whyOf({ reason, field, bound }: RefusedTouchpoint) {
  return { reason, field: scrubbed(field), bound };
}

/**
 * What an event is called in the catalogue: the name that the site's own code gave it, scrubbed. A page's only where the site
 * has named it, since else it is a title, of which a shop has thousands. "" for all others: what was clicked is a text of the
 * page, and who was identified is somebody's id.
 */
export function observedName({ type, name }: Pick<Touchpoint, "type" | "name">, catalogue?: Catalogue): string {
  if (!NAMED_TYPES.some((named) => named === type)) return "";
  return type !== "page" || (catalogue && isExpected({ type, name }, catalogue)) ? scrubbed(name) : "";
}

/** Whether a catalogue names an event. */
export function isExpected({ type, name }: Pick<Touchpoint, "type" | "name">, { events }: Catalogue): boolean {
  return events.some((one) => (one.type ?? "track") === type && scrubbed(one.name) === scrubbed(name));
}

/** A property as it is told of: its key, scrubbed, and which type of JSON its value has. Never the value. */
export interface SeenProperty {
  key: string;
  type: "string" | "number" | "boolean" | "null";
}

/** The properties of a touchpoint, without what they say. */
export function propertiesOf(props: Props): SeenProperty[] {
  return Object.entries(props).map(([key, value]) => ({
    key: scrubbed(key),
    type: value === null ? "null" : (typeof value as "string" | "number" | "boolean"),
  }));
}

/** How an event differs from what the site expects, by the key of a property alone. */
export interface Difference {
  kind: string;
  property: string;
}

/** What of a touchpoint the site's catalogue does not expect; nothing where there is none. */
export function differencesOf(touchpoint: Touchpoint, catalogue?: Catalogue): Difference[] {
  if (!catalogue) return [];
  return violationsOf(touchpoint, catalogue).map(({ kind, property = "" }) => ({
    kind,
    property: scrubbed(property),
  }));
}

/** An event as its site knows it. */
export function observedKey(touchpoint: Pick<Touchpoint, "type" | "name">, catalogue?: Catalogue): string {
  // The catalogue's own way to tell events apart, of every type.
  return eventKey({ type: touchpoint.type as "track", name: observedName(touchpoint, catalogue) });
}

/** Type and name of an event's key. */
export function eventOfKey(key: string): { type: string; name: string } {
  const space = key.indexOf(" ");
  return { type: key.slice(0, space), name: key.slice(space + 1) };
}

/**
 * A line of the debugger: what came, and what was done with it. Never a value, an id or an address. `at`: when the edge had
 * it, ms since 1970. `person`: the first characters of a pseudonym.
 */
export type Line = { at: number; source: "page" | "server"; person: string } & (
  | ({
      kind: "touchpoint";
      type: string;
      name: string;
      path: string;
      properties: SeenProperty[];
      channel: string;
      violations: Difference[];
    } & Omit<Arrived, "touchpoint">)
  | { kind: "decision"; on: string; verdict: string; reason: string; campaign: string }
  | { kind: "request"; problem: string }
);

/** A message to those who watch. The first has no lines: it says that the line is there. */
export interface ArrivalsMessage {
  v: 1;
  /** The edge's clock, ms since 1970. */
  at: number;
  lines: Line[];
  /** Lines that were left out. */
  left: number;
}

type From = Pick<Line, "at" | "source">;

/** The line of a touchpoint. */
export function lineOf({ touchpoint, ...became }: Arrived, from: From, catalogue?: Catalogue): Line {
  const line = { ...from, person: "", kind: "touchpoint", ...became } as const;
  if (!touchpoint) return { ...line, type: "", name: "", path: "", properties: [], channel: "", violations: [] };
  const { type, name, url, props } = touchpoint;
  const arrival = arrivalOf(touchpoint);
  return {
    ...line,
    type,
    // Who was identified is somebody's id.
    name: ["identify", "group", "alias"].includes(type) ? "" : scrubbed(name),
    path: pathOf(url),
    properties: propertiesOf(props),
    channel: (arrival && channelOf(arrival)?.channel) ?? "",
    violations: became.verdict === "refused" ? [] : differencesOf(touchpoint, catalogue),
  };
}

/** The line of an answered ask. */
export function decisionLine(decision: Decision, asks: readonly Pick<Ask, "ask" | "on">[], from: From): Line {
  const { ask, verdict, reason, campaign = "" } = decision;
  const on = scrubbed(asks.find((one) => one.ask === ask)?.on ?? "");
  return { ...from, person: "", kind: "decision", on, verdict, reason, campaign };
}
