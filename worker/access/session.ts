import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { BROWSER_MS } from "../../models/session.ts";
import type { NewSession } from "../accounts/sessions.ts";
import type { Bindings } from "../env.ts";
import { base64url, sha256 } from "../keys.ts";
import { randomId } from "../random-id.ts";
import { credentialOf, SESSION_COOKIE } from "./credential.ts";
import { randomSecret } from "./token.ts";
import type { Asker } from "./watcher.ts";

/** A command line's session, as a scanner of repositories may look for it. */
const CLI_PREFIX = "wps_";

const ATTRIBUTES = { path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;

/** A session that is about to begin. Its secret is shown once: what is kept is the digest. */
export interface Beginning {
  secret: string;
  session: NewSession;
}

export async function digestOf(secret: string): Promise<string> {
  return base64url(await sha256(secret));
}

/** A new secret at every sign-in, in place of the one that the browser had: nobody can plant one beforehand. */
export async function newSession(c: Context<Bindings>): Promise<Beginning> {
  const secret = randomSecret();
  const before = getCookie(c, SESSION_COOKIE);
  const former = before === undefined ? null : await digestOf(before);
  return { secret, session: { digest: await digestOf(secret), id: randomId(), former } };
}

export async function newCliSession(): Promise<Beginning> {
  const secret = CLI_PREFIX + randomSecret();
  return { secret, session: { digest: await digestOf(secret), id: randomId(), former: null } };
}

/** Gives the browser its session: no script of any page can read it. */
export function keepSession(c: Context<Bindings>, secret: string): void {
  setCookie(c, SESSION_COOKIE, secret, { ...ATTRIBUTES, maxAge: BROWSER_MS / 1000 });
}

export function dropSession(c: Context<Bindings>): void {
  deleteCookie(c, SESSION_COOKIE, ATTRIBUTES);
}

/** The digest of the session that a request was let in by. */
export async function ownDigest(c: Context<Bindings>): Promise<string> {
  const credential = credentialOf(c);
  if (!("secret" in credential)) throw new Error("a route that needs nobody to have signed in asks who has");
  return digestOf(credential.secret);
}

/** Who asks for a socket, so that they can be judged anew as long as it is open. */
export async function askerOf(c: Context<Bindings>): Promise<Asker> {
  const actor = c.get("actor");
  return { actor, session: actor.kind === "account" ? await ownDigest(c) : null };
}
