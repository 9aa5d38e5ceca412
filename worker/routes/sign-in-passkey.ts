import * as v from "valibot";
import { fromConsole } from "../access/console-host.ts";
import { answerEntered, enter } from "../access/entering.ts";
import { ANSWER_BYTES_MAX, ASSERTION, signInOptions, verifiedAssertion } from "../access/passkey.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { accountsObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import { body, described } from "./described.ts";

const UNKNOWN = "This passkey is not known here: it was removed, or is another console's.";
const REFUSED = "The passkey’s answer could not be verified. Try again.";

/** `/api/sign-in/passkey`: a browser finds the passkey by itself, so nobody says who they are before they prove it. */
export const signInPasskey = new Hono<Bindings>()
  .post(
    "/options",
    described({
      operationId: "startPasskeySignIn",
      summary: "What a browser needs to sign in with a passkey",
      answer: v.looseObject({ challenge: v.string() }),
      open: true,
    }),
    fromConsole,
    async (c) => c.json(await signInOptions(c.env)),
  )
  .post(
    "/",
    described({
      operationId: "signInWithPasskey",
      summary: "Signs in with a passkey",
      answer: v.object({ account: v.string() }),
      open: true,
    }),
    fromConsole,
    body(v.strictObject({ response: ASSERTION }), ANSWER_BYTES_MAX),
    async (c) => {
      const { response } = c.req.valid("json");
      const known = await callObject(async () => accountsObject(c.env).passkey(response.id));
      if (!known) return problem(c, "no-account", UNKNOWN);
      const verified = await verifiedAssertion(c.env, response, known);
      if (!verified) return problem(c, "sign-in-refused", REFUSED);
      const { counter, digest, expiresAt } = verified;
      const passkey = { counter, challenge: { digest, expiresAt } };
      return answerEntered(c, await enter(c, { kind: "passkey", key: response.id, passkey }, null));
    },
  );
