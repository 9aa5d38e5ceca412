import * as v from "valibot";
import { digestOf, newCliSession, ownDigest } from "../access/session.ts";
import { randomSecret } from "../access/token.ts";
import { DEVICE_MS } from "../accounts/devices.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { accountsObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem, tooMany } from "../problems.ts";
import { body, described } from "./described.ts";

/** Letters that nobody takes for another, and no vowels: codes spell nothing. */
const LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
const CODE_LETTERS = 8;
/** A command line asks again so often. */
const INTERVAL_S = 1;
/** Where too many wait, some are over within a while. */
const FULL_MS = 30_000;

const USER_CODE = v.pipe(
  v.string(),
  v.transform((text) => text.toUpperCase().replaceAll(/[^A-Z]/g, "")),
  v.length(CODE_LETTERS, `${CODE_LETTERS} letters`),
);

/**
 * `/api/device`: signs a command line in, after RFC 8628. It shows a code; whoever has signed in compares and approves it
 * in the console; then the command line gets a session, once.
 */
export const device = new Hono<Bindings>()
  .post(
    "/",
    described({
      operationId: "askForDevice",
      summary: "Asks for a command line to be signed in",
      answer: v.object({
        deviceCode: v.string(),
        userCode: v.string(),
        verificationUrl: v.string(),
        expiresInS: v.number(),
        intervalS: v.number(),
      }),
      open: true,
    }),
    async (c) => {
      const { CONSOLE_ORIGIN } = c.env;
      if (!CONSOLE_ORIGIN) return problem(c, "not-found", "This deployment has no console: set CONSOLE_ORIGIN.");
      const deviceCode = randomSecret();
      const userCode = makeUserCode();
      const codes = { device: await digestOf(deviceCode), user: await digestOf(userCode) };
      if (!(await callObject(async () => accountsObject(c.env).askForDevice(codes)))) return tooMany(c, FULL_MS);
      return c.json({
        deviceCode,
        userCode,
        verificationUrl: `${CONSOLE_ORIGIN}/console/#device=${userCode}`,
        expiresInS: DEVICE_MS / 1000,
        intervalS: INTERVAL_S,
      });
    },
  )
  .post(
    "/token",
    described({
      operationId: "redeemDevice",
      summary: "Asks whether somebody has approved; 202 as long as nobody has decided",
      answer: v.object({ token: v.string(), account: v.string() }),
      waits: v.object({ pending: v.string() }),
      open: true,
    }),
    body(v.strictObject({ deviceCode: v.pipe(v.string(), v.maxLength(100, "at most 100 characters")) })),
    async (c) => {
      const asked = await digestOf(c.req.valid("json").deviceCode);
      const { secret, session } = await newCliSession();
      const redeemed = await callObject(async () => accountsObject(c.env).redeemDevice(asked, session));
      switch (redeemed) {
        case "pending":
          return c.json({ pending: "Nobody has approved it yet." }, 202);
        case "refused":
          return problem(c, "device-refused", "Somebody has refused it in the console.");
        case "over":
          return problem(c, "device-over", "Ask for a new code.");
        default:
          return c.json({ token: secret, account: redeemed.account });
      }
    },
  )
  .post(
    "/approve",
    described({
      operationId: "decideDevice",
      summary: "Approves or refuses a command line's request",
      answer: v.object({ approved: v.boolean() }),
    }),
    body(v.strictObject({ userCode: USER_CODE, approve: v.boolean() })),
    async (c) => {
      const { userCode, approve } = c.req.valid("json");
      const own = await ownDigest(c);
      const user = await digestOf(userCode);
      const decided = await callObject(async () => accountsObject(c.env).decideDevice(own, user, approve));
      if (decided === "not-a-browser") return problem(c, "forbidden", "A command line approves no other.");
      if (decided === "sign-in-again") return problem(c, "sign-in-again", "Sign in again, then approve it.");
      return decided === "done"
        ? c.json({ approved: approve })
        : problem(c, "device-over", "No request waits under this code. Compare it, or ask for a new one.");
    },
  );

function makeUserCode(): string {
  let code = "";
  while (code.length < CODE_LETTERS) {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
    // 240 is the last multiple of 20: every letter is as likely.
    if (byte < 240) code += LETTERS[byte % LETTERS.length];
  }
  return code;
}
