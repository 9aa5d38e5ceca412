import type { Campaign } from "./campaign.ts";

/** A campaign that was stopped by hand, at the version that it had, or at any earlier one. It stays until it is resumed. */
export interface Stop {
  campaign: string;
  version: number;
  /** ms since 1970. */
  at: number;
  /** As the audit log names them. */
  by: string;
}

/** All campaigns of a site, stopped by hand: also those that come later. */
export type SiteStop = Pick<Stop, "at" | "by">;

type Versioned = Pick<Campaign, "id" | "version">;

/** In minimums: of every campaign, whatever its id. No id has such a form. */
export const EVERY_CAMPAIGN = "*";
/** Above every version that a campaign can have. */
const ABOVE_ALL = Number.MAX_SAFE_INTEGER;

/** Stops that hide something of what is in force, or would, if it came back: a higher version of a campaign is another one. */
export function standingStops(stops: readonly Stop[], campaigns: readonly Versioned[]): Stop[] {
  return stops.filter((stop) => !campaigns.some(({ id, version }) => id === stop.campaign && version > stop.version));
}

/** Stops with those of further campaigns. What an earlier stop covers already stays as it was. */
export function stopsWith(stops: readonly Stop[], campaigns: readonly Versioned[], { at, by }: SiteStop): Stop[] {
  const covered = ({ id, version }: Versioned) => stops.some((stop) => stop.campaign === id && stop.version >= version);
  const fresh = campaigns.filter((campaign) => !covered(campaign));
  const kept = stops.filter((stop) => !fresh.some(({ id }) => id === stop.campaign));
  return [...kept, ...fresh.map(({ id, version }) => ({ campaign: id, version, at, by }))];
}

/** What is stopped of the campaigns in force, as a team reads it: each by itself, or with the whole site. */
export function shownStops(
  { stops, site }: { stops: readonly Stop[]; site: SiteStop | null },
  campaigns: readonly Versioned[],
): Stop[] {
  const standing = standingStops(stops, campaigns);
  if (!site) return standing;
  const others = campaigns.filter(({ id }) => !standing.some((stop) => stop.campaign === id));
  return [...standing, ...others.map(({ id, version }) => ({ campaign: id, version, at: site.at, by: site.by }))];
}

/**
 * Least versions that may still be shown, after the campaigns `after` have replaced `before`: what is paused, gone or
 * stopped by hand is shown to nobody.
 */
export function minimumsAfter(
  { before, after, stops }: { before: readonly Campaign[]; after: readonly Campaign[]; stops: readonly Stop[] },
  minimums: Record<string, number>,
): Record<string, number> {
  const live = new Set(after.filter(({ status }) => status === "live").map(({ id }) => id));
  const next = new Map(Object.entries(minimums));
  const raise = (id: string, least: number) => next.set(id, Math.max(next.get(id) ?? 0, least));
  for (const { id, version } of [...before, ...after]) if (!live.has(id)) raise(id, version + 1);
  for (const { id, version } of after) if (live.has(id)) next.set(id, version);
  for (const { campaign, version } of stops) raise(campaign, version + 1);
  return Object.fromEntries(next);
}

/** Minimums of a site all of which is stopped: also of what an edge has not heard of yet. */
export function allStopped(minimums: Record<string, number>): Record<string, number> {
  const raised = Object.keys(minimums).map((id): [string, number] => [id, ABOVE_ALL]);
  return Object.fromEntries([...raised, [EVERY_CAMPAIGN, ABOVE_ALL]]);
}
