import * as v from "valibot";
import { TOUCHPOINT_TYPES } from "../../models/touchpoint-type.ts";
import { DAY_MS } from "../../models/visit.ts";
import { formed, ID, listOf, oneOf, strict, TEXT, whole } from "./fields.ts";

export const STAGES_MAX = 64;
const AMOUNT_MAX = 1e9;
const AMOUNT_BOUND = `a number above 0, at most ${AMOUNT_MAX}`;

export const STAGE_MATCH = v.pipe(
  strict({
    type: v.exactOptional(v.pipe(oneOf(TOUCHPOINT_TYPES), v.description("“page” if absent."))),
    name: v.exactOptional(TEXT),
    path: v.exactOptional(v.pipe(TEXT, v.description("Path of the URL; a trailing * matches any rest: /checkout/*"))),
  }),
  v.minEntries(1, "at least one of type, name, path"),
);

const STAGE = strict({
  id: ID,
  name: TEXT,
  match: STAGE_MATCH,
  typicalDwellMs: v.exactOptional(
    v.pipe(whole(100, DAY_MS), v.description("How long a visitor who is not stuck stays.")),
  ),
});

const VALUE = strict({
  amount: v.pipe(v.number(AMOUNT_BOUND), v.gtValue(0, AMOUNT_BOUND), v.maxValue(AMOUNT_MAX, AMOUNT_BOUND)),
  currency: formed(/^[A-Z]{3}$/, "three capital letters, as ISO 4217 has them"),
});

/** Order is depth: later is nearer the goal. */
export const JOURNEY = strict({
  id: ID,
  name: TEXT,
  stages: listOf(STAGE, 2, STAGES_MAX),
  goal: v.pipe(ID, v.description("The id of one of its stages.")),
  value: v.exactOptional(
    v.pipe(VALUE, v.description("What reaching the goal is worth, where no order says it. Never published.")),
  ),
});
