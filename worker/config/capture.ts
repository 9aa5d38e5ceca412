import * as v from "valibot";
import { FRICTION_DEFAULTS } from "../../models/friction.ts";
import { CAPTURE_DEFAULTS } from "../../models/publish.ts";
import { FLAG, formed, listOf, strict, whole } from "./fields.ts";

const QUERY_MAX = 20;

const { rage, dead, error, uTurn, struggle } = FRICTION_DEFAULTS;
const { clicks, forms, copies, errors, vitals } = CAPTURE_DEFAULTS;

/** A detector: off, or set; what is left out of it has the default that the field has settled on. */
function detector<E extends v.ObjectEntries>(entries: E) {
  return v.union([v.literal(false), strict(entries)], "false, or an object");
}

const FRICTION = strict({
  rage: v.optional(
    detector({
      clicks: v.optional(whole(2, 10), rage.clicks),
      withinMs: v.optional(whole(100, 10_000), rage.withinMs),
      radiusPx: v.optional(whole(1, 500), rage.radiusPx),
    }),
    rage,
  ),
  dead: v.optional(detector({ afterMs: v.optional(whole(500, 10_000), dead.afterMs) }), dead),
  error: v.optional(detector({ withinMs: v.optional(whole(100, 10_000), error.withinMs) }), error),
  uTurn: v.optional(detector({ withinMs: v.optional(whole(1_000, 60_000), uTurn.withinMs) }), uTurn),
  struggle: v.optional(detector({ times: v.optional(whole(1, 10), struggle.times) }), struggle),
});

/** A name under which a value becomes a property, so within a property's key. */
const QUERY_NAME = formed(/^[\w.-]{1,40}$/, "1 to 40 of A-Z, a-z, 0-9, _, . and -");

/** What capture notes of a page. */
export const CAPTURE = strict({
  clicks: v.optional(FLAG, clicks),
  forms: v.optional(FLAG, forms),
  copies: v.optional(FLAG, copies),
  errors: v.optional(FLAG, errors),
  vitals: v.optional(FLAG, vitals),
  friction: v.optional(FRICTION, {}),
  query: v.optional(
    v.pipe(
      listOf(QUERY_NAME, 0, QUERY_MAX),
      v.description("Query parameters whose values may leave the page, as properties of a page view."),
    ),
    [],
  ),
});
