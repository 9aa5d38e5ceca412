import type { Catalogue } from "../catalogue.ts";
import { type Arrived, differencesOf, isExpected, observedKey, propertiesOf, type SeenProperty } from "./arrivals.ts";

/**
 * Counts of what arrived, by name: `batches`, `accepted.page`, `refused.too-old`, `event.track Signup Started`. Every name has a
 * word of ours before whatever was sent. Sums of sums are sums: so they come from any isolate, in any order.
 */
export type Sums = Record<string, number>;

/**
 * Names with something in them that was sent, and that a day tells apart of a kind: what is beyond is summed under `OTHER`. Kinds do
 * not crowd each other out: whoever sends properties of every name hides no event.
 */
const SENT_NAMES_MAX = 1_000;
export const OTHER = "other";
const SENT = ["event.", "violation."];

/** Events of a site that are told apart beside those that it expects, and properties of one. */
export const EVENTS_MAX = 500;
export const EVENT_PROPERTIES_MAX = 32;

/** Adds to sums. They stay bounded, whatever is sent: what is too much loses its name, and nothing else. */
export function addSums(to: Sums, more: Sums): void {
  const names = Object.keys(to);
  const sent = new Map(SENT.map((kind) => [kind, names.filter((name) => name.startsWith(kind)).length]));
  for (const [name, count] of Object.entries(more)) {
    const kind = SENT.find((one) => name.startsWith(one));
    const isNew = kind !== undefined && !Object.hasOwn(to, name);
    const of = kind === undefined ? 0 : (sent.get(kind) ?? 0);
    const kept = isNew && of >= SENT_NAMES_MAX ? OTHER : name;
    if (isNew && kept === name) sent.set(kind, of + 1);
    to[kept] = (to[kept] ?? 0) + count;
  }
}

/** The sums whose names begin with a word, without it. */
export function sumsBelow(sums: Sums, word: string): Sums {
  const prefix = `${word}.`;
  const below = Object.entries(sums).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(below.map(([name, count]) => [name.slice(prefix.length), count]));
}

/** All of them together. */
export function totalOf(sums: Sums): number {
  return Object.values(sums).reduce((sum, count) => sum + count, 0);
}

/** An event with the properties that it was seen with. */
export interface SeenEvent {
  key: string;
  /** The catalogue names it: there is room for it, whatever else is sent. */
  expected?: true;
  properties: SeenProperty[];
}

/** What touchpoints count, and which events they are. A duplicate is no event; what was refused is counted by its reason. */
export function sumsOf(arrived: readonly Arrived[], catalogue?: Catalogue): { sums: Sums; seen: SeenEvent[] } {
  const sums: Sums = {};
  const seen: SeenEvent[] = [];
  const count = (name: string) => {
    sums[name] = (sums[name] ?? 0) + 1;
  };
  for (const { touchpoint, verdict, reason } of arrived) {
    if (verdict === "refused") count(`refused.${reason}`);
    if (verdict === "duplicate") count("duplicates");
    if (!touchpoint || verdict === "refused" || verdict === "duplicate") continue;
    const key = observedKey(touchpoint, catalogue);
    count(`accepted.${touchpoint.type}`);
    count(`event.${key}`);
    if (verdict === "late") count("late");
    for (const { kind, property } of differencesOf(touchpoint, catalogue)) {
      count(`violation.${JSON.stringify([key, kind, property])}`);
    }
    const expected = catalogue && isExpected(touchpoint, catalogue) ? { expected: true as const } : {};
    seen.push({ key, ...expected, properties: propertiesOf(touchpoint.props) });
  }
  return { sums, seen };
}

/** The quarter of an hour of a UTC day, 0 to 95: in each the shards of a site write their history once. */
export function quarterName(at: number): string {
  return `quarter.${Math.floor((at % 86_400_000) / 900_000)}`;
}
