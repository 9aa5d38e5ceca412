import type { Hours, Schedule } from "./campaign.ts";

/** What the wall clocks show at one moment, "2026-12-01T09:00", by IANA time zone. */
export type WallClocks = Record<string, string>;

/** What a site's clock is where it names none, and what a clock that was not read shows. */
export const SITE_ZONE = "UTC";

/** Whether it is one of these hours. From a time to the same is a whole day; over midnight counts for the day it begins on. */
export function isWithin(hours: readonly Hours[], clock: string): boolean {
  const time = clock.slice(11, 16);
  const day = weekdayOf(clock);
  const before = day === 1 ? 7 : day - 1;
  return hours.some(({ days, from, to }) => {
    const on = (weekday: number) => days?.includes(weekday) ?? true;
    if (from < to) return on(day) && from <= time && time < to;
    return (on(day) && from <= time) || (on(before) && time < to);
  });
}

/** Why a campaign rests now by its schedule, or null. `until` is the first minute in which it does not show any more. */
export function restsBy(schedule: Schedule, clock: string): "not-scheduled" | "quiet-hours" | null {
  const { from = "", until, quiet = [] } = schedule;
  if (clock < from || (until !== undefined && clock >= until)) return "not-scheduled";
  return isWithin(quiet, clock) ? "quiet-hours" : null;
}

/** 1 Monday to 7 Sunday, of a wall clock; by the congruence of Zeller for the Gregorian calendar. */
export function weekdayOf(clock: string): number {
  const [year = 0, month = 0, day = 0] = clock.slice(0, 10).split("-").map(Number);
  const fromMarch = month < 3 ? month + 12 : month;
  const y = month < 3 ? year - 1 : year;
  const saturdayIs0 = day + Math.floor((13 * (fromMarch + 1)) / 5) + y + Math.floor(y / 4) - Math.floor(y / 100);
  return ((saturdayIs0 + Math.floor(y / 400) + 5) % 7) + 1;
}
