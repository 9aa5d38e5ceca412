import type { Challenge } from "../accounts/spent.ts";
import type { Env } from "../env.ts";
import { open, seal, textOf } from "../keys.ts";
import { digestOf } from "./session.ts";

/** As long as somebody may take over a prompt of their browser. */
export const CHALLENGE_MS = 300_000;

/** What a challenge was given for: an answer to one is none to another. */
export type ChallengeUse = "sign-in" | "join" | "add";

/** A challenge that was answered, and the account that it was made for ("": whoever answers). */
export interface Answered extends Challenge {
  account: string;
}

/**
 * A challenge for a passkey. It is sealed and not kept, so who only asks for one costs nothing; sealing makes it as random as
 * its nonce, which never comes twice. Whoever answers it spends it: see worker/accounts/spent.ts.
 */
export function makeChallenge(env: Env, use: ChallengeUse, account: string): Promise<string> {
  return seal(env, `challenge ${use}`, [account, Date.now() + CHALLENGE_MS]);
}

/** What a browser says it was challenged with, in its own base64url; null where we did not, not for this, or too long ago. */
export async function openChallenge(env: Env, use: ChallengeUse, answered: string): Promise<Answered | null> {
  const opened = await open(env, `challenge ${use}`, textOf(answered) ?? "");
  if (!opened) return null;
  const [account, expiresAt] = opened.value as [string, number];
  return expiresAt > Date.now() ? { account, expiresAt, digest: await digestOf(answered) } : null;
}
