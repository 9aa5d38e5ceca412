import * as v from "valibot";
import { fromConsole } from "../access/console-host.ts";
import { answerEntered, createAs, joinAs } from "../access/entering.ts";
import { invitationOf, invitedBy } from "../access/invitation.ts";
import { ANSWER_BYTES_MAX, REGISTRATION, registrationOptions, verifiedRegistration } from "../access/passkey.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { problem } from "../problems.ts";
import { randomId } from "../random-id.ts";
import { body, described } from "./described.ts";
import { INVITATION, NAME, stillInvited } from "./following.ts";

const REFUSED = "The new passkey could not be verified. Try again.";
const OVER = "Ask whoever sent it for a new link.";
const JOINED = v.object({ site: v.string(), role: v.string() });

/**
 * `/api/invitations/*`: following a link. The secret comes in a body, because addresses are kept in histories and logs. Who
 * makes an invitation: worker/README.md.
 */
export const invitations = new Hono<Bindings>()
  .post(
    "/read",
    described({
      operationId: "readInvitation",
      summary: "What an invitation is to",
      answer: v.object({ ...JOINED.entries, expiresAt: v.number() }),
      open: true,
    }),
    fromConsole,
    body(v.strictObject({ invitation: INVITATION })),
    async (c) => {
      const invited = await invitedBy(c.req.valid("json").invitation);
      const found = invited && (await invitationOf(c.env, invited));
      if (!invited || !found) return problem(c, "invitation-over", OVER);
      return c.json({ site: invited.site, role: found.role, expiresAt: found.expiresAt });
    },
  )
  .post(
    "/passkey/options",
    described({
      operationId: "startJoining",
      summary: "What a browser needs to make a newcomer's passkey",
      answer: v.looseObject({ challenge: v.string() }),
      open: true,
    }),
    fromConsole,
    body(v.strictObject({ invitation: INVITATION, name: NAME })),
    async (c) => {
      const { invitation, name } = c.req.valid("json");
      const invited = await stillInvited(c, invitation);
      if (invited instanceof Response) return invited;
      return c.json(await registrationOptions(c.env, "join", { account: randomId(), name, has: [] }));
    },
  )
  .post(
    "/passkey",
    described({
      operationId: "joinWithPasskey",
      summary: "Makes an account with a passkey, and a member of the site",
      answer: v.object({ account: v.string() }),
      open: true,
    }),
    fromConsole,
    body(
      v.strictObject({ invitation: INVITATION, name: NAME, passkeyName: NAME, response: REGISTRATION }),
      ANSWER_BYTES_MAX,
    ),
    async (c) => {
      const { invitation, name, passkeyName, response } = c.req.valid("json");
      const invited = await stillInvited(c, invitation);
      if (invited instanceof Response) return invited;
      const verified = await verifiedRegistration(c.env, "join", response);
      if (!verified) return problem(c, "sign-in-refused", REFUSED);
      const { account, key, credential, digest, expiresAt } = verified;
      const identity = { id: randomId(), kind: "passkey" as const, key, name: passkeyName, credential };
      return answerEntered(
        c,
        await createAs(c, invited, { account, name, identity, challenge: { digest, expiresAt } }),
      );
    },
  )
  .post(
    "/join",
    described({ operationId: "join", summary: "Makes whoever has signed in a member of the site", answer: JOINED }),
    body(v.strictObject({ invitation: INVITATION })),
    async (c) => {
      const invited = await invitedBy(c.req.valid("json").invitation);
      const actor = c.get("actor");
      const joined = invited && actor.kind === "account" ? await joinAs(c, invited, actor.account) : null;
      if (!invited || !joined) return problem(c, "invitation-over", OVER);
      return c.json({ site: invited.site, role: joined.role });
    },
  );
