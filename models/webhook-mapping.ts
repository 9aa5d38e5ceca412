import { fromMinorUnits } from "./minor-units.ts";
import { evaluate } from "./rules.ts";
import { parseItem, type ReadItems } from "./server-item.ts";
import type { MappedProducts, MappedValue, SourceConfig, SourceRule } from "./source-config.ts";
import { filled, type Scope, valueAt } from "./template.ts";
import { isRecord, type Parsed, refuse } from "./touchpoint.ts";
import { readTime } from "./written-time.ts";

/** Most events of one payload: each may be another visitor, which is one object to write. */
export const EVENTS_MAX = 5_000;

/** What a payload tells. `index` of an item is its event's place in the payload. */
export interface ReadWebhook extends ReadItems {
  /** Events that no rule of the source wants. */
  ignored: number;
}

/**
 * Reads the payload of a source by its rules: items as a server's call has them, so with the same bounds. A bad event is
 * refused alone. `now`: when it came, ms since 1970.
 */
export function readWebhook(source: SourceConfig, payload: unknown, now: number): Parsed<ReadWebhook> {
  const events = eventsOf(source, payload);
  if (!events.ok) return events;
  if (events.value.length > EVENTS_MAX) return refuse("too-many", source.events ?? "", `at most ${EVENTS_MAX} events`);
  const read: ReadWebhook = { items: [], refused: [], ignored: 0 };
  for (const [index, event] of events.value.entries()) {
    const rule = isRecord(event) ? source.rules.find(({ when }) => !when || evaluate(when, event)) : undefined;
    if (!rule) {
      read.ignored++;
      continue;
    }
    const item = itemOf(source, rule, { event, payload });
    const parsed = item.ok ? parseItem(item.value, { counted: false, skewMs: 0, now }) : item;
    if (parsed.ok) read.items.push({ index, item: parsed.value });
    else {
      const { reason, field, bound } = parsed;
      read.refused.push({ index, result: "refused", reason, field, bound });
    }
  }
  return { ok: true, value: read };
}

function eventsOf({ events }: SourceConfig, payload: unknown): Parsed<readonly unknown[]> {
  if (events === undefined) return { ok: true, value: Array.isArray(payload) ? payload : [payload] };
  const list = valueAt(payload, events);
  return Array.isArray(list) ? { ok: true, value: list } : refuse("malformed", events, "a list of events");
}

/** An event in the form of the Segment HTTP API. Who it is of, and what tells it from its repetitions, it has to say. */
function itemOf({ id, channel }: SourceConfig, rule: SourceRule, scope: Scope): Parsed<Record<string, unknown>> {
  const { type, at, url } = rule;
  const userId = firstOf(rule.userId, scope);
  const anonymousId = firstOf(rule.anonymousId, scope);
  if (userId === null && anonymousId === null) {
    const [field, from = []] = rule.userId ? ["userId", rule.userId] : ["anonymousId", rule.anonymousId];
    return refuse("malformed", field as string, `what one of these says: ${from.join(", ")}`);
  }
  const messageId = filled(rule.messageId, scope);
  if (messageId === null) return refuse("malformed", "messageId", `what this says: ${rule.messageId}`);
  const name = rule.name === undefined ? "" : filled(rule.name, scope);
  if (name === null) return refuse("malformed", "name", `what this says: ${rule.name}`);
  const timestamp = at === undefined ? undefined : readTime(filled(at, scope));
  if (timestamp === null) return refuse("malformed", "timestamp", `a time, as this says it: ${at}`);
  return {
    ok: true,
    value: {
      type,
      ...(userId === null ? {} : { userId }),
      ...(anonymousId === null ? {} : { anonymousId }),
      messageId: `${id}:${messageId}`,
      ...(timestamp === undefined ? {} : { timestamp }),
      ...toldOf(rule, scope),
      ...named(type, String(name)),
      ...(url === undefined ? {} : { context: { page: { url: filled(url, scope) ?? "" } } }),
      channel,
      source: id,
    },
  };
}

/** The first of some templates that says something, as a text: providers number their people. */
function firstOf(templates: readonly string[] = [], scope: Scope): string | null {
  for (const template of templates) {
    const value = filled(template, scope);
    if (typeof value === "string" || typeof value === "number") return String(value);
  }
  return null;
}

function named(type: SourceRule["type"], name: string): Record<string, string> {
  if (type === "identify") return {};
  return type === "group" ? { groupId: name } : { event: name };
}

function toldOf({ type, properties = {}, products }: SourceRule, scope: Scope): Record<string, unknown> {
  const entries: [string, unknown][] = Object.entries(properties).map(([key, value]) => [key, told(value, scope)]);
  if (products) entries.push(["products", productsOf(products, scope)]);
  const given = Object.fromEntries(entries.filter(([, value]) => value !== null));
  return type === "track" ? { properties: given } : { traits: given };
}

function told(value: MappedValue, scope: Scope): string | number | boolean | null {
  if (typeof value === "string") return filled(value, scope);
  if (typeof value !== "object") return value;
  return fromMinorUnits(filled(value.minorUnits, scope), filled(value.currency, scope), value.exponents);
}

/** Null where there is no list. */
function productsOf({ each, ...fields }: MappedProducts, { event, payload }: Scope): unknown[] | null {
  const list = valueAt(event, each);
  if (!Array.isArray(list)) return null;
  return list.map((item) => {
    const entries = Object.entries(fields).map(([key, value]) => [key, told(value, { event: item, payload })]);
    return Object.fromEntries(entries.filter(([, value]) => value !== null));
  });
}
