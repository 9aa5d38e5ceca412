import type { ConsentConfig } from "./consent-config.ts";
import { fail } from "./read-field.ts";

/** Longest that data of exempt measurement may be kept: 25 months. */
export const MEASURED_DAYS_MAX = 760;

/**
 * Refuses what a site may not do that counts its audience and nothing else (B32): predictions, nudges, traits, sharing,
 * knowing people again by other names or on other hosts. `rest` are the other parts of the configuration.
 */
export function checkPreset({ preset, purposes, recipients }: ConsentConfig, rest: Record<string, unknown>): void {
  if (preset !== "audience-measurement") return;
  const only = (field: string, bound: string) => fail(field, `${bound}, with the preset “audience-measurement”`);
  if (purposes.some((purpose) => purpose !== "analytics")) only("consent.purposes", "analytics alone");
  if (recipients?.length) only("consent.recipients", "none");
  for (const field of ["campaigns", "traits"]) {
    if (Array.isArray(rest[field]) && rest[field].length > 0) only(field, "none");
  }
  for (const field of ["identity", "cookieDomain"]) if (rest[field] !== undefined) only(field, "left out");
}
