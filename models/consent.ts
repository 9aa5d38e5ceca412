/** analytics: the journey; scoring: predictions; personalization: nudges and offers; improvement: training; sharing: third parties. */
export const PURPOSES = ["analytics", "scoring", "personalization", "improvement", "sharing"] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Purposes that mean nothing without a journey, so can be chosen only together with it (DESIGN §6). */
const NEEDS_ANALYTICS: readonly Purpose[] = ["scoring", "personalization", "improvement"];

/** Purposes that an objection to profiling ends. */
const PROFILES: readonly Purpose[] = ["scoring", "personalization"];

/** What the visitor said, as it travels: `rev` counts that visitor's choices on that device, from 1. */
export interface Stamp {
  rev: number;
  purposes: Purpose[];
  /** The visitor objects to profiling for marketing: whatever was granted, nothing is predicted, targeted or assigned (B33). */
  objects?: true | undefined;
}

/** opt-in: nothing before a yes; opt-out: what is offered, until a no; notice: the same, where no question need be asked. */
export const CONSENT_MODES = ["opt-in", "opt-out", "notice"] as const;
export type ConsentMode = (typeof CONSENT_MODES)[number];

/** What a browser says by itself, without the visitor being asked. */
export interface Signals {
  /** Global Privacy Control. */
  gpc: boolean;
  /** Do Not Track. */
  dnt: boolean;
}

/** What is new since an earlier policy, to be shown when asking again (B30). */
export interface PolicyChange {
  purposes: Purpose[];
  /** Names of recipients that are new, or get what they did not get. */
  recipients: string[];
  /** Whether data is kept longer. */
  longer: boolean;
  /** Whether what was granted goes on until the visitor answers: only a purpose has come, and it is not granted by that. */
  goesOn: boolean;
}

/** What a choice is judged by: a part of what a site publishes. */
export interface Terms {
  mode: ConsentMode;
  /** Hash of what is material: purposes, recipients, retention, the site's own version. */
  policy: string;
  purposes: Purpose[];
  askAgainAfterDays: number;
  /** What Global Privacy Control takes away where nothing was chosen. Absent from an edge that is older: "all". */
  gpc?: "all" | "sharing";
  /** Whether Do Not Track counts as Global Privacy Control does. */
  dnt?: boolean;
  /** Earlier policies whose choices hold: nothing material was added since. */
  holds?: string[];
  changes?: Record<string, PolicyChange>;
}

/** The one item kept after a choice (`waypost.choice`). It holds no id. */
export interface Choice extends Stamp {
  /** `Terms.policy` as it was when the visitor chose; "" where there was an act (an objection) and no choice yet. */
  policy: string;
  /** `Terms.mode` as it was then; an earlier version kept none. */
  mode?: ConsentMode | undefined;
  /** UTC day of the choice, days since 1970. */
  day: number;
  /** Whether it was made in a control of ours; else another tool told it, or the site's own code. */
  own?: boolean;
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

/** Whether a purpose is granted, and not objected to. */
export function permits({ purposes, objects }: Stamp, purpose: Purpose): boolean {
  return purposes.includes(purpose) && !(objects && PROFILES.includes(purpose));
}

/** A touchpoint is kept only if `analytics` was granted when it was made and is granted now. */
export function keepsTouchpoint(then: Stamp, now: Stamp): boolean {
  return permits(then, "analytics") && permits(now, "analytics");
}

/** An import stands on the site's declared basis, unless the visitor has chosen since, and against it. */
export function keepsImported(now: Stamp): boolean {
  return now.rev === 0 || permits(now, "analytics");
}

/**
 * The stamp that counts when two are known: the later choice; of one choice seen twice, the one already held. Before any
 * choice (rev 0) the last that was seen counts, because the place and the browser's signals speak then.
 */
export function latest(held: Stamp, seen: Stamp): Stamp {
  const isLater =
    seen.rev > held.rev || (seen.rev === 0 && held.rev === 0 && seen.purposes.join() !== held.purposes.join());
  return isLater ? seen : held;
}

/**
 * Whether a visitor has answered, so that nobody asks: for these terms, or earlier ones that hold (or go on, as the
 * caller finds), within the time. Where a yes is needed, what was granted in another mode is none; a no is one in any.
 * `today` in days since 1970 UTC.
 */
export function isAnswered(
  choice: Choice | null | undefined,
  { mode, policy, holds, askAgainAfterDays }: Terms,
  today: number,
  goesOn = false,
): boolean {
  return (
    !!choice &&
    (mode !== "opt-in" || choice.mode === mode || !choice.purposes[0]) &&
    (goesOn || choice.policy === policy || !!holds?.includes(choice.policy)) &&
    today - choice.day < askAgainAfterDays
  );
}

/**
 * What holds on this page load, of the purposes that are offered. Where a choice has to be made first, one for other
 * terms, in another mode or past its time permits nothing until it is made again; elsewhere a no stays a no. Without a choice the mode
 * speaks (after an act that is none, of what ran then), and the browser's signals against it; they never undo a choice (B20). An objection stays until it is taken back.
 */
export function effective(choice: Choice | null | undefined, terms: Terms, today: number, signals: Signals): Stamp {
  const { mode, purposes, changes } = terms;
  const isAsked = mode === "opt-in";
  if (!choice) return { rev: 0, purposes: isAsked ? [] : withoutChoice(terms, signals) };
  const stands = !isAsked || isAnswered(choice, terms, today, changes?.[choice.policy]?.goesOn);
  const offered = choice.policy ? purposes : withoutChoice(terms, signals);
  return {
    rev: choice.rev,
    purposes: stands ? choice.purposes.filter((purpose) => offered.includes(purpose)) : [],
    objects: choice.objects,
  };
}

/** Purposes that need no choice where the mode is not opt-in: those offered, without what the browser's signals deny. */
export function withoutChoice(
  { purposes, gpc, dnt }: Pick<Terms, "purposes" | "gpc" | "dnt">,
  signals: Signals,
): Purpose[] {
  if (!signals.gpc && !(dnt && signals.dnt)) return purposes;
  return gpc === "sharing" ? purposes.filter((purpose) => purpose !== "sharing") : [];
}

/**
 * Reads a stored or sent choice; null for anything that is not one, so that damage means "ask", never "granted".
 * Shape: `{rev: integer ≥ 0, purposes: string[], policy: string, day: integer}`; `mode` and `own` are only compared.
 */
export function readChoice(value: unknown): Choice | null {
  const stamp = readStamp(value);
  const choice = value as Choice;
  return stamp && typeof choice.policy === "string" && Number.isSafeInteger(choice.day)
    ? { ...choice, ...stamp }
    : null;
}

/** Reads the name of a mode; undefined for anything else. */
export function readMode(value: unknown): ConsentMode | undefined {
  return CONSENT_MODES.find((mode) => mode === value);
}

/** Reads a stamp `{rev, purposes}`; null for anything that is not one. Unknown purposes are left out. */
export function readStamp(value: unknown): Stamp | null {
  const { rev, purposes, objects } = (value ?? {}) as { rev?: unknown; purposes?: unknown; objects?: unknown };
  if (!Number.isSafeInteger(rev) || (rev as number) < 0 || !Array.isArray(purposes)) return null;
  // What is no text is none of the purposes.
  return { rev: rev as number, purposes: grantable(purposes), objects: objects === true || undefined };
}
