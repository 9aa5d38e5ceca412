import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";

/** One a deployment: people, how they prove who they are, and where they are signed in. What they may is each site's. */
export class AccountsObject extends DurableObject<Env> {
  /** The account that a session is of, by the digest of its secret, or null where there is none or it is over. */
  accountOf(_digest: string, _kind: "bearer" | "session"): string | null {
    return null;
  }

  /** Names of accounts, by their ids; an account that is none has none. */
  names(_accounts: string[]): Record<string, string> {
    return {};
  }
}
