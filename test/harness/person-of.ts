import { env } from "cloudflare:workers";
import type { Role } from "../../models/access.ts";
import app from "../../worker/index.ts";
import { accountsObject, siteObject } from "../../worker/objects.ts";
import { type Authenticator, type Made, makeAuthenticator } from "./authenticator.ts";
import { digestOf } from "./team-of.ts";

export const CONSOLE = "https://console.example";
const COOKIE = "__Host-waypost-session";

/** Asks the Worker at the console's own address, as a page of it does, or as `headers` say. */
export async function atConsole(
  path: string,
  { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
  bindings: Partial<typeof env> = {},
): Promise<Response> {
  const request = new Request(CONSOLE + path, {
    method,
    headers: { ...(method === "GET" ? {} : { Origin: CONSOLE }), ...headers },
    redirect: "manual",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return app.fetch(request, { ...env, CONSOLE_ORIGIN: CONSOLE, ...bindings });
}

/** Status, and the name of the problem where it is one. */
export async function outcomeOf(response: Response): Promise<string> {
  const { type } = response.status < 400 ? {} : ((await response.json()) as { type?: string });
  return [response.status, type?.split("/").at(-1)].filter(Boolean).join(" ");
}

/** The secret that an answer gives the browser to keep; null where it gives none. */
export function givenSession(response: Response): string | null {
  return new RegExp(`${COOKIE}=([\\w-]+);`).exec(response.headers.get("Set-Cookie") ?? "")?.[1] ?? null;
}

export const cookie = (secret: string) => ({ Cookie: `${COOKIE}=${secret}` });

/** The text behind `#join=` of a link to a site. */
export async function invite(site: string, role: Role): Promise<string> {
  const secret = crypto.randomUUID();
  const invitation = { id: crypto.randomUUID(), role, expiresAt: Date.now() + 3_600_000 };
  await siteObject(env, site).invite({ kind: "installation" }, await digestOf(secret), invitation);
  return `${site}.${secret}`;
}

const challengeOf = async (response: Response) => ((await response.json()) as { challenge: string }).challenge;

/** Follows an invitation with a new passkey. */
export async function follow(
  invitation: string,
  {
    name = "Ada",
    authenticator,
    made,
    bindings,
  }: { name?: string; authenticator: Authenticator; made?: Made; bindings?: Partial<typeof env> },
): Promise<Response> {
  const options = await atConsole("/api/invitations/passkey/options", { method: "POST", body: { invitation, name } });
  if (!options.ok) return options;
  const response = await authenticator.register(await challengeOf(options), made);
  const body = { invitation, name, passkeyName: "Laptop", response };
  return atConsole("/api/invitations/passkey", { method: "POST", body }, bindings);
}

/** A challenge to sign in with. */
export async function signInChallenge(): Promise<string> {
  return challengeOf(await atConsole("/api/sign-in/passkey/options", { method: "POST" }));
}

export async function signIn(authenticator: Authenticator, made?: Made, headers = {}): Promise<Response> {
  const response = await authenticator.answer(await signInChallenge(), made);
  return atConsole("/api/sign-in/passkey", { method: "POST", body: { response }, headers });
}

/** A member of a site who has just signed in with a passkey. */
export async function personOf(site: string, role: Role, name = "Ada") {
  const authenticator = await makeAuthenticator(CONSOLE);
  const joined = await follow(await invite(site, role), { name, authenticator });
  const { account } = (await joined.clone().json()) as { account: string };
  const secret = givenSession(joined);
  if (secret === null) throw new Error(await joined.text());
  return { account, authenticator, secret, headers: cookie(secret) };
}

/** Entries of the accounts' audit log about one account, or by it. */
export async function accountAudit(account: string) {
  const { entries } = await accountsObject(env).auditPage(0, 10_000);
  const all = entries.map(
    (text) => JSON.parse(text) as { who: string; action: string; subject: string; after: object },
  );
  return all.filter(({ who }) => who === `account:${account}`);
}
