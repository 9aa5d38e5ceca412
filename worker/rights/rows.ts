import type { KnownRow } from "../../models/known-rows.ts";
import { DAY_MS } from "../../models/visit.ts";
import type { Known, KnownOfJourney } from "./known.ts";

/** What is known as a list of lines, for who reads it in a spreadsheet: nothing of it is left out. */
export function rowsOf({ journeys }: Known): KnownRow[] {
  return journeys.flatMap((journey) => [...journeyRows(journey), ...otherRows(journey)]);
}

function journeyRows({ visitor, journey, waiting }: KnownOfJourney): KnownRow[] {
  const { folded, decisions, reservations, records, devices = [], consent, traits, streams, ...rest } = journey;
  const row = rowMaker("journey", visitor);
  return [
    ...folded.ring.map((entry) => row(entry.at, "touchpoint", entry.name || entry.path, entry)),
    ...decisions.map((decision) => row(decision.at, "decision", decision.on, decision)),
    ...reservations.map((reservation) => row(reservation.at, "reservation", reservation.campaign, reservation)),
    ...Object.entries(records).map(([id, record]) => row(record.exposedAt, "campaign", id, record)),
    ...devices.map((device) => row(device.at, "device", device.visitor, device)),
    row(null, "choice", "", consent),
    ...(traits ? [row(traits.at, "traits", "", traits.values)] : []),
    row(null, "summary", "", { ...folded, ring: undefined }),
    row(null, "streams", "", streams),
    row(journey.receivedAt, "state", "", rest),
    ...waiting.flatMap(([, rows]) => rows.map((told) => row(told.occurredAt, "waiting", told.name, told))),
  ];
}

function otherRows({ visitor, map, history, consent }: KnownOfJourney): KnownRow[] {
  const onMap = rowMaker("map", visitor);
  const inHistory = rowMaker("history", visitor);
  const inLedger = rowMaker("ledger", visitor);
  return [
    ...map.map((day) => onMap(Math.max(0, day.day) * DAY_MS, "day", day.journey, day)),
    ...history.map((told) => inHistory(told.occurredAt, told.kind, told.name, told)),
    ...consent.map((record) => inLedger(record.at, record.kind, record.control, record)),
  ];
}

function rowMaker(store: string, visitor: string) {
  return (at: number | null, kind: string, name: string, data: unknown): KnownRow => ({
    store,
    visitor,
    at: at ? new Date(at).toISOString() : "",
    kind,
    name,
    data: JSON.stringify(data),
  });
}
