import * as v from "valibot";
import { NAMED_TYPES, PROPERTY_TYPES } from "../../models/catalogue.ts";
import { NAME_MAX, PROP_KEY_MAX, PROPS_MAX } from "../../models/touchpoint.ts";
import { FLAG, keyed, listOf, oneOf, strict, TEXT } from "./fields.ts";

const EVENTS_MAX = 200;

/** A text that a touchpoint could have: longer ones never come. */
function short(max: number) {
  return v.pipe(v.string("a text"), v.regex(/\S/, "a text"), v.maxLength(max, `at most ${max} characters`));
}

const EVENT = strict({
  name: short(NAME_MAX),
  type: v.exactOptional(v.pipe(oneOf(NAMED_TYPES), v.description("“track” if absent."))),
  description: v.exactOptional(TEXT),
  properties: v.exactOptional(
    keyed(short(PROP_KEY_MAX), strict({ type: oneOf(PROPERTY_TYPES), required: v.exactOptional(FLAG) }), PROPS_MAX),
  ),
  hidden: v.exactOptional(v.pipe(FLAG, v.description("Not listed where the team picks events; judged all the same."))),
});

/** What a site means to send. */
export const CATALOGUE = strict({ events: listOf(EVENT, 0, EVENTS_MAX) });
