import { isWithin } from "./address.ts";
import type { SiteConfig } from "./site-config.ts";

/**
 * Why what a batch says is kept out of the sums: the site is being tried out, or who sent it is one of its own people.
 * Help is decided and shown as to anybody.
 */
export type Excluded = "internal" | "test";

/** What is known of who sent a batch: the address as the platform saw it, "" where there is none, and what the page says. */
interface Sender {
  address: string;
  debug: boolean;
}

/** Why a batch is kept out of the sums, or null. A site in test mode has no other traffic. */
export function excludedAs(
  { address, debug }: Sender,
  { internal, testMode }: Pick<SiteConfig, "internal" | "testMode">,
): Excluded | null {
  if (testMode) return "test";
  return debug || isWithin(address, internal?.ips ?? []) ? "internal" : null;
}
