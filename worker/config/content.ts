import * as v from "valibot";
import { PLACEMENTS, QUESTION_KINDS } from "../../models/content.ts";
import { isSafeLink } from "../../models/publish.ts";
import { isRecord, POISONED_KEYS } from "../../models/touchpoint.ts";
import { FLAG, formed, ID, listOf, oneOf, opaque, strict, TEXT } from "./fields.ts";
import { STAGE_MATCH } from "./journeys.ts";

const PARAGRAPHS_MAX = 5;
const PARTS_MAX = 20;
const OPTIONS_MAX = 12;
const QUESTIONS_MAX = 5;
const ITEMS_MAX = 10;
const STEPS_MAX = 12;
/** JSON of what the site's own code is handed, characters: a reply carries it. */
const DATA_MAX = 8_192;
const LINK_BOUND = "a path of the site, or an http, https, mailto or tel URL";
const SLOT_BOUND = "traits.NAME, group.NAME or counts.ID, at most 80 characters";
const TARGET_BOUND = "a CSS selector of at most 200 characters";
const DATA_BOUND = `an object of at most ${DATA_MAX} characters as JSON, without __proto__, prototype or constructor`;

const SLOT = strict({ slot: formed(/^(traits|group|counts)\.[^\s].{0,72}$/, SLOT_BOUND), default: TEXT });
/** Spaces between two slots are a part, too. */
const PART = v.pipe(v.string("a text"), v.minLength(1, "a text"), v.maxLength(1000, "at most 1000 characters"));
const WRITTEN_BOUND = "a text, or a list of texts and of slots with a default";
const WRITTEN = v.union(
  [TEXT, listOf(v.union([PART, SLOT], "a text, or a slot with a default"), 1, PARTS_MAX)],
  WRITTEN_BOUND,
);

const LINK = strict({ label: WRITTEN, href: v.pipe(TEXT, v.check(isSafeLink, LINK_BOUND)) });
const TARGET = v.pipe(
  formed(/^[^{}]{1,200}$/, TARGET_BOUND),
  v.description(
    "“ >>> ” goes on inside the shadow root or the frame of the same origin that the part before it finds.",
  ),
);
const IMAGE = strict({
  src: v.pipe(TEXT, v.description("A path of the site, or an https URL of an origin in “images”.")),
  alt: v.union([v.literal(""), WRITTEN], WRITTEN_BOUND),
});

const BODY = listOf(WRITTEN, 1, PARAGRAPHS_MAX);
const PLACEMENT = v.exactOptional(oneOf(PLACEMENTS));

/** Plain text throughout. What a model wrote is said to be that, in words: `true` alone is no label (B35). */
const CARD = {
  title: WRITTEN,
  body: BODY,
  action: v.exactOptional(LINK),
  image: v.exactOptional(IMAGE),
  generated: v.exactOptional(
    v.pipe(strict({ label: WRITTEN }), v.description("Where a model wrote the text: a label that the visitor reads.")),
  ),
};

const QUESTION = strict({
  id: ID,
  kind: oneOf(QUESTION_KINDS),
  label: WRITTEN,
  low: v.exactOptional(WRITTEN),
  high: v.exactOptional(WRITTEN),
  options: v.exactOptional(listOf(strict({ id: ID, label: WRITTEN }), 2, OPTIONS_MAX)),
  optional: v.exactOptional(FLAG),
});

const ITEM = strict({
  id: ID,
  label: WRITTEN,
  body: v.exactOptional(WRITTEN),
  href: v.exactOptional(v.pipe(TEXT, v.check(isSafeLink, LINK_BOUND))),
  match: v.exactOptional(
    v.pipe(STAGE_MATCH, v.description("The touchpoint that does it; absent: the visitor ticks it.")),
  ),
});

const STEP = strict({
  target: v.exactOptional(TARGET),
  placement: PLACEMENT,
  path: v.exactOptional(
    v.pipe(formed(/^\//, "a path"), v.maxLength(500, "at most 500 characters"), v.description("Of the page it is on.")),
  ),
  title: WRITTEN,
  body: BODY,
  image: v.exactOptional(IMAGE),
});

const DATA = v.pipe(
  opaque(DATA_BOUND),
  v.check((value) => JSON.stringify(value).length <= DATA_MAX && !isPoisoned(value), DATA_BOUND),
);

/** What the site's own code is handed becomes part of its objects: at any depth no key reaches a prototype (S6). */
function isPoisoned(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isPoisoned);
  return (
    isRecord(value) && Object.entries(value).some(([key, inner]) => POISONED_KEYS.includes(key) || isPoisoned(inner))
  );
}

/** What a campaign of each kind shows. */
export const CONTENT = {
  nudge: strict(CARD),
  tip: strict({ ...CARD, target: TARGET, placement: PLACEMENT }),
  offer: strict({
    ...CARD,
    code: v.exactOptional(
      v.pipe(
        v.union(
          [
            strict({ text: formed(/^\S{1,64}$/, "1 to 64 characters without spaces") }),
            strict({ pool: v.literal(true, "true") }),
          ],
          "{text} or {pool: true}",
        ),
        v.description("The same for everybody, or one of the campaign's list of codes for each."),
      ),
    ),
    terms: v.exactOptional(WRITTEN),
    contest: v.exactOptional(
      v.pipe(
        LINK,
        v.description("Where the visitor can have a person look at it: needed where a score has a part in it."),
      ),
    ),
  }),
  survey: strict({ title: WRITTEN, questions: listOf(QUESTION, 1, QUESTIONS_MAX), thanks: WRITTEN }),
  checklist: strict({ title: WRITTEN, items: listOf(ITEM, 1, ITEMS_MAX), done: WRITTEN }),
  tour: strict({ steps: listOf(STEP, 1, STEPS_MAX) }),
  banner: strict({ body: BODY, action: v.exactOptional(LINK), at: v.exactOptional(oneOf(["start", "end"])) }),
  data: strict({ data: DATA }),
};
