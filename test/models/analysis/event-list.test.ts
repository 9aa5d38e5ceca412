import { expect, test } from "vitest";
import { eventList } from "../../../models/analysis/event-list.ts";
import { arrivalsOf, healthOf } from "../../../models/analysis/health.ts";
import type { Sums } from "../../../models/analysis/sums.ts";
import type { Catalogue } from "../../../models/catalogue.ts";

/** 2026-11-25. */
const DAY = 20_782;
const CATALOGUE: Catalogue = {
  events: [
    {
      name: "Signup Started",
      description: "The form is open",
      properties: { plan: { type: "string", required: true }, seats: { type: "number" } },
    },
    { name: "Never Sent", hidden: true },
  ],
};
const violation = (kind: string, property: string) =>
  `violation.${JSON.stringify(["track Signup Started", kind, property])}`;
const OBSERVED = {
  days: [
    { day: DAY - 1, sums: { "event.track Signup Started": 2, [violation("missing-property", "plan")]: 2 } },
    {
      day: DAY,
      sums: { "event.track Signup Started": 3, "event.page ": 9, [violation("missing-property", "plan")]: 1 },
    },
  ],
  events: [
    {
      key: "track Signup Started",
      first: DAY - 1,
      last: DAY,
      properties: [{ key: "seats", types: ["number", "string"], first: DAY, last: DAY }],
    },
    { key: "page ", first: DAY, last: DAY, properties: [] },
  ],
};

test("U65 what was seen stands beside what is expected: days, totals, properties, differences, and what never came", () => {
  const [page, signup, never] = eventList(OBSERVED, { catalogue: CATALOGUE, hidden: {} });
  expect(page).toMatchObject({ type: "page", name: "", total: 9, expected: false, hidden: false });
  expect(signup).toEqual({
    type: "track",
    name: "Signup Started",
    first: "2026-11-24",
    last: "2026-11-25",
    total: 5,
    expected: true,
    hidden: false,
    description: "The form is open",
    properties: [
      {
        key: "seats",
        types: ["number", "string"],
        first: "2026-11-25",
        last: "2026-11-25",
        expected: { type: "number", required: false },
      },
      { key: "plan", types: [], first: null, last: null, expected: { type: "string", required: true } },
    ],
    violations: [{ kind: "missing-property", property: "plan", count: 3 }],
  });
  expect(never).toMatchObject({ name: "Never Sent", first: null, last: null, total: 0, expected: true, hidden: true });
});

test("U65 a team's word about an event counts before the catalogue's, both ways", () => {
  const hidden = { "track Never Sent": false, "page ": true };
  const shown = eventList(OBSERVED, { catalogue: CATALOGUE, hidden });
  expect(shown.map(({ name, hidden: isHidden }) => [name, isHidden])).toEqual([
    ["", true],
    ["Signup Started", false],
    ["Never Sent", false],
  ]);
  expect(eventList({ days: [], events: [] }, { hidden: {} })).toEqual([]);
});

test("U69 today and the month are told apart, of this year and month alone, and what it costs is the month's", () => {
  const sums = (batches: number): Sums => ({
    batches,
    "accepted.page": batches * 10,
    "refused.too-old": 1,
    "problem.malformed": 2,
    "quarter.3": batches,
    visits: 1,
    flushes: 1,
  });
  const days = [
    { day: DAY - 365, sums: sums(100) },
    // 2026-10-31 and 2026-11-01.
    { day: DAY - 25, sums: sums(7) },
    { day: DAY - 24, sums: sums(5) },
    { day: DAY, sums: sums(1) },
  ];
  const health = healthOf(days, { today: DAY, shards: 8 });
  expect(health.today).toMatchObject({
    touchpoints: 10,
    batches: 1,
    refused: { "too-old": 1 },
    problems: { malformed: 2 },
  });
  expect(health.month).toMatchObject({ touchpoints: 60, batches: 6, refused: { "too-old": 2 }, visits: 2 });
  expect(health.days.map(({ day, touchpoints, refused }) => [day, touchpoints, refused])).toEqual([
    ["2025-11-25", 1_000, 3],
    ["2026-10-31", 70, 3],
    ["2026-11-01", 50, 3],
    ["2026-11-25", 10, 3],
  ]);
  expect(health.cost.estimated).toBe(true);
  expect(healthOf([], { today: DAY, shards: 8 }).cost.dollars).toBe(0);
  expect(arrivalsOf({})).toMatchObject({ touchpoints: 0, accepted: {} });
});
