import { expect, test } from "vitest";
import type { About } from "../../../models/about.ts";
import { masked, personOfJourney, personOfRows, shownPerson } from "../../../models/analysis/person-view.ts";
import type { HistoryRow } from "../../../models/history.ts";
import { type DecisionRecord, EMPTY_STATE, type JourneyState } from "../../../models/journey-state.ts";

const PERSON = "p".repeat(22);
const ABOUT: About = {
  seenAt: 9_000,
  stage: "pay",
  goal: false,
  visits: 2,
  channel: "direct",
  context: "mobile/Chrome/Android/en/DE",
  bands: null,
  traits: { plan: "team" },
};
const entry = (at: number, type: "page" | "track" | "click", name: string) =>
  ({
    at,
    stream: "s",
    seq: at,
    type,
    stage: "pay",
    name,
    path: "/pay/of-ada",
    channel: "",
    context: "",
    excluded: "",
  }) as const;

const decision = (at: number, change: Partial<DecisionRecord>): DecisionRecord => ({
  ask: `ask ${at}`,
  at,
  on: "stall.high",
  config: 1,
  score: null,
  considered: [],
  reason: "no-campaign",
  reservation: null,
  why: [],
  ...change,
});

const STATE: JourneyState = {
  ...EMPTY_STATE,
  bornAt: 1_000,
  folded: {
    ...EMPTY_STATE.folded,
    ring: [entry(1, "page", "Hello, Ada"), entry(2, "track", "Mail to ada@x.example"), entry(3, "click", "Pay")],
    touchpoints: 5,
    late: 2,
  },
  records: { help: { variant: "treated", countedAt: [], exposedAt: 1 } },
  reservations: [{ id: "r", campaign: "help", version: 3, at: 1, state: "shown", reaction: "acted" }],
  decisions: [
    decision(1, {
      considered: [{ campaign: "help", version: 3, reason: "chosen" }],
      reason: "chosen",
      reservation: "r",
    }),
    decision(2, { considered: [{ campaign: "tip", version: 1, reason: "holdout" }], reason: "holdout" }),
    decision(3, { considered: [{ campaign: "help", version: 3, reason: "capped" }], reason: "capped" }),
  ],
};

test("U70 a person's decisions say what was chosen, for which arm and what became of it, or why there was nothing", () => {
  const { decisions, timeline, ...rest } = personOfJourney(STATE, { person: PERSON, about: ABOUT, consentAt: null });
  const told = decisions.map(({ campaign, version, variant, verdict, reason, outcome }) => [
    campaign,
    version,
    variant,
    verdict,
    reason,
    outcome,
  ]);
  expect(told).toEqual([
    ["", null, "", "none", "capped", ""],
    ["tip", 1, "holdout", "none", "holdout", ""],
    ["help", 3, "treated", "show", "chosen", "acted"],
  ]);
  expect(timeline.map(({ at }) => at)).toEqual([3, 2, 1]);
  expect(rest).toMatchObject({
    firstSeenAt: 1_000,
    lastSeenAt: 9_000,
    touchpoints: 5,
    late: 2,
    user: { proven: false },
  });
});

test("U70 masked, a person has the beginning of a pseudonym, no path, and no name but an event's, scrubbed", () => {
  const view = personOfJourney(STATE, { person: PERSON, about: ABOUT, consentAt: null });
  const hidden = masked(view);
  expect(hidden.person).toBe(shownPerson(PERSON));
  expect(hidden.person).toHaveLength(8);
  expect(hidden.timeline.map(({ name, path, stage }) => [name, path, stage])).toEqual([
    ["", "", "pay"],
    ["Mail to •", "", "pay"],
    ["", "", "pay"],
  ]);
  expect(JSON.stringify(hidden)).not.toMatch(/ada/i);
  expect(hidden.traits).toEqual({ plan: "team" });
  expect(view.timeline[2]).toMatchObject({ name: "Hello, Ada", path: "/pay/of-ada" });
});

test("U70 of who is known by map and history alone, the timeline is the history's 50 latest", () => {
  const row = (at: number, change: Partial<HistoryRow>) =>
    ({
      kind: "touchpoint",
      occurredAt: at,
      type: "page",
      name: "",
      path: "/",
      stage: "",
      channel: "",
      ...change,
    }) as HistoryRow;
  const told = decision(7, {
    considered: [{ campaign: "help", version: 3, reason: "chosen" }],
    reason: "chosen",
    reservation: "r",
  });
  const rows = [
    ...Array.from({ length: 60 }, (_, at) => row(at, {})),
    row(7, { kind: "decision", props: JSON.stringify(told) }),
  ];
  const view = personOfRows(PERSON, { about: ABOUT, bornAt: 0, touchpoints: 60, late: 0 }, rows);
  expect([view.timeline.length, view.timeline[0]?.at, view.timeline.at(-1)?.at]).toEqual([50, 59, 10]);
  expect(view.decisions).toMatchObject([{ campaign: "help", version: 3, verdict: "show" }]);
  expect(view).toMatchObject({ user: null, consent: null, firstSeenAt: null, lastSeenAt: 9_000 });
});
