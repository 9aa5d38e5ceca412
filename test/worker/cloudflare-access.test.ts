import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Problem } from "../../models/wire.ts";
import { freePort, inviteTo, startConsole } from "../harness/console-edge.ts";
import { createSite, type Edge } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const SITE = "access-team";
const AUD = "a".repeat(64);

/** What Cloudflare Access publishes at a team's address: a set of keys, over HTTP. */
async function startTeam() {
  const keys = new Map<string, { publicKey: CryptoKey; privateKey: CryptoKey }>();
  const published: string[] = [];
  const asked: string[] = [];
  const server = createServer(async ({ url }, response) => {
    asked.push(url as string);
    const shown = published.map(async (kid) => {
      const key = await exportJWK((keys.get(kid) as { publicKey: CryptoKey }).publicKey);
      return { ...key, kid, alg: "RS256", use: "sig" };
    });
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ keys: await Promise.all(shown) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    url,
    published,
    asked,
    make: async (kid: string) => {
      keys.set(kid, await generateKeyPair("RS256"));
    },
    sign: (kid: string, claims: JWTPayload) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "RS256", kid })
        .sign((keys.get(kid) as { privateKey: CryptoKey }).privateKey),
    close: () => server.close(),
  };
}

let team: Awaited<ReturnType<typeof startTeam>>;
let edge: Edge;
let invitation: string;
beforeAll(async () => {
  team = await startTeam();
  for (const kid of ["first", "second", "stranger"]) await team.make(kid);
  team.published.push("first");
  edge = await start();
  await createSite(edge, SITE, SMALL_SITE);
  invitation = await inviteTo(edge, SITE, "viewer");
});
afterAll(async () => {
  team.close();
  await edge.close();
});

/** A console behind Access, which remembers no keys of one before. */
async function start(ACCESS_TEAM = team.url): Promise<Edge> {
  const vars = { ACCESS_TEAM, ACCESS_AUD: AUD };
  return startConsole({ port: await freePort(), allowed: [team.url], vars });
}

const nowS = () => Math.floor(Date.now() / 1000);
const claims = (change: JWTPayload = {}): JWTPayload => ({
  iss: team.url,
  aud: [AUD],
  sub: "7335d417-61da-459d-899c-0a01c76a2f94",
  iat: nowS(),
  exp: nowS() + 3_600,
  type: "app",
  ...change,
});

/** Asks to be signed in, with or without Access's header; who is asked for follows `following`. */
async function outcomeOf(headers: Record<string, string>, following: object = {}, at = edge): Promise<string> {
  const response = await fetch(`${at.url}/api/sign-in/access`, {
    method: "POST",
    headers: { Origin: at.url, ...headers },
    body: JSON.stringify(following),
  });
  const { type } = (await response.json()) as Partial<Problem>;
  const hasSession = (response.headers.get("Set-Cookie") ?? "").includes("__Host-waypost-session=");
  return `${response.status} ${type?.split("/").at(-1) ?? "signed-in"}${hasSession ? ", with a session" : ""}`;
}
const asserted = (token: string) => ({ "Cf-Access-Jwt-Assertion": token });

const REFUSED = "403 sign-in-refused";
const SIGNED_IN = "200 signed-in, with a session";

test("S16 whom Access names is nobody here before they follow an invitation, and signs in from then on", async () => {
  const token = await team.sign("first", claims());
  expect(await outcomeOf(asserted(token))).toBe("403 no-account");
  expect(await outcomeOf(asserted(token), { invitation, name: "Ada" })).toBe(SIGNED_IN);
  expect(await outcomeOf(asserted(token))).toBe(SIGNED_IN);
  const other = await team.sign("first", claims({ sub: "another" }));
  expect(await outcomeOf(asserted(other))).toBe("403 no-account");
});

test("S16 what Access has not signed for this console, or not for now, signs nobody in", async () => {
  const wrong = {
    missing: {},
    "the cookie alone": { Cookie: `CF_Authorization=${await team.sign("first", claims())}` },
    unsigned: asserted(new UnsecuredJWT(claims()).encode()),
    "another application's": asserted(await team.sign("first", claims({ aud: ["b".repeat(64)] }))),
    "another team's": asserted(await team.sign("first", claims({ iss: "https://evil.cloudflareaccess.com" }))),
    expired: asserted(await team.sign("first", claims({ exp: nowS() - 60 }))),
    "without an end": asserted(await team.sign("first", claims({ exp: undefined as never }))),
    "a service's": asserted(await team.sign("first", claims({ sub: "" }))),
    "somebody else's key": asserted(await team.sign("stranger", claims())),
    "not a token": asserted("x.y.z"),
  };
  for (const [name, headers] of Object.entries(wrong)) {
    expect([name, await outcomeOf(headers)]).toEqual([name, REFUSED]);
  }
  expect(await outcomeOf(asserted(await team.sign("first", claims())))).toBe(SIGNED_IN);
});

test("S16 a key is good as long as Access shows it: two at once while it changes them, one afterwards", async () => {
  const [first, second] = await Promise.all(["first", "second"].map((kid) => team.sign(kid, claims())));
  await edge.close();
  team.published.unshift("second");
  edge = await start();
  await createSite(edge, SITE, SMALL_SITE);
  const following = { invitation: await inviteTo(edge, SITE, "viewer"), name: "Ada" };
  expect(await outcomeOf(asserted(second as string), following)).toBe(SIGNED_IN);
  expect(await outcomeOf(asserted(first as string))).toBe(SIGNED_IN);
  // Read once, and kept.
  const before = team.asked.length;
  expect(await outcomeOf(asserted(second as string))).toBe(SIGNED_IN);
  expect(team.asked.length).toBe(before);
  expect(new Set(team.asked)).toEqual(new Set(["/cdn-cgi/access/certs"]));

  await edge.close();
  team.published.splice(team.published.indexOf("first"), 1);
  edge = await start();
  await createSite(edge, SITE, SMALL_SITE);
  const again = { invitation: await inviteTo(edge, SITE, "viewer"), name: "Ada" };
  expect(await outcomeOf(asserted(first as string), again)).toBe(REFUSED);
  expect(await outcomeOf(asserted(second as string), again)).toBe(SIGNED_IN);
});

test("S16 a team that is named with a slash behind it is the same team", async () => {
  const other = await start(`${team.url}/`);
  await createSite(other, SITE, SMALL_SITE);
  const following = { invitation: await inviteTo(other, SITE, "viewer"), name: "Ada" };
  expect(await outcomeOf(asserted(await team.sign("second", claims())), following, other)).toBe(SIGNED_IN);
  const evil = await team.sign("second", claims({ iss: "https://evil.cloudflareaccess.com" }));
  expect(await outcomeOf(asserted(evil), {}, other)).toBe(REFUSED);
  await other.close();
});

test("S16 a deployment that names no team takes no header for anybody", async () => {
  const port = await freePort();
  const other = await startConsole({ port, allowed: [team.url] });
  expect(await outcomeOf(asserted(await team.sign("second", claims())), {}, other)).toBe("404 not-found");
  await other.close();
});
