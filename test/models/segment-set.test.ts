import { expect, test } from "vitest";
import { attributesOf, contextOf } from "../../models/attributes.ts";
import { EMPTY_PROGRESS, type Subject, subjectOf } from "../../models/progress.ts";
import { segmentSet } from "../../models/segment-set.ts";
import { isInSet, segmentName } from "../../models/set-name.ts";
import type { Segment } from "../../models/site-config.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[number]];
const subject = (more: Partial<Subject> = {}): Subject => ({ ...subjectOf(EMPTY_PROGRESS), ...more });
const segment = (id: string, condition: Segment["condition"], version = 1): Segment => ({
  id,
  version,
  name: id,
  condition,
});

test("J29 a set names each segment whose condition holds, in the order of their names", () => {
  const segments = [
    segment("phones", { device: "mobile" }),
    segment("deep", { stage: { $in: ["pay", "done"] } }),
    segment("german", { language: "de" }, 4),
  ];
  const context = contextOf({ device: "mobile", browser: "Chrome", os: "Android", language: "de", country: "DE" });
  expect(segmentSet(subject({ context }), segments, journey)).toBe("german@4,phones@1");
  expect(segmentSet(subject(), segments, journey)).toBe("");
});

test("J29 a changed condition is another segment: days that were counted under the former one are not in it", () => {
  const former = segment("phones", { device: "mobile" });
  const set = segmentSet(subject({ context: "mobile////" }), [former], journey);
  expect(isInSet(set, segmentName(former))).toBe(true);
  expect(isInSet(set, segmentName({ ...former, version: 2 }))).toBe(false);
  expect(isInSet("phones@12", "phones@1")).toBe(false);
});

test("J30 what is excluded is in no segment, whatever holds of it", () => {
  const segments = [segment("all", {})];
  expect(segmentSet(subject({ excluded: "test" }), segments, journey)).toBe("!test");
  expect(segmentSet(subject(), segments, journey)).toBe("all@1");
});

test("J29 what segments may speak of comes of touchpoints alone: no clock, no score", () => {
  const names = Object.keys(attributesOf(subject(), journey)).sort();
  expect(names).toEqual([
    "browser",
    "channel",
    "country",
    "device",
    "firstChannel",
    "goal",
    "journey",
    "language",
    "lastChannel",
    "os",
    "pages",
    "returning",
    "returns",
    "stage",
    "touchpoints",
    "visits",
  ]);
});

test("J29 a slash in what a browser says of itself moves nothing to another place", () => {
  const context = contextOf({ device: "desktop", browser: "A/B", os: "C", language: "en", country: "SE" });
  expect(attributesOf(subject({ context }), journey)).toMatchObject({ browser: "A B", os: "C", country: "SE" });
});
