import * as v from "valibot";
import { ANSWER_BYTES_MAX, REGISTRATION, registrationOptions, verifiedRegistration } from "../access/passkey.ts";
import { ownDigest } from "../access/session.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { accountsObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import { randomId } from "../random-id.ts";
import { body, described } from "./described.ts";
import { NAME } from "./following.ts";
import { accountOf } from "./session.ts";

const LISTED = v.object({
  id: v.string(),
  kind: v.picklist(["passkey", "oidc", "access"]),
  name: v.string(),
  createdAt: v.number(),
  lastUsedAt: v.number(),
});

const AGAIN = "Sign in again, then repeat what you did.";
const REFUSED = "The new passkey could not be verified, or is on your list already. Try again.";

/** `/api/passkeys`: the ways in of whoever has signed in. Changing them takes a recent sign-in, in a browser. */
export const passkeys = new Hono<Bindings>()
  .get(
    "/",
    described({
      operationId: "listPasskeys",
      summary: "The ways in of who asks: passkeys, and identities at providers",
      answer: v.object({ passkeys: v.array(LISTED) }),
    }),
    async (c) => {
      return c.json({ passkeys: await callObject(async () => accountsObject(c.env).identities(accountOf(c))) });
    },
  )
  .post(
    "/options",
    described({
      operationId: "startPasskey",
      summary: "What a browser needs to make a further passkey",
      answer: v.looseObject({ challenge: v.string() }),
    }),
    async (c) => {
      const digest = await ownDigest(c);
      const owner = await callObject(async () => accountsObject(c.env).forNewPasskey(digest));
      if (!owner || c.env.CONSOLE_ORIGIN === undefined) return problem(c, "sign-in-again", AGAIN);
      return c.json(await registrationOptions(c.env, "add", owner));
    },
  )
  .post(
    "/",
    described({ operationId: "addPasskey", summary: "Adds a passkey", answer: v.object({ id: v.string() }) }),
    body(v.strictObject({ name: NAME, response: REGISTRATION }), ANSWER_BYTES_MAX),
    async (c) => {
      const { name, response } = c.req.valid("json");
      const digest = await ownDigest(c);
      if (c.env.CONSOLE_ORIGIN === undefined) return problem(c, "sign-in-again", AGAIN);
      const verified = await verifiedRegistration(c.env, "add", response);
      if (!verified || verified.account !== accountOf(c)) return problem(c, "sign-in-refused", REFUSED);
      const { key, credential, ...challenge } = verified;
      const identity = { id: randomId(), kind: "passkey" as const, key, name, credential };
      const { digest: answered, expiresAt } = challenge;
      const added = await callObject(async () =>
        accountsObject(c.env).addPasskey(digest, identity, { digest: answered, expiresAt }),
      );
      if (added === "sign-in-again") return problem(c, "sign-in-again", AGAIN);
      return added === "added" ? c.json({ id: identity.id }) : problem(c, "sign-in-refused", REFUSED);
    },
  )
  .delete(
    "/:id",
    described({
      operationId: "removePasskey",
      summary: "Takes a way in back",
      answer: v.object({ removed: v.boolean() }),
    }),
    async (c) => {
      const id = c.req.param("id");
      const digest = await ownDigest(c);
      const removed = await callObject(async () => accountsObject(c.env).removeIdentity(digest, id));
      switch (removed) {
        case "removed":
          return c.json({ removed: true });
        case "unknown":
          return problem(c, "not-found", "None of your passkeys has this id.");
        case "last":
          return problem(c, "last-identity", "Add another passkey first.");
        case "sign-in-again":
          return problem(c, "sign-in-again", AGAIN);
      }
    },
  );
