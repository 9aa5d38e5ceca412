import { ANONYMOUS_ID_MAX } from "./identity.ts";
import {
  isRecord,
  type Parsed,
  parseTouchpoint,
  type Refusal,
  type RefusalReason,
  refuse,
  type Touchpoint,
} from "./touchpoint.ts";

/** At most this many different visitors in one call: each is one object to write. */
export const VISITORS_MAX = 100;
/** Largest body of one call, bytes: the Segment HTTP API's own bound for a batch. */
export const BATCH_BYTES_MAX = 500 * 1024;
const STREAM_NAME_MAX = 128;

/** One visitor's items of a call, in the order they came; `indices` are their places in the call. */
export interface HistoricalVisitor {
  anonymousId: string;
  touchpoints: Touchpoint[];
  indices: number[];
}

/** What became of one item. `unavailable` is the only one to send again. */
export type ItemResult = { index: number } & (
  | { result: "accepted" | "duplicate" | "unavailable" }
  | { result: "refused"; reason: RefusalReason; field: string; bound: string }
);

export interface HistoricalBatch {
  /** False: it has just happened. The journey's open pages hear of it, and ask anew. */
  historical: boolean;
  /** Names the source, so that reading it twice changes nothing: for a file, its digest. */
  stream: string;
  visitors: HistoricalVisitor[];
  refused: ItemResult[];
}

/**
 * Reads the body of `POST /v1/batch`: the Segment HTTP API's batch with `historical`, `stream`, and in each item `seq`, its
 * place among that visitor's items of the stream. A bad item is refused alone.
 */
export function parseHistorical(value: unknown): Parsed<HistoricalBatch> {
  if (!isRecord(value)) return refuse("malformed", "", "a JSON object");
  const { historical, stream, batch } = value;
  if (typeof historical !== "boolean") return refuse("malformed", "historical", "true or false");
  if (typeof stream !== "string" || stream === "" || stream.length > STREAM_NAME_MAX) {
    return refuse("malformed", "stream", `1 to ${STREAM_NAME_MAX} characters that name the source`);
  }
  if (!Array.isArray(batch)) return refuse("malformed", "batch", "a list");
  const visitors = new Map<string, HistoricalVisitor>();
  const refused: ItemResult[] = [];
  for (const [index, item] of batch.entries()) {
    const read = parseItem(item);
    if (!read.ok) {
      refused.push({ index, result: "refused", reason: read.reason, field: read.field, bound: read.bound });
      continue;
    }
    const { anonymousId, touchpoint } = read.value;
    const visitor = visitors.get(anonymousId) ?? { anonymousId, touchpoints: [], indices: [] };
    visitors.set(anonymousId, visitor);
    visitor.touchpoints.push(touchpoint);
    visitor.indices.push(index);
  }
  if (visitors.size > VISITORS_MAX) return refuse("too-many", "batch", `items of at most ${VISITORS_MAX} visitors`);
  return { ok: true, value: { historical, stream, visitors: [...visitors.values()], refused } };
}

function parseItem(item: unknown): Parsed<{ anonymousId: string; touchpoint: Touchpoint }> {
  if (!isRecord(item)) return refuse("malformed", "", "an object");
  const { anonymousId } = item;
  if (typeof anonymousId !== "string" || anonymousId === "" || anonymousId.length > ANONYMOUS_ID_MAX) {
    return refuse("malformed", "anonymousId", `1 to ${ANONYMOUS_ID_MAX} characters`);
  }
  const at = timeOf(item.timestamp);
  if (!at.ok) return at;
  if (item.type === "outcome") return refuse("unknown-type", "type", "a type that a server may report");
  const properties = isRecord(item.properties) ? item.properties : {};
  const page = isRecord(item.context) && isRecord(item.context.page) ? item.context.page : {};
  const touchpoint = parseTouchpoint({
    seq: item.seq,
    type: item.type,
    name: item.event ?? item.name ?? properties.title ?? page.title,
    at: at.value,
    url: properties.url ?? page.url,
    props: properties,
  });
  return touchpoint.ok ? { ok: true, value: { anonymousId, touchpoint: touchpoint.value } } : touchpoint;
}

function timeOf(timestamp: unknown): Parsed<number> | Refusal {
  // biome-ignore lint/style/noRestrictedGlobals: reading a written time is a pure function; no clock is asked
  const at = typeof timestamp === "string" ? Date.parse(timestamp) : timestamp;
  return typeof at === "number" && !Number.isNaN(at)
    ? { ok: true, value: at }
    : refuse("malformed", "timestamp", "an ISO 8601 time, or milliseconds since 1970");
}
