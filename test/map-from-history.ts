import { type MapSum, total } from "../models/analysis/map-sum.ts";
import type { Entry } from "../models/entry.ts";
import type { HistoryRow } from "../models/history.ts";
import { EMPTY_FOLDED, merge } from "../models/journey.ts";
import type { Journey } from "../models/site-config.ts";

/** What the map needs of a row of history. */
export type TouchpointRow = Omit<HistoryRow, "receivedAt" | "props" | "config">;

/**
 * The map of a journey made anew from history alone: each person's touchpoints, folded at once in any order, since the
 * fold puts them in theirs. Equals the live map as long as nothing came too late to be put in order (DESIGN §4).
 */
export function mapFromHistory(rows: readonly TouchpointRow[], journey: Journey): MapSum {
  const people = new Map<string, Entry[]>();
  for (const row of rows) {
    if (row.kind !== "touchpoint" || row.journey !== journey.id) continue;
    people.set(row.person, [...(people.get(row.person) ?? []), entryOf(row)]);
  }
  const days = [...people.values()].flatMap((entries) => [...merge(EMPTY_FOLDED, entries, journey).changed.values()]);
  // A day is left out whole: what happened in it before one of the site's own people showed is in the rows, too.
  const counting = days.filter(({ subject }) => subject.excluded === "");
  return total(counting.map(({ contribution }) => contribution));
}

function entryOf(row: TouchpointRow): Entry {
  const { occurredAt: at, stream, seq, stage, name, path, context, orderId: id, revenueMilli, currency } = row;
  const kind = name.toLowerCase() === "order refunded" ? "refunded" : "completed";
  return {
    at,
    stream,
    seq,
    type: row.type as Entry["type"],
    stage,
    name,
    path,
    channel: row.channel as Entry["channel"],
    context,
    excluded: row.excluded as Entry["excluded"],
    ...(revenueMilli === null ? {} : { order: { kind, id, milli: Math.abs(revenueMilli), currency } }),
  };
}
