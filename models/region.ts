import type { ConsentMode } from "./consent.ts";
import type { ConsentConfig } from "./consent-config.ts";

/** Where a request comes from, as the platform looks its address up: ISO 3166-1 country, and the subdivision within it. */
export interface Place {
  country?: string | undefined;
  subdivision?: string | undefined;
}

/** Which mode holds for a place, and why: `regions.N` of the configuration, its `mode`, or that the place is not known. */
export interface Jurisdiction {
  mode: ConsentMode;
  /** `US-CA`, `DE`, or "" where it is not known. */
  place: string;
  why: string;
}

/** What the platform says of addresses that it cannot place: unknown, and the Tor network. */
const NOWHERE = ["", "XX", "T1"];

/**
 * The first region that a place lies in decides, else the site's mode. Deny when unknown: without a country, or where
 * the subdivision would decide and is not known, it is opt-in.
 */
export function jurisdictionOf({ mode, regions = [] }: ConsentConfig, place: Place): Jurisdiction {
  const { country = "", subdivision = "" } = place;
  if (NOWHERE.includes(country)) return { mode: "opt-in", place: "", why: "unknown-place" };
  const named = subdivision === "" ? country : `${country}-${subdivision}`;
  for (const [i, region] of regions.entries()) {
    if (!region.countries.includes(country)) continue;
    const { subdivisions } = region;
    if (subdivisions && subdivision === "") return { mode: "opt-in", place: named, why: "unknown-place" };
    if (!subdivisions || subdivisions.includes(subdivision)) {
      return { mode: region.mode, place: named, why: `regions.${i}` };
    }
  }
  return { mode, place: named, why: "mode" };
}
