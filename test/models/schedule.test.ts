import fc from "fast-check";
import { expect, test } from "vitest";
import { isWithin, restsBy, weekdayOf } from "../../models/schedule.ts";

test("D19 a campaign begins with the minute of “from” and ends before that of “until”, by the wall clock", () => {
  const schedule = { from: "2026-12-01T09:00", until: "2026-12-24T18:30" };
  const at = (clock: string) => restsBy(schedule, clock);
  expect(at("2026-12-01T08:59")).toBe("not-scheduled");
  expect(at("2026-12-01T09:00")).toBe(null);
  expect(at("2026-12-24T18:29")).toBe(null);
  expect(at("2026-12-24T18:30")).toBe("not-scheduled");
  expect(restsBy({}, "2026-12-24T18:30")).toBe(null);
});

test("D20 quiet hours are from a minute to before another, over midnight too, on the days that they begin on", () => {
  const night = [{ from: "22:00", to: "08:00" }];
  const shown = ["21:59", "22:00", "23:59", "00:00", "07:59", "08:00"].map((time) =>
    isWithin(night, `2026-11-30T${time}`),
  );
  expect(shown).toEqual([false, true, true, true, true, false]);
  // 2026-11-30 is a Monday.
  const weekend = [{ days: [6, 7], from: "22:00", to: "08:00" }];
  expect(isWithin(weekend, "2026-11-30T07:59")).toBe(true);
  expect(isWithin(weekend, "2026-11-30T22:00")).toBe(false);
  expect(isWithin(weekend, "2026-11-28T07:59")).toBe(false);
  expect(isWithin(weekend, "2026-11-28T22:00")).toBe(true);
  expect(isWithin([{ days: [1], from: "09:00", to: "09:00" }], "2026-11-30T23:00")).toBe(true);
  expect(isWithin([{ days: [1], from: "09:00", to: "09:00" }], "2026-12-01T08:59")).toBe(true);
  expect(isWithin([{ days: [1], from: "09:00", to: "09:00" }], "2026-12-01T09:00")).toBe(false);
  expect(isWithin([], "2026-12-01T09:00")).toBe(false);
  expect(restsBy({ quiet: night }, "2026-11-30T23:00")).toBe("quiet-hours");
});

test("D20 the day of the week is the calendar's, for every day of four centuries", () => {
  const day = fc.date({ min: new Date("1900-01-01"), max: new Date("2299-12-31"), noInvalidDate: true });
  fc.assert(
    fc.property(day, (date) => {
      expect(weekdayOf(date.toISOString())).toBe(date.getUTCDay() || 7);
    }),
    { numRuns: 2000 },
  );
});
