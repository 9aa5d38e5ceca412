import { expect, test } from "vitest";
import {
  BROWSER_MS,
  hasCountedOn,
  isRecentSignIn,
  isSeenAnew,
  isSessionOver,
  sessionsOverBefore,
} from "../../models/session.ts";

const START = 1_795_000_000_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const browser = (change: object = {}) => ({ kind: "browser" as const, createdAt: START, lastSeenAt: START, ...change });
const cli = { kind: "cli" as const, createdAt: START, lastSeenAt: START };

test.each([
  ["at its sign-in", browser(), 0, false],
  ["a moment before 12 hours unused", browser(), 12 * HOUR_MS - 1, false],
  ["after 12 hours unused", browser(), 12 * HOUR_MS, true],
  ["used meanwhile", browser({ lastSeenAt: START + 11 * HOUR_MS }), 22 * HOUR_MS, false],
  ["a moment before 7 days", browser({ lastSeenAt: START + 7 * DAY_MS - HOUR_MS }), 7 * DAY_MS - 1, false],
  ["after 7 days, however much used", browser({ lastSeenAt: START + 7 * DAY_MS - 1 }), 7 * DAY_MS, true],
  ["a command line's, unused for 29 days", cli, 29 * DAY_MS, false],
  ["a command line's, a moment before 30 days", cli, 30 * DAY_MS - 1, false],
  ["a command line's, after 30 days", cli, 30 * DAY_MS, true],
])("U43 a session is over or not: %s", (_, session, afterMs, isOver) => {
  expect(isSessionOver(session, START + afterMs)).toBe(isOver);
  // What is forgotten is over, and what is over is forgotten.
  const { cli: cliBefore, browser: browserBefore, idle } = sessionsOverBefore(START + afterMs);
  const { kind, createdAt, lastSeenAt } = session;
  const isForgotten = kind === "cli" ? createdAt <= cliBefore : createdAt <= browserBefore || lastSeenAt <= idle;
  expect(isForgotten).toBe(isOver);
  expect(BROWSER_MS).toBe(7 * DAY_MS);
});

test("U43 a use is noted when the last one that was noted is an hour old", () => {
  expect(isSeenAnew(browser(), START + HOUR_MS - 1)).toBe(false);
  expect(isSeenAnew(browser(), START + HOUR_MS)).toBe(true);
});

test("U44 changing how one signs in takes a browser's sign-in that is less than an hour old", () => {
  expect(isRecentSignIn(browser(), START + HOUR_MS - 1)).toBe(true);
  expect(isRecentSignIn(browser(), START + HOUR_MS)).toBe(false);
  // However lately it was used.
  expect(isRecentSignIn(browser({ lastSeenAt: START + HOUR_MS }), START + HOUR_MS)).toBe(false);
  expect(isRecentSignIn(cli, START + 1)).toBe(false);
});

test.each([
  [0, 0, true],
  [0, 1, true],
  [5, 6, true],
  [5, 9, true],
  [5, 5, false],
  [5, 4, false],
  [5, 0, false],
])("U45 a passkey that counted %i, then %i: the same one is %s", (before, now, isSame) => {
  expect(hasCountedOn(before, now)).toBe(isSame);
});
