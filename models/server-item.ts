import { channelNamed } from "./channel-table.ts";
import { ANONYMOUS_ID_MAX, isUserId } from "./identity.ts";
import { refusesAnalytics, toldBy, withArrival } from "./server-context.ts";
import {
  AT_MAX,
  isRecord,
  type Parsed,
  parseTouchpoint,
  type RefusalReason,
  refuse,
  SOURCE_MAX,
  type Touchpoint,
} from "./touchpoint.ts";
import { readTime } from "./written-time.ts";

/** Largest item of a call without seqs, bytes of JSON: the Segment HTTP API's own bound. */
export const ITEM_BYTES_MAX = 32 * 1024;
/** Longest `messageId`: Segment’s are UUIDs of 36 with a prefix, a CloudEvents one is an address and an id. */
const MESSAGE_ID_MAX = 512;

/** How a server names a visitor: the write key is its word for it, so a user's id is as good as proven. */
export type VisitorName = { anonymousId: string } | { userId: string };

/** One thing that a server tells, read. */
export interface ServerItem {
  name: VisitorName;
  /** By whom `seq` counts it: whoever the visitor turns out to be, the same item has the same place. */
  countedBy: string;
  /** Who this visitor is, by an `identify` with both ids. */
  isUser?: string;
  /** Who this user was called before, by an `alias`. */
  was?: string;
  touchpoint: Touchpoint;
  /** What tells it from a repetition where it has no seq; "": nothing does, each time is a new one. */
  messageId: string;
  /** What is said of the browser that its visitor used. */
  told: ReturnType<typeof toldBy>;
}

/**
 * What became of one item. `unavailable` is the only one to send again; `excluded` is what a robot did: it is counted, and in
 * no journey. `late`: it came too late to be put in order, and counts in totals alone.
 */
export type ItemResult = { index: number } & (
  | { result: "accepted"; late?: true }
  | { result: "duplicate" | "excluded" | "unavailable" }
  | { result: "refused"; reason: RefusalReason; field: string; bound: string }
);

/** How items are read. */
export interface ItemReading {
  /** Whether each has a `seq`, its place in a stream; else it is told apart by its `messageId`. */
  counted: boolean;
  /** Added to the times that are written in it, ms. */
  skewMs: number;
  /** The time of an item that has none, ms since 1970; null: such a one is refused. */
  now: number | null;
}

/** Items as a call brought them: those that could be read, by their places in it, and what became of the others. */
export interface ReadItems {
  items: { index: number; item: ServerItem }[];
  refused: ItemResult[];
}

/** Reads untrusted items, each for itself: a bad one is refused alone. */
export function parseItems(items: readonly unknown[], reading: ItemReading): ReadItems {
  const read: ReadItems = { items: [], refused: [] };
  for (const [index, value] of items.entries()) {
    const item = parseItem(value, reading);
    if (item.ok) read.items.push({ index, item: item.value });
    else {
      const { reason, field, bound } = item;
      read.refused.push({ index, result: "refused", reason, field, bound });
    }
  }
  return read;
}

/** Reads one item in the form of the Segment HTTP API. */
export function parseItem(item: unknown, { counted, skewMs, now }: ItemReading): Parsed<ServerItem> {
  if (!isRecord(item)) return refuse("malformed", "", "an object");
  const { type } = item;
  const anonymousId = idOf(item.anonymousId);
  const userId = idOf(item.userId);
  const previousId = idOf(item.previousId);
  const messageId = idOf(item.messageId);
  const isNamed = given(anonymousId) || !given(userId);
  if (isNamed && !(isUserId(anonymousId) && anonymousId.length <= ANONYMOUS_ID_MAX)) {
    return refuse("malformed", "anonymousId", `1 to ${ANONYMOUS_ID_MAX} characters`);
  }
  if (given(userId) && !isUserId(userId)) return refuse("malformed", "userId", "1 to 128 characters");
  if (type === "alias" && !(isUserId(previousId) && isUserId(userId))) {
    return refuse("malformed", "previousId", "1 to 128 characters, beside “userId”");
  }
  if (given(messageId) && !(typeof messageId === "string" && messageId.length <= MESSAGE_ID_MAX)) {
    return refuse("malformed", "messageId", `at most ${MESSAGE_ID_MAX} characters`);
  }
  if (!counted && isTooLarge(item)) return refuse("too-long", "", `at most ${ITEM_BYTES_MAX} bytes of JSON`);
  if (refusesAnalytics(item.context)) {
    return refuse("consent", "context.consent.categoryPreferences", "without a refusal of analytics");
  }
  const at = timeOf(item.timestamp ?? item.originalTimestamp ?? now, skewMs);
  if (!at.ok) return at;
  if (type === "outcome") return refuse("unknown-type", "type", "a type that a server may report");
  const touchpoint = touchpointOf(item, counted ? item.seq : 0, at.value);
  if (!touchpoint.ok) return touchpoint;
  const isUser = type === "identify" && isNamed && given(userId) ? { isUser: userId as string } : {};
  // Of somebody who is known by both, what they did is the user's; only an identify makes them one. Counted ones are as they always were.
  const isUsers = type === "alias" || (!counted && type !== "identify" && given(userId));
  return {
    ok: true,
    value: {
      name: isNamed && !isUsers ? { anonymousId: anonymousId as string } : { userId: userId as string },
      countedBy: countedBy(item),
      ...isUser,
      ...(type === "alias" ? { was: previousId as string } : {}),
      touchpoint: touchpoint.value,
      messageId: typeof messageId === "string" ? messageId : "",
      told: toldBy(item.context),
    },
  };
}

/**
 * By whom an item is counted: two with the same answer are of one stream. Of one that names nobody, which is refused, the
 * answer means nothing.
 */
export function countedBy({ anonymousId, userId }: Record<string, unknown>): string {
  return given(anonymousId) || !given(userId) ? `visitor ${anonymousId}` : `user ${userId}`;
}

/** Sites number their people, and send the numbers: 42 and "42" are one. */
function idOf(value: unknown): unknown {
  return Number.isSafeInteger(value) ? String(value) : value;
}

/** SDKs write null, or an empty text, for what they have not. */
function given(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function touchpointOf(item: Record<string, unknown>, seq: unknown, at: number): Parsed<Touchpoint> {
  const { type, context } = item;
  const told = type === "identify" || type === "group" ? item.traits : item.properties;
  const properties = isRecord(told) ? told : {};
  const userId = idOf(item.userId);
  const about = { identify: userId, alias: userId, group: idOf(item.groupId) }[String(type)];
  const page = isRecord(context) && isRecord(context.page) ? context.page : {};
  const read = parseTouchpoint({
    seq,
    type,
    name: about ?? item.event ?? item.name ?? properties.title ?? page.title,
    at,
    url: properties.url ?? page.url,
    props: type === "page" ? withArrival(properties, context) : properties,
  });
  return read.ok ? { ok: true, value: { ...read.value, ...placeOf(item) } } : read;
}

/** Where it happened, and which system tells it: a screen is an app's, and an SDK names itself. */
function placeOf({ type, channel, source, context }: Record<string, unknown>): Pick<Touchpoint, "channel" | "source"> {
  const where = channelNamed(channel) ?? (type === "screen" ? "app" : null);
  const library = isRecord(context) && isRecord(context.library) ? context.library.name : undefined;
  const system = [source, library].find((name) => typeof name === "string" && name !== "") as string | undefined;
  return { ...(where ? { channel: where } : {}), ...(system ? { source: system.slice(0, SOURCE_MAX) } : {}) };
}

function isTooLarge(item: Record<string, unknown>): boolean {
  const text = JSON.stringify(item);
  // UTF-8 takes at most three bytes for a UTF-16 unit: most items need no counting.
  return text.length * 3 > ITEM_BYTES_MAX && new TextEncoder().encode(text).length > ITEM_BYTES_MAX;
}

function timeOf(timestamp: unknown, skewMs: number): Parsed<number> {
  const at = readTime(timestamp);
  return at !== null
    ? { ok: true, value: skewMs === 0 ? at : Math.min(AT_MAX, Math.max(0, at + skewMs)) }
    : refuse("malformed", "timestamp", "an ISO 8601 time, or seconds or milliseconds since 1970");
}

/** Items that one name counts, in the order they came; `indices` are their places in the call. */
export interface CountedItems {
  countedBy: string;
  items: ServerItem[];
  indices: number[];
}

/** One visitor's items of a call, as long as they are one and the same person. */
export interface ServerVisitor {
  name: VisitorName;
  isUser?: string;
  was: string[];
  counted: CountedItems[];
}

/**
 * Items by visitor, and there by who counts them. A visitor who becomes one user and then another stands there more than once,
 * in that order: what came in between is the first one's.
 */
export function byVisitor(items: ReadItems["items"]): ServerVisitor[][] {
  const visitors = new Map<string, ServerVisitor[]>();
  for (const { index, item } of items) {
    const { name, countedBy, isUser, was } = item;
    const key = "userId" in name ? `user ${name.userId}` : `visitor ${name.anonymousId}`;
    const runs = visitors.get(key) ?? [];
    visitors.set(key, runs);
    const last = runs.at(-1);
    const isOther = last?.isUser !== undefined && isUser !== undefined && isUser !== last.isUser;
    const visitor: ServerVisitor = last && !isOther ? last : { name, was: [], counted: [] };
    if (visitor !== last) runs.push(visitor);
    if (isUser !== undefined) visitor.isUser = isUser;
    if (was !== undefined) visitor.was.push(was);
    const own = visitor.counted.find((one) => one.countedBy === countedBy);
    const counted = own ?? { countedBy, items: [], indices: [] };
    if (!own) visitor.counted.push(counted);
    counted.items.push(item);
    counted.indices.push(index);
  }
  return [...visitors.values()];
}
