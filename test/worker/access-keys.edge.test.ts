import { env } from "cloudflare:workers";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, expect, test, vi } from "vitest";
import { accessSubject } from "../../worker/access/cloudflare-access.ts";

const TEAM = "https://keys.cloudflareaccess.com";
const AUD = "a".repeat(64);
const START = Date.now();
const MINUTE_MS = 60_000;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("S16 new keys of Access are read within a minute, and one that it has withdrawn is forgotten within ten", async () => {
  const pairs = { old: await generateKeyPair("RS256"), new: await generateKeyPair("RS256") };
  type Kid = keyof typeof pairs;
  let published: Kid[] = ["old"];
  let asked = 0;
  vi.stubGlobal("fetch", async () => {
    asked += 1;
    const shown = published.map(async (kid) => ({ ...(await exportJWK(pairs[kid].publicKey)), kid, alg: "RS256" }));
    return Response.json({ keys: await Promise.all(shown) });
  });
  const at = (ms: number) => vi.useFakeTimers({ now: START + ms, toFake: ["Date"] });
  const isTaken = async (kid: Kid) => {
    const expiresAt = new Date(Date.now() + MINUTE_MS);
    const token = new SignJWT({ sub: "ada" })
      .setProtectedHeader({ alg: "RS256", kid })
      .setIssuer(TEAM)
      .setAudience(AUD)
      .setExpirationTime(expiresAt);
    const vars = { ...env, ACCESS_TEAM: TEAM, ACCESS_AUD: AUD };
    return (await accessSubject(vars, await token.sign(pairs[kid].privateKey))) !== null;
  };
  at(0);
  expect([await isTaken("old"), await isTaken("new"), asked]).toEqual([true, false, 1]);
  published = ["new", "old"];
  // A key that nobody knows makes nobody ask at once: who sends rubbish would make us ask all the time.
  at(10_000);
  expect([await isTaken("new"), asked]).toEqual([false, 1]);
  at(40_000);
  expect([await isTaken("new"), await isTaken("old"), asked]).toEqual([true, true, 2]);
  published = ["new"];
  at(40_000 + 10.1 * MINUTE_MS);
  expect([await isTaken("old"), await isTaken("new")]).toEqual([false, true]);
});
