import { ANONYMOUS_ID_MAX, isUserId } from "./identity.ts";
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

/** How a server names a visitor: the write key is its word for it, so a user's id is as good as proven. */
export type VisitorName = { anonymousId: string } | { userId: string };

/** Items that one name of a stream counts, in the order they came; `indices` are their places in the call. */
export interface HistoricalItems {
  /** By whom `seq` counts them: whoever the visitor turns out to be, the same item has the same place. */
  countedBy: string;
  touchpoints: Touchpoint[];
  indices: number[];
}

/** One visitor's items of a call. */
export interface HistoricalVisitor {
  name: VisitorName;
  /** Who this visitor is, by an `identify` with both ids. */
  isUser?: string;
  /** Who this user was called before, by an `alias`. */
  was: string[];
  items: HistoricalItems[];
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
 * place among the items of the stream that name the same `anonymousId` (or the same user, without one). A bad item is refused alone.
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
    const { name, countedBy, isUser, was, touchpoint } = read.value;
    const key = "userId" in name ? `user ${name.userId}` : `visitor ${name.anonymousId}`;
    const visitor: HistoricalVisitor = visitors.get(key) ?? { name, was: [], items: [] };
    visitors.set(key, visitor);
    if (isUser !== undefined) visitor.isUser = isUser;
    if (was !== undefined) visitor.was.push(was);
    const counted = visitor.items.find((one) => one.countedBy === countedBy);
    const items = counted ?? { countedBy, touchpoints: [], indices: [] };
    if (!counted) visitor.items.push(items);
    items.touchpoints.push(touchpoint);
    items.indices.push(index);
  }
  if (visitors.size > VISITORS_MAX) return refuse("too-many", "batch", `items of at most ${VISITORS_MAX} visitors`);
  return { ok: true, value: { historical, stream, visitors: [...visitors.values()], refused } };
}

interface Item {
  name: VisitorName;
  countedBy: string;
  isUser?: string;
  was?: string;
  touchpoint: Touchpoint;
}

function parseItem(item: unknown): Parsed<Item> {
  if (!isRecord(item)) return refuse("malformed", "", "an object");
  const { anonymousId, userId, previousId, type } = item;
  const isNamed = anonymousId !== undefined || userId === undefined;
  if (isNamed && !(isUserId(anonymousId) && anonymousId.length <= ANONYMOUS_ID_MAX)) {
    return refuse("malformed", "anonymousId", `1 to ${ANONYMOUS_ID_MAX} characters`);
  }
  if (userId !== undefined && !isUserId(userId)) return refuse("malformed", "userId", "1 to 128 characters");
  if (type === "alias" && !(isUserId(previousId) && isUserId(userId))) {
    return refuse("malformed", "previousId", "1 to 128 characters, beside “userId”");
  }
  const at = timeOf(item.timestamp);
  if (!at.ok) return at;
  if (item.type === "outcome") return refuse("unknown-type", "type", "a type that a server may report");
  const told = type === "identify" || type === "group" ? item.traits : item.properties;
  const properties = isRecord(told) ? told : {};
  const about = { identify: userId, alias: userId, group: item.groupId }[String(type)];
  const page = isRecord(item.context) && isRecord(item.context.page) ? item.context.page : {};
  const touchpoint = parseTouchpoint({
    seq: item.seq,
    type: item.type,
    name: about ?? item.event ?? item.name ?? properties.title ?? page.title,
    at: at.value,
    url: properties.url ?? page.url,
    props: properties,
  });
  if (!touchpoint.ok) return touchpoint;
  const isAlias = type === "alias";
  const name = isNamed && !isAlias ? { anonymousId: anonymousId as string } : { userId: userId as string };
  const isUser = type === "identify" && isNamed && userId !== undefined ? { isUser: userId as string } : {};
  const was = isAlias ? { was: previousId as string } : {};
  const countedBy = isNamed ? `visitor ${anonymousId}` : `user ${userId}`;
  return { ok: true, value: { name, countedBy, ...isUser, ...was, touchpoint: touchpoint.value } };
}

function timeOf(timestamp: unknown): Parsed<number> | Refusal {
  // biome-ignore lint/style/noRestrictedGlobals: reading a written time is a pure function; no clock is asked
  const at = typeof timestamp === "string" ? Date.parse(timestamp) : timestamp;
  return typeof at === "number" && !Number.isNaN(at)
    ? { ok: true, value: at }
    : refuse("malformed", "timestamp", "an ISO 8601 time, or milliseconds since 1970");
}
