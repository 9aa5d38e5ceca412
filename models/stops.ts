import type { Campaign } from "./site-config.ts";

/** A campaign that was stopped by hand, at the version that it had, or at any earlier one. */
export interface Stop {
  campaign: string;
  version: number;
  /** ms since 1970. */
  at: number;
  /** As the audit log names them. */
  by: string;
}

/** Stops that hold on after other campaigns came to be in force: a higher version of a campaign is another one. */
export function standingStops(stops: readonly Stop[], campaigns: readonly Pick<Campaign, "id" | "version">[]): Stop[] {
  return stops.filter((stop) => !campaigns.some(({ id, version }) => id === stop.campaign && version > stop.version));
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
