import { type MapSum, total } from "../models/analysis/graph.ts";
import type { HistoryRow } from "../models/history.ts";
import { EMPTY_FOLDED, type Entry, merge } from "../models/journey.ts";
import type { Journey } from "../models/site-config.ts";
import type { TouchpointType } from "../models/touchpoint-type.ts";

/** What the map needs of a row of history. */
export type TouchpointRow = Pick<
  HistoryRow,
  "person" | "kind" | "occurredAt" | "stream" | "seq" | "type" | "stage" | "name" | "path" | "journey" | "excluded"
>;

/**
 * The map of a journey made anew from history alone: each person's touchpoints, folded at once in any order, since the
 * fold puts them in theirs. Equals the live map as long as nothing came too late to be put in order (DESIGN §4).
 */
export function mapFromHistory(rows: readonly TouchpointRow[], journey: Journey): MapSum {
  const people = new Map<string, Entry[]>();
  for (const row of rows) {
    if (row.kind !== "touchpoint" || row.excluded !== "" || row.journey !== journey.id) continue;
    const { occurredAt: at, stream, seq, stage, name, path } = row;
    const entry: Entry = { at, stream, seq, type: row.type as TouchpointType, stage, name, path };
    people.set(row.person, [...(people.get(row.person) ?? []), entry]);
  }
  const days = [...people.values()].map((entries) => merge(EMPTY_FOLDED, entries, journey).changed);
  return total(days.flatMap((contributions) => [...contributions.values()]));
}
