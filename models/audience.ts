import { attributesOf } from "./attributes.ts";
import type { Count } from "./campaign.ts";
import { PURPOSES, permits } from "./consent.ts";
import type { Entry } from "./entry.ts";
import { matchesEntry } from "./entry-match.ts";
import type { JourneyState } from "./journey-state.ts";
import { type Progress, subjectOf } from "./progress.ts";
import { evaluate } from "./rules.ts";
import { SITE_ZONE, type WallClocks, weekdayOf } from "./schedule.ts";
import type { Journey, SiteConfig } from "./site-config.ts";

/** The parts of a site that say what audiences may speak of. */
export type AudienceSite = Pick<SiteConfig, "journeys" | "counts" | "segments" | "timeZone">;

/**
 * What audiences of campaigns, and slots of their texts, may speak of: documented in worker/README.md. Beside what
 * segments may, what moves with the clock, with the visitor's choices and with what the site says of them.
 */
export function audienceOf(
  { folded, consent, traits }: Pick<JourneyState, "folded" | "consent" | "traits">,
  progress: Progress,
  { site, clocks, now }: { site: AudienceSite; clocks: WallClocks; now: number },
): Record<string, unknown> {
  const [journey] = site.journeys as [Journey];
  const known = attributesOf(subjectOf(progress), journey);
  const clock = clocks[site.timeZone ?? SITE_ZONE] ?? "";
  const { group, ...own } = traits?.values ?? {};
  const entries = Object.entries(own);
  const ofGroup = entries.filter(([name]) => name.startsWith("group."));
  return {
    ...known,
    page: folded.ring.findLast(({ type }) => type === "page")?.path ?? "",
    traits: Object.fromEntries(entries.filter(([name]) => !name.startsWith("group."))),
    group: {
      ...(group === undefined ? {} : { name: group }),
      ...Object.fromEntries(ofGroup.map(([name, value]) => [name.slice("group.".length), value])),
    },
    consent: Object.fromEntries(PURPOSES.map((purpose) => [purpose, permits(consent, purpose)])),
    counts: Object.fromEntries((site.counts ?? []).map((count) => [count.id, countOf(count, folded.ring, now)])),
    segments: (site.segments ?? []).filter(({ condition }) => evaluate(condition, known)).map(({ id }) => id),
    ...(clock ? { hour: Number(clock.slice(11, 13)), weekday: weekdayOf(clock) } : {}),
  };
}

function countOf({ match, windowMs }: Count, ring: readonly Entry[], now: number): number {
  return ring.filter((entry) => now - entry.at < windowMs && matchesEntry(match, entry)).length;
}
