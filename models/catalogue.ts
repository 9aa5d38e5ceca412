import { CLICK_ID } from "./arrival.ts";
import type { Touchpoint } from "./touchpoint.ts";

export const PROPERTY_TYPES = ["string", "number", "boolean"] as const;
type PropertyType = (typeof PROPERTY_TYPES)[number];

/** Types whose name a site's own code gives. Of all others it is an id, or what capture read from a page. */
export const NAMED_TYPES = ["track", "page", "screen"] as const;
type NamedType = (typeof NAMED_TYPES)[number];

/** A property that an event is expected to have. */
interface ExpectedProperty {
  type: PropertyType;
  /** Default: it may be absent. */
  required?: boolean;
}

/** An event that a site means to send. */
export interface ExpectedEvent {
  name: string;
  /** Default "track". */
  type?: NamedType;
  description?: string;
  /** Absent: any. */
  properties?: Record<string, ExpectedProperty>;
  /** Not listed where the team picks events; judged all the same. */
  hidden?: boolean;
}

/** What a site means to send: the plan that what comes is compared with. Nothing is refused by it. */
export interface Catalogue {
  events: ExpectedEvent[];
}

/** How a touchpoint differs from what was expected. `event` is its name. */
export interface Violation {
  kind: "unexpected-event" | "missing-property" | "wrong-type" | "unknown-property";
  event: string;
  property?: string;
}

/** How an event is told from others: type and name. */
export function eventKey({ type = "track", name }: Pick<ExpectedEvent, "type" | "name">): string {
  return `${type} ${name}`;
}

/**
 * What of a touchpoint a catalogue does not expect. An event is unexpected where the catalogue speaks of its type: of
 * `track` as soon as it names anything, of pages and screens where it names one. A property that is null is absent; what
 * capture adds to a page view of its own (`referrer`, `query.…`) is known of every page.
 */
export function violationsOf({ type, name, props }: Touchpoint, { events }: Catalogue): Violation[] {
  const named = NAMED_TYPES.find((one) => one === type);
  if (!named || events.length === 0) return [];
  const expected = events.find((one) => one.name === name && (one.type ?? "track") === named);
  if (!expected) {
    const isJudged = named === "track" || events.some((one) => one.type === named);
    return isJudged ? [{ kind: "unexpected-event", event: name }] : [];
  }
  const { properties } = expected;
  if (!properties) return [];
  const given = (key: string) => (Object.hasOwn(props, key) ? (props[key] ?? null) : null);
  const declared = Object.entries(properties).flatMap(([property, one]): Violation[] => {
    const value = given(property);
    if (value === null) return one.required ? [{ kind: "missing-property", event: name, property }] : [];
    return typeof value === one.type ? [] : [{ kind: "wrong-type", event: name, property }];
  });
  const isKnown = (key: string) => Object.hasOwn(properties, key) || (named === "page" && isOfCapture(key));
  const unknown = Object.keys(props).filter((key) => given(key) !== null && !isKnown(key));
  return [...declared, ...unknown.map((property): Violation => ({ kind: "unknown-property", event: name, property }))];
}

/** What capture tells of a page view by itself: its query, its route, and where its visitor came from. */
function isOfCapture(key: string): boolean {
  return key.startsWith("query.") || ["referrer", "route", "click_id"].includes(key) || CLICK_ID.test(key);
}
