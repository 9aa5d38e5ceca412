import { startAuthentication, startRegistration, WebAuthnError } from "@simplewebauthn/browser";
import { type Answer, call } from "./call.ts";

type Made = Parameters<typeof startRegistration>[0]["optionsJSON"];
type Asked = Parameters<typeof startAuthentication>[0]["optionsJSON"];

const NO_ANSWER =
  "No passkey has answered: the prompt was closed, or this device has none for this console. Try again, or with another device. Who has none asks an owner of their site for an invitation.";
const CLOSED = "The browser’s prompt was closed, so no passkey was made. Try again.";
const HAS_ONE = "This device has a passkey for your account already. Use another device, or a security key.";
const UNABLE = "This device can’t keep a passkey that asks for you. Use another device, or a security key.";
const NOT_HERE = "Passkeys work at the console’s own address alone. Open the console there.";
const FAILED = "The browser could not use a passkey. Try again, or another browser.";

/** Signs in with a passkey that the browser finds by itself. */
export async function signInWithPasskey(): Promise<Answer<{ account: string }>> {
  const options = await call<Asked>("POST", "/api/sign-in/passkey/options");
  if (!options.ok) return options;
  try {
    const response = await startAuthentication({ optionsJSON: options.value });
    return call("POST", "/api/sign-in/passkey", { response });
  } catch (error) {
    return refusal(error, NO_ANSWER);
  }
}

/** Makes a passkey by what `path` offers, and hands it to `give`. */
export async function makePasskey<T>(
  path: string,
  asked: object | undefined,
  give: (response: object) => Promise<Answer<T>>,
): Promise<Answer<T>> {
  const options = await call<Made>("POST", path, asked);
  if (!options.ok) return options;
  try {
    return await give(await startRegistration({ optionsJSON: options.value }));
  } catch (error) {
    return refusal(error, CLOSED);
  }
}

/** What to do about what the browser says. It does not tell a prompt that was closed from one that found nothing. */
function refusal(error: unknown, unanswered: string): { ok: false; problem: string; detail: string } {
  const code = error instanceof WebAuthnError ? error.code : "";
  const name = error instanceof Error ? error.name : "";
  return { ok: false, problem: "passkey", detail: sentence(code, name, unanswered) };
}

function sentence(code: string, name: string, unanswered: string): string {
  switch (code) {
    case "ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED":
      return HAS_ONE;
    case "ERROR_AUTHENTICATOR_MISSING_DISCOVERABLE_CREDENTIAL_SUPPORT":
    case "ERROR_AUTHENTICATOR_MISSING_USER_VERIFICATION_SUPPORT":
    case "ERROR_AUTHENTICATOR_NO_SUPPORTED_PUBKEYCREDPARAMS_ALG":
      return UNABLE;
    case "ERROR_INVALID_DOMAIN":
    case "ERROR_INVALID_RP_ID":
      return NOT_HERE;
    default:
      return name === "NotAllowedError" || name === "AbortError" ? unanswered : FAILED;
  }
}

/** What a passkey that is made here may be called: its owner can say better. */
export function deviceName(): string {
  const agent = navigator.userAgent;
  const known = ["iPhone", "iPad", "Android", "Windows", "Mac", "CrOS", "Linux"].find((name) => agent.includes(name));
  return known === undefined ? "My device" : `My ${known === "CrOS" ? "Chromebook" : known} device`;
}
