import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CookieClient, freePort, inviteTo, startConsole } from "../harness/console-edge.ts";
import { createSite, type Edge } from "../harness/edge.ts";
import { type IdentityProvider, startIdentityProvider } from "../harness/identity-provider.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const SITE = "oidc";
const SESSION = "__Host-waypost-session";
const AWAY = "__Host-waypost-oidc";

let edge: Edge;
let provider: IdentityProvider;
let browser: CookieClient;
beforeAll(async () => {
  const port = await freePort();
  provider = await startIdentityProvider(`http://localhost:${port}`);
  edge = await startConsole({ port, allowed: [provider.issuer], vars: provider.client });
  await createSite(edge, SITE, SMALL_SITE);
});
afterAll(async () => {
  provider.close();
  await edge.close();
});
beforeEach(() => {
  browser = new CookieClient();
});

/** Where the console sends the browser. */
async function start(following: object = {}, client = browser): Promise<URL> {
  const response = await client.send(`${edge.url}/api/sign-in/oidc`, {
    method: "POST",
    headers: { Origin: edge.url },
    body: JSON.stringify(following),
  });
  expect(response.status).toBe(200);
  return new URL(((await response.json()) as { url: string }).url);
}

/** Back at the console's door, with the provider's answer in the address. */
const answered = async (url: URL) => new URL(await browser.follow(url.href, `${edge.url}/`));

async function outcomeOf(url: URL): Promise<[number, string | null, boolean]> {
  const response = await browser.send(url.href);
  return [response.status, response.headers.get("Location"), browser.cookie(SESSION) !== undefined];
}

const NOBODY = [403, null, false];
const SIGNED_IN = [302, "/console/", true];

test("S16 an identity of the provider's that nobody has invited is told to ask for an invitation, and is nobody", async () => {
  provider.subject = "stranger";
  const response = await browser.send((await answered(await start())).href);
  expect(response.status).toBe(403);
  expect(response.headers.get("Content-Type")).toMatch(/^text\/html/);
  expect(response.headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
  expect(await response.text()).toContain("Ask an owner of your site for an invitation");
  expect(browser.cookie(SESSION)).toBeUndefined();
});

test("S16 who follows an invitation joins as the provider's subject, and signs in without one from then on", async () => {
  provider.subject = "ada";
  const invitation = await inviteTo(edge, SITE, "analyst");
  const nameless = await browser.send(`${edge.url}/api/sign-in/oidc`, {
    method: "POST",
    headers: { Origin: edge.url },
    body: JSON.stringify({ invitation }),
  });
  expect([nameless.status, await nameless.json()]).toMatchObject([400, { field: "name" }]);
  const to = await start({ invitation, name: "Ada" });
  expect(to.origin).toBe(provider.issuer);
  expect(Object.fromEntries(to.searchParams)).toMatchObject({
    response_type: "code",
    scope: "openid",
    code_challenge_method: "S256",
    redirect_uri: `${edge.url}/api/sign-in/oidc/callback`,
  });
  // Nothing that the browser keeps or is sent with tells what was invited, or lets another finish.
  expect(to.href).not.toContain(invitation.split(".")[1]);
  expect(await outcomeOf(await answered(to))).toEqual(SIGNED_IN);
  expect(browser.cookie(AWAY)).toBeUndefined();
  const session = await browser.send(`${edge.url}/api/session`);
  const told = (await session.json()) as { account: string };
  expect(told).toMatchObject({ name: "Ada", via: "oidc", sites: [{ site: SITE, role: "analyst" }] });

  browser = new CookieClient();
  expect(await outcomeOf(await answered(await start()))).toEqual(SIGNED_IN);
  const again = await browser.send(`${edge.url}/api/session`);
  expect(await again.json()).toMatchObject({ account: told.account, via: "oidc" });
  const ways = await browser.send(`${edge.url}/api/passkeys`);
  expect(await ways.json()).toMatchObject({ passkeys: [{ kind: "oidc", name: "Single sign-on" }] });
});

test("S16 an answer that is not to what this browser was sent with is refused: state, nonce, issuer, code, cookie", async () => {
  provider.subject = "ada";
  const changed = async (change: (url: URL) => void) => {
    const url = await answered(await start());
    change(url);
    return outcomeOf(url);
  };
  expect(await changed((url) => url.searchParams.set("state", "x".repeat(43)))).toEqual(NOBODY);
  expect(await changed((url) => url.searchParams.delete("state"))).toEqual(NOBODY);
  expect(await changed((url) => url.searchParams.set("iss", "https://evil.example"))).toEqual(NOBODY);
  expect(await changed((url) => url.searchParams.delete("iss"))).toEqual(NOBODY);
  expect(await changed((url) => url.searchParams.set("code", "x".repeat(43)))).toEqual(NOBODY);
  expect(await changed(() => browser.set(AWAY, "forged"))).toEqual(NOBODY);

  // The provider signs the nonce that it was asked with, and we ask for the one that we sent.
  const to = await start();
  to.searchParams.set("nonce", "another");
  expect(await outcomeOf(await answered(to))).toEqual(NOBODY);
  const unproven = await start();
  unproven.searchParams.set("code_challenge", "x".repeat(43));
  expect(await outcomeOf(await answered(unproven))).toEqual(NOBODY);
  expect(await changed(() => {})).toEqual(SIGNED_IN);
});

test("S16 an answer that was used signs nobody in again, with or without what its browser had kept", async () => {
  provider.subject = "ada";
  const to = await start();
  const kept = browser.cookie(AWAY) as string;
  const url = await answered(to);
  expect(await outcomeOf(url)).toEqual(SIGNED_IN);
  browser = new CookieClient();
  expect(await outcomeOf(url)).toEqual(NOBODY);
  browser.set(AWAY, kept);
  expect(await outcomeOf(url)).toEqual(NOBODY);
});

test("S15 another browser does not finish what this one began", async () => {
  provider.subject = "ada";
  const url = await answered(await start());
  browser = new CookieClient();
  await start();
  expect(await outcomeOf(url)).toEqual(NOBODY);
});

/** A provider of ours that says what it should not: of itself, or in the token that it gives for any code. */
async function startStandIn() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const [own, other] = await Promise.all([generateKeyPair("RS256"), generateKeyPair("RS256")]);
  const said = { issuer, claims: {} as object, isSigned: true, key: own.privateKey, other: other.privateKey };
  const token = async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      aud: "waypost",
      sub: "ada",
      iat: now,
      exp: now + 60,
      nonce: said.issuer,
      ...said.claims,
    };
    if (!said.isSigned) return new UnsecuredJWT(claims as JWTPayload).encode();
    return new SignJWT(claims as JWTPayload).setProtectedHeader({ alg: "RS256", kid: "k" }).sign(said.key);
  };
  server.on("request", async ({ url }, response) => {
    const answers: Record<string, () => Promise<object>> = {
      "/.well-known/openid-configuration": async () => ({
        issuer: said.issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
      }),
      "/jwks": async () => ({ keys: [{ ...(await exportJWK(own.publicKey)), kid: "k", use: "sig", alg: "RS256" }] }),
      "/token": async () => ({ access_token: "a", token_type: "bearer", id_token: await token() }),
    };
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(await answers[url as string]?.()));
  });
  return { issuer, said, close: () => server.close() };
}

test("S16 a provider that calls itself something else is not gone to, and a token that is wrong in any part is nobody's", async () => {
  const port = await freePort();
  const standIn = await startStandIn();
  const vars = { ...provider.client, OIDC_ISSUER: standIn.issuer };
  const other = await startConsole({ port, allowed: [standIn.issuer], vars });
  const begin = () =>
    browser.send(`${other.url}/api/sign-in/oidc`, { method: "POST", headers: { Origin: other.url }, body: "{}" });
  standIn.said.issuer = provider.issuer;
  expect([(await begin()).status, browser.cookie(AWAY)]).toEqual([403, undefined]);

  standIn.said.issuer = standIn.issuer;
  const now = Math.floor(Date.now() / 1000);
  const back = async (claims: object, change: Partial<typeof standIn.said> = {}) => {
    const to = new URL(((await (await begin()).json()) as { url: string }).url);
    const [state, nonce] = ["state", "nonce"].map((name) => to.searchParams.get(name));
    Object.assign(standIn.said, { isSigned: true, claims: { nonce, ...claims } }, change);
    return (await browser.send(`${other.url}/api/sign-in/oidc/callback?code=c&state=${state}`)).text();
  };
  const own = standIn.said.key;
  const refused = "could not be verified";
  expect(await back({ iss: provider.issuer })).toContain(refused);
  expect(await back({ aud: "another" })).toContain(refused);
  expect(await back({ exp: now - 120 })).toContain(refused);
  expect(await back({ nonce: "another" })).toContain(refused);
  expect(await back({}, { isSigned: false })).toContain(refused);
  expect(await back({}, { key: standIn.said.other })).toContain(refused);
  // The twin: one that is right is somebody's, whom nobody has invited.
  expect(await back({}, { key: own })).toContain("Ask an owner of your site for an invitation");
  // A provider that went away is said to be so, on a page, and its browser may try again.
  const to = new URL(((await (await begin()).json()) as { url: string }).url);
  standIn.close();
  const gone = await browser.send(
    `${other.url}/api/sign-in/oidc/callback?code=c&state=${to.searchParams.get("state")}`,
  );
  expect([gone.status, await gone.text()]).toEqual([503, expect.stringContaining("could not be reached")]);
  await other.close();
});
