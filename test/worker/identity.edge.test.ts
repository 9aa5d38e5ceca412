import { env } from "cloudflare:workers";
import { SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, expect, test } from "vitest";
import { browserVisitor, userVisitor } from "../../worker/keys.ts";
import { edKey, hmacKey, type Prover, proofOf } from "../harness/proof.ts";
import { ask, createSite, post, type SiteOf } from "../harness/site-of.ts";
import { touchpointsOf, UserPage } from "../harness/user-page.ts";

let site: SiteOf;
let other: SiteOf;
let ed: Prover;
let successor: Prover;
const hmac = hmacKey("hmac-1");
const stranger = hmacKey("hmac-1");

const asOwner = (method: string, path: string, body?: unknown) =>
  ask(path, {
    method,
    headers: { Authorization: `Bearer ${env.ADMIN_TOKEN}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

beforeAll(async () => {
  [ed, successor] = await Promise.all([edKey("ed-1"), edKey("ed-2")]);
  const identity = { keys: [ed.key, successor.key, hmac.key] };
  site = await createSite("proven", { identity });
  other = await createSite("elsewhere", { identity });
  const put = await asOwner("PUT", "/api/sites/proven/identity/hmac-1", { secret: hmac.secret });
  expect(put.status).toBe(200);
});

const userId = (user: string) => userVisitor(env, site.id, user);

/** What an identify with this token comes to, on a page that was anonymous before; with what the user's journey has then. */
async function identified(user: string, token: string | null) {
  const page = new UserPage(site);
  await page.sends(["/", "/cart"]);
  const reply = await page.identifies(user, token);
  const own = await browserVisitor(env, site.id, page.secret);
  return { said: reply.identity, isOwn: reply.visitor === own, ofUser: await touchpointsOf(site, await userId(user)) };
}

const ANONYMOUS = { said: "refused", isOwn: true, ofUser: 0 };
const JOINED = { said: "proven", isOwn: false, ofUser: 3 };

test("S9 I3 a proof that the site's server signed makes the visitor the user, by either kind of key", async () => {
  const said = { site: site.id, user: "" };
  expect(await identified("ada", await proofOf(ed, { ...said, user: "ada" }))).toEqual(JOINED);
  expect(await identified("bob", await proofOf(successor, { ...said, user: "bob" }))).toEqual(JOINED);
  expect(await identified("cem", await proofOf(hmac, { ...said, user: "cem" }))).toEqual(JOINED);
});

test("S9 I3 forged, cut off, unsigned, ended, endless, another site's or another user's: the visitor stays anonymous, and the same user's own proof does not", async () => {
  const good = { site: site.id, user: "eve" };
  const token = await proofOf(ed, good);
  const [head = "", body = "", signature = ""] = token.split(".");
  const changed = btoa(JSON.stringify({ ...JSON.parse(atob(body)), extra: 1 })).replaceAll("=", "");
  const publicBytes = new TextEncoder().encode("x" in ed.key ? ed.key.x : "");
  const now = Math.floor(Date.now() / 1000);
  const forged: Record<string, string> = {
    "a changed claim": `${head}.${changed}.${signature}`,
    "cut off": token.slice(0, -7),
    "without its signature": `${head}.${body}.`,
    empty: "",
    "no token": "a.b.c",
    "alg none": new UnsecuredJWT({ sub: "eve" })
      .setIssuer(site.id)
      .setAudience(site.id)
      .setExpirationTime(now + 600)
      .encode(),
    "HMAC with the public key": await new SignJWT({ sub: "eve" })
      .setProtectedHeader({ alg: "HS256", kid: "ed-1" })
      .setIssuer(site.id)
      .setAudience(site.id)
      .setExpirationTime(now + 600)
      .sign(publicBytes),
    "another's key of that name": await proofOf(stranger, good),
    "a key that is not listed": await proofOf(ed, { ...good, kid: "ed-9" }),
    "ended two minutes ago": await proofOf(ed, { ...good, endsInS: -120 }),
    "without an end": await proofOf(ed, { ...good, endsInS: null }),
    "good for more than a day": await proofOf(ed, { ...good, endsInS: 86_400 + 120 }),
    "of another site": await proofOf(ed, { ...good, site: other.id }),
    "for another audience": await proofOf(ed, { ...good, audience: "somebody" }),
    "of another issuer": await proofOf(ed, { ...good, issuer: "somebody" }),
    "of another user": await proofOf(ed, { ...good, user: "ada" }),
  };
  for (const [what, wrong] of Object.entries(forged)) expect(await identified("eve", wrong), what).toEqual(ANONYMOUS);
  expect(await identified("eve", await proofOf(ed, { ...good, endsInS: -30 })), "within the tolerance").toEqual(JOINED);
});

test("S10 I4 two visitors who claim one id without proof share nothing; with proof they share one journey", async () => {
  const claims = await Promise.all([identified("gus", null), identified("gus", null)]);
  expect(claims).toEqual([1, 2].map(() => ({ said: undefined, isOwn: true, ofUser: 0 })));
  const token = await proofOf(ed, { site: site.id, user: "gus" });
  const phone = new UserPage(site);
  const laptop = new UserPage(site);
  await phone.sends(["/"]);
  await laptop.sends(["/", "/cart"]);
  const [first, second] = [await phone.identifies("gus", token), await laptop.identifies("gus", token)];
  expect(second.visitor).toBe(first.visitor);
  expect(await touchpointsOf(site, first.visitor as string)).toBe(5);
});

test("S9 I3 a key that the site takes back proves nothing more, and its secret is in no answer", async () => {
  const config = await (await asOwner("GET", "/api/sites/proven/config")).text();
  expect(config).toContain("hmac-1");
  expect(config).not.toContain(hmac.secret);
  const token = await proofOf(hmac, { site: site.id, user: "hal" });
  expect((await asOwner("DELETE", "/api/sites/proven/identity/hmac-1")).status).toBe(200);
  expect(await identified("hal", token)).toEqual(ANONYMOUS);
  await asOwner("PUT", "/api/sites/proven/identity/hmac-1", { secret: hmac.secret });
  expect(await identified("hal", token)).toEqual(JOINED);
});

test("I5 an old token and the secret still lead to the user's journey, the reply brings the new token, and nothing sent again counts twice", async () => {
  const page = new UserPage(site);
  await page.sends(["/"]);
  const before = page.person;
  const batch = { streams: [{ stream: page.stream, touchpoints: [] }] };
  const { visitor } = await page.identifies("ivo", await proofOf(ed, { site: site.id, user: "ivo" }));
  const token = page.person;
  expect(token).not.toBe(before);
  page.person = before;
  expect((await page.sends(["/cart"])).visitor).toBe(visitor);
  page.person = undefined;
  expect((await page.sends(["/pay"])).visitor).toBe(visitor);
  // The very first touchpoint again, by every way in.
  for (const person of [before, token, undefined]) {
    page.person = person;
    const again = [{ seq: 0, type: "page", name: "", at: Date.now(), url: "https://shop.example/", props: {} }];
    const reply = await page.posts({ ...batch, streams: [{ stream: page.stream, touchpoints: again }] });
    expect(reply.acked).toEqual([{ stream: page.stream, seqs: [[0, 0]] }]);
  }
  expect(await touchpointsOf(site, visitor as string)).toBe(4);
});

test("I6 a second user of one browser begins a journey of their own: what the first did stays the first's", async () => {
  const page = new UserPage(site);
  await page.sends(["/"]);
  const jan = await page.identifies("jan", await proofOf(ed, { site: site.id, user: "jan" }));
  const kim = await page.identifies("kim", await proofOf(ed, { site: site.id, user: "kim" }), {
    before: ["/cart"],
    after: ["/pay"],
  });
  expect(kim.identity).toBe("proven");
  expect(await touchpointsOf(site, jan.visitor as string)).toBe(3);
  expect(await touchpointsOf(site, kim.visitor as string)).toBe(2);
  expect(kim.acked.flatMap(({ seqs }) => seqs)).toEqual([
    [2, 2],
    [3, 4],
  ]);
  // Another tab, still with the first user's token.
  page.person = jan.person;
  expect((await page.sends(["/thanks"])).visitor).toBe(kim.visitor);
});

test("I20 I6 I9 a browser that changes its user brings its newest choice along, and comes to nobody once it has withdrawn", async () => {
  const chooses = async (page: UserPage, rev: number, purposes: readonly string[]) => {
    const choice = { v: 1, site: site.publicKey, secret: page.secret, consent: { rev, purposes } };
    const answer = await post("/v1/consent", { ...choice, policy: "p", language: "en", control: "save" });
    expect(answer.status).toBe(200);
  };
  for (const [to, purposes] of [
    ["lia", ["analytics"]],
    ["leo", []],
  ] as const) {
    const page = new UserPage(site);
    await page.sends(["/"]);
    await page.identifies("lou", await proofOf(ed, { site: site.id, user: "lou" }));
    await chooses(page, 2, purposes);
    // A tab that has not heard of it yet.
    const reply = await page.identifies(to, await proofOf(ed, { site: site.id, user: to }), { after: ["/pay"] });
    expect(reply.consent).toEqual({ rev: 2, purposes });
    const isGranted = purposes.length > 0;
    expect(reply.identity).toBe(isGranted ? "proven" : "refused");
    expect(await touchpointsOf(site, await userId(to))).toBe(isGranted ? 2 : 0);
  }
});
