import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import * as v from "valibot";
import type { Credential, KnownPasskey } from "../accounts/people.ts";
import type { Env } from "../env.ts";
import { fromBase64url } from "../keys.ts";
import { type Answered, CHALLENGE_MS, type ChallengeUse, makeChallenge, openChallenge } from "./challenge.ts";

const TEXT = v.string();
/** Names of ways to an authenticator, one word each. */
const TRANSPORTS = v.optional(v.pipe(v.array(v.pipe(TEXT, v.regex(/^[\w-]{1,32}$/))), v.maxLength(16)), []);

/** What a browser made of a new passkey: the parts of it that are read, in the browser's own words. */
export const REGISTRATION = v.object({
  id: TEXT,
  rawId: TEXT,
  type: v.literal("public-key"),
  response: v.object({ clientDataJSON: TEXT, attestationObject: TEXT, transports: TRANSPORTS }),
});

/** What a browser answers with a passkey. */
export const ASSERTION = v.object({
  id: TEXT,
  rawId: TEXT,
  type: v.literal("public-key"),
  response: v.object({ clientDataJSON: TEXT, authenticatorData: TEXT, signature: TEXT, userHandle: v.optional(TEXT) }),
});

/** What a browser answers is about 2 KB; a key of the longest kind makes it 6. */
export const ANSWER_BYTES_MAX = 16 * 1024;

/** What is shown where a browser asks for whom it makes a passkey. */
const NAME = "Waypost";

interface ConsoleHost {
  origin: string;
  host: string;
}

function consoleHost({ CONSOLE_ORIGIN = "" }: Env): ConsoleHost {
  return { origin: CONSOLE_ORIGIN, host: new URL(CONSOLE_ORIGIN).hostname };
}

/** Who a new passkey is for, and the passkeys that they have. */
export interface PasskeyOwner {
  account: string;
  name: string;
  has: { id: string; transports: string[] }[];
}

/** What a browser needs to make a passkey: one that it finds by itself later on, and opens for its owner alone. */
export async function registrationOptions(env: Env, use: ChallengeUse, { account, name, has }: PasskeyOwner) {
  return generateRegistrationOptions({
    rpName: NAME,
    rpID: consoleHost(env).host,
    userID: fromBase64url(account) as Uint8Array<ArrayBuffer>,
    userName: name,
    userDisplayName: name,
    challenge: await makeChallenge(env, use, account),
    timeout: CHALLENGE_MS,
    excludeCredentials: has,
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
}

/** A new passkey whose browser has answered our challenge, or null: whatever is wrong with it, it is not taken. */
export async function verifiedRegistration(
  env: Env,
  use: ChallengeUse,
  response: v.InferOutput<typeof REGISTRATION>,
): Promise<(Answered & { key: string; credential: Credential }) | null> {
  const { origin, host } = consoleHost(env);
  const challenged = challengedWith(env, use);
  const verified = await verifyRegistrationResponse({
    response: { ...response, clientExtensionResults: {} } as never,
    expectedChallenge: challenged.isOurs,
    expectedOrigin: origin,
    expectedRPID: host,
  }).catch(() => null);
  const answered = challenged.answered();
  if (!verified?.verified || !answered) return null;
  const { id, publicKey, counter } = verified.registrationInfo.credential;
  const credential = { publicKey, counter, transports: response.response.transports };
  return { ...answered, key: id, credential };
}

/** Opens the challenge of an answer while it is being verified, and keeps what was in it. */
function challengedWith(env: Env, use: ChallengeUse) {
  let answered: Answered | null = null;
  const isOurs = async (challenge: string) => {
    answered = await openChallenge(env, use, challenge);
    return answered !== null;
  };
  return { isOurs, answered: () => answered };
}

export async function signInOptions(env: Env) {
  return generateAuthenticationOptions({
    rpID: consoleHost(env).host,
    challenge: await makeChallenge(env, "sign-in", ""),
    timeout: CHALLENGE_MS,
    userVerification: "required",
  });
}

/** What was proven with a passkey that is known here, or null. A device that counts has to have counted on. */
export async function verifiedAssertion(
  env: Env,
  response: v.InferOutput<typeof ASSERTION>,
  { account, publicKey, counter, transports }: KnownPasskey,
): Promise<(Answered & { counter: number }) | null> {
  const { origin, host } = consoleHost(env);
  // Where the device says whose passkey it is, it has to say what we know of it.
  const { userHandle = account } = response.response;
  if (userHandle !== account) return null;
  const challenged = challengedWith(env, "sign-in");
  const verified = await verifyAuthenticationResponse({
    response: { ...response, clientExtensionResults: {} } as never,
    expectedChallenge: challenged.isOurs,
    expectedOrigin: origin,
    expectedRPID: host,
    credential: {
      id: response.id,
      publicKey: new Uint8Array(publicKey),
      counter,
      transports,
    },
  }).catch(() => null);
  const answered = challenged.answered();
  if (!verified?.verified || !answered) return null;
  return { ...answered, counter: verified.authenticationInfo.newCounter };
}
