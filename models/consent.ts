/** analytics: the journey; scoring: predictions; personalization: nudges and offers; improvement: training; sharing: third parties. */
export const PURPOSES = ["analytics", "scoring", "personalization", "improvement", "sharing"] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Purposes that mean nothing without a journey, so can be chosen only together with it (DESIGN §6). */
const NEEDS_ANALYTICS: readonly Purpose[] = ["scoring", "personalization", "improvement"];

/** What the visitor said, as it travels: `rev` counts that visitor's choices on that device, from 1. */
export interface Stamp {
  rev: number;
  purposes: Purpose[];
}

/** The one item kept after a choice (`waypost.choice`). It holds no id. */
export interface Choice extends Stamp {
  /** Hash of the texts and purposes that were shown. */
  policy: string;
  /** UTC day of the choice, days since 1970. */
  day: number;
}

/** Nothing granted: the state before a choice, and on any doubt. */
export const NO_CONSENT: Stamp = { rev: 0, purposes: [] };

/**
 * The purposes that a list of grants amounts to: known, each once, in the order of PURPOSES; those that need
 * `analytics` fall without it. Never grants what the list does not name.
 */
export function grantable(purposes: readonly string[]): Purpose[] {
  const analytics = purposes.includes("analytics");
  return PURPOSES.filter((p) => purposes.includes(p) && (analytics || !NEEDS_ANALYTICS.includes(p)));
}

export function permits(stamp: Stamp, purpose: Purpose): boolean {
  return stamp.purposes.includes(purpose);
}

/** A touchpoint is kept only if `analytics` was granted when it was made and is granted now. */
export function keepsTouchpoint(then: Stamp, now: Stamp): boolean {
  return permits(then, "analytics") && permits(now, "analytics");
}

/** An import stands on the site's declared basis, unless the visitor has chosen since, and against it. */
export function keepsImported(now: Stamp): boolean {
  return now.rev === 0 || permits(now, "analytics");
}

/** The stamp that counts when two are known: the later choice; of one choice seen twice, the one already held. */
export function latest(held: Stamp, seen: Stamp): Stamp {
  return seen.rev > held.rev ? seen : held;
}

/** Why a visitor has to be asked, or null. `today` in days since 1970 UTC. */
export function whyAsk(
  choice: Choice | null,
  policy: string,
  today: number,
  askAgainAfterDays: number,
): "no-choice" | "new-policy" | "expired" | null {
  if (!choice) return "no-choice";
  if (choice.policy !== policy) return "new-policy";
  return today - choice.day >= askAgainAfterDays ? "expired" : null;
}

/**
 * What holds on this page load. A choice for other texts or past its time permits nothing until it is made again;
 * Global Privacy Control permits nothing where there is no choice, and never undoes one (B20).
 */
export function effective(choice: Choice | null, policy: string, today: number, askAgainAfterDays: number): Stamp {
  return choice && whyAsk(choice, policy, today, askAgainAfterDays) === null
    ? { rev: choice.rev, purposes: choice.purposes }
    : { rev: choice?.rev ?? 0, purposes: [] };
}

/**
 * Reads a stored or sent choice; null for anything that is not one, so that damage means "ask", never "granted".
 * Shape: `{rev: integer ≥ 0, purposes: string[], policy: string, day: integer}`.
 */
export function readChoice(value: unknown): Choice | null {
  const stamp = readStamp(value);
  if (!stamp) return null;
  const { policy, day } = value as { policy?: unknown; day?: unknown };
  return typeof policy === "string" && Number.isSafeInteger(day) ? { ...stamp, policy, day: day as number } : null;
}

/** Reads a stamp `{rev, purposes}`; null for anything that is not one. Unknown purposes are left out. */
export function readStamp(value: unknown): Stamp | null {
  if (typeof value !== "object" || value === null) return null;
  const { rev, purposes } = value as { rev?: unknown; purposes?: unknown };
  if (!Number.isSafeInteger(rev) || (rev as number) < 0 || !Array.isArray(purposes)) return null;
  return { rev: rev as number, purposes: grantable(purposes.filter((p) => typeof p === "string")) };
}
