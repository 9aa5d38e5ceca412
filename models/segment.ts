import { byVisitor, parseItems, type ReadItems } from "./server-item.ts";
import { skewOf } from "./streams.ts";
import { isRecord, isTime, type Parsed, refuse } from "./touchpoint.ts";
import { readTime } from "./written-time.ts";

/** At most this many different visitors in one call that is counted: each is one object to write. */
export const VISITORS_MAX = 100;
/** Largest body of one call, bytes: the Segment HTTP API's own bound for a batch. */
export const BATCH_BYTES_MAX = 500 * 1024;
export const STREAM_NAME_MAX = 128;

/** What a server tells in one call. */
export interface ServerCall extends ReadItems {
  /** Whether it has just happened. The journey's open pages hear of it, and ask anew. */
  isLive: boolean;
  /** Names the source whose items have seqs, so that reading it twice changes nothing: for a file, its digest. Null: they have none. */
  stream: string | null;
}

/** The calls of the Segment HTTP API that bring one item, whose type they are. */
export const SINGLE_CALLS = ["track", "page", "screen", "identify", "group", "alias"] as const;
export type SingleCall = (typeof SINGLE_CALLS)[number];

/**
 * Reads the body of `POST /v1/batch`. With `historical` and `stream` each item has a `seq`, its place among the items of the
 * stream that name the same `anonymousId` (or the same user, without one); without them it is what a Segment SDK sends.
 * `now`: when it came, ms since 1970. A bad item is refused alone.
 */
export function parseBatch(value: unknown, now: number): Parsed<ServerCall> {
  if (!isRecord(value)) return refuse("malformed", "", "a JSON object");
  const { historical, stream, batch, context } = value;
  if (!Array.isArray(batch)) return refuse("malformed", "batch", "a list");
  if (historical === undefined && stream === undefined) {
    // What is said of the whole call holds for each item that does not say otherwise.
    const items = isRecord(context) ? batch.map((item) => withContext(item, context)) : batch;
    return { ok: true, value: { ...parseItems(items, uncounted(value, now)), isLive: true, stream: null } };
  }
  if (typeof historical !== "boolean") return refuse("malformed", "historical", "true or false");
  if (typeof stream !== "string" || stream === "" || stream.length > STREAM_NAME_MAX) {
    return refuse("malformed", "stream", `1 to ${STREAM_NAME_MAX} characters that name the source`);
  }
  const read = parseItems(batch, { counted: true, skewMs: 0, now: null });
  if (byVisitor(read.items).length > VISITORS_MAX) {
    return refuse("too-many", "batch", `items of at most ${VISITORS_MAX} visitors`);
  }
  return { ok: true, value: { ...read, isLive: !historical, stream } };
}

/** Reads the body of `POST /v1/track` and its like: one item, of the type that the call has. */
export function parseSingle(value: unknown, type: SingleCall, now: number): Parsed<ServerCall> {
  if (!isRecord(value)) return refuse("malformed", "", "a JSON object");
  const read = parseItems([{ ...value, type }], uncounted(value, now));
  return { ok: true, value: { ...read, isLive: true, stream: null } };
}

function withContext(item: unknown, context: Record<string, unknown>): unknown {
  if (!isRecord(item)) return item;
  return { ...item, context: { ...context, ...(isRecord(item.context) ? item.context : {}) } };
}

/** `sentAt` says what time it was where the call was sent. */
function uncounted({ sentAt }: Record<string, unknown>, now: number) {
  const sent = readTime(sentAt);
  return { counted: false, skewMs: isTime(sent) ? skewOf(sent, now) : 0, now };
}
