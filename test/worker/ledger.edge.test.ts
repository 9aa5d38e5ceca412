import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import type { Purpose } from "../../models/consent.ts";
import type { ConsentRecord } from "../../models/consent-record.ts";
import app from "../../worker/index.ts";
import { base64url, browserVisitor, sha256 } from "../../worker/keys.ts";
import type { RecordCall } from "../../worker/ledger/object.ts";
import { visitorLedger } from "../../worker/ledger/shards.ts";
import { VERSION } from "../../worker/version.ts";
import { ask, createSite, ORIGIN, randomKey, type SiteOf } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const DAY_MS = 86_400_000;

const choice = (rev: number, purposes: Purpose[]) => ({
  v: 1,
  site: "key",
  consent: { rev, purposes },
  policy: "policy-hash",
  language: "en",
  control: "accept" as const,
});
const call = (keptDays = 100): RecordCall => ({
  offered: ["analytics"],
  notice: "",
  jurisdiction: { mode: "opt-in", place: "DE", why: "mode" },
  signals: { gpc: false, dnt: false },
  build: "0",
  keptDays,
});
const authorised = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };

/** A page's choice, from a place, with headers. */
async function choose(site: SiteOf, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const cf = { country: "US", regionCode: "CA" };
  const all = { v: 1, site: site.publicKey, language: "en", control: "accept", policy: "policy-hash", ...body };
  const init = { method: "POST", headers: { Origin: ORIGIN, ...headers }, body: JSON.stringify(all), cf };
  return app.fetch(new Request("https://edge.example/v1/consent", init as RequestInit), env);
}

async function ledgerOf(site: SiteOf, secret: string) {
  const visitor = await browserVisitor(env, site.id, secret);
  const place = { id: site.id, publicKey: site.publicKey, shards: 8, epoch: 1 };
  return { visitor, ledger: await visitorLedger(env, place, visitor) };
}

test("B24 C15 a record answers who, what, when, how, in which mode, on which words, in which language, by which law, and names no address and no browser", async () => {
  const site = await createSite("b24", {
    consent: { ...SMALL_SITE.consent, regions: [{ countries: ["US"], mode: "opt-out" }] },
  });
  const published = (await (await ask(`/v1/config/${site.publicKey}`, {})).json()) as {
    consent: { policy: string; notice: string };
  };
  const { policy, notice } = published.consent;
  const secret = randomKey(16);
  const consent = { rev: 3, purposes: ["analytics"], objects: true };
  const before = Date.now();
  const answer = await choose(
    site,
    {
      secret,
      consent,
      policy,
      mode: "opt-out",
      notice,
      control: "accept",
      surface: "centre",
      signals: { gpc: false, dnt: true },
    },
    { "Sec-GPC": "1", "User-Agent": "Planted/1.0", "CF-Connecting-IP": "203.0.113.77" },
  );
  expect(answer.status).toBe(200);
  const { visitor, ledger } = await ledgerOf(site, secret);
  const [record, ...more] = await ledger.receipts(visitor);
  expect(more).toEqual([]);
  const { at, subject, ...rest } = record as ConsentRecord;
  expect(rest).toEqual({
    v: 2,
    kind: "consent",
    no: 1,
    site: "b24",
    previous: "",
    rev: 3,
    mode: "opt-out",
    granted: ["analytics"],
    refused: ["scoring", "personalization"],
    objects: true,
    surface: "centre",
    control: "accept",
    signals: { gpc: true, dnt: true },
    policy,
    notice,
    language: "en",
    jurisdiction: { mode: "opt-out", place: "US-CA", why: "regions.0" },
    build: VERSION,
  });
  expect(at).toBeGreaterThanOrEqual(before);
  expect(at).toBeLessThanOrEqual(Date.now());
  expect(subject).toMatch(/^[\w-]{43}$/);
  const stored = JSON.stringify(await ledger.read());
  for (const planted of ["Planted", "203.0.113", secret, visitor]) expect(stored).not.toContain(planted);
});

test("B15 a refusal by somebody who has an id is recorded as the withdrawal that it is", async () => {
  const site = await createSite("b15-reject");
  const secret = randomKey(16);
  await choose(site, { secret, consent: { rev: 1, purposes: ["analytics"] } });
  await choose(site, { secret, consent: { rev: 2, purposes: [] }, control: "reject" });
  const { visitor, ledger } = await ledgerOf(site, secret);
  expect((await ledger.receipts(visitor)).map(({ control }) => control)).toEqual(["accept", "withdraw"]);
});

test("G20 B24 a notice that is none of the site's is not taken for one, and one of an earlier configuration is", async () => {
  const site = await createSite("b24-notices");
  const config = async () =>
    ((await (await ask(`/v1/config/${site.publicKey}`, {})).json()) as { consent: { notice: string } }).consent;
  const { notice } = await config();
  const consent = { ...SMALL_SITE.consent, text: { title: "Other" } };
  const body = JSON.stringify({ ...SMALL_SITE, consent });
  expect((await ask(`/api/sites/${site.id}/config`, { method: "PUT", headers: authorised, body })).status).toBe(200);
  expect((await config()).notice).not.toBe(notice);
  const recorded = async (named: string | undefined) => {
    const secret = randomKey(16);
    await choose(site, { secret, consent: { rev: 1, purposes: ["analytics"] }, ...(named ? { notice: named } : {}) });
    const { visitor, ledger } = await ledgerOf(site, secret);
    return (await ledger.receipts(visitor))[0]?.notice;
  };
  expect(await recorded(notice)).toBe(notice);
  expect(await recorded(base64url(await sha256("forged")))).toBe("");
  expect(await recorded(undefined)).toBe("");
});

test("G19 B25 each record holds the hash of the one before, across restarts and when many come at once", async () => {
  const ledger = env.LEDGER.getByName("b25:0");
  await Promise.all(
    [1, 2, 3].map((rev) => ledger.record(`visitor-${rev}`, "demo", choice(rev, ["analytics"]), call())),
  );
  await evictDurableObject(ledger);
  await ledger.record("visitor-4", "demo", choice(1, []), call());
  const { texts } = await ledger.page(0, 10);
  expect(texts).toHaveLength(4);
  for (const [i, text] of texts.entries()) {
    const { no, previous } = JSON.parse(text) as ConsentRecord;
    expect([no, previous]).toEqual([i + 1, i === 0 ? "" : base64url(await sha256(texts[i - 1] as string))]);
  }
  expect(await ledger.head()).toEqual({
    no: 4,
    hash: base64url(await sha256(texts[3] as string)),
    start: { no: 0, hash: "" },
  });
});

test("B25 no route changes or deletes a record, whatever its method, and who has no token reads none", async () => {
  const site = await createSite("b25-routes");
  const secret = randomKey(16);
  await choose(site, { secret, consent: { rev: 1, purposes: ["analytics"] } });
  const { ledger } = await ledgerOf(site, secret);
  const before = await ledger.page(0, 10);
  expect(before.texts).toHaveLength(1);
  for (const path of ["", "/records?shard=0", "/notices", "/notices/x", "/records/1"]) {
    for (const method of ["PUT", "POST", "PATCH", "DELETE"]) {
      const answer = await ask(`/api/sites/${site.id}/consent${path}`, { method, headers: authorised, body: "{}" });
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
    // Where no route is, nobody is asked who they are.
    const unknown = path === "/records/1" ? 404 : 401;
    expect((await ask(`/api/sites/${site.id}/consent${path}`, {})).status).toBe(unknown);
  }
  expect(await ledger.page(0, 10)).toEqual(before);
  // The twin: with the token they are read.
  expect((await ask(`/api/sites/${site.id}/consent`, { headers: authorised })).status).toBe(200);
});

test("B25 the heads of the chains are noted in the site, once a day on which there was a record", async () => {
  const site = await createSite("anchored");
  const secret = randomKey(16);
  await choose(site, { secret, consent: { rev: 1, purposes: ["analytics"] } });
  const { ledger } = await ledgerOf(site, secret);
  const rings = await runInDurableObject(ledger, (_, { storage }) => storage.getAlarm());
  expect(rings).toBe((Math.floor(Date.now() / DAY_MS) + 1) * DAY_MS);
  expect(await runDurableObjectAlarm(ledger)).toBe(true);
  const { anchors, heads } = (await (await ask(`/api/sites/${site.id}/consent`, { headers: authorised })).json()) as {
    anchors: { shard: number; no: number; hash: string }[];
    heads: { shard: number; no: number; hash: string }[];
  };
  const { no, hash } = await ledger.head();
  expect(anchors).toMatchObject([{ no: 1, hash }]);
  expect(heads.filter((head) => head.no > 0)).toMatchObject([{ shard: anchors[0]?.shard, no, hash }]);
});

test("B24 the same choice sent twice is one record, a later one another of the same subject", async () => {
  const ledger = env.LEDGER.getByName("twice:0");
  await ledger.record("v", "demo", choice(1, ["analytics"]), call());
  await ledger.record("v", "demo", choice(1, ["analytics"]), call());
  await ledger.record("v", "demo", choice(2, []), call());
  await ledger.record("w", "demo", choice(1, []), call());
  const { records } = await ledger.read();
  expect(records.map((r) => [r.rev, r.granted, r.refused])).toEqual([
    [1, ["analytics"], []],
    [2, [], ["analytics"]],
    [1, [], ["analytics"]],
  ]);
  expect(records[0]?.subject).toBe(records[1]?.subject);
  expect(records[0]?.subject).not.toBe(records[2]?.subject);
  expect((await ledger.receipts("v")).map(({ rev }) => rev)).toEqual([1, 2]);
  expect(await ledger.receipts("nobody")).toEqual([]);
});

test("B24 a ledger of an earlier version goes on: its chain, its subjects, its receipts", async () => {
  const ledger = env.LEDGER.getByName("former:0");
  const salt = "c2FsdA";
  const subject = base64url(await sha256(`${salt}v`));
  const old = JSON.stringify({
    at: 5,
    site: "demo",
    subject,
    rev: 1,
    granted: ["analytics"],
    policy: "p",
    language: "en",
    control: "accept",
    previous: "",
  });
  await runInDurableObject(ledger, (_, { storage }) => {
    storage.sql.exec("DROP TABLE salts");
    storage.sql.exec(
      "CREATE TABLE salts (visitor TEXT PRIMARY KEY, salt TEXT NOT NULL, rev INTEGER NOT NULL) WITHOUT ROWID",
    );
    storage.sql.exec("INSERT INTO records (record) VALUES (?)", old);
    storage.sql.exec("INSERT INTO salts VALUES ('v', ?, 1)", salt);
  });
  await evictDurableObject(ledger);
  await ledger.record("v", "demo", choice(2, []), call());
  const receipts = await ledger.receipts("v");
  expect(receipts.map(({ no, rev, surface }) => [no, rev, surface])).toEqual([
    [1, 1, "unknown"],
    [2, 2, "unknown"],
  ]);
  expect(receipts[1]).toMatchObject({ subject, previous: base64url(await sha256(old)) });
});

test("B29 a refusal is counted by day, and nothing else of it is kept", async () => {
  const ledger = env.LEDGER.getByName("refusals:0");
  await ledger.countRefusal("policy-hash");
  await ledger.countRefusal("policy-hash");
  const { records, refusals } = await ledger.read();
  expect(records).toEqual([]);
  expect(refusals).toEqual([{ day: new Date().toISOString().slice(0, 10), policy: "policy-hash", count: 2 }]);
});

test("G19 B31 B40 of an erased visitor the proof stays, under a pseudonym that nobody can connect with them, and repetitions stay out", async () => {
  const ledger = env.LEDGER.getByName("buried:0");
  await ledger.record("v-erased", "demo", choice(1, ["analytics"]), call(30));
  await ledger.record("v-stays", "demo", choice(1, ["analytics"]), call(30));
  expect(await ledger.isErased("v-erased")).toBe(false);
  const erased = await ledger.tombstone("v-erased", "demo");
  expect(erased).toEqual({ at: expect.any(Number), recordsKept: 2, keptUntil: erased.at + 30 * DAY_MS });
  expect(await ledger.tombstone("v-erased", "demo")).toEqual(erased);
  expect([await ledger.isErased("v-erased"), await ledger.isErased("v-stays")]).toEqual([true, false]);
  const { records } = await ledger.read();
  expect(records.map(({ kind }) => kind)).toEqual(["consent", "consent", "erasure"]);
  expect(records[2]?.subject).toBe(records[0]?.subject);
  // Nothing in the object's whole storage names the visitor, and no salt is left to find the pseudonym again.
  const dump = await runInDurableObject(ledger, (_, { storage }) =>
    JSON.stringify(
      ["records", "salts", "tombstones"].map((table) => storage.sql.exec(`SELECT * FROM ${table}`).toArray()),
    ),
  );
  expect(dump).not.toContain("v-erased");
  expect(dump).toContain("v-stays");
  expect(await ledger.receipts("v-erased")).toEqual([]);
  await ledger.record("v-erased", "demo", choice(1, ["analytics"]), call(30));
  expect((await ledger.read()).records).toHaveLength(3);
  // Who chooses anew is somebody new.
  await ledger.record("v-erased", "demo", choice(2, ["analytics"]), call(30));
  const again = (await ledger.read()).records[3];
  expect(again).toMatchObject({ rev: 2, kind: "consent" });
  expect(again?.subject).not.toBe(records[0]?.subject);
});

test("G19 B31 records go when their time is past, with what names their visitors, and the rest of the chain still holds", async () => {
  const ledger = env.LEDGER.getByName("tail:0");
  // In the year 2096: the runtime's own alarms, which keep the true time, ring at none of these days.
  const START = 4_000_000_000_000;
  vi.useFakeTimers({ now: START, toFake: ["Date"] });
  try {
    for (const visitor of ["a", "b"]) await ledger.record(visitor, "tail", choice(1, ["analytics"]), call(30));
    vi.setSystemTime(START + 20 * DAY_MS);
    await ledger.record("c", "tail", choice(1, ["analytics"]), call(30));
    const [, second, third] = (await ledger.page(0, 10)).texts;
    vi.setSystemTime(START + 29 * DAY_MS);
    await runDurableObjectAlarm(ledger);
    expect((await ledger.page(0, 10)).texts).toHaveLength(3);
    vi.setSystemTime(START + 31 * DAY_MS);
    await runDurableObjectAlarm(ledger);
    expect((await ledger.page(0, 10)).texts).toEqual([third]);
    expect((await ledger.head()).start).toEqual({ no: 2, hash: base64url(await sha256(second as string)) });
    expect((JSON.parse(third as string) as ConsentRecord).previous).toBe(base64url(await sha256(second as string)));
    expect([await ledger.receipts("a"), (await ledger.receipts("c")).length]).toEqual([[], 1]);
    // When all are gone the numbers go on.
    vi.setSystemTime(START + 60 * DAY_MS);
    await runDurableObjectAlarm(ledger);
    await evictDurableObject(ledger);
    await ledger.record("d", "tail", choice(1, ["analytics"]), call(30));
    const [last] = (await ledger.page(0, 10)).texts;
    expect(JSON.parse(last as string)).toMatchObject({ no: 4, previous: base64url(await sha256(third as string)) });
  } finally {
    vi.useRealTimers();
  }
});
