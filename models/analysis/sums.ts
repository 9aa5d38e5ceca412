import type { Catalogue } from "../catalogue.ts";
import { type Arrived, differencesOf, observedKey, propertiesOf, type SeenProperty } from "./arrivals.ts";

/**
 * Counts of what arrived, by name: `batches`, `accepted.page`, `refused.too-old`, `event.track Signup Started`. Every name has a
 * word of ours before whatever was sent. Sums of sums are sums: so they come from any isolate, in any order.
 */
export type Sums = Record<string, number>;

/** Names with something in them that was sent, and that a day tells apart; what is beyond is summed under `OTHER`. */
const SENT_NAMES_MAX = 1_500;
export const OTHER = "other";
const SENT = /^(?:event|violation)\./;
/** Events of a site that are told apart, and properties of one. */
export const EVENTS_MAX = 500;
export const EVENT_PROPERTIES_MAX = 32;

/** Adds to sums. They stay bounded, whatever is sent: what is too much loses its name, and nothing else. */
export function addSums(to: Sums, more: Sums): void {
  let sent = Object.keys(to).filter((name) => SENT.test(name)).length;
  for (const [name, count] of Object.entries(more)) {
    const isNew = SENT.test(name) && !Object.hasOwn(to, name);
    const kept = isNew && sent >= SENT_NAMES_MAX ? OTHER : name;
    if (isNew && kept === name) sent++;
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
    seen.push({ key, properties: propertiesOf(touchpoint.props) });
  }
  return { sums, seen };
}

/** The quarter of an hour of a UTC day, 0 to 95: in each the shards of a site write their history once. */
export function quarterName(at: number): string {
  return `quarter.${Math.floor((at % 86_400_000) / 900_000)}`;
}
