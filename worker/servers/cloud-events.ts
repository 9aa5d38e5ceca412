import type { Context } from "hono";
import { cloudEventItem, cloudEvents, isJson } from "../../models/cloud-event.ts";
import { BATCH_BYTES_MAX, type ServerCall } from "../../models/segment.ts";
import { type ItemResult, parseItems } from "../../models/server-item.ts";
import { type Parsed, refuse } from "../../models/touchpoint.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { answerCall, answerUncounted } from "./answer.ts";
import { readServerBody } from "./body.ts";

/** How the name of a header begins that carries an attribute of the event whose data is the body. */
const ATTRIBUTE = "ce-";

/** `POST /v1/cloudevents`: events in structured, batched or binary mode, as their HTTP binding has them. */
export const cloudEventsRoute = new Hono<Bindings>().post("/cloudevents", (c) =>
  answerCall(c, {
    read: () => readServerBody(c, BATCH_BYTES_MAX),
    parse: (value, now) => parse(c, value, now),
    answer: (results) => answerUncounted(c, results),
  }),
);

function parse(c: Context<Bindings>, value: unknown, now: number): Parsed<ServerCall> {
  const form = c.req.header("Content-Type") ?? "application/json";
  if (!isJson(form)) return refuse("malformed", "Content-Type", "JSON: application/cloudevents+json, or of the data");
  const events = cloudEvents(isBinary(c) ? { ...attributesOf(c), data: value } : value);
  if (!events.ok) return events;
  const read = events.value.map(cloudEventItem);
  const items = read.flatMap((item, index) => (item.ok ? [{ index, value: item.value }] : []));
  const refused = read.flatMap((item, index): ItemResult[] => {
    if (item.ok) return [];
    const { reason, field, bound } = item;
    return [{ index, result: "refused", reason, field, bound }];
  });
  const parsed = parseItems(
    items.map((item) => item.value),
    { counted: false, skewMs: 0, now },
  );
  const placed = <T extends { index: number }>(one: T): T => ({ ...one, index: items[one.index]?.index as number });
  const call = { items: parsed.items.map(placed), refused: [...refused, ...parsed.refused.map(placed)] };
  return { ok: true, value: { ...call, isLive: true, stream: null } };
}

/** In binary mode the attributes are headers, and the body is the data. */
function isBinary(c: Context<Bindings>): boolean {
  return c.req.header("ce-specversion") !== undefined;
}

/** Texts in headers are percent-encoded, says the HTTP binding. */
function attributesOf(c: Context<Bindings>): Record<string, string> {
  const attributes = [...c.req.raw.headers].filter(([name]) => name.startsWith(ATTRIBUTE));
  return Object.fromEntries(attributes.map(([name, value]) => [name.slice(ATTRIBUTE.length), decoded(value)]));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
