import type { Role } from "../../models/access.ts";
import { isSiteId } from "../../models/read-field.ts";
import type { Env } from "../env.ts";
import { siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { digestOf } from "./session.ts";

/** What stands behind `#join=` of an invitation's link, read. */
export interface Invited {
  site: string;
  digest: string;
}

/** `SITE.SECRET`, or null where it is none. A site's id holds no full stop. */
export async function invitedBy(text: string): Promise<Invited | null> {
  const [site = "", secret = "", ...more] = text.split(".");
  return isSiteId(site) && secret !== "" && more.length === 0 ? { site, digest: await digestOf(secret) } : null;
}

/** The role of an invitation that can still be followed, and until when; or null. */
export async function invitationOf(
  env: Env,
  { site, digest }: Invited,
): Promise<{ role: Role; expiresAt: number } | null> {
  return callObject(async () => siteObject(env, site).invitation(digest));
}

/** Makes an account a member by an invitation; null where it can't be followed any more. */
export async function join(env: Env, { site, digest }: Invited, account: string): Promise<{ role: Role } | null> {
  const joined = await callObject(async () => siteObject(env, site).join(digest, account));
  // Where the first answer was lost the invitation is spent, and they are a member.
  return joined ?? roleAt(env, site, account);
}

/** What somebody is at a site already; null where they are no member. */
export async function roleAt(env: Env, site: string, account: string): Promise<{ role: Role } | null> {
  return callObject(async () => siteObject(env, site).access({ kind: "account", account }));
}
