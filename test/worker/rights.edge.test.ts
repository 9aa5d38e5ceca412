import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { compactVerify, importJWK, type JWK } from "jose";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { ErasureReceipt } from "../../models/erasure-receipt.ts";
import type { Receipt } from "../../models/receipt.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { CollectReply, Problem } from "../../models/wire.ts";
import { JourneyObject } from "../../worker/journey/object.ts";
import { browserVisitor, userVisitor } from "../../worker/keys.ts";
import { LedgerObject } from "../../worker/ledger/object.ts";
import { visitorLedger } from "../../worker/ledger/shards.ts";
import { mapPlace, readMap } from "../../worker/map/shards.ts";
import type { Known } from "../../worker/rights/known.ts";
import { SiteObject } from "../../worker/site/object.ts";
import { edKey, type Prover, proofOf } from "../harness/proof.ts";
import { ask, batchOf, createSite, ORIGIN, post, type SiteOf } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { everythingStored } from "../harness/stores.ts";
import { touchpointsOf, UserPage } from "../harness/user-page.ts";

/** Planted wherever a visitor's words can go. No digits: those would be scrubbed. */
const CANARY = "kanarienvogel";
/** What stays as proof names nobody any more. */
const LEDGER_CANARY = "x-zaunkoenig";

/**
 * Every place that anything is stored in, and what an erasure means there: `gone` holds people's data, and none of theirs
 * after; `under-way` does so while one is not ended; `proof` keeps records that name nobody; `keeps-out` keeps a pseudonym
 * so that repetitions stay out; `site` holds nothing of visitors. A new place has to be added here, and to be planted below.
 */
const STORES: Record<string, "gone" | "under-way" | "proof" | "keeps-out" | "site"> = {
  "JOURNEY key:state": "gone",
  "JOURNEY key:devices": "gone",
  // Of a browser that was taken out of a user's journey, until it has arrived where it belongs.
  "JOURNEY key:given/*": "gone",
  // Digests of what servers have told; gone with the journey.
  "JOURNEY key:messages": "site",
  // Random numbers of hand-overs, for a minute; gone with the journey.
  "JOURNEY key:redeemed": "site",
  "MAP people_days": "gone",
  "MAP days": "site",
  "MAP erased": "keeps-out",
  "MAP notes": "site",
  "LEDGER salts": "gone",
  "LEDGER records": "proof",
  "LEDGER tombstones": "keeps-out",
  "LEDGER refusals": "site",
  "LEDGER key:settings": "site",
  "LEDGER key:start": "site",
  // Whose erasure has begun and not ended.
  "LEDGER key:erasing/*": "under-way",
  "SITE key:site": "site",
  "SITE key:config/*": "site",
  "SITE key:identity/*": "site",
  "SITE key:source/*": "site",
  "SITE anchors": "site",
  "SITE notices": "site",
  // Of the team, and what it did: whoever of the visitors is meant stands there under a keyed hash.
  "SITE audit": "site",
  "SITE members": "site",
  "SITE invitations": "site",
  "SITE tokens": "site",
  // What calls of the team were answered, for ten minutes.
  "SITE calls": "site",
  "SITE key:due-tries/*": "site",
  "SITE changes": "site",
  "SITE versions": "site",
  "SITE key:hidden-events": "site",
  // People of the team: which of them are there depends on what was tested before.
  "ACCOUNTS accounts": "site",
  "ACCOUNTS identities": "site",
  "ACCOUNTS sites": "site",
  "ACCOUNTS sessions": "site",
  "ACCOUNTS spent": "site",
  "ACCOUNTS devices": "site",
  "ACCOUNTS audit": "site",
  // Names of events and of their properties, and counts.
  "EVENTS days": "site",
  "EVENTS events": "site",
  // Which visitor holds a showing of a campaign that has so many, and the codes of offers.
  "BUDGET leases": "gone",
  "BUDGET codes": "site",
  // Counts of a dry run, and a few people by their pseudonyms, for a day; whoever is erased is taken out (dry-run.edge).
  "DRY_RUN key:job/*": "site",
  "KV key/*": "site",
  "KV write/*": "site",
  "KV config/*": "site",
  "R2 history/*": "gone",
};

let ed: Prover;
beforeAll(async () => {
  ed = await edKey("ed-1");
});

afterEach(() => vi.restoreAllMocks());

const configOf = (): Partial<SiteConfig> => ({
  identity: { keys: [ed.key] },
  traits: ["plan", "group", "group.plan"],
  campaigns: SMALL_SITE.campaigns.map((campaign) => ({
    ...campaign,
    holdout: 0,
    budget: 1_000,
    trigger: { kind: "stage", stage: "pay" },
  })),
});
const siteFor = (id: string) => createSite(id, configOf());

interface Asked {
  auth?: string | null;
  method?: string;
  body?: object;
  accept?: string;
  language?: string;
  origin?: string | null;
}

async function rights(
  site: SiteOf,
  path: string,
  { auth, method = "GET", body, accept, language, origin = ORIGIN }: Asked,
) {
  const headers = {
    ...(origin ? { Origin: origin } : {}),
    ...(auth ? { Authorization: auth } : {}),
    ...(accept ? { Accept: accept } : {}),
    ...(language ? { "Accept-Language": language } : {}),
  };
  const joint = path.includes("?") ? "&" : "?";
  return ask(`/v1/me${path}${joint}site=${site.publicKey}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

const bySecret = (page: UserPage) => `Waypost ${page.secret}`;
const byProof = async (site: SiteOf, user: string) => `Bearer ${await proofOf(ed, { site: site.id, user })}`;
const jsonOf = async <T>(response: Promise<Response>) => (await (await response).json()) as T;
const grant = (page: UserPage, more: object = {}) =>
  post("/v1/consent", {
    v: 1,
    site: page.site.publicKey,
    secret: page.secret,
    consent: page.consent,
    policy: "p",
    language: LEDGER_CANARY,
    control: "accept",
    ...more,
  });

/** A person with two browsers and a name, of whom there is something in every store. */
async function planted(id: string) {
  const site = await siteFor(id);
  const [phone, laptop] = [new UserPage(site), new UserPage(site)];
  for (const page of [phone, laptop]) {
    expect((await grant(page)).status).toBe(200);
    await page.sends(["/", `/${CANARY}`]);
    await page.posts({ streams: [page.told("identify", CANARY, "/", { plan: CANARY })] });
    await page.posts({ streams: [page.told("group", CANARY, "/", { plan: CANARY })] });
    await page.identifies("ada", await proofOf(ed, { site: site.id, user: "ada" }));
    const on = { at: Date.now(), on: "stage.pay", score: null, model: null };
    await page.sends(["/pay"], { asks: [{ ask: CANARY.padEnd(21, "a") + (page === phone ? "p" : "l"), ...on }] });
    await page.posts({
      streams: [page.told("track", "Order Completed", "/thanks", { order_id: CANARY, note: CANARY })],
    });
  }
  const user = await userVisitor(env, site.id, "ada");
  const visitors = [user, await browserVisitor(env, id, phone.secret), await browserVisitor(env, id, laptop.secret)];
  const mapSite = { id, epoch: 1, shards: 8 };
  const places = await Promise.all(visitors.map((visitor) => mapPlace(visitor, mapSite)));
  await expect
    .poll(async () => (await readMap(env, mapSite, { journey: "checkout" })).sum.touchpoints)
    .toBe(await touchpointsOf(site, user));
  return {
    site,
    phone,
    laptop,
    user,
    visitors,
    people: places.map(({ person }) => person),
    shards: places.map(({ shard }) => shard),
    mapSite,
  };
}

/** Has the erasure of some visitors' journeys fail, once each, before anything is done. */
function erasureFails(visitors: readonly string[]): void {
  const left = new Set(visitors);
  const real = JourneyObject.prototype.erase;
  vi.spyOn(JourneyObject.prototype, "erase").mockImplementation(async function (this: JourneyObject, at: number) {
    const { name = "" } = (this as unknown as { ctx: DurableObjectState }).ctx.id;
    if (left.delete(name.slice(name.indexOf(":") + 1))) throw new Error("the object is gone");
    return real.call(this, at);
  });
}

/** Whether any place holds any of these texts, as "place: text". */
async function found(texts: readonly string[], site: string): Promise<string[]> {
  const stored = await everythingStored();
  return [...stored].flatMap(([place, text]) =>
    texts.filter((one) => text.includes(one)).map((one) => `${place}: ${one === site ? "site" : one}`),
  );
}

test("B39 B40 I11 I13 I22 a value planted in every store is found by the export, and is nowhere after the erasure; no store is left out", async () => {
  const { site, phone, visitors, people, shards } = await planted("canary");
  // Something in the files of the history, and something that still waits.
  for (const shard of new Set(shards)) await runDurableObjectAlarm(env.MAP.getByName(shard));
  await phone.posts({ streams: [phone.told("track", "Ticket Opened", "/", { note: CANARY })] });
  // A browser that was taken out again, of which the user's journey does not know yet that it has all of its own.
  const tablet = new UserPage(site);
  await tablet.identifies("ada", await proofOf(ed, { site: site.id, user: "ada" }), { after: [`/${CANARY}`] });
  vi.spyOn(JourneyObject.prototype, "forgetGiven").mockRejectedValueOnce(new Error("the object is gone") as never);
  await rights(site, "/separate", { auth: bySecret(tablet), method: "POST", body: {} });
  const stored = await everythingStored();
  expect([...stored.keys()].filter((place) => !(place in STORES))).toEqual([]);
  const personal = Object.keys(STORES).filter((place) => STORES[place] === "gone");
  const holding = [...stored].filter(([, text]) => [CANARY, ...visitors].some((one) => text.includes(one)));
  expect(holding.map(([place]) => place).sort()).toEqual(personal.sort());

  const auth = bySecret(phone);
  const known = await jsonOf<Known>(rights(site, "", { auth }));
  const says = (part: unknown) => JSON.stringify(part).includes(CANARY);
  for (const store of ["journey", "map", "history"] as const) {
    expect(
      known.journeys.some((one) => says(one[store])),
      store,
    ).toBe(true);
  }
  const named = { plan: CANARY, group: CANARY, "group.plan": CANARY };
  expect(known.journeys[0]?.journey.traits?.values).toEqual(named);
  expect(known.journeys[0]?.map.map(({ about }) => about?.traits)).toContainEqual(named);
  expect(JSON.stringify(known.journeys.map(({ consent }) => consent))).toContain(LEDGER_CANARY);
  expect(known.journeys.map(({ visitor }) => visitor).sort()).toEqual([...visitors].sort());
  const csv = await (await rights(site, "/export?format=csv", { auth })).text();
  for (const store of ["journey", "map", "history", "ledger"]) expect(csv).toMatch(new RegExp(`^${store},.*`, "m"));
  expect(csv.split("\r\n").filter((line) => line.includes(CANARY)).length).toBeGreaterThan(10);

  erasureFails([visitors[2] as string]);
  expect((await rights(site, "", { auth, method: "DELETE" })).status).toBe(503);
  const half = [...(await everythingStored())].filter(([, text]) => visitors.some((one) => text.includes(one)));
  expect(half.map(([place]) => place)).toContain("LEDGER key:erasing/*");
  const { receipt } = await jsonOf<{ receipt: ErasureReceipt }>(rights(site, "", { auth, method: "DELETE" }));
  await rights(site, "", { auth: bySecret(tablet), method: "DELETE" });
  // Until a compaction the files still hold it, and the receipt says so.
  const inFiles = receipt.stays.find(({ store }) => store === "history");
  expect(inFiles?.rows).toBeGreaterThan(0);
  for (const shard of new Set(shards)) {
    await runInDurableObject(env.MAP.getByName(shard), (_, { storage }: DurableObjectState) => {
      storage.sql.exec(
        "UPDATE notes SET value = json_set(value, '$.day', value ->> '$.day' - 1) WHERE name = 'compaction'",
      );
    });
    await runDurableObjectAlarm(env.MAP.getByName(shard));
  }
  expect(await found([CANARY, phone.secret, ...visitors], site.id)).toEqual([]);
  // What is kept to keep repetitions out is a pseudonym, in the place that says so and in no other.
  expect([...new Set((await found(people, site.id)).map((one) => one.split(":")[0]))]).toEqual(["MAP erased"]);
  expect(
    (await jsonOf<Known>(rights(site, "", { auth }))).journeys.flatMap(({ journey, map, history, consent }) => [
      ...journey.folded.ring,
      ...map,
      ...history,
      ...consent,
    ]),
  ).toEqual([]);
});

test("B40 I13 what is sent again after an erasure stays out, from every browser and from servers; what the user does later comes in", async () => {
  const { site, phone, laptop, user, mapSite } = await planted("replayed");
  const early = new UserPage(site);
  await early.sends(["/"]);
  await rights(site, "", { auth: bySecret(phone), method: "DELETE" });
  const onMap = async () => (await readMap(env, mapSite, { journey: "checkout" })).sum.touchpoints;
  // The other browser's one view is not of that person yet.
  await expect.poll(onMap).toBe(1);
  const old = { seq: 0, type: "page", name: "", at: Date.now() - 60_000, url: `${ORIGIN}/`, props: {} };
  const replay = async (page: UserPage, person?: string) => {
    page.person = person;
    return page.posts({ streams: [{ stream: page.stream, touchpoints: [old] }] });
  };
  for (const page of [phone, laptop]) {
    for (const reply of [await replay(page, page.person), await replay(page)]) {
      expect([reply.erased, reply.consent]).toEqual([true, { rev: 2, purposes: [] }]);
      expect(reply.refused.map(({ reason }) => reason)).toEqual(["erased"]);
    }
  }
  // Of a browser that objects the objection stays (B33).
  laptop.consent = { ...laptop.consent, objects: true };
  expect((await replay(laptop)).consent).toEqual({ rev: 2, purposes: [], objects: true });
  const headers = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` };
  const tells = async (timestamp: number, seq: number) => {
    const batch = [{ type: "track", event: "Ticket Opened", userId: "ada", timestamp, seq }];
    const body = JSON.stringify({ historical: true, stream: "crm", batch });
    const answer = await ask("/v1/batch", { method: "POST", headers, body });
    return ((await answer.json()) as { results: { result: string; reason?: string }[] }).results[0];
  };
  expect(await tells(Date.now() - 86_400_000, 0)).toMatchObject({ result: "refused", reason: "erased" });
  await evictDurableObject(env.JOURNEY.getByName(`${site.id}:${user}`));
  expect(await tells(Date.now() - 86_400_000, 0)).toMatchObject({ result: "refused", reason: "erased" });
  expect(await touchpointsOf(site, user)).toBe(0);
  expect(await tells(Date.now() + 5, 1)).toMatchObject({ result: "accepted" });
  const fresh = new UserPage(site);
  await fresh.sends(["/"]);
  const again = await fresh.identifies("ada", await proofOf(ed, { site: site.id, user: "ada" }));
  expect([again.identity, again.visitor]).toEqual(["proven", user]);
  await expect.poll(onMap).toBe(4);
  // A browser that was there before, and only now is known to be the user's, begins no earlier life.
  expect((await early.identifies("ada", await proofOf(ed, { site: site.id, user: "ada" }))).visitor).toBe(user);
  await evictDurableObject(env.JOURNEY.getByName(`${site.id}:${user}`));
  expect((await early.sends(["/cart"])).refused).toEqual([]);
  await expect.poll(onMap).toBe(6);
  // And that life can be erased as well.
  const second = await jsonOf<{ receipt: ErasureReceipt }>(
    rights(site, "", { auth: await byProof(site, "ada"), method: "DELETE" }),
  );
  expect(second.receipt.erased.find(({ store }) => store === "journey")?.rows).toBe(6);
  await expect.poll(onMap).toBe(0);
});

test("B40 a journey that a restore has brought back is erased again before it answers, and off the map", async () => {
  const { site, phone, user, mapSite } = await planted("restored");
  const stub = env.JOURNEY.getByName(`${site.id}:${user}`);
  const snapshot = await runInDurableObject(stub, (_, { storage }: DurableObjectState) => [...storage.kv.list()]);
  await rights(site, "", { auth: bySecret(phone), method: "DELETE" });
  await runInDurableObject(stub, (_, { storage }: DurableObjectState) => {
    for (const [key, value] of snapshot) storage.kv.put(key, value);
  });
  await evictDurableObject(stub);
  expect(await touchpointsOf(site, user)).toBeGreaterThan(0);
  const known = await jsonOf<Known>(rights(site, "", { auth: await byProof(site, "ada") }));
  expect(known.journeys.flatMap(({ journey }) => journey.folded.ring)).toEqual([]);
  expect(await touchpointsOf(site, user)).toBe(0);
  expect((await readMap(env, mapSite, { journey: "checkout" })).sum.touchpoints).toBe(0);
});

test("B40 I21 an erasure that was interrupted is ended by asking again: everything goes, and is counted", async () => {
  const all: string[] = [];
  for (const [i, which] of [[0], [1, 2]].entries()) {
    const { site, phone, visitors, mapSite } = await planted(`interrupted-${i}`);
    erasureFails(which.map((one) => visitors[one] as string));
    const auth = bySecret(phone);
    expect((await rights(site, "", { auth, method: "DELETE" })).status).toBe(503);
    vi.restoreAllMocks();
    for (const visitor of visitors) await evictDurableObject(env.JOURNEY.getByName(`${site.id}:${visitor}`));
    const { receipt } = await jsonOf<{ receipt: ErasureReceipt }>(rights(site, "", { auth, method: "DELETE" }));
    expect([i, receipt.journeys]).toEqual([i, 3]);
    if (which.includes(0)) expect(receipt.erased.find(({ store }) => store === "journey")?.rows).toBeGreaterThan(0);
    expect((await readMap(env, mapSite, { journey: "checkout" })).sum.touchpoints).toBe(0);
    all.push(...visitors);
  }
  expect(await found(all, "")).toEqual([]);
});

test("B40 I21 an erasure that nobody asks for again is ended by the ledger, wherever it stopped; who lives again meanwhile stays", async () => {
  const ends = async (site: SiteOf, visitors: readonly string[]) => {
    for (const visitor of visitors) {
      await evictDurableObject(env.JOURNEY.getByName(`${site.id}:${visitor}`));
      await runDurableObjectAlarm(await visitorLedger(env, { id: site.id, epoch: 1, shards: 8 }, visitor));
    }
  };
  const all: string[] = [];
  // Of three notes the second fails; or all were noted, and the phone's journey cannot be erased.
  for (const stops of ["noting", "erasing"] as const) {
    const { site, phone, visitors, user, mapSite } = await planted(`given-up-${stops}`);
    if (stops === "erasing") erasureFails([visitors[1] as string]);
    else {
      const real = LedgerObject.prototype.tombstone;
      let calls = 0;
      vi.spyOn(LedgerObject.prototype, "tombstone").mockImplementation(async function (this: LedgerObject, ...args) {
        if (++calls === 2) throw new Error("the object is gone");
        return real.apply(this, args);
      });
    }
    expect((await rights(site, "", { auth: bySecret(phone), method: "DELETE" })).status).toBe(503);
    vi.restoreAllMocks();
    const batch = [{ type: "track", event: "Ticket Opened", userId: "ada", timestamp: Date.now() + 5, seq: 0 }];
    const headers = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` };
    const body = JSON.stringify({ historical: true, stream: "crm", batch });
    if (stops === "erasing") await ask("/v1/batch", { method: "POST", headers, body });
    await ends(site, visitors);
    const lives = stops === "erasing" ? 1 : 0;
    expect(await touchpointsOf(site, user)).toBe(lives);
    await expect.poll(async () => (await readMap(env, mapSite, { journey: "checkout" })).sum.touchpoints).toBe(lives);
    all.push(...visitors);
  }
  expect(await found(all, "")).toEqual([]);
});

test("B40 the receipt is signed, says what went and what stays, and repeating the erasure changes nothing", async () => {
  const { site, phone, visitors } = await planted("receipt");
  const touchpoints = await touchpointsOf(site, visitors[0] as string);
  const first = await jsonOf<{ receipt: ErasureReceipt; jws: string }>(
    rights(site, "", { auth: bySecret(phone), method: "DELETE" }),
  );
  const { keys } = await jsonOf<{ keys: JWK[] }>(rights(site, "/receipt-keys", {}));
  expect(keys.every((key) => key.d === undefined)).toBe(true);
  const { payload } = await compactVerify(first.jws, await importJWK(keys[0] as JWK, "EdDSA"));
  expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(first.receipt);
  const [head, body, signature] = first.jws.split(".");
  const changed = btoa(atob((body as string).replaceAll("-", "+").replaceAll("_", "/")).replace("receipt", "receipd"));
  const forged = `${head}.${changed.replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_")}.${signature}`;
  await expect(compactVerify(forged, await importJWK(keys[0] as JWK, "EdDSA"))).rejects.toThrow("signature");
  const { receipt } = first;
  expect(receipt.journeys).toBe(3);
  expect(receipt.erased.map(({ store, rows }) => [store, rows])).toEqual([
    ["journey", touchpoints],
    ["map", 3],
    ["history-waiting", expect.any(Number)],
  ]);
  const platform = receipt.stays.find(({ store }) => store === "platform");
  expect(platform).toMatchObject({ why: "point-in-time-recovery", until: receipt.at + 30 * 86_400_000 });
  const ledger = receipt.stays.find(({ why }) => why === "proof");
  expect(ledger?.rows).toBe(5);
  for (const visitor of visitors) expect(JSON.stringify(receipt)).not.toContain(visitor);
  const again = await jsonOf<{ receipt: ErasureReceipt }>(
    rights(site, "", { auth: bySecret(phone), method: "DELETE" }),
  );
  expect(again.receipt.erased.map(({ rows }) => rows)).toEqual([0, 0, 0]);
  expect(again.receipt.subject).toBe(receipt.subject);
});

test("B42 S9 I11 nobody is told or changes anything by a bare id, a token, a write key, another's secret or a forged proof; the secret and the user's proof do", async () => {
  const { site, phone, visitors } = await planted("who-asks");
  const other = await siteFor("who-asks-2");
  const before = await touchpointsOf(site, visitors[0] as string);
  const wrong: (string | null)[] = [
    null,
    `Waypost ${visitors[1]}`,
    `Waypost ${visitors[0]}`,
    `Waypost ${"x".repeat(21)}`,
    `Waypost ${phone.person}`,
    `Bearer ${phone.person}`,
    `Bearer ${visitors[0]}`,
    `Basic ${btoa(`${site.writeKey}:`)}`,
    `Bearer ${await proofOf(await edKey("ed-1"), { site: site.id, user: "ada" })}`,
    `Bearer ${await proofOf(ed, { site: other.id, user: "ada" })}`,
    `Bearer ${await proofOf(ed, { site: site.id, user: "ada", endsInS: -120 })}`,
    `Bearer ${await proofOf(ed, { site: site.id, user: "ada", endsInS: 2 * 86_400 })}`,
  ];
  const calls: [string, string, object?][] = [
    ["GET", ""],
    ["GET", "/export"],
    ["GET", "/receipts"],
    ["DELETE", ""],
    ["POST", "/object", { profiling: true }],
    ["POST", "/restrict", { restricted: true }],
    ["POST", "/correct", { traits: { plan: "free" } }],
    ["POST", "/separate"],
  ];
  for (const auth of wrong) {
    for (const [method, path, body] of calls) {
      const answer = await rights(site, path, { auth, method, ...(body ? { body } : {}) });
      expect(answer.status, `${method} ${path} ${auth}`).toBe(401);
      expect(((await answer.json()) as Problem).type).toMatch(/unauthorised$/);
    }
  }
  expect((await rights(site, "", { auth: bySecret(phone), origin: "https://evil.example" })).status).toBe(403);
  expect(await touchpointsOf(site, visitors[0] as string)).toBe(before);
  // Somebody's own secret shows what is theirs: nothing.
  const nobody = await jsonOf<Known>(rights(site, "", { auth: bySecret(new UserPage(site)) }));
  expect(nobody.journeys.map(({ journey }) => journey.folded.touchpoints)).toEqual([0]);
  for (const auth of [bySecret(phone), await byProof(site, "ada")]) {
    const known = await jsonOf<Known>(rights(site, "", { auth }));
    expect(known.journeys[0]?.journey.folded.touchpoints).toBe(before);
  }
});

test("B41 a person with 10,000 events is erased within a minute, and so is the map rid of them", async () => {
  const site = await siteFor("ten-thousand");
  const headers = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` };
  for (let i = 0; i < 20; i++) {
    const batch = Array.from({ length: 500 }, (_, n) => ({
      type: "page",
      userId: "ada",
      timestamp: Date.now() - 40 * 86_400_000 + (i * 500 + n) * 60_000,
      seq: i * 500 + n,
      properties: { url: `${ORIGIN}/cart` },
    }));
    const body = JSON.stringify({ historical: true, stream: "file", batch });
    expect((await ask("/v1/batch", { method: "POST", headers, body })).status).toBe(200);
  }
  const mapSite = { id: site.id, epoch: 1, shards: 8 };
  const onMap = async () => (await readMap(env, mapSite, { journey: "checkout" })).sum.touchpoints;
  await expect.poll(onMap, { timeout: 20_000 }).toBe(10_000);
  const beganAt = Date.now();
  const { receipt } = await jsonOf<{ receipt: ErasureReceipt }>(
    rights(site, "", { auth: await byProof(site, "ada"), method: "DELETE" }),
  );
  expect(Date.now() - beganAt).toBeLessThan(60_000);
  expect(receipt.erased[0]).toMatchObject({ store: "journey", rows: 10_000 });
  await expect.poll(onMap).toBe(0);
});

test("B43 I15 I16 restricted, a journey is kept and nothing is done with it; afterwards it goes on. A trait is put right", async () => {
  const { site, phone, user, mapSite } = await planted("restricted");
  const auth = bySecret(phone);
  const call = (path: string, body: object) => rights(site, path, { auth, method: "POST", body });
  const before = await touchpointsOf(site, user);
  const asks = () => [
    { ask: crypto.randomUUID().slice(0, 22), at: Date.now(), on: "stage.pay", score: null, model: null },
  ];
  expect((await call("/restrict", { restricted: true })).status).toBe(200);
  const reply: CollectReply = await phone.sends(["/pay"], { asks: asks() });
  expect(reply.refused.map(({ reason }) => reason)).toEqual(["restricted"]);
  expect(reply.decisions.map(({ verdict }) => verdict)).toEqual(["none"]);
  expect(await touchpointsOf(site, user)).toBe(before);
  const known = await jsonOf<Known>(rights(site, "", { auth }));
  expect(known.journeys[0]?.journey.folded.touchpoints).toBe(before);
  expect(known.journeys[0]?.journey.restrictedAt).toBeGreaterThan(0);
  const shown = async () => {
    const { person, shard } = await mapPlace(user, mapSite);
    await runDurableObjectAlarm(env.JOURNEY.getByName(`${site.id}:${user}`));
    return (await env.MAP.getByName(shard).people("checkout", 10)).some(
      (one: { person: string }) => one.person === person,
    );
  };
  expect(await shown()).toBe(false);
  expect((await call("/restrict", { restricted: false })).status).toBe(200);
  expect((await phone.sends(["/cart"])).refused).toEqual([]);
  expect(await touchpointsOf(site, user)).toBe(before + 1);
  expect(await shown()).toBe(true);
  expect(
    await jsonOf(call("/correct", { traits: { plan: "free", group: null, "group.plan": null, undeclared: 1 } })),
  ).toEqual({
    traits: { plan: "free" },
  });
  expect(await jsonOf(call("/correct", { traits: { plan: null } }))).toEqual({ traits: {} });
  expect((await call("/correct", { traits: { plan: {} } })).status).toBe(400);
});

test("B33 an objection to profiling by a rights call is recorded for each browser, stops what is decided, and can be taken back", async () => {
  const { site, phone, laptop } = await planted("objecting");
  const auth = bySecret(phone);
  const asked = async (page: UserPage) => {
    const asks = [{ ask: crypto.randomUUID().slice(0, 22), at: Date.now(), on: "stage.pay", score: null, model: null }];
    return page.sends(["/pay"], { asks });
  };
  expect((await asked(laptop)).decisions[0]?.reason).not.toBe("no-consent");
  await rights(site, "/object", { auth, method: "POST", body: { profiling: true } });
  for (const page of [phone, laptop]) {
    const reply = await asked(page);
    expect(reply.decisions[0]?.reason).toBe("no-consent");
    expect(reply.refused).toEqual([]);
    expect(reply.consent).toMatchObject({ rev: 2, objects: true });
    const { receipts } = await jsonOf<{ receipts: Receipt[] }>(rights(site, "/receipts", { auth: bySecret(page) }));
    const records = receipts.map((receipt) => receipt["dpv:hasRecordOfActivity"]["waypost:record"]);
    expect(records.map(({ objects }) => objects ?? false)).toEqual([false, true]);
  }
  await rights(site, "/object", { auth, method: "POST", body: { profiling: false } });
  expect((await asked(laptop)).decisions[0]?.reason).not.toBe("no-consent");
});

test("B24 of a verified user the records of every browser are found by the user's proof and by no other's, and no record names user or browser", async () => {
  const site = await siteFor("verified");
  const pages = [new UserPage(site), new UserPage(site), new UserPage(site)];
  for (const [i, page] of pages.entries()) {
    const user = i < 2 ? "ada-lovelace" : "grace";
    await grant(page);
    await page.identifies(user, await proofOf(ed, { site: site.id, user }));
  }
  const recordsOf = async (user: string) =>
    (await jsonOf<Known>(rights(site, "", { auth: await byProof(site, user) }))).journeys.flatMap((one) => one.consent);
  const [records, others] = [await recordsOf("ada-lovelace"), await recordsOf("grace")];
  expect(records.map(({ kind, rev }) => [kind, rev])).toEqual(Array(2).fill(["consent", 1]));
  expect(new Set([...records, ...others].map(({ subject }) => subject)).size).toBe(3);
  const visitors = await Promise.all(pages.map((page) => browserVisitor(env, site.id, page.secret)));
  const names = ["ada-lovelace", await userVisitor(env, site.id, "ada-lovelace"), ...visitors];
  expect(names.filter((name) => JSON.stringify(records).includes(name))).toEqual([]);
});

test("B33 an objection right after the first grant counts, though no batch has told the journey of that grant; taken back, the grant is whole again", async () => {
  const site = await siteFor("objecting-first");
  const page = new UserPage(site);
  const auth = bySecret(page);
  expect((await grant(page)).status).toBe(200);
  const objects = (profiling: boolean) => rights(site, "/object", { auth, method: "POST", body: { profiling } });
  expect(await jsonOf(objects(true))).toEqual({ objects: true });
  const { receipts } = await jsonOf<{ receipts: Receipt[] }>(rights(site, "/receipts", { auth }));
  const records = receipts.map((receipt) => receipt["dpv:hasRecordOfActivity"]["waypost:record"]);
  expect(records.map(({ rev, objects: o = false, granted }) => [rev, o, granted])).toEqual([
    [1, false, page.consent.purposes],
    [2, true, page.consent.purposes],
  ]);
  const asks = () => [
    { ask: crypto.randomUUID().slice(0, 22), at: Date.now(), on: "stage.pay", score: null, model: null },
  ];
  const reply = await page.sends(["/pay"], { asks: asks() });
  expect(reply.consent).toEqual({ ...page.consent, rev: 2, objects: true });
  expect([reply.decisions[0]?.reason, reply.refused]).toEqual(["no-consent", []]);
  await objects(false);
  const after = await page.sends(["/pay"], { asks: asks() });
  expect(after.consent).toEqual({ ...page.consent, rev: 3 });
  expect(after.decisions[0]?.reason).not.toBe("no-consent");
});

const objection = (site: SiteOf, page: UserPage, profiling: boolean) =>
  rights(site, "/object", { auth: bySecret(page), method: "POST", body: { profiling } });
const recordsOf = async (site: SiteOf, page: UserPage) =>
  (await jsonOf<{ receipts: Receipt[] }>(rights(site, "/receipts", { auth: bySecret(page) }))).receipts.map(
    (receipt) => receipt["dpv:hasRecordOfActivity"]["waypost:record"],
  );

test("B33 an objection that was recorded and not heard by the journey is heard by it when it is asked for again, and so is one that is taken back", async () => {
  const site = await siteFor("objecting-halfway");
  const page = new UserPage(site);
  await grant(page);
  await page.sends(["/"]);
  for (const [profiling, rev] of [
    [true, 2],
    [false, 3],
  ] as const) {
    vi.spyOn(JourneyObject.prototype, "consent").mockRejectedValueOnce(new Error("the object is gone"));
    expect((await objection(site, page, profiling)).status).toBe(503);
    expect((await page.sends(["/"])).consent?.rev ?? 1).toBe(rev - 1);
    expect(await jsonOf(objection(site, page, profiling))).toEqual({ objects: profiling });
    expect((await page.sends(["/"])).consent).toEqual({
      ...page.consent,
      rev,
      ...(profiling ? { objects: true } : {}),
    });
  }
  expect((await recordsOf(site, page)).map(({ rev }) => rev)).toEqual([1, 2, 3]);
});

test("B33 B24 C14 the record of an objection says what its visitor was asked, and grants and refuses nothing where nothing was", async () => {
  const { consent } = SMALL_SITE;
  const publish = (purposes: readonly string[]) =>
    createSite("objecting-words", { consent: { ...consent, purposes } } as never);
  const asked = await publish(["analytics", "scoring"]);
  const published = (await (await ask(`/v1/config/${asked.publicKey}`, {})).json()) as {
    consent: { policy: string; notice: string };
  };
  const { policy, notice } = published.consent;
  const page = new UserPage(asked);
  page.consent = { rev: 1, purposes: ["analytics"] };
  await grant(page, { policy, notice, mode: "opt-in" });
  // Asked anew, nobody has answered yet.
  const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const body = JSON.stringify({
    ...SMALL_SITE,
    origins: [ORIGIN],
    consent: { ...consent, purposes: ["analytics", "scoring", "sharing"] },
    campaigns: [],
  });
  expect((await ask(`/api/sites/${asked.id}/config`, { method: "PUT", headers, body })).status).toBe(200);
  await objection(asked, page, true);
  const words = {
    policy,
    notice,
    mode: "opt-in",
    language: LEDGER_CANARY,
    granted: ["analytics"],
    refused: ["scoring"],
  };
  expect(await recordsOf(asked, page)).toMatchObject([
    words,
    { ...words, rev: 2, objects: true, surface: "privacy-page" },
  ]);

  // A later choice has come with a batch alone.
  page.consent = { rev: 5, purposes: ["analytics", "sharing"] };
  await page.sends(["/"]);
  await objection(asked, page, true);
  const unasked = { policy: "", notice: "", granted: [], refused: [] };
  expect((await recordsOf(asked, page)).at(-1)).toMatchObject({ ...unasked, rev: 6, objects: true });

  const open = await createSite("objecting-unasked", { consent: { ...consent, mode: "opt-out" } });
  const visitor = new UserPage(open);
  const ran = { rev: 0, purposes: ["analytics", "scoring", "personalization"] };
  const visits = async (): Promise<CollectReply> => {
    const body = JSON.stringify(batchOf(open, 1, { secret: visitor.secret, consent: ran }));
    const init = { method: "POST", headers: { Origin: ORIGIN }, body, cf: { country: "US" } };
    return (await ask("/v1/collect", init as RequestInit)).json();
  };
  expect((await visits()).refused).toEqual([]);
  vi.spyOn(JourneyObject.prototype, "consent").mockRejectedValueOnce(new Error("the object is gone"));
  expect((await objection(open, visitor, true)).status).toBe(503);
  await objection(open, visitor, true);
  expect(await visits()).toMatchObject({ consent: { ...ran, rev: 1, objects: true }, refused: [] });
  await objection(open, visitor, false);
  expect((await visits()).consent).toEqual({ ...ran, rev: 2 });
  expect(await recordsOf(open, visitor)).toMatchObject([{ ...unasked, objects: true }, unasked]);
});

test("B43 a restriction before the first batch holds for it, and is lifted; of somebody who was erased nothing is begun by it", async () => {
  const site = await siteFor("restricted-first");
  const page = new UserPage(site);
  await grant(page);
  const auth = bySecret(page);
  const restrict = (restricted: boolean) =>
    jsonOf(rights(site, "/restrict", { auth, method: "POST", body: { restricted } }));
  expect(await restrict(true)).toEqual({ restricted: true });
  expect((await page.sends(["/"])).refused.map(({ reason }) => reason)).toEqual(["restricted"]);
  expect(await restrict(false)).toEqual({ restricted: false });
  // Nobody of whom there is nothing to show is shown.
  const visitor = await browserVisitor(env, site.id, page.secret);
  const { shard } = await mapPlace(visitor, { id: site.id, epoch: 1, shards: 8 });
  await runDurableObjectAlarm(env.JOURNEY.getByName(`${site.id}:${visitor}`));
  expect(await env.MAP.getByName(shard).people("checkout", 10)).toEqual([]);
  expect((await page.sends(["/"])).refused).toEqual([]);
  await rights(site, "", { auth, method: "DELETE" });
  expect(await restrict(true)).toEqual({ kept: false });
  expect(await jsonOf(objection(site, page, true))).toEqual({ kept: false });
  expect((await env.JOURNEY.getByName(`${site.id}:${visitor}`).own()).state.receivedAt).toBe(0);
  expect((await page.sends(["/"])).refused.map(({ reason }) => reason)).toEqual(["erased"]);
});

test("B40 I13 a withdrawal that another tab of an erased browser sends afterwards brings nothing of its visitor back; a grant does", async () => {
  const site = await siteFor("erased-tab");
  const page = new UserPage(site);
  await grant(page);
  await page.sends(["/"]);
  await rights(site, "", { auth: bySecret(page), method: "DELETE" });
  const visitor = await browserVisitor(env, site.id, page.secret);
  const receivedAt = async () => (await env.JOURNEY.getByName(`${site.id}:${visitor}`).own()).state.receivedAt;
  for (const rev of [1, 2]) {
    expect((await grant(page, { consent: { rev, purposes: [] }, control: "withdraw" })).status).toBe(200);
    expect([await recordsOf(site, page), await receivedAt()]).toEqual([[], 0]);
  }
  await grant(page, { consent: { ...page.consent, rev: 2 } });
  expect((await recordsOf(site, page)).map(({ rev }) => rev)).toEqual([2]);
});

test("B40 I21 an erasure that the ledger ends is noted also of a browser of which there are records alone", async () => {
  const site = await siteFor("records-alone");
  const [phone, laptop] = [new UserPage(site), new UserPage(site)];
  for (const page of [phone, laptop]) {
    await grant(page);
    await page.identifies("ada", await proofOf(ed, { site: site.id, user: "ada" }));
  }
  const place = { id: site.id, epoch: 1, shards: 8 };
  const names = [await browserVisitor(env, site.id, phone.secret), await browserVisitor(env, site.id, laptop.secret)];
  // Its way to the user's journey has ended by time.
  const own = env.JOURNEY.getByName(`${site.id}:${names[1]}`);
  await runInDurableObject(own, (_, { storage }: DurableObjectState) => storage.deleteAll());
  await evictDurableObject(own);
  const real = LedgerObject.prototype.tombstone;
  vi.spyOn(LedgerObject.prototype, "tombstone").mockImplementation(async function (this: LedgerObject, ...args) {
    if (args[0] === names[1]) throw new Error("the object is gone");
    return real.apply(this, args);
  });
  expect((await rights(site, "", { auth: bySecret(phone), method: "DELETE" })).status).toBe(503);
  vi.restoreAllMocks();
  await runDurableObjectAlarm(await visitorLedger(env, place, names[0] as string));
  for (const name of names) {
    const ledger = await visitorLedger(env, place, name);
    expect([await ledger.isErased(name), await ledger.receipts(name), await ledger.begun(name)]).toEqual([
      true,
      [],
      null,
    ]);
  }
});

test("U8 a secret that nobody knows leaves nothing behind, and is told that nothing was kept; one that is known does what it asks", async () => {
  const site = await siteFor("strangers");
  const known = new UserPage(site);
  await known.sends(["/"]);
  const calls = [
    ["DELETE", "", undefined],
    ["POST", "/object", { profiling: true }],
    ["POST", "/restrict", { restricted: true }],
    ["POST", "/correct", { traits: { plan: "free" } }],
  ] as const;
  // A ledger that was only asked has its tables, and nothing in them. Counts of what came before may still be under way.
  const rows = async () =>
    [...(await everythingStored())]
      .filter(([place]) => !place.startsWith("EVENTS "))
      .map(([place, text]): [string, string] => [place, text.replaceAll("[]", "")]);
  const before = await rows();
  for (const [method, path, body] of calls) {
    const auth = bySecret(new UserPage(site));
    const answer = await rights(site, path, { auth, method, ...(body ? { body } : {}) });
    expect(answer.status, path).toBe(200);
    const told = (await answer.json()) as { receipt?: ErasureReceipt; kept?: boolean };
    if (told.receipt) {
      expect(told.receipt).toMatchObject({ journeys: 0, stays: [] });
      expect(told.receipt.erased.map(({ rows }) => rows)).toEqual([0, 0, 0]);
    } else expect(told.kept, path).toBe(false);
  }
  expect(await rows()).toEqual(before);
  const journey = env.JOURNEY.getByName(`${site.id}:${await browserVisitor(env, site.id, known.secret)}`);
  const own = async () => JSON.stringify((await journey.own()).state);
  for (const [method, path, body] of calls.toReversed()) {
    const was = await own();
    const answer = await rights(site, path, { auth: bySecret(known), method, ...(body ? { body } : {}) });
    expect(await answer.json(), path).not.toHaveProperty("kept");
    expect(await own(), path).not.toBe(was);
  }
});

test("U8 who is known spends the site's refusals and their own batches with each call of a right; a stranger does not", async () => {
  const site = await siteFor("spending");
  const [known, second] = [new UserPage(site), new UserPage(site)];
  for (const page of [known, second]) await page.sends(["/"]);
  const object = (page: UserPage) =>
    rights(site, "/object", { auth: bySecret(page), method: "POST", body: { profiling: true } });
  // The site has given out all that it has.
  vi.spyOn(SiteObject.prototype, "lease").mockReturnValueOnce({ given: 0, waitMs: 1 });
  expect((await object(known)).status).toBe(429);
  expect((await object(new UserPage(site))).status).toBe(200);
  const own = env.JOURNEY.getByName(`${site.id}:${await browserVisitor(env, site.id, known.secret)}`);
  await Promise.all(Array.from({ length: 120 }, () => own.rightsCall()));
  const refused = await object(known);
  expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "1"]);
  expect((await object(second)).status).toBe(200);
});

test("B39 what is known is also a page that a person can read, in their language, without a script, and with every text as it was written", async () => {
  const { site, phone } = await planted("readable");
  await phone.posts({ streams: [phone.told("track", "<img src=x onerror=alert(1)>", "/", {})] });
  const auth = bySecret(phone);
  for (const [language, dir, title] of [
    ["en", "ltr", "What is known about you"],
    ["de-AT,de;q=0.9", "ltr", "Was über Sie bekannt ist"],
    ["ar", "rtl", "ما هو معروف عنك"],
  ] as const) {
    const answer = await rights(site, "", { auth, accept: "text/html", language });
    expect(answer.headers.get("Content-Type")).toContain("text/html");
    expect(answer.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    const html = await answer.text();
    expect(html).toContain(`dir="${dir}"`);
    expect(html).toContain(`<h1>${title}</h1>`);
    expect(html).toContain(CANARY);
    expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(html).not.toMatch(/<img|<script|javascript:/);
  }
  expect((await rights(site, "", { auth })).headers.get("Content-Type")).toContain("application/json");
});

test("I8 B42 a user may take a browser out of their journey with its own secret", async () => {
  const { site, phone, visitors } = await planted("separated");
  const [user, own] = visitors as [string, string];
  expect(await jsonOf(rights(site, "/separate", { auth: bySecret(phone), method: "POST", body: {} }))).toEqual({
    separated: true,
  });
  expect(await touchpointsOf(site, own)).toBe(7);
  expect(await touchpointsOf(site, user)).toBe(7);
  expect(
    (await jsonOf<Known>(rights(site, "", { auth: bySecret(phone) }))).journeys.map(({ visitor }) => visitor),
  ).toEqual([own]);
});
