/** Two names that turn out to be one person's, and where each of them leads by now. */
export interface Naming {
  /** The visitor who is another's from now on. */
  self: string;
  /** In whose journey that one's ends: `self` where it is its own. */
  at: string;
  /** In whose journey the other's ends. */
  end: string;
  /** Whether others have become part of it. */
  hasDevices: boolean;
}

/**
 * What becomes of a name that is another's: `same`, nothing, because both lead to one journey, or back to it; `together`,
 * where it had gone before and others are part of it: the journey that it leads to goes on, with all of them; else
 * `alone`. So every name leads to one end, and none to itself.
 */
export function namingOf({ self, at, end, hasDevices }: Naming): "same" | "together" | "alone" {
  if (end === at || end === self) return "same";
  return at !== self && hasDevices ? "together" : "alone";
}
