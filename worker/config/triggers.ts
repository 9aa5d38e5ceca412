import * as v from "valibot";
import { TRIGGER_OUTCOMES } from "../../models/campaign.ts";
import { DAY_MS } from "../../models/visit.ts";
import { formed, ID, oneOf, opaque, strict, TEXT, whole } from "./fields.ts";

/** A condition of the GrowthBook SDK spec 0.8: what is in it is judged by `checkCondition`. */
export const CONDITION = opaque("an object of attributes and conditions");

const KIND_BOUND = "one of score, stage, touchpoint, returning, outcome, exit, scroll, element";
/** With its kind before it a trigger's name fits into an ask. */
const TRIGGER_NAME_MAX = 100;
const WAITS_MAX_DAYS = 30;
const WAITS_MAX_MS = WAITS_MAX_DAYS * DAY_MS;
const FOR_MAX_MS = 10 * 60_000;
const SHARE_BOUND = "a number above 0, up to 1";

const WAITS = v.exactOptional(
  v.pipe(whole(1000, WAITS_MAX_MS), v.description("How long it waits for a page that may show it.")),
);

function ofKind<const K extends string>(kind: K) {
  return v.literal(kind, KIND_BOUND);
}

/** What makes a page ask. */
export const TRIGGER = v.variant(
  "kind",
  [
    strict({
      kind: ofKind("score"),
      score: oneOf(["stall", "intent"]),
      band: oneOf(["medium", "high"]),
      forMs: v.exactOptional(
        v.pipe(whole(1000, FOR_MAX_MS), v.description("How long the score has to stay there; default: not at all.")),
      ),
    }),
    strict({ kind: ofKind("stage"), stage: ID }),
    strict({
      kind: ofKind("touchpoint"),
      name: v.pipe(
        TEXT,
        v.maxLength(TRIGGER_NAME_MAX, `at most ${TRIGGER_NAME_MAX} characters`),
        v.description("Of what the page, or one of the site's servers, tells: the open page, or the next one, asks."),
      ),
      where: v.exactOptional(v.pipe(CONDITION, v.description("Over the touchpoint's properties."))),
      waitsMs: WAITS,
    }),
    strict({
      kind: ofKind("returning"),
      awayMs: v.exactOptional(
        v.pipe(whole(1000, 366 * DAY_MS), v.description("Least time since the visit before; default: 30 minutes.")),
      ),
    }),
    strict({
      kind: ofKind("outcome"),
      campaign: ID,
      outcome: oneOf(TRIGGER_OUTCOMES),
      afterMs: v.exactOptional(v.pipe(whole(0, WAITS_MAX_MS), v.description("How long after it; default: at once."))),
      waitsMs: WAITS,
    }),
    strict({ kind: ofKind("exit") }),
    strict({
      kind: ofKind("scroll"),
      share: v.pipe(
        v.number(SHARE_BOUND),
        v.gtValue(0, SHARE_BOUND),
        v.maxValue(1, SHARE_BOUND),
        v.description("Of the page's height."),
      ),
    }),
    strict({
      kind: ofKind("element"),
      selector: v.pipe(
        formed(/^[^{}]{1,100}$/, `a CSS selector of at most ${TRIGGER_NAME_MAX} characters`),
        v.description("Of an element that the visitor sees."),
      ),
    }),
  ],
  KIND_BOUND,
);
