import { expect, test } from "vitest";
import type { Campaign } from "../../models/campaign.ts";
import { isStopped } from "../../models/decision.ts";
import { allStopped, minimumsAfter, type Stop, shownStops, standingStops, stopsWith } from "../../models/stops.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [help] = SMALL_SITE.campaigns as [Campaign];
const at = (version: number, status: Campaign["status"] = "live"): Campaign => ({ ...help, version, status });
const stop = (version: number): Stop => ({ campaign: "help", version, at: 1, by: "installation" });
const least = (before: Campaign[], after: Campaign[], stops: Stop[] = [], minimums: Record<string, number> = {}) =>
  minimumsAfter({ before, after, stops }, minimums).help;

test("G47 what is paused or gone is shown to nobody, and what is live from its version on", () => {
  expect(least([at(1)], [at(1, "paused")])).toBe(2);
  expect(least([at(3)], [])).toBe(4);
  expect(least([at(3)], [at(2)], [], { help: 3 })).toBe(2);
  expect(least([], [at(5)])).toBe(5);
  // Of one that is gone nothing comes back by what others do.
  expect(least([], [], [], { help: 4 })).toBe(4);
});

test("G47 a stop outlasts whatever is published of the same version or an earlier one, and none of a higher one", () => {
  expect(least([at(1)], [at(1)], [stop(1)])).toBe(2);
  expect(least([at(2)], [at(1)], [stop(2)])).toBe(3);
  expect(standingStops([stop(2)], [at(2)])).toEqual([stop(2)]);
  expect(standingStops([stop(2)], [])).toEqual([stop(2)]);
  expect(standingStops([stop(2)], [at(3)])).toEqual([]);
  expect(standingStops([stop(2)], [{ ...at(3), id: "other" }])).toEqual([stop(2)]);
});

test("G47 without its stop a live campaign is shown again, and a paused one is not", () => {
  expect(least([at(1)], [at(1)], [], { help: 2 })).toBe(1);
  expect(least([at(1, "paused")], [at(1, "paused")], [], { help: 2 })).toBe(2);
});

test("G47 a stop holds again when a version that it is of comes back after a higher one", () => {
  const raised = least([at(1)], [at(2)], [stop(1)], { help: 2 });
  expect(raised).toBe(2);
  expect(isStopped(at(2), { help: raised ?? 0 })).toBe(false);
  const reverted = least([at(2)], [at(1)], [stop(1)], { help: raised ?? 0 });
  expect(isStopped(at(1), { help: reverted ?? 0 })).toBe(true);
  // The twin: one that was resumed in between is shown.
  expect(isStopped(at(1), { help: least([at(2)], [at(1)], [], { help: 2 }) ?? 0 })).toBe(false);
});

test("G47 stopping what an earlier stop covers leaves that one, and a higher version takes its place", () => {
  const now = { at: 9, by: "account:ada" };
  expect(stopsWith([stop(2)], [at(1)], now)).toEqual([stop(2)]);
  expect(stopsWith([stop(2)], [at(2)], now)).toEqual([stop(2)]);
  expect(stopsWith([stop(2)], [at(3)], now)).toEqual([{ campaign: "help", version: 3, ...now }]);
});

test("G48 while a site is stopped no campaign of it is shown, known or not, and each is listed", () => {
  const site = { at: 7, by: "account:ada" };
  const minimums = allStopped({ help: 1 });
  expect([at(1), at(999), { ...at(1), id: "later" }].map((one) => isStopped(one, minimums))).toEqual([
    true,
    true,
    true,
  ]);
  expect([at(1), { ...at(1), id: "later" }].map((one) => isStopped(one, { help: 1 }))).toEqual([false, false]);
  const later = { campaign: "later", version: 1, ...site };
  expect(shownStops({ stops: [stop(1)], site }, [at(1), { ...at(1), id: "later" }])).toEqual([stop(1), later]);
  expect(shownStops({ stops: [stop(1)], site: null }, [at(2)])).toEqual([]);
});
