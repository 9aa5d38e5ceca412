import { isRecord, type Parsed, refuse } from "./touchpoint.ts";

/** Most events of one call. */
export const CLOUD_EVENTS_MAX = 500;

/**
 * A CloudEvents 1.0 event, as JSON has it, as an item of the Segment HTTP API: `type` becomes the name of a `track`, `data` its
 * properties, `source` and `id` together tell it from repetitions, as the specification has it. Its visitor is named by the
 * extension attributes `anonymousid` and `userid`, else by `anonymousId` and `userId` in `data`; the extension `channel` says
 * where it happened. (CloudEvents 1.0.2, https://github.com/cloudevents/spec)
 */
export function cloudEventItem(event: unknown): Parsed<Record<string, unknown>> {
  if (!isRecord(event)) return refuse("malformed", "", "an object");
  if (event.specversion !== "1.0") return refuse("malformed", "specversion", "1.0");
  for (const name of ["id", "source", "type"] as const) {
    const value = event[name];
    if (typeof value !== "string" || value === "") return refuse("malformed", name, "a text that is not empty");
  }
  const { id, source, type, time, data, datacontenttype: form, data_base64: binary } = event;
  if (binary !== undefined || (form !== undefined && !isJson(form))) {
    return refuse("malformed", "datacontenttype", "JSON, as “data”");
  }
  const told = data ?? {};
  if (!isRecord(told)) return refuse("malformed", "data", "an object, whose fields become properties");
  const { anonymousId, userId, ...properties } = told;
  return {
    ok: true,
    value: {
      type: "track",
      event: type,
      messageId: `${source} ${id}`,
      ...(time === undefined ? {} : { timestamp: time }),
      anonymousId: event.anonymousid ?? anonymousId,
      userId: event.userid ?? userId,
      channel: event.channel,
      source,
      properties,
    },
  };
}

/** The events of a body: one, or a list of them. `cloudevents-batch+json` is a list, and nothing else is. */
export function cloudEvents(body: unknown): Parsed<unknown[]> {
  const events = Array.isArray(body) ? body : [body];
  return events.length <= CLOUD_EVENTS_MAX
    ? { ok: true, value: events }
    : refuse("too-many", "", `at most ${CLOUD_EVENTS_MAX} events`);
}

/** Whether a media type is JSON's: `application/json`, or what ends in `+json`. */
export function isJson(form: unknown): boolean {
  return typeof form === "string" && /^[\w.+-]+\/([\w.-]+\+)?json\s*(;|$)/i.test(form);
}
