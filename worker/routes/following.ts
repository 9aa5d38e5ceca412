import type { Context } from "hono";
import * as v from "valibot";
import { refuse } from "../../models/touchpoint.ts";
import type { Following } from "../access/entering.ts";
import { type Invited, invitationOf, invitedBy } from "../access/invitation.ts";
import type { Bindings } from "../env.ts";
import { problem, refused } from "../problems.ts";

/** `SITE.SECRET`, as it stands behind `#join=` of a link. */
export const INVITATION = v.pipe(v.string(), v.maxLength(100, "at most 100 characters"));
/** What somebody wants to be called by those whom they work with. */
export const NAME = v.pipe(v.string(), v.trim(), v.minLength(1, "a name"), v.maxLength(80, "at most 80 characters"));

/** A sign-in that follows an invitation, or none. */
export const FOLLOWING = v.strictObject({ invitation: v.optional(INVITATION), name: v.optional(NAME) });

const OVER = "Ask whoever sent it for a new link.";

/** The invitation of a body: null where there is none, the refusal where it can't be followed. */
export async function followed(
  c: Context<Bindings>,
  { invitation, name }: v.InferOutput<typeof FOLLOWING>,
): Promise<Following | null | Response> {
  if (invitation === undefined) return null;
  const invited = await stillInvited(c, invitation);
  if (invited instanceof Response) return invited;
  // Whoever is nobody here yet gets it as theirs.
  return name === undefined ? refused(c, refuse("malformed", "name", "a name")) : { ...invited, name };
}

/** An invitation that can still be followed, or the refusal. */
export async function stillInvited(c: Context<Bindings>, text: string): Promise<Invited | Response> {
  const invited = await invitedBy(text);
  const invitation = invited && (await invitationOf(c.env, invited));
  return invitation ? invited : problem(c, "invitation-over", OVER);
}
