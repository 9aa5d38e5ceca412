import { request } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Purpose } from "../../models/consent.ts";
import type { CollectReply } from "../../models/wire.ts";
import { type DemoSite, type Edge, randomKey, startEdge, visitorOf } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

let edge: Edge;
const HOST = "www.shop.example";
/** One site on a host of its own, one whose hosts share a cookie, and a second one on the host of the first. */
const SITES: Record<string, DemoSite> = {};

beforeAll(async () => {
  edge = await startEdge();
  for (const [id, cookieDomain] of [["alone"], ["shared", "shop.example"], ["neighbour"]] as [string, string?][]) {
    SITES[id] = { id, publicKey: randomKey(16), writeKey: randomKey(16) };
    await edge.api("PUT", `/api/sites/${id}`, SITES[id]);
    const origins = [`https://${HOST}`, "https://blog.shop.example", "https://elsewhere.example"];
    const config = { ...SMALL_SITE, origins, ...(cookieDomain ? { cookieDomain } : {}) };
    const put = await edge.api("PUT", `/api/sites/${id}/config`, config);
    if (!put.ok) throw new Error(await put.text());
  }
});
afterAll(() => edge.close());

interface Posting {
  site?: string;
  path?: string;
  host?: string;
  origin?: string;
  cookie?: string | null;
  headers?: Record<string, string>;
}
interface Answer {
  status: number;
  setCookie: string[];
  body: CollectReply;
}

/** What a browser on `origin` posts to `host`; fetch would not let a test name its host. */
async function post(body: object, { site = "alone", ...how }: Posting): Promise<Answer> {
  const { path = "/_w/v1/collect", host = HOST, origin = `https://${host}`, cookie, headers } = how;
  const sent = JSON.stringify({ v: 1, site: SITES[site]?.publicKey, ...body });
  const { hostname, port } = new URL(edge.url);
  const answer = new Promise<Answer>((resolve, reject) => {
    const asked = request({ hostname, port, path, method: "POST" }, async (reply) => {
      const body = JSON.parse(await text(reply)) as CollectReply;
      resolve({ status: reply.statusCode ?? 0, setCookie: reply.headers["set-cookie"] ?? [], body });
    });
    asked.on("error", reject);
    const given = { Host: host, Origin: origin, ...(cookie ? { Cookie: cookie } : {}), ...headers };
    for (const [name, value] of Object.entries(given)) asked.setHeader(name, value);
    asked.end(sent);
  });
  return answer;
}

const ALL: Purpose[] = ["analytics", "scoring"];
let seq = 0;
function batch(secret: string, { rev = 1, purposes = ALL }: { rev?: number; purposes?: Purpose[] } = {}) {
  const now = Date.now();
  const touchpoint = { seq: seq++, type: "page", name: "", at: now, url: `https://${HOST}/`, props: {} };
  const streams = [{ stream: randomKey(8), touchpoints: [touchpoint] }];
  return { secret, sentAt: now, consent: { rev, purposes }, streams, asks: [] };
}
function choice(rev: number, purposes: Purpose[], more: { secret?: string; control?: string } = {}) {
  return { consent: { rev, purposes }, policy: "p", language: "en", control: "accept", ...more };
}
const consentAt = { path: "/_w/v1/consent" };
/** `name=value` of the one cookie that was set. */
const cookieOf = ({ setCookie }: Answer) => (setCookie[0] ?? "").split(";")[0] as string;
const attributesOf = ({ setCookie }: Answer) => (setCookie[0] ?? "").split("; ").slice(1).sort();

test("Y2 a granted batch of the site's own host is answered with the cookie, once, and it says nothing", async () => {
  const secret = randomKey(16);
  const first = await post(batch(secret), {});
  expect(first.status).toBe(200);
  expect(cookieOf(first)).toMatch(/^__Host-waypost=[\w-]{60,}$/);
  expect(attributesOf(first)).toEqual(["HttpOnly", "Max-Age=34128000", "Path=/", "SameSite=Lax", "Secure"]);
  expect(first.setCookie[0]).not.toContain(secret);
  expect(first.setCookie[0]).not.toContain(visitorOf(edge.keys, "alone", secret));
  expect(first.body).not.toHaveProperty("secret");
  const again = await post(batch(secret), { cookie: cookieOf(first) });
  const withToken = { ...batch(secret), secret: undefined, person: first.body.person };
  expect([again.status, again.setCookie]).toEqual([200, []]);
  expect((await post(withToken, { cookie: cookieOf(first) })).setCookie).toEqual([]);
  expect((await post(withToken, {})).setCookie).toEqual([]);
});

test("Y3 no answer sets a cookie elsewhere, without `analytics`, or to a GET; its twin does", async () => {
  const secret = randomKey(16);
  const never: [object, Posting][] = [
    [batch(secret), { path: "/v1/collect" }],
    [batch(secret), { origin: "https://elsewhere.example" }],
    [batch(secret), { origin: "https://blog.shop.example" }],
    [batch(secret), { headers: { "Sec-Fetch-Site": "same-site" } }],
    [batch(secret), { headers: { "Sec-Fetch-Site": "cross-site" } }],
    [batch(secret, { purposes: [] }), {}],
    [batch(secret, { purposes: ["sharing"] }), {}],
    [choice(1, ALL, { secret: randomKey(16) }), consentAt],
    [choice(1, []), consentAt],
  ];
  for (const [body, how] of never) expect([how, (await post(body, how)).setCookie]).toEqual([how, []]);
  for (const path of [`/_w/v1/config/${SITES.alone?.publicKey}`, "/_w/waypost.js", "/_w/v1/nothing"]) {
    expect((await fetch(edge.url + path)).headers.getSetCookie()).toEqual([]);
  }
  expect((await post(batch(secret), { headers: { "Sec-Fetch-Site": "same-origin" } })).setCookie).toHaveLength(1);
});

test("Y3 a batch that was made before a withdrawal and comes after it sets no cookie", async () => {
  const secret = randomKey(16);
  await post(batch(secret), {});
  await post(choice(2, [], { secret, control: "withdraw" }), consentAt);
  expect((await post(batch(secret), {})).setCookie).toEqual([]);
  expect((await post(batch(secret, { rev: 3 }), {})).setCookie).toHaveLength(1);
});

test("Y4 a browser whose storage was emptied goes on as the visitor that its cookie names", async () => {
  const secret = randomKey(16);
  const cookie = cookieOf(await post(batch(secret), {}));
  const back = await post(batch(randomKey(16)), { cookie });
  expect(back.body).toMatchObject({ secret, refused: [] });
  expect(back.body.acked[0]?.seqs).toHaveLength(1);
  expect(back.setCookie).toEqual([]);
  // Both streams are in one journey: only then the object tells a page of features that are not its own.
  expect(back.body.features).toBeDefined();
  // The same purposes are the same choice; others follow on the last that the journey holds.
  expect(back.body).not.toHaveProperty("consent");
  await post(choice(4, ALL, { secret }), consentAt);
  const fewer = await post(batch(randomKey(16), { purposes: ["analytics"] }), { cookie });
  expect(fewer.body).toMatchObject({ secret, consent: { rev: 5, purposes: ["analytics"] } });
});

test("Y4 an earlier secret is given back only for a first choice, of the same site, with a cookie that is ours", async () => {
  const secret = randomKey(16);
  const cookie = cookieOf(await post(batch(secret), {}));
  await post(batch(secret), { site: "neighbour" });
  const changed = `${cookie.slice(0, -4)}${cookie.endsWith("AAAA") ? "BBBB" : "AAAA"}`;
  const person = (await post(batch(secret), {})).body.person;
  const other = randomKey(16);
  for (const [body, how] of [
    [batch(other, { rev: 2 }), { cookie }],
    [batch(other), { cookie, site: "neighbour" }],
    [batch(other), { cookie, path: "/v1/collect" }],
    [batch(other), { cookie, origin: "https://elsewhere.example" }],
    [batch(other), { cookie: changed }],
    [batch(other), { cookie: `__Host-waypost=${person}` }],
    [batch(other), { cookie: "__Host-waypost=" }],
    [{ ...batch(other), person: "x" }, { cookie }],
  ] as [object, Posting][]) {
    const { status, body: reply } = await post(body, how);
    expect([how, status, reply.secret]).toEqual([how, 200, undefined]);
  }
  expect((await post(batch(randomKey(16)), { cookie })).body.secret).toBe(secret);
});

test("Y4 a later choice of this browser is another visitor's, and the cookie follows it", async () => {
  const cookie = cookieOf(await post(batch(randomKey(16)), {}));
  const next = randomKey(16);
  const moved = await post(batch(next, { rev: 2 }), { cookie });
  expect(cookieOf(moved)).toMatch(/^__Host-waypost=/);
  expect((await post(batch(randomKey(16)), { cookie: cookieOf(moved) })).body.secret).toBe(next);
});

test("Y5 a withdrawal and a reset clear the cookie, and nothing goes on with a journey that was withdrawn", async () => {
  const secret = randomKey(16);
  const cookie = cookieOf(await post(batch(secret), {}));
  const withdrawn = await post(choice(2, [], { secret, control: "withdraw" }), { ...consentAt, cookie });
  expect(cookieOf(withdrawn)).toBe("__Host-waypost=");
  expect(attributesOf(withdrawn)).toEqual(["HttpOnly", "Max-Age=0", "Path=/", "SameSite=Lax", "Secure"]);
  // The answer was lost, the cookie is still there: a new grant is a new visitor all the same.
  const anew = await post(batch(randomKey(16)), { cookie });
  expect(anew.body).not.toHaveProperty("secret");
  expect(anew.setCookie).toHaveLength(1);

  const reset = choice(2, ALL, { secret: randomKey(16), control: "reset" });
  expect(cookieOf(await post(reset, { ...consentAt, cookie: cookieOf(anew) }))).toBe("__Host-waypost=");
  expect((await post(choice(3, ALL, { secret, control: "api" }), { ...consentAt, cookie })).setCookie).toEqual([]);
});

test("Y5 a refusal in an emptied browser withdraws what its cookie stands for, and clears it", async () => {
  const secret = randomKey(16);
  const cookie = cookieOf(await post(batch(secret), {}));
  expect(cookieOf(await post(choice(1, []), { ...consentAt, cookie }))).toBe("__Host-waypost=");
  const after = await post(batch(secret), {});
  expect(after.body.refused).toMatchObject([{ reason: "consent" }]);
  expect(after.body.consent).toEqual({ rev: 2, purposes: [] });
});

test("Y6 a first grant is recorded for the visitor who goes on, after their last choice", async () => {
  const secret = randomKey(16);
  const cookie = cookieOf(await post(batch(secret), {}));
  await post(choice(1, ["analytics"], { secret: randomKey(16) }), { ...consentAt, cookie });
  const known = await post(batch(secret), {});
  expect(known.body.consent).toEqual({ rev: 2, purposes: ["analytics"] });
});

test("Y6 B33 an objection goes on under a first grant, or a refusal, of a browser whose storage was emptied", async () => {
  for (const purposes of [["analytics"], []] as Purpose[][]) {
    const secret = randomKey(16);
    const cookie = cookieOf(await post(batch(secret), {}));
    const objecting = {
      consent: { rev: 2, purposes: ALL, objects: true },
      policy: "p",
      language: "en",
      control: "api",
    };
    await post({ ...objecting, secret }, consentAt);
    await post(choice(1, purposes, { secret: randomKey(16) }), { ...consentAt, cookie });
    expect((await post(batch(secret), {})).body.consent).toEqual({ rev: 3, purposes, objects: true });
  }
});

test("Y7 where the site names a domain its hosts share one cookie, and no other host is given it", async () => {
  const secret = randomKey(16);
  const first = await post(batch(secret), { site: "shared" });
  expect(cookieOf(first)).toMatch(/^waypost=[\w-]{60,}$/);
  expect(attributesOf(first)).toContain("Domain=shop.example");
  const cookie = cookieOf(first);
  const onBlog = await post(batch(randomKey(16)), { site: "shared", host: "blog.shop.example", cookie });
  expect(onBlog.body.secret).toBe(secret);
  const elsewhere = await post(batch(secret), { site: "shared", host: "elsewhere.example" });
  expect(cookieOf(elsewhere)).toMatch(/^__Host-waypost=/);
  expect(attributesOf(elsewhere).join()).not.toContain("Domain");
});
