/** How long somebody is signed in. */

/** A browser's session ends when nobody has used it for so long, and at the latest so long after the sign-in. */
const BROWSER_IDLE_MS = 12 * 3_600_000;
export const BROWSER_MS = 7 * 86_400_000;
/** A command line's ends so long after it was approved. */
const CLI_MS = 30 * 86_400_000;
/** What takes a recent sign-in takes one that is younger than this. */
const RECENT_MS = 3_600_000;
/** A use is noted when the last one that was noted is so old: a row an hour, not one a request. */
const SEEN_EVERY_MS = 3_600_000;

/** `browser`: the cookie's. `cli`: a command line's, as a bearer token. */
export interface SessionTimes {
  kind: "browser" | "cli";
  /** ms since 1970. The last use is known to the hour. */
  createdAt: number;
  lastSeenAt: number;
}

/** Whether nobody is let in by a session any more. */
export function isSessionOver({ kind, createdAt, lastSeenAt }: SessionTimes, now: number): boolean {
  if (kind === "cli") return now - createdAt >= CLI_MS;
  return now - createdAt >= BROWSER_MS || now - lastSeenAt >= BROWSER_IDLE_MS;
}

/** Until when sessions have to have been begun, and browsers' seen, to be over by now: what can be forgotten. */
export function sessionsOverBefore(now: number): { cli: number; browser: number; idle: number } {
  return { cli: now - CLI_MS, browser: now - BROWSER_MS, idle: now - BROWSER_IDLE_MS };
}

/** Whether a use has to be noted. */
export function isSeenAnew({ lastSeenAt }: SessionTimes, now: number): boolean {
  return now - lastSeenAt >= SEEN_EVERY_MS;
}

/** Whether a sign-in is good for changing how one signs in: a browser's, and fresh. */
export function isRecentSignIn({ kind, createdAt }: SessionTimes, now: number): boolean {
  return kind === "browser" && now - createdAt < RECENT_MS;
}

/** Whether a passkey is the one that was there before. A device that counts has to have counted on, or there are two of it. */
export function hasCountedOn(before: number, now: number): boolean {
  return now > before || (now === 0 && before === 0);
}
