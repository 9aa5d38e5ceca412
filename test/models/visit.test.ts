import { expect, test } from "vitest";
import { beginsVisit, utcDay } from "../../models/visit.ts";

const MINUTE = 60_000;

test("J1 a touchpoint 30 minutes after the one before begins a visit, one a millisecond earlier does not", () => {
  expect(beginsVisit(0, 5 * MINUTE, 35 * MINUTE)).toBe(true);
  expect(beginsVisit(0, 5 * MINUTE, 35 * MINUTE - 1)).toBe(false);
});

test("J2 a visit ends 24 hours after it began, however busy it is", () => {
  const day = 1440 * MINUTE;
  expect(beginsVisit(0, day - 1, day)).toBe(true);
  expect(beginsVisit(0, day - 2, day - 1)).toBe(false);
});

test("J3 a day is the UTC day of the time", () => {
  expect(utcDay(Date.UTC(2026, 10, 22, 23, 59, 59, 999))).toBe(utcDay(Date.UTC(2026, 10, 22)));
  expect(utcDay(Date.UTC(2026, 10, 23))).toBe(utcDay(Date.UTC(2026, 10, 22)) + 1);
});
