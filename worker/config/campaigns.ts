import * as v from "valibot";
import { ARMS, CAP_COUNT_MAX, STATUSES } from "../../models/campaign.ts";
import { KINDS } from "../../models/content.ts";
import { DAY_MS } from "../../models/visit.ts";
import { CONTENT } from "./content.ts";
import { formed, ID, keyed, listOf, oneOf, SHARE, strict, TEXT, whole } from "./fields.ts";
import { STAGE_MATCH, STAGES_MAX } from "./journeys.ts";
import { CONDITION, TRIGGER } from "./triggers.ts";

const WINDOW_MAX_MS = 366 * DAY_MS;
const GOAL_WINDOW_MAX_MS = 90 * DAY_MS;
const VARIANTS_MAX = 5;
const GOALS_MAX = 3;
const QUIET_MAX = 7;
const CAPS_MAX = 8;
const TRANSLATIONS_MAX = 20;
const BUDGET_MAX = 1_000_000;
const COUNTS_MAX = 16;
const PRIORITY_MAX = 1000;

const LANGUAGE_BOUND = "a language, as de or pt-BR";
const LANGUAGE = formed(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, LANGUAGE_BOUND);
const ZONE_BOUND = "an IANA time zone, as Europe/Berlin";
export const TIME_ZONE = v.pipe(v.string(ZONE_BOUND), v.check(isZone, ZONE_BOUND));

const VERSION = v.pipe(whole(1, 1e9), v.description("Raised with every change that a record must tell apart."));

const CLOCK = formed(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of the day, as 08:00");
const MOMENT = formed(
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d$/,
  "a time by the wall clock, as 2026-12-01T09:00",
);
const HOURS = strict({
  days: v.exactOptional(v.pipe(listOf(whole(1, 7), 1, 7), v.description("1 Monday to 7 Sunday; absent: every day."))),
  from: CLOCK,
  to: CLOCK,
});
const QUIET = v.exactOptional(
  v.pipe(listOf(HOURS, 1, QUIET_MAX), v.description("Nothing is shown then; from 22:00 to 08:00 is over midnight.")),
);

const SCHEDULE = strict({
  from: v.exactOptional(MOMENT),
  until: v.exactOptional(MOMENT),
  quiet: QUIET,
  timeZone: v.exactOptional(TIME_ZONE),
});

const WINDOW = whole(1000, WINDOW_MAX_MS);
const PER_VISIT = v.exactOptional(whole(1, CAP_COUNT_MAX));

const CURRENCY = formed(/^[A-Z]{3}$/, "three capital letters, as ISO 4217 has them");
const VALUE_BOUND = "one of count, revenue";
const GOAL = strict({
  id: ID,
  on: v.union([strict({ stage: ID }), STAGE_MATCH], "{stage}, or at least one of type, name, path"),
  windowMs: v.pipe(whole(60_000, GOAL_WINDOW_MAX_MS), v.description("From a person's first exposure.")),
  value: v.exactOptional(
    v.variant(
      "kind",
      [
        strict({ kind: v.literal("count", VALUE_BOUND) }),
        strict({ kind: v.literal("revenue", VALUE_BOUND), currency: CURRENCY }),
      ],
      VALUE_BOUND,
    ),
  ),
});

const KIND_BOUND = `one of ${KINDS.join(", ")}`;
const VARIANT_ID = v.pipe(
  ID,
  v.check((id) => !Object.values(ARMS).includes(id as never), `none of ${Object.values(ARMS).join(", ")}`),
);

/** A campaign of one kind. */
function campaign<const K extends keyof typeof CONTENT>(kind: K) {
  const content = CONTENT[kind] as (typeof CONTENT)[K];
  const translations = v.exactOptional(
    v.pipe(keyed(LANGUAGE, content, TRANSLATIONS_MAX), v.description("By language; “content” is in the site's first.")),
  );
  return strict({
    id: ID,
    version: VERSION,
    name: TEXT,
    kind: v.literal(kind, KIND_BOUND),
    status: oneOf(STATUSES),
    trigger: TRIGGER,
    stages: v.exactOptional(
      v.pipe(listOf(ID, 1, STAGES_MAX), v.description("Stages in which it may show; absent: everywhere.")),
    ),
    audience: v.exactOptional(CONDITION),
    schedule: v.exactOptional(SCHEDULE),
    priority: v.exactOptional(v.pipe(whole(-PRIORITY_MAX, PRIORITY_MAX), v.description("The greater comes first."))),
    exclusion: v.exactOptional(
      v.pipe(
        strict({ group: ID, from: SHARE, to: SHARE }),
        v.description("Of campaigns of one group a visitor meets the one in whose part of 0 to 1 they are."),
      ),
    ),
    holdout: v.pipe(SHARE, v.description("Share of the visitors who are never shown it.")),
    variants: v.exactOptional(
      listOf(
        strict({ id: VARIANT_ID, weight: SHARE, content: v.exactOptional(content), translations }),
        1,
        VARIANTS_MAX,
      ),
    ),
    cap: strict({ count: whole(1, CAP_COUNT_MAX), windowMs: WINDOW, perVisit: PER_VISIT }),
    againAfterMs: v.exactOptional(
      v.pipe(WINDOW, v.description("After a dismissal; absent: who dismissed it is not shown it again.")),
    ),
    budget: v.exactOptional(v.pipe(whole(1, BUDGET_MAX), v.description("Showings, of all visitors together."))),
    review: v.exactOptional(
      v.pipe(
        strict({ by: TEXT, on: formed(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, "a day, as 2026-12-01") }),
        v.description(
          "Who has judged, and when, that a score decides nothing here that affects a visitor as a law would.",
        ),
      ),
    ),
    goals: v.exactOptional(
      v.pipe(listOf(GOAL, 1, GOALS_MAX), v.description("Absent: the journey's goal within seven days.")),
    ),
    content,
    translations,
  });
}

export const CAMPAIGN = v.variant(
  "kind",
  [
    campaign("nudge"),
    campaign("tip"),
    campaign("offer"),
    campaign("survey"),
    campaign("checklist"),
    campaign("tour"),
    campaign("banner"),
    campaign("data"),
  ],
  KIND_BOUND,
);

export const FREQUENCY = strict({
  minGapMs: v.exactOptional(v.pipe(whole(1000, WINDOW_MAX_MS), v.description("Between two showings."))),
  perVisit: PER_VISIT,
  caps: v.exactOptional(
    listOf(
      strict({
        count: whole(1, CAP_COUNT_MAX),
        windowMs: WINDOW,
        kinds: v.exactOptional(listOf(oneOf(KINDS), 1, KINDS.length)),
      }),
      1,
      CAPS_MAX,
    ),
  ),
  quiet: QUIET,
});

export const COUNTS = listOf(strict({ id: ID, match: STAGE_MATCH, windowMs: WINDOW }), 0, COUNTS_MAX);

const COLOUR = formed(/^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/, "a colour, as #155c46");
const COLOURS = strict({ background: COLOUR, text: COLOUR, accent: COLOUR, accentText: COLOUR });
export const THEME = strict({
  light: v.exactOptional(COLOURS),
  dark: v.exactOptional(COLOURS),
  radiusPx: v.exactOptional(whole(0, 32)),
});

export const SEGMENT = strict({ id: ID, version: VERSION, name: TEXT, condition: CONDITION });

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
