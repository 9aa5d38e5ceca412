import type { Context } from "hono";
import * as v from "valibot";
import { ROLES } from "../../models/access.ts";
import { randomSecret } from "../access/token.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { base64url, sha256 } from "../keys.ts";
import { accountsObject, siteObject } from "../objects.ts";
import { callObject, callOnce } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import { randomId } from "../random-id.ts";
import { body, described } from "./described.ts";

const DAY_MS = 86_400_000;
/** Long enough for somebody who is away for a week-end; a link that lies about for longer is a way in. */
const INVITATION_MS = 7 * DAY_MS;

const ROLE = v.picklist(ROLES, `one of ${ROLES.join(", ")}`);
const MEMBER = v.object({ account: v.string(), name: v.nullable(v.string()), role: ROLE, since: v.number() });
const APPOINTED = v.object({ account: v.string(), role: v.nullable(ROLE) });
const INVITATION = v.object({ id: v.string(), role: ROLE, expiresAt: v.number() });

/** `/api/sites/:site/members` and `…/invitations`: who may do what with a site. */
export const members = new Hono<Bindings>()
  .get(
    "/:site/members",
    described({
      operationId: "listMembers",
      summary: "Lists who may do what, and the invitations that are open",
      answer: v.object({ members: v.array(MEMBER), invitations: v.array(INVITATION) }),
    }),
    async (c) => {
      const id = c.req.param("site");
      const team = await callObject(async () => siteObject(c.env, id).team());
      const names = await callObject(async () => accountsObject(c.env).names(team.members.map((one) => one.account)));
      const named = team.members.map((member) => ({ ...member, name: names[member.account] ?? null }));
      return c.json({ members: named, invitations: team.invitations });
    },
  )
  .put(
    "/:site/members/:account",
    described({ operationId: "appointMember", summary: "Gives a member another role", answer: APPOINTED }),
    body(v.strictObject({ role: ROLE })),
    (c) => appoint(c, c.req.valid("json").role),
  )
  .delete(
    "/:site/members/:account",
    described({
      operationId: "removeMember",
      summary: "Takes a member out, with the tokens that they made",
      answer: APPOINTED,
    }),
    (c) => appoint(c, null),
  )
  .post(
    "/:site/invitations",
    described({
      operationId: "inviteMember",
      summary: "Makes a link that makes one person a member",
      answer: v.object({ ...INVITATION.entries, link: v.nullable(v.string()) }),
    }),
    body(v.strictObject({ role: ROLE })),
    async (c) => {
      const { role } = c.req.valid("json");
      const id = c.req.param("site");
      const isThere = await callObject(async () => siteObject(c.env, id).site());
      if (!isThere) return problem(c, "unknown-site", `Create it with PUT /api/sites/${id}.`);
      const secret = randomSecret();
      const invitation = { id: randomId(), role, expiresAt: Date.now() + INVITATION_MS };
      const digest = base64url(await sha256(secret));
      const made = await callObject(async () => siteObject(c.env, id).invite(c.get("actor"), digest, invitation));
      if (made === "forbidden") return notYours(c);
      if (made === "too-many") return problem(c, "too-many-invitations", "Take back one that nobody follows.");
      // The secret stands in the fragment: no server and no Referer ever has it.
      const { CONSOLE_ORIGIN } = c.env;
      return c.json({ ...invitation, link: CONSOLE_ORIGIN ? `${CONSOLE_ORIGIN}/console/#join=${id}.${secret}` : null });
    },
  )
  .delete(
    "/:site/invitations/:id",
    described({
      operationId: "withdrawInvitation",
      summary: "Takes an invitation back",
      answer: v.object({ id: v.string() }),
    }),
    async (c) => {
      const { site, id } = c.req.param();
      const withdrawn = await callOnce(async (call) =>
        siteObject(c.env, site).withdrawInvitation(c.get("actor"), c.get("role"), id, call),
      );
      if (withdrawn === "forbidden") return notYours(c);
      return withdrawn === "done"
        ? c.json({ id })
        : problem(c, "not-found", "There is no such invitation, or it is over.");
    },
  );

async function appoint(c: Context<Bindings>, role: v.InferOutput<typeof ROLE> | null): Promise<Response> {
  const { site = "", account = "" } = c.req.param() as Record<string, string>;
  const outcome = await callOnce(async (call) =>
    siteObject(c.env, site).appoint(c.get("actor"), c.get("role"), account, role, call),
  );
  switch (outcome) {
    case "done":
      return c.json({ account, role });
    case "unknown":
      return problem(c, "not-found", "This site has no such member.");
    case "forbidden":
      return notYours(c);
    case "last-owner":
      return problem(c, "last-owner", "Make somebody else an owner first.");
  }
}

function notYours(c: Context): Response {
  return problem(
    c,
    "forbidden",
    "Owners are made and unmade by owners alone, who have signed in; their invitations too.",
  );
}
