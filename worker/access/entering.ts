import type { Context } from "hono";
import type { Role } from "../../models/access.ts";
import type { Newcomer, Proven } from "../accounts/object.ts";
import type { IdentityKind } from "../accounts/people.ts";
import type { Bindings } from "../env.ts";
import { accountsObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { type ProblemName, problem, unavailable } from "../problems.ts";
import { randomId } from "../random-id.ts";
import { type Invited, invitationOf, join, roleAt } from "./invitation.ts";
import { keepSession, newSession } from "./session.ts";

/** Why somebody was not let in, as an answer or a page says it. */
interface NotEntered {
  refused: ProblemName;
  detail: string;
}

export type Entered = { account: string } | NotEntered;

/** An invitation that is being followed, and what its follower wants to be called. */
export interface Following extends Invited {
  name: string;
}

const OVER = "Ask whoever sent it for a new link.";
const USED = "The answer was used before, or the passkey is an older copy. Try again.";
const HALF = "You have signed in, but the site did not answer: load the page anew, and follow the link again.";
const UNKNOWN = "Ask an owner of your site for an invitation, and follow its link.";

/** How an identity of somebody else's keeping is listed. */
const CALLED: Record<IdentityKind, string> = {
  passkey: "Passkey",
  oidc: "Single sign-on",
  access: "Cloudflare Access",
};

/** Signs in whoever has proven to be somebody; who is nobody here yet has to follow an invitation. */
export async function enter(c: Context<Bindings>, proven: Proven, following: Following | null): Promise<Entered> {
  const { secret, session } = await newSession(c);
  const known = await callObject(async () => accountsObject(c.env).signIn(proven, session));
  if (known === "spent") return { refused: "sign-in-refused", detail: USED };
  if (known !== "unknown") {
    keepSession(c, secret);
    if (following) await joinAs(c, following, known.account);
    return { account: known.account };
  }
  if (!following) return { refused: "no-account", detail: UNKNOWN };
  const { kind, key } = proven;
  const identity = { id: randomId(), kind, key, name: CALLED[kind] };
  return createAs(c, following, { account: randomId(), name: following.name, identity, challenge: null });
}

/**
 * Makes an account of somebody who follows an invitation, and a member of its site. Nobody else ever gets one. Where another
 * was quicker with the same link, the account goes again.
 */
export async function createAs(c: Context<Bindings>, invited: Invited, newcomer: Newcomer): Promise<Entered> {
  if (!(await invitationOf(c.env, invited))) return { refused: "invitation-over", detail: OVER };
  const { secret, session } = await newSession(c);
  const { account } = newcomer;
  const created = await callObject(async () => accountsObject(c.env).create(newcomer, session));
  if (created !== "created") return { refused: "sign-in-refused", detail: USED };
  const joined = await joinAs(c, invited, account).catch((error: unknown) => {
    unavailable(c, error, HALF);
    return "failed" as const;
  });
  if (!joined) {
    await callObject(async () => accountsObject(c.env).takeBack(account));
    return { refused: "invitation-over", detail: OVER };
  }
  // Whether they are a member nobody can say now. They are somebody in any case, and follow the link again as that.
  keepSession(c, secret);
  return joined === "failed" ? { refused: "unavailable", detail: HALF } : { account };
}

/**
 * Makes an account a member of the site of an invitation. Null where it can't be followed any more. The site is noted with the
 * account first, a hint that does no harm: so whoever is a member finds the site, however this ends.
 */
export async function joinAs(c: Context<Bindings>, invited: Invited, account: string): Promise<{ role: Role } | null> {
  const { env } = c;
  const isOpen = (await invitationOf(env, invited)) ?? (await roleAt(env, invited.site, account));
  if (!isOpen) return null;
  await callObject(async () => accountsObject(env).noteSite(account, invited.site));
  return join(env, invited, account);
}

/** The answer to whoever was, or was not, let in. */
export function answerEntered(c: Context<Bindings>, entered: Entered): Response {
  return "refused" in entered ? problem(c, entered.refused, entered.detail) : c.json(entered);
}
