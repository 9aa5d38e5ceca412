import { type Catalogue, type ExpectedEvent, eventKey } from "../catalogue.ts";
import { dayName } from "../history.ts";
import { scrubText } from "../scrub.ts";
import { eventOfKey } from "./arrivals.ts";
import { type Sums, sumsBelow } from "./sums.ts";

/** A property of an event: the types of JSON that it had, and the UTC days, since 1970, of its first and last sight. */
export interface KeptProperty {
  key: string;
  types: string[];
  first: number;
  last: number;
}

/** An event that was seen, and when: UTC days since 1970. */
export interface KeptEvent {
  key: string;
  /** The catalogue names it, as it was last sent. */
  expected?: true;
  first: number;
  last: number;
  properties: KeptProperty[];
}

/** What the site's object keeps. */
export interface Observed {
  days: { day: number; sums: Sums }[];
  events: KeptEvent[];
}

/** A property as a team reads it: what was seen, beside what was expected. */
interface ListedProperty {
  key: string;
  types: string[];
  first: string | null;
  last: string | null;
  expected?: { type: string; required: boolean };
}

/** An event as a team reads it. Days are UTC, as in 2026-11-22; null: it was not seen in the days that are kept. */
export interface ListedEvent {
  type: string;
  /** "" of what has no name of the site's own. */
  name: string;
  first: string | null;
  last: string | null;
  /** In the days that are kept. */
  total: number;
  expected: boolean;
  hidden: boolean;
  description?: string;
  properties: ListedProperty[];
  violations: { kind: string; property: string; count: number }[];
}

/**
 * What was seen beside what the site expects, the most frequent first; what is expected and was not seen comes last. `hidden`: by
 * event, what a team has said; where it has said nothing, the catalogue's word counts.
 */
export function eventList(
  { days, events }: Observed,
  { catalogue, hidden }: { catalogue?: Catalogue | undefined; hidden: Record<string, boolean> },
): ListedEvent[] {
  const totals: Sums = {};
  const violations = new Map<string, ListedEvent["violations"]>();
  for (const { sums } of days) {
    for (const [key, count] of Object.entries(sumsBelow(sums, "event"))) totals[key] = (totals[key] ?? 0) + count;
    for (const [name, count] of Object.entries(sumsBelow(sums, "violation"))) {
      const [key, kind, property] = JSON.parse(name) as [string, string, string];
      violations.set(key, withViolation(violations.get(key) ?? [], { kind, property, count }));
    }
  }
  const expected = new Map((catalogue?.events ?? []).map((one) => [expectedKey(one), one]));
  const seen = new Map(events.map((event) => [event.key, event]));
  const listed = [...new Set([...seen.keys(), ...expected.keys()])].map((key): ListedEvent => {
    const event = seen.get(key);
    const plan = expected.get(key);
    return {
      ...eventOfKey(key),
      first: event ? dayName(event.first) : null,
      last: event ? dayName(event.last) : null,
      total: totals[key] ?? 0,
      expected: plan !== undefined,
      hidden: hidden[key] ?? plan?.hidden ?? false,
      ...(plan?.description === undefined ? {} : { description: plan.description }),
      properties: propertiesOf(event?.properties ?? [], plan),
      violations: violations.get(key) ?? [],
    };
  });
  return listed.sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
}

/** The key under which an expected event is seen: names are scrubbed as they arrive. */
function expectedKey({ type, name }: ExpectedEvent): string {
  return eventKey({ ...(type ? { type } : {}), name: scrubText(name) });
}

function withViolation(all: ListedEvent["violations"], { kind, property, count }: ListedEvent["violations"][number]) {
  const known = all.find((one) => one.kind === kind && one.property === property);
  if (!known) return [...all, { kind, property, count }];
  return all.map((one) => (one === known ? { ...one, count: one.count + count } : one));
}

function propertiesOf(seen: readonly KeptProperty[], plan: ExpectedEvent | undefined): ListedProperty[] {
  const planned = Object.entries(plan?.properties ?? {});
  const expectedOf = (key: string) => {
    const one = planned.find(([name]) => scrubText(name) === key)?.[1];
    return one ? { expected: { type: one.type, required: one.required ?? false } } : {};
  };
  const unseen = planned.map(([key]) => scrubText(key)).filter((key) => !seen.some((one) => one.key === key));
  return [
    ...seen.map(({ key, types, first, last }) => ({
      key,
      types,
      first: dayName(first),
      last: dayName(last),
      ...expectedOf(key),
    })),
    ...unseen.map((key) => ({ key, types: [], first: null, last: null, ...expectedOf(key) })),
  ];
}
