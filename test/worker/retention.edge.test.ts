import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { SiteConfig } from "../../models/site-config.ts";
import type { CollectReply } from "../../models/wire.ts";
import { browserVisitor } from "../../worker/keys.ts";
import { MapObject } from "../../worker/map/object.ts";
import type { Known } from "../../worker/rights/known.ts";
import { edKey, proofOf } from "../harness/proof.ts";
import { ask, batchOf, createSite, ORIGIN, post, randomKey, type SiteOf } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { UserPage } from "../harness/user-page.ts";

const DAY_MS = 86_400_000;
/** In the year 2096: the runtime's own alarms, which keep the true time, ring at none of these days. */
const START = 4_000_000_000_000;
const consent = { ...SMALL_SITE.consent, purposes: ["analytics" as const] };
const MEASURED: Partial<SiteConfig> = { consent: { ...consent, preset: "audience-measurement" }, campaigns: [] };

afterEach(() => {
  vi.useRealTimers();
});

/** Lets the clock stand at a day after the start. */
function onDay(day: number): void {
  vi.useFakeTimers({ now: START + day * DAY_MS, toFake: ["Date"] });
}

async function visit(site: SiteOf, secret: string): Promise<CollectReply> {
  const answer = await post("/v1/collect", batchOf(site, 2, { secret }));
  expect(answer.status).toBe(200);
  return (await answer.json()) as CollectReply;
}

async function journeyOf(site: SiteOf, secret: string) {
  return env.JOURNEY.getByName(`${site.id}:${await browserVisitor(env, site.id, secret)}`);
}

async function keptOf(site: SiteOf, secret: string) {
  return runInDurableObject(await journeyOf(site, secret), ({ store }) => {
    const { state } = store.load();
    return { touchpoints: state.folded.ring.length };
  });
}

test("G23 B32 a journey goes when the site's time is over, and not before, with 13 months where the site says nothing", async () => {
  const secret = randomKey(16);
  for (const [id, retentionDays, days] of [
    ["kept-30", 30, 30],
    ["kept-long", 500, 500],
    ["kept-default", undefined, 395],
  ] as const) {
    onDay(0);
    const site = await createSite(id, {
      consent: { ...consent, ...(retentionDays ? { retentionDays } : {}) },
      campaigns: [],
    });
    await visit(site, secret);
    const journey = await journeyOf(site, secret);
    onDay(days - 1);
    await runDurableObjectAlarm(journey);
    expect([id, (await keptOf(site, secret)).touchpoints]).toEqual([id, 2]);
    onDay(days);
    await runDurableObjectAlarm(journey);
    expect([id, (await keptOf(site, secret)).touchpoints]).toEqual([id, 0]);
  }
});

test("G24 B32 exempt measurement leaves no row for the history and shows nobody; without the preset both are there", async () => {
  const measured = await createSite("measured", MEASURED);
  const plain = await createSite("measured-not", { consent, campaigns: [] });
  const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const pushes = vi.spyOn(MapObject.prototype, "push");
  const found = async (site: SiteOf) => {
    pushes.mockClear();
    await visit(site, randomKey(16));
    await vi.waitUntil(() => pushes.mock.calls.length > 0);
    const people = await ask(`/api/sites/${site.id}/journeys/checkout/people`, { headers });
    const told = pushes.mock.calls.flatMap(([{ days, history }]) => [
      days.length,
      (history ?? []).flatMap(([, rows]) => rows).length,
    ]);
    return { people: people.status, days: told[0], rows: told[1] };
  };
  expect(await found(measured)).toEqual({ people: 403, days: 1, rows: 0 });
  expect(await found(plain)).toEqual({ people: 200, days: 1, rows: 2 });
  pushes.mockRestore();
});

test("G24 B32 exempt measurement takes no name of anybody, and the rest of the batch; without the preset the name is taken", async () => {
  const taken = async (id: string, change: Partial<SiteConfig>) => {
    const site = await createSite(id, change);
    const secret = randomKey(16);
    const batch = batchOf(site, 3, { secret }) as { streams: { touchpoints: { type: string }[] }[] };
    const named = batch.streams[0]?.touchpoints[1];
    if (named) named.type = "identify";
    const reply = (await (await post("/v1/collect", batch)).json()) as CollectReply;
    const acked = reply.acked.flatMap(({ seqs }) => seqs).reduce((sum, [from, to]) => sum + to - from + 1, 0);
    return { refused: reply.refused.map(({ seq, reason }) => [seq, reason]), acked, ...(await keptOf(site, secret)) };
  };
  expect(await taken("names-none", MEASURED)).toEqual({ refused: [[1, "consent"]], acked: 3, touchpoints: 2 });
  expect(await taken("names", { consent, campaigns: [] })).toEqual({ refused: [], acked: 3, touchpoints: 3 });
});

test("G24 B32 exempt measurement takes no name of anybody from a server either, and joins nobody; without the preset it does both", async () => {
  const taken = async (id: string, change: Partial<SiteConfig>) => {
    const site = await createSite(id, change);
    const page = new UserPage(site);
    page.consent = { rev: 1, purposes: ["analytics"] };
    const { visitor } = await page.sends(["/"]);
    const headers = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` };
    const timestamp = Date.now();
    const batch = [
      { type: "track", event: "Ticket Opened", anonymousId: visitor, timestamp, seq: 0 },
      { type: "identify", anonymousId: visitor, userId: "ada", timestamp, seq: 1 },
      { type: "alias", userId: "ada", previousId: visitor, timestamp, seq: 0 },
    ];
    const body = JSON.stringify({ historical: true, stream: "crm", batch });
    const answer = await ask("/v1/batch", { method: "POST", headers, body });
    const { results } = (await answer.json()) as { results: { result: string; reason?: string; field?: string }[] };
    const { state } = await (await journeyOf(site, page.secret)).own();
    return { results: results.map(({ result, reason, field }) => [result, reason, field]), isJoined: !!state.moved };
  };
  const no = ["refused", "consent", "type"];
  const yes = ["accepted", undefined, undefined];
  expect(await taken("server-names-none", MEASURED)).toEqual({ results: [yes, no, no], isJoined: false });
  expect(await taken("server-names", { consent, campaigns: [] })).toEqual({ results: [yes, yes, yes], isJoined: true });
});

test("G24 B32 after 13 months a visitor of exempt measurement gets another name, though they came every day, and others keep theirs", async () => {
  for (const [id, change, renews] of [
    ["renewed", MEASURED, true],
    ["renewed-not", { consent, campaigns: [] }, false],
  ] satisfies [string, Partial<SiteConfig>, boolean][]) {
    onDay(0);
    const site = await createSite(id, change);
    const secret = randomKey(16);
    for (const day of [0, 200, 394]) {
      onDay(day);
      expect([id, day, (await visit(site, secret)).secret]).toEqual([id, day, undefined]);
    }
    onDay(395);
    const reply = await visit(site, secret);
    expect([id, reply.secret !== undefined]).toEqual([id, renews]);
    if (reply.secret === undefined) continue;
    expect(reply.secret).toMatch(/^[\w-]{22}$/);
    expect(reply.visitor).toBe(await browserVisitor(env, site.id, reply.secret));
    // The token of the reply is the new name's: nothing of the old one goes on.
    const { secret: _, ...named } = batchOf(site, 2, { person: reply.person }) as { secret: string };
    expect((await post("/v1/collect", named)).status).toBe(200);
    expect((await keptOf(site, reply.secret)).touchpoints).toBe(2);
  }
});

test("I18 G23 the way from a browser to its user's journey lasts as long as that journey, and goes with it", async () => {
  const ed = await edKey("ed-1");
  onDay(0);
  const identity = { keys: [ed.key] };
  const site = await createSite("pointer", { consent: { ...consent, retentionDays: 30 }, campaigns: [], identity });
  const page = new UserPage(site);
  page.consent = { rev: 1, purposes: ["analytics"] };
  await page.sends(["/"]);
  const { visitor: user = "" } = await page.identifies("ada", await proofOf(ed, { site: site.id, user: "ada" }));
  const own = await journeyOf(site, page.secret);
  const known = async () => {
    const headers = { Authorization: `Waypost ${page.secret}`, Origin: ORIGIN };
    const told = (await (await ask(`/v1/me?site=${site.publicKey}`, { headers })).json()) as Known;
    return told.journeys[0]?.journey.folded.touchpoints;
  };
  const isKept = () =>
    runInDurableObject(own, (_, { storage }: DurableObjectState) => [...storage.kv.list()].length > 0);
  for (const day of [20, 40]) {
    onDay(day);
    await page.sends(["/cart"]);
    onDay(day + 11);
    await runDurableObjectAlarm(own);
  }
  expect(await known()).toBe(4);
  const choice = { v: 1, site: site.publicKey, secret: page.secret, consent: { rev: 2, purposes: [] } };
  await post("/v1/consent", { ...choice, policy: "p", language: "en", control: "withdraw" });
  const held = await runInDurableObject(env.JOURNEY.getByName(`${site.id}:${user}`), ({ store }) => store.load().state);
  expect(held.consent).toEqual({ rev: 2, purposes: [] });
  onDay(69);
  await runDurableObjectAlarm(own);
  expect(await isKept()).toBe(true);
  onDay(70);
  await runDurableObjectAlarm(own);
  expect(await isKept()).toBe(false);
  await runDurableObjectAlarm(env.JOURNEY.getByName(`${site.id}:${user}`));
  expect(await known()).toBe(0);
});
