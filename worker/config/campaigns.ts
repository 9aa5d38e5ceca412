import * as v from "valibot";
import { isSafeLink } from "../../models/publish.ts";
import { CAP_COUNT_MAX } from "../../models/site-config.ts";
import { DAY_MS } from "../../models/visit.ts";
import { ID, listOf, oneOf, opaque, SHARE, strict, TEXT, whole } from "./fields.ts";
import { STAGES_MAX } from "./journeys.ts";

const PARAGRAPHS_MAX = 5;
const CAP_WINDOW_MAX_MS = 366 * DAY_MS;
const LINK_BOUND = "a path of the site, or an http, https, mailto or tel URL";

/** A condition of the GrowthBook SDK spec 0.8: what is in it is judged by `checkCondition`. */
export const CONDITION = opaque("an object of attributes and conditions");

const VERSION = v.pipe(whole(1, 1e9), v.description("Raised with every change that a record must tell apart."));

const KIND_BOUND = "one of score, stage, touchpoint";
/** With its kind before it a trigger's name fits into an ask. */
const TRIGGER_NAME_MAX = 100;
const WAITS_MAX_MS = 30 * 86_400_000;
const TRIGGER = v.variant(
  "kind",
  [
    strict({
      kind: v.literal("score", KIND_BOUND),
      score: oneOf(["stall", "intent"]),
      band: oneOf(["medium", "high"]),
    }),
    strict({ kind: v.literal("stage", KIND_BOUND), stage: ID }),
    strict({
      kind: v.literal("touchpoint", KIND_BOUND),
      name: v.pipe(
        TEXT,
        v.maxLength(TRIGGER_NAME_MAX, `at most ${TRIGGER_NAME_MAX} characters`),
        v.description("Of what one of the site's servers tells: the open page, or the next one, asks."),
      ),
      waitsMs: v.exactOptional(
        v.pipe(whole(1000, WAITS_MAX_MS), v.description("How long it waits for a page; default: seven days.")),
      ),
    }),
  ],
  KIND_BOUND,
);

/** Plain text throughout. What a model wrote is said to be that, in words: `true` alone is no label (B35). */
const CONTENT = strict({
  title: TEXT,
  body: listOf(TEXT, 1, PARAGRAPHS_MAX),
  action: v.exactOptional(strict({ label: TEXT, href: v.pipe(TEXT, v.check(isSafeLink, LINK_BOUND)) })),
  generated: v.exactOptional(
    v.pipe(strict({ label: TEXT }), v.description("Where a model wrote the text: a label that the visitor reads.")),
  ),
});

export const CAMPAIGN = strict({
  id: ID,
  version: VERSION,
  name: TEXT,
  kind: oneOf(["nudge"]),
  status: oneOf(["live", "paused"]),
  trigger: TRIGGER,
  stages: v.exactOptional(
    v.pipe(listOf(ID, 1, STAGES_MAX), v.description("Stages in which it may show; absent: everywhere.")),
  ),
  audience: v.exactOptional(CONDITION),
  holdout: v.pipe(SHARE, v.description("Share of the visitors who are never shown it.")),
  cap: strict({ count: whole(1, CAP_COUNT_MAX), windowMs: whole(1000, CAP_WINDOW_MAX_MS) }),
  content: CONTENT,
});

export const SEGMENT = strict({ id: ID, version: VERSION, name: TEXT, condition: CONDITION });
