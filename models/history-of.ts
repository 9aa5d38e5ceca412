import type { HistoryRow } from "./history.ts";
import type { Accepted, DecisionRecord } from "./journey-state.ts";

/** Whose rows they are, and under which configuration they were accepted. */
export interface HistoryPlace {
  /** Pseudonym on the map. */
  person: string;
  journey: string;
  config: number;
  /** ms since 1970 by the edge's clock. */
  receivedAt: number;
}

const NOTHING = {
  stage: "",
  path: "",
  channel: "",
  source: "",
  context: "",
  orderId: "",
  revenueMilli: null,
  currency: "",
} as const;

/** The rows of touchpoints that a journey has accepted, in their order. Everything that the map is made of is in them. */
export function historyOf(accepted: readonly Accepted[], place: HistoryPlace): HistoryRow[] {
  return accepted.map(({ touchpoint, entry }): HistoryRow => {
    const { at, stream, seq, type, stage, path, channel, source = "", context, excluded, order } = entry;
    const { name, props, products } = touchpoint;
    return {
      ...NOTHING,
      ...place,
      kind: "touchpoint",
      occurredAt: at,
      stream,
      seq,
      type,
      stage,
      name,
      path,
      channel,
      source,
      context,
      excluded,
      ...(order
        ? {
            orderId: order.id,
            revenueMilli: order.kind === "refunded" ? -order.milli : order.milli,
            currency: order.currency,
          }
        : {}),
      props: JSON.stringify(products ? { ...props, products } : props),
    };
  });
}

/** The row of a decision: who was considered, and why or why not. */
export function historyOfDecision(record: DecisionRecord, place: HistoryPlace): HistoryRow {
  return {
    ...NOTHING,
    ...place,
    kind: "decision",
    occurredAt: record.at,
    stream: "",
    seq: 0,
    type: record.on,
    name: record.ask,
    excluded: "",
    props: JSON.stringify(record),
  };
}
