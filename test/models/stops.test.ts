import { expect, test } from "vitest";
import type { Campaign } from "../../models/site-config.ts";
import { minimumsAfter, type Stop, standingStops } from "../../models/stops.ts";
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
