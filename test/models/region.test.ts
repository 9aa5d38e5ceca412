import { expect, test } from "vitest";
import type { ConsentConfig } from "../../models/consent-config.ts";
import { jurisdictionOf, type Place } from "../../models/region.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const config: ConsentConfig = {
  ...SMALL_SITE.consent,
  mode: "notice",
  regions: [
    { countries: ["US"], subdivisions: ["CA", "CO"], mode: "opt-out" },
    { countries: ["DE", "FR"], mode: "opt-in" },
    { countries: ["US"], mode: "notice" },
    { countries: ["FR"], mode: "notice" },
  ],
};
const at = (place: Place) => Object.values(jurisdictionOf(config, place));

test("G13 the first region that a place lies in decides, else the site's mode, and it says why", () => {
  expect(at({ country: "US", subdivision: "CA" })).toEqual(["opt-out", "US-CA", "regions.0"]);
  expect(at({ country: "US", subdivision: "TX" })).toEqual(["notice", "US-TX", "regions.2"]);
  expect(at({ country: "DE", subdivision: "BE" })).toEqual(["opt-in", "DE-BE", "regions.1"]);
  expect(at({ country: "FR" })).toEqual(["opt-in", "FR", "regions.1"]);
  expect(at({ country: "JP", subdivision: "13" })).toEqual(["notice", "JP-13", "mode"]);
});

test("G13 an unknown place is opt-in: no country, none that exists, or no subdivision where it would decide", () => {
  for (const country of [undefined, "", "XX", "T1"]) expect(at({ country })).toEqual(["opt-in", "", "unknown-place"]);
  expect(at({ country: "US" })).toEqual(["opt-in", "US", "unknown-place"]);
  expect(at({ country: "US", subdivision: "" })).toEqual(["opt-in", "US", "unknown-place"]);
});
