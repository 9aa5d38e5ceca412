import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { Change } from "../../models/change.ts";
import type { SiteObject } from "../../worker/site/object.ts";
import { KV } from "../../worker/sites.ts";
import { changingSite, governed, idOf, named, refusalOf, stateOf } from "../harness/changing-site.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const HALF_HOUR_MS = 1_800_000;
const INSTALLATION = { kind: "installation" } as const;

afterEach(() => vi.useRealTimers());

test("G45 S18 the approval of who may approve no more counts for nothing, now and at a time that was set", async () => {
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
  const { stub, member, inForce, log } = await changingSite("approver-left", governed(1));
  const [ada, bob, eve] = [await member("editor"), await member("approver"), await member("approver")];
  const approved = async (name: string, version: number) => {
    const proposed = await ada("POST", "/changes", {
      title: "T",
      config: named(name, governed(1)),
      base: version,
      submit: true,
    });
    expect(stateOf(await bob("POST", `/changes/${idOf(proposed)}/approve`))).toBe("approved");
    return `/changes/${idOf(proposed)}`;
  };
  const now = await approved("Now", 1);
  const later = await approved("Later", 1);
  expect((await ada("POST", `${later}/publish`, { at: Date.now() + HALF_HOUR_MS })).status).toBe(200);
  await stub.appoint(INSTALLATION, "owner", bob.account, "analyst");
  expect(refusalOf(await ada("POST", `${now}/publish`, {}))).toEqual([409, "not-approved"]);
  expect((await ada("PUT", "/config", named("Now", governed(1)))).status).toBe(202);
  vi.setSystemTime(Date.now() + HALF_HOUR_MS);
  await runDurableObjectAlarm(stub);
  expect((await inForce()).version).toBe(1);
  expect((await log()).at(-1)).toMatchObject({
    action: "change.not-published",
    after: { why: "approvals", needed: 1, given: 0 },
  });
  // The twin: who may approve is enough.
  expect(stateOf(await eve("POST", `${now}/approve`))).toBe("approved");
  expect((await ada("POST", `${now}/publish`, {})).body.version).toBe(2);
});

test("G45 with separate duties the installation's token does not approve what its holder may have written", async () => {
  const { owner, member, inForce } = await changingSite("approver-token", governed(1, true));
  const [ada, bob] = [await member("owner"), await member("admin")];
  const { body } = await ada("PUT", "/config", named("Mine", governed(1, true)));
  expect(refusalOf(await owner("POST", `/changes/${body.change}/approve`))).toEqual([403, "forbidden"]);
  expect(refusalOf(await owner("POST", `/changes/${body.change}/publish`, {}))).toEqual([409, "not-approved"]);
  expect((await inForce()).version).toBe(1);
  expect(stateOf(await bob("POST", `/changes/${body.change}/approve`))).toBe("approved");
  expect((await owner("POST", `/changes/${body.change}/publish`, {})).body.version).toBe(2);
});

test("G45 a change is withdrawn by its author or a chief, and the log says that a time was called off", async () => {
  const { member, log } = await changingSite("change-withdrawn", SMALL_SITE);
  const [ada, eve, bob] = [await member("editor"), await member("editor"), await member("admin")];
  const at = Date.now() + HALF_HOUR_MS;
  for (const who of [ada, bob]) {
    const proposed = await ada("POST", "/changes", { title: "T", config: named("Late"), base: 1 });
    const path = `/changes/${idOf(proposed)}`;
    await ada("POST", `${path}/publish`, { at });
    expect(refusalOf(await eve("POST", `${path}/withdraw`))).toEqual([403, "forbidden"]);
    expect(stateOf(await who("POST", `${path}/withdraw`))).toBe("withdrawn");
    const last = (await log()).at(-1);
    expect(last).toMatchObject({ action: "change.withdraw", before: { state: "approved", scheduledFor: at } });
    expect(last?.after).not.toHaveProperty("scheduledFor");
  }
});

/** Puts something else in the place of what is stored of a change. */
const stored = (stub: DurableObjectStub<SiteObject>, id: string, column: "change" | "config", text: string) =>
  runInDurableObject(stub, (_, { storage }: DurableObjectState) => {
    storage.sql.exec(`UPDATE changes SET ${column} = ? WHERE id = ?`, text, id);
  });

test("G46 a change that can't be published at its time holds up no other: it is tried five times, taken off, and the log says so", async () => {
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
  const { stub, owner, inForce, log } = await changingSite("change-poison", SMALL_SITE);
  const at = Date.now() + HALF_HOUR_MS;
  const scheduled = async (name: string, when: number) => {
    const proposed = await owner("POST", "/changes", { title: name, config: named(name), base: 1 });
    expect((await owner("POST", `/changes/${idOf(proposed)}/publish`, { at: when })).status).toBe(200);
    return idOf(proposed);
  };
  const broken = await scheduled("Broken", at);
  const former = await scheduled("Former", at);
  const good = await scheduled("Good", at + 1);
  await stored(stub, broken, "config", "{");
  await stored(stub, former, "config", JSON.stringify({ ...named("Former"), engine: "webgpu" }));
  vi.setSystemTime(at + 1);
  for (let minute = 0; minute < 5; minute++) {
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect((await inForce()).config.campaigns[0]?.name).toBe("Good");
    vi.setSystemTime(Date.now() + 60_000);
  }
  expect(await runDurableObjectAlarm(stub)).toBe(false);
  const entries = (await log()).filter(({ action }) => action === "change.not-published");
  expect(entries.map(({ subject, after }) => [subject, after])).toEqual([
    [former, { why: "invalid" }],
    [broken, { why: "failed" }],
  ]);
  expect((await owner("GET", `/changes/${good}`)).body.change?.state).toBe("live");
  expect((await owner("GET", `/changes/${former}`)).body.change?.scheduledFor).toBeUndefined();
});

test("G46 what an earlier Worker took and this one does not is not published by hand either", async () => {
  const { stub, owner, inForce } = await changingSite("change-former", SMALL_SITE);
  const proposed = await owner("POST", "/changes", { title: "T", config: named("Former"), base: 1 });
  const path = `/changes/${idOf(proposed)}`;
  await stored(stub, idOf(proposed), "config", JSON.stringify({ ...named("Former"), engine: "webgpu" }));
  for (const body of [{}, { at: Date.now() + HALF_HOUR_MS }]) {
    const answer = await owner("POST", `${path}/publish`, body);
    expect([...refusalOf(answer), answer.body.field]).toEqual([400, "malformed", "config.engine"]);
  }
  expect((await inForce()).version).toBe(1);
  await stored(stub, idOf(proposed), "config", JSON.stringify(named("Former")));
  expect((await owner("POST", `${path}/publish`, {})).body.version).toBe(2);
});

test("U26 an object that dies between a version and its copy is woken, and copies it then", async () => {
  const { id, stub } = await changingSite("copy-killed", SMALL_SITE);
  await runInDurableObject(stub, async (instance: SiteObject) => {
    Object.assign(instance, { copy: () => Promise.reject(new Error("killed")) });
    await expect(instance.apply(named("Two"))).rejects.toThrow("killed");
  });
  await evictDurableObject(stub);
  expect(await env.CONFIG.get(KV.newest(id))).toBe("1");
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect(await env.CONFIG.get(KV.newest(id))).toBe("2");
  // The twin: where KV has its copy nothing rings.
  await stub.apply(named("Three"));
  expect(await env.CONFIG.get(KV.newest(id))).toBe("3");
  expect(await runDurableObjectAlarm(stub)).toBe(false);
});

test("S19 after a first change that failed, with the tables that it made, the next one is made and logged", async () => {
  const stub = env.SITE.getByName("tables-taken-back");
  await runInDurableObject(stub, async (instance: SiteObject, { storage }: DurableObjectState) => {
    const change = { action: "site.look", subject: "tables-taken-back", before: null };
    const unreadable = {
      get text(): string {
        throw new Error("unreadable");
      },
    };
    // The log's own table is made in the transaction that is taken back.
    expect(() => instance.note(INSTALLATION, { ...change, after: unreadable }, "first")).toThrow("unreadable");
    instance.note(INSTALLATION, { ...change, after: null }, "second");
    // So is that of the notices, when a version can't be noted.
    storage.kv.put("site", JSON.stringify({ site: { id: "tables-taken-back" }, version: 0, minimums: {} }));
    storage.sql.exec(
      "CREATE TABLE versions (version INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, digest TEXT NOT NULL, change TEXT NOT NULL)",
    );
    storage.sql.exec("CREATE TRIGGER full BEFORE INSERT ON versions BEGIN SELECT RAISE(ABORT, 'full'); END");
    await expect(instance.apply(SMALL_SITE)).rejects.toThrow("full");
    storage.sql.exec("DROP TRIGGER full");
    expect(await instance.apply(SMALL_SITE)).toMatchObject({ version: 1 });
  });
  const { entries } = await stub.auditPage(0, 10);
  expect(entries.map((text) => JSON.parse(text).action)).toEqual(["site.look", "config.publish"]);
});

test("G44 changes are listed some at a time, each once, the last first", async () => {
  const { owner, stub } = await changingSite("change-pages", governed(1));
  const propose = (i: number) => stub.propose(INSTALLATION, { title: `${i}`, config: SMALL_SITE, base: 1 });
  for (let i = 0; i < 6; i++) await propose(i);
  type Page = { changes: Change[]; next: string | null };
  const page = async (more: string) => (await owner("GET", `/changes${more}`)).body as unknown as Page;
  const seen: string[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const got: Page = await page(`?limit=3${next === "" ? "" : `&after=${next}`}`);
    expect(got.changes.length).toBeLessThanOrEqual(3);
    seen.push(...got.changes.map(({ id }) => id));
    next = got.next;
  }
  const whole = await page("");
  expect([seen, whole.next]).toEqual([whole.changes.map(({ id }) => id), null]);
  expect(new Set(seen).size).toBe(7);
  for (const wrong of ["?limit=0", "?limit=101", "?after=x"]) {
    expect(refusalOf(await owner("GET", `/changes${wrong}`))).toEqual([400, "malformed"]);
  }
});
