import type { ChannelName } from "./channel-table.ts";
import type { Excluded } from "./excluded.ts";
import type { TouchpointType } from "./touchpoint-type.ts";

/** Longest name and path that a journey keeps of a touchpoint, in UTF-16 units: 128 of both must fit their share of 32 KB. */
export const ENTRY_TEXT_MAX = 40;

/** Money that a touchpoint tells of, once for each `id` ("" where the shop gave none). */
export interface OrderEntry {
  kind: "completed" | "refunded";
  /** A digest: the number of an order finds a person in the shop's books. */
  id: string;
  /** Thousandths of the currency's unit. */
  milli: number;
  /** ISO 4217, "" where the shop gave none. */
  currency: string;
}

/** One touchpoint as a journey keeps it. `at` is corrected for the producer's clock; `stage` is "" for none. */
export interface Entry {
  at: number;
  stream: string;
  seq: number;
  type: TouchpointType;
  stage: string;
  name: string;
  path: string;
  /** Of a page: what brought its visitor, where it is an arrival. Of what a server tells: where it happened. "" for all others. */
  channel: ChannelName | "";
  /** What the request said of the browser: `contextOf` in models/agent.ts; "" for servers. */
  context: string;
  /** Why it counts beside the map. */
  excluded: Excluded | "";
  order?: OrderEntry;
  /** Of what a server tells: which of the site's systems it was. */
  source?: string;
}

/** Negative where `a` comes first. Order is (at, stream, seq), never arrival. */
export function compareEntries(a: Entry, b: Entry): number {
  return a.at - b.at || (a.stream === b.stream ? a.seq - b.seq : a.stream < b.stream ? -1 : 1);
}
