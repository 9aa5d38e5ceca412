import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { PersonView } from "../../models/analysis/person-view.ts";
import { browserVisitor, userVisitor } from "../../worker/keys.ts";
import { ask, batchOf, createSite, ORIGIN, post, randomKey, type SiteOf } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { auditOf, memberOf } from "../harness/team-of.ts";

const owner = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
const CONSENT = { rev: 1, purposes: ["analytics", "scoring", "personalization"] };
const USER = "ada@customer.example";

async function find(
  { id }: SiteOf,
  body: object,
  headers: Record<string, string> = owner,
): Promise<{ status: number; view: PersonView; text: string }> {
  const answer = await ask(`/api/sites/${id}/people/find`, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, view: JSON.parse(text) as PersonView, text };
}

/** A visitor who comes to pay and is offered help; their server says who they are. */
async function visit(site: SiteOf): Promise<{ secret: string; visitor: string }> {
  const secret = randomKey(16);
  const at = Date.now() - 10_000;
  const pages = [
    { type: "page", name: "Welcome, Ada", url: `${ORIGIN}/` },
    { type: "identify", name: USER, url: `${ORIGIN}/`, props: { plan: "team" } },
    { type: "track", name: "Order of ada@customer.example", url: `${ORIGIN}/pay/of-ada` },
  ];
  const touchpoints = pages.map((one, seq) => ({ props: {}, ...one, seq, at: at + seq * 1_000 }));
  await post("/v1/consent", {
    v: 1,
    site: site.publicKey,
    secret,
    consent: CONSENT,
    policy: "p",
    language: "en",
    control: "accept",
  });
  const asks = [{ ask: randomKey(16), at: Date.now(), on: "stall.high", score: 0.9, model: "m" }];
  const streams = [{ stream: randomKey(8), touchpoints }];
  const answered = await post("/v1/collect", batchOf(site, 0, { secret, consent: CONSENT, streams, asks }));
  expect(await answered.clone().json()).toMatchObject({ refused: [] });
  return { secret, visitor: await browserVisitor(env, site.id, secret) };
}

const everyone = SMALL_SITE.campaigns.map((campaign) => ({ ...campaign, holdout: 0 }));

async function siteOf(id: string) {
  return createSite(id, { traits: ["plan"], campaigns: everyone });
}

async function serverSays(site: SiteOf, userId: string, anonymousId: string): Promise<void> {
  const batch = [{ anonymousId, userId, seq: 0, type: "identify", timestamp: Date.now() }];
  const told = await post(
    "/v1/batch",
    { historical: false, stream: "crm", batch },
    { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` },
  );
  expect(await told.json()).toMatchObject({ results: [{ result: "accepted" }] });
}

test("U70 who may identify people finds one by the site's own id, with all that a journey knows, and one entry in the log", async () => {
  const site = await siteOf("people-find");
  const { visitor } = await visit(site);
  await serverSays(site, USER, visitor);
  const before = (await auditOf(site.id)).length;
  const { status, view, text } = await find(site, { userId: USER });
  expect(status).toBe(200);
  expect(view).toMatchObject({
    user: { proven: true, devices: 1 },
    visits: 1,
    traits: { plan: "team" },
    bands: { stall: expect.any(String) },
    consent: { rev: 1, purposes: expect.arrayContaining(["analytics"]), at: expect.any(Number) },
    decisions: [{ on: "stall.high", reason: expect.any(String), verdict: expect.any(String) }],
  });
  expect(view.timeline.map(({ type, path }) => [type, path]).slice(-3)).toEqual([
    ["track", "/pay/of-ada"],
    ["identify", "/"],
    ["page", "/"],
  ]);
  expect(view.person).toHaveLength(22);
  // Whose entry it is nobody reads from the log.
  const entries = await auditOf(site.id, before);
  expect(entries.map(({ action, who }) => [action, who])).toEqual([["people.find", "installation"]]);
  expect(entries[0]?.subject).toMatch(/^[\w-]{43}$/);
  expect(JSON.stringify(entries)).not.toContain(view.person);
  expect(JSON.stringify(entries)).not.toContain("ada");
  // By the browser's own visitor it is the same person.
  expect((await find(site, { visitor })).view.person).toBe(view.person);
  expect(text).toContain("team");
});

test("U70 who may not identify people sees neither ids, nor paths, nor texts, and finds nobody by an id of the site's", async () => {
  const site = await siteOf("people-masked");
  const { visitor } = await visit(site);
  const viewer = await memberOf(site.id, "viewer");
  const officer = await memberOf(site.id, "privacy-officer");
  const narrow = await memberOf(site.id, "owner", ["people.read"]);
  expect((await find(site, { userId: USER }, viewer.headers)).status).toBe(403);
  expect((await find(site, { userId: USER }, narrow.headers)).status).toBe(403);
  for (const { headers } of [viewer, narrow]) {
    const { view, text } = await find(site, { visitor }, headers);
    expect(view.person).toHaveLength(8);
    expect(view.timeline.map(({ type, name, path, stage }) => [type, name, path, stage])).toEqual([
      ["track", "Order of •", "", ""],
      ["identify", "", "", ""],
      ["page", "", "", "browse"],
    ]);
    expect(view.traits).toEqual({ plan: "team" });
    expect(text).not.toMatch(/ada/i);
  }
  // The twin.
  const { view, text } = await find(site, { visitor }, officer.headers);
  expect(view.person).toHaveLength(22);
  expect(text).toMatch(/Welcome, Ada/);
});

test("U70 a pseudonym of the list is found again, whole or as far as it is shown, with what the history has", async () => {
  const site = await siteOf("people-listed");
  await visit(site);
  const viewer = await memberOf(site.id, "viewer");
  const listed = async (headers: Record<string, string>) => {
    const answer = await ask(`/api/sites/${site.id}/journeys/checkout/people`, { headers });
    return ((await answer.json()) as { people: { person: string; traits: object }[] }).people;
  };
  await expect.poll(async () => (await listed(owner)).length).toBe(1);
  const [whole, shown] = [(await listed(owner))[0], (await listed(viewer.headers))[0]];
  expect([whole?.person.length, shown?.person.length]).toEqual([22, 8]);
  expect(whole?.person.startsWith(shown?.person as string)).toBe(true);
  expect(shown?.traits).toEqual({ plan: "team" });
  const before = (await auditOf(site.id)).length;
  const { view, text } = await find(site, { person: shown?.person }, viewer.headers);
  expect(view).toMatchObject({ person: shown?.person, user: null, consent: null, touchpoints: 3, visits: 1 });
  expect(view.timeline.map(({ type }) => type)).toEqual(["track", "identify", "page"]);
  expect(view.decisions).toHaveLength(1);
  expect(text).not.toMatch(/ada/i);
  expect((await find(site, { person: whole?.person })).view.timeline[2]).toMatchObject({
    name: "Welcome, Ada",
    path: "/",
  });
  const entries = await auditOf(site.id, before);
  // One person, twice; and their pseudonym, which outlives nobody's erasure, is not in the log.
  expect(entries.map(({ action }) => action)).toEqual(["people.find", "people.find"]);
  expect(new Set(entries.map(({ subject }) => subject)).size).toBe(1);
  expect(JSON.stringify(entries)).not.toContain(whole?.person);
  expect((await find(site, { person: "nobody-here" })).status).toBe(404);
});

test("U70 who is not known, who was erased and who has restricted what is done with their data are answered alike", async () => {
  const site = await siteOf("people-unknown");
  const erased = await visit(site);
  const restricted = await visit(site);
  expect((await find(site, { visitor: restricted.visitor })).status).toBe(200);
  const me = (path: string, secret: string, init: object) =>
    ask(`/v1/me${path}?site=${site.publicKey}`, {
      ...init,
      headers: { Authorization: `Waypost ${secret}`, Origin: ORIGIN },
    });
  expect((await me("", erased.secret, { method: "DELETE" })).status).toBe(200);
  const restrict = await me("/restrict", restricted.secret, { method: "POST", body: '{"restricted":true}' });
  expect(restrict.status).toBe(200);
  const unknown = await find(site, { visitor: await userVisitor(env, site.id, "nobody") });
  expect(unknown.status).toBe(404);
  for (const body of [{ visitor: erased.visitor }, { visitor: restricted.visitor }, { userId: "nobody" }]) {
    const { status, text } = await find(site, body);
    expect([status, text]).toEqual([404, unknown.text]);
  }
});

test("U70 what is asked wrongly is named, and exempt measurement has no people to find", async () => {
  const site = await siteOf("people-wrong");
  for (const body of [
    {},
    { userId: "" },
    { visitor: "short" },
    { userId: "a", person: "b" },
    { person: "../../etc" },
    [],
  ]) {
    expect((await find(site, body)).status, JSON.stringify(body)).toBe(400);
  }
  const consent = { ...SMALL_SITE.consent, purposes: ["analytics" as const], preset: "audience-measurement" as const };
  const measured = await createSite("people-measured", { consent, campaigns: [] });
  expect((await find(measured, { userId: USER })).status).toBe(403);
});

test("S12 one person looks up sixty people at once, by whatever secret they ask: beyond it nothing is read, nothing logged", async () => {
  const site = await createSite("people-many");
  const viewer = await memberOf(site.id, "viewer");
  const other = await memberOf(site.id, "viewer");
  const find = async (by: { headers: Record<string, string> }) =>
    (
      await ask(`/api/sites/${site.id}/people/find`, {
        method: "POST",
        headers: by.headers,
        body: JSON.stringify({ visitor: "v".repeat(43) }),
      })
    ).status;
  const before = (await auditOf(site.id)).length;
  const began = Date.now();
  const statuses: number[] = [];
  for (let i = 0; i < 80; i++) statuses.push(await find(viewer));
  const more = Math.ceil((Date.now() - began) / 10_000);
  const looked = statuses.filter((status) => status === 404).length;
  expect(statuses.slice(0, 60)).toEqual(Array(60).fill(404));
  expect(looked).toBeLessThanOrEqual(60 + more);
  expect(statuses.filter((status) => status === 429)).toHaveLength(80 - looked);
  expect(await auditOf(site.id, before)).toHaveLength(looked);
  // The twin: another person has as many.
  expect(await find(other)).toBe(404);
});
