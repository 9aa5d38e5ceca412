import type { SiteConfig } from "./site-config.ts";
import { type Refusal, refuse } from "./touchpoint.ts";

/** Longest that data of exempt measurement may be kept: 25 months. */
export const MEASURED_DAYS_MAX = 760;

/**
 * What a site may not do that counts its audience and nothing else (B32): predictions, nudges, traits, sharing, knowing
 * people again by other names, on other hosts or in other systems. Null where it does none of that, or counts in the ordinary way.
 */
export function presetFault(config: SiteConfig): Refusal | null {
  const { preset, purposes, recipients = [] } = config.consent;
  if (preset !== "audience-measurement") return null;
  const only = (field: string, bound: string) =>
    refuse("malformed", field, `${bound}, with the preset “audience-measurement”`);
  if (purposes.some((purpose) => purpose !== "analytics")) return only("consent.purposes", "analytics alone");
  if (recipients.length > 0) return only("consent.recipients", "none");
  const listed = (["campaigns", "traits", "sources"] as const).find((field) => config[field]?.length);
  if (listed) return only(listed, "none");
  const said = (["identity", "cookieDomain"] as const).find((field) => config[field] !== undefined);
  return said ? only(said, "left out") : null;
}
