import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { Change } from "../../models/change.ts";
import type { ConfigDifference } from "../../models/config-diff.ts";
import type { Problem } from "../../models/wire.ts";
import type { SiteObject } from "../../worker/site/object.ts";
import type { VersionEntry } from "../../worker/site/versions.ts";
import { changingSite, governed, idOf, named, refusalOf, stateOf } from "../harness/changing-site.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const DAY_MS = 86_400_000;
const HALF_HOUR_MS = 1_800_000;
const INSTALLATION = { kind: "installation" } as const;

afterEach(() => vi.useRealTimers());

test("G44 a change is drafted, submitted, approved and published, and each step is logged once, without a text (S19)", async () => {
  const { id, member, inForce, log } = await changingSite("change-life", governed(1));
  const ada = await member("editor");
  const bob = await member("approver");
  const begun = (await log()).length;
  const proposed = await ada("POST", "/changes", {
    title: "A better name",
    config: named("Secret text", governed(1)),
    base: 1,
  });
  expect([proposed.status, stateOf(proposed)]).toEqual([201, "draft"]);
  const path = `/changes/${idOf(proposed)}`;
  expect(stateOf(await ada("POST", `${path}/submit`))).toBe("in-review");
  expect(refusalOf(await ada("POST", `${path}/publish`, {}))).toEqual([409, "not-approved"]);
  expect((await inForce()).version).toBe(1);
  const approved = await bob("POST", `${path}/approve`);
  expect(approved.body.change).toMatchObject({ state: "approved", approvals: [{ who: bob.who }] });
  const published = await ada("POST", `${path}/publish`, {});
  expect([published.status, published.body.version, stateOf(published)]).toEqual([200, 2, "live"]);
  expect((await inForce()).config.campaigns[0]?.name).toBe("Secret text");
  expect(JSON.parse((await env.CONFIG.get(`config/${id}`)) as string)).toBe(2);
  const entries = (await log()).slice(begun);
  expect(entries.map(({ action, who, subject }) => [action, who, subject])).toEqual([
    ["change.create", ada.who, idOf(proposed)],
    ["change.submit", ada.who, idOf(proposed)],
    ["change.approve", bob.who, idOf(proposed)],
    ["config.publish", ada.who, idOf(proposed)],
  ]);
  expect(entries[3]).toMatchObject({
    before: { version: 1 },
    after: { version: 2, digest: (proposed.body.change as Change).digest, paths: ["campaigns.help.name"], more: 0 },
  });
  expect(JSON.stringify(entries)).not.toMatch(/Secret text|A better name/);
});

test("G45 nobody publishes what is not approved: no owner, not the installation, and not in one step", async () => {
  const { owner, member, inForce, log } = await changingSite("change-rules", governed(1, true));
  const eve = await member("owner");
  for (const ask of [owner, eve]) {
    const begun = (await log()).length;
    // Each asks for something else: who asks for the same gets the change that is there.
    const wanted = named(ask === owner ? "New" : "Newer", governed(1, true));
    const put = await ask("PUT", "/config", wanted, { "If-Match": '"1"' });
    expect((await ask("PUT", "/config", wanted)).body.change).toBe(put.body.change);
    expect([put.status, put.body]).toEqual([
      202,
      { site: "change-rules", change: expect.any(String), state: "in-review" },
    ]);
    const path = `/changes/${put.body.change}`;
    expect(refusalOf(await ask("POST", `${path}/approve`))).toEqual([403, "forbidden"]);
    expect(refusalOf(await ask("POST", `${path}/publish`, {}))).toEqual([409, "not-approved"]);
    expect(refusalOf(await ask("POST", `${path}/publish`, { at: Date.now() + DAY_MS }))).toEqual([409, "not-approved"]);
    expect((await log()).slice(begun).map(({ action }) => action)).toEqual(["change.create"]);
  }
  // Fewer approvals need as many as are asked for now.
  expect((await eve("PUT", "/config", governed(0))).status).toBe(202);
  expect((await inForce()).version).toBe(1);
  // The twin: another person's approval lets it through.
  const { body } = await owner("PUT", "/config", named("Fewer", governed(0)));
  expect(stateOf(await eve("POST", `/changes/${body.change}/approve`))).toBe("approved");
  expect((await owner("POST", `/changes/${body.change}/publish`, {})).body.version).toBe(2);
  expect((await owner("PUT", "/config", named("At once"))).body).toMatchObject({ version: 3 });
});

test("G45 the first configuration of a site asks for nobody's approval, whatever it says itself", async () => {
  const { owner } = await changingSite("change-first", null);
  expect((await owner("PUT", "/config", governed(2, true), { "If-Match": '"0"' })).body).toMatchObject({ version: 1 });
  expect((await owner("PUT", "/config", named("Second"))).status).toBe(202);
});

test("G45 who edits a change loses its approvals; somebody else's change is edited by nobody", async () => {
  const { member } = await changingSite("change-edit", governed(1));
  const [ada, bob] = [await member("editor"), await member("admin")];
  const proposed = await ada("POST", "/changes", {
    title: "T",
    config: named("One", governed(1)),
    base: 1,
    submit: true,
  });
  const path = `/changes/${idOf(proposed)}`;
  expect(stateOf(await bob("POST", `${path}/approve`))).toBe("approved");
  expect(refusalOf(await bob("PUT", path, { config: named("Two", governed(1)) }))).toEqual([403, "forbidden"]);
  const edited = await ada("PUT", path, { config: named("Two", governed(1)) });
  expect(edited.body.change).toMatchObject({ state: "draft", approvals: [], title: "T" });
  expect(edited.body.change?.digest).not.toBe(proposed.body.change?.digest);
  expect(refusalOf(await ada("POST", `${path}/publish`, {}))).toEqual([409, "not-approved"]);
  const wrong = await ada("PUT", path, { config: { ...SMALL_SITE, engine: "webgpu" } });
  expect([wrong.status, (wrong.body as unknown as Problem).field]).toEqual([400, "config.engine"]);
  expect(stateOf(await ada("POST", `${path}/withdraw`))).toBe("withdrawn");
  expect(refusalOf(await ada("POST", `${path}/submit`))).toEqual([409, "change-state"]);
  expect(refusalOf(await ada("POST", "/changes/none/submit"))).toEqual([404, "not-found"]);
});

test("G45 who approves or publishes what they have seen says so, and nothing that was edited since is meant", async () => {
  const { owner, inForce } = await changingSite("change-seen", SMALL_SITE);
  const proposed = await owner("POST", "/changes", { title: "T", config: named("One"), base: 1, submit: true });
  const path = `/changes/${idOf(proposed)}`;
  const seen = { "If-Match": `"${proposed.body.change?.digest}"` };
  const edited = await owner("PUT", path, { config: named("Two") });
  await owner("POST", `${path}/submit`);
  expect(refusalOf(await owner("POST", `${path}/approve`, undefined, seen))).toEqual([412, "version-changed"]);
  expect(refusalOf(await owner("POST", `${path}/publish`, {}, seen))).toEqual([412, "version-changed"]);
  expect(refusalOf(await owner("POST", `${path}/publish`, {}, { "If-Match": '"x"' }))).toEqual([400, "malformed"]);
  expect((await inForce()).version).toBe(1);
  const now = { "If-Match": `"${edited.body.change?.digest}"` };
  expect(stateOf(await owner("POST", `${path}/approve`, undefined, now))).toBe("approved");
  expect((await owner("POST", `${path}/publish`, {}, now)).body.version).toBe(2);
});

test("G46 a change over a version that is in force no more is refused, naming both; its author takes it to the new one", async () => {
  const { owner } = await changingSite("change-stale", SMALL_SITE);
  const proposed = await owner("POST", "/changes", { title: "T", config: named("Mine"), base: 1 });
  const path = `/changes/${idOf(proposed)}`;
  expect((await owner("PUT", "/config", named("Theirs"))).body.version).toBe(2);
  for (const answer of [
    await owner("POST", `${path}/submit`),
    await owner("POST", `${path}/publish`, {}),
    await owner("POST", "/changes", { title: "T", config: named("Other"), base: 1 }),
  ]) {
    expect(refusalOf(answer)).toEqual([412, "version-changed"]);
    expect((answer.body as unknown as Problem).detail).toMatch(/version 1\b.*\b2 is in force/);
  }
  const read = await owner("GET", path);
  expect(read.body.diff).toEqual([
    { path: "campaigns.help.name", kind: "changed", before: "Help at payment", after: "Mine" },
  ] satisfies ConfigDifference[]);
  expect((await owner("PUT", path, { config: named("Mine"), base: 2 })).body.change).toMatchObject({ base: 2 });
  expect((await owner("POST", `${path}/publish`, {})).body.version).toBe(3);
});

test("G46 a change is published at its time, unless another version is in force by then: it stays approved, and the log says so", async () => {
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
  const { stub, owner, inForce, log } = await changingSite("change-timed", SMALL_SITE);
  const propose = async (name: string, base: number, at: number) => {
    const { body } = await owner("POST", "/changes", { title: name, config: named(name), base });
    return owner("POST", `/changes/${body.change?.id}/publish`, { at });
  };
  const at = Date.now() + DAY_MS;
  expect(refusalOf(await propose("Past", 1, Date.now()))).toEqual([400, "malformed"]);
  const [first, second] = [await propose("First", 1, at), await propose("Second", 1, at + DAY_MS)];
  expect(first.body.change).toMatchObject({ state: "approved", scheduledFor: at });
  expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).toBe(at);
  // An alarm that rings for something else publishes nothing before its time.
  await runDurableObjectAlarm(stub);
  expect((await inForce()).version).toBe(1);
  vi.setSystemTime(at);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect((await inForce()).config.campaigns[0]?.name).toBe("First");
  vi.setSystemTime(at + DAY_MS);
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect((await inForce()).config.campaigns[0]?.name).toBe("First");
  const kept = (await owner("GET", `/changes/${idOf(second)}`)).body.change;
  expect([kept?.state, kept?.scheduledFor]).toEqual(["approved", undefined]);
  expect((await log()).at(-1)).toMatchObject({
    action: "change.not-published",
    subject: idOf(second),
    after: { why: "conflict", base: 1, inForce: 2 },
  });
  expect(await runDurableObjectAlarm(stub)).toBe(false);
});

test("S18 a change that was scheduled by somebody who may publish no more stays where it is", async () => {
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
  const { stub, member, inForce, log } = await changingSite("change-left", SMALL_SITE);
  const ada = await member("editor");
  const { body } = await ada("POST", "/changes", { title: "T", config: named("Late"), base: 1 });
  expect((await ada("POST", `/changes/${body.change?.id}/publish`, { at: Date.now() + HALF_HOUR_MS })).status).toBe(
    200,
  );
  await stub.appoint(INSTALLATION, "owner", ada.account, null);
  vi.setSystemTime(Date.now() + HALF_HOUR_MS);
  await runDurableObjectAlarm(stub);
  expect((await inForce()).version).toBe(1);
  expect((await log()).at(-1)).toMatchObject({ action: "change.not-published", after: { why: "forbidden" } });
});

test("G44 versions are kept with who and when, compared, and gone back to, by a new version or by a proposal", async () => {
  const { owner, inForce, log } = await changingSite("change-versions", SMALL_SITE);
  await owner("PUT", "/config", named("Two"), { "Waypost-Title": encodeURIComponent("Zwei – 2") });
  const { versions } = (await owner("GET", "/versions")).body as unknown as { versions: VersionEntry[] };
  expect(versions).toMatchObject([
    { version: 2, by: "installation", change: expect.any(String) },
    { version: 1, by: "installation" },
  ]);
  const { changes } = (await owner("GET", "/changes")).body as unknown as { changes: Change[] };
  expect(changes.map(({ state, version, title }) => [state, version, title])).toEqual(
    expect.arrayContaining([
      ["live", 2, "Zwei – 2"],
      ["superseded", 1, ""],
    ]),
  );
  expect((await owner("GET", "/versions/1")).body).toMatchObject({ version: 1, config: SMALL_SITE });
  const diff = [{ path: "campaigns.help.name", kind: "changed", before: "Help at payment", after: "Two" }];
  expect((await owner("GET", "/diff?from=1&to=2")).body).toEqual({ from: 1, to: 2, diff });
  const begun = (await log()).length;
  expect((await owner("POST", "/versions/1/revert", {})).body).toMatchObject({ version: 3 });
  expect((await inForce()).config).toEqual(SMALL_SITE);
  expect((await log()).slice(begun).map(({ action }) => action)).toEqual(["config.publish"]);
  expect(refusalOf(await owner("GET", "/versions/9"))).toEqual([404, "not-found"]);
  expect(refusalOf(await owner("POST", "/versions/9/revert", {}))).toEqual([404, "not-found"]);
  await owner("PUT", "/config", governed(1));
  const proposed = await owner("POST", "/versions/1/revert", {});
  expect([proposed.status, proposed.body.state, (await inForce()).version]).toEqual([202, "in-review", 4]);
});

test("G44 at most 50 changes are open; what was withdrawn is forgotten after 90 days", async () => {
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
  const { owner, stub } = await changingSite("change-many", governed(1));
  for (let i = 0; i < 50; i++) await stub.propose(INSTALLATION, { title: `${i}`, config: SMALL_SITE, base: 1 });
  const propose = () => owner("POST", "/changes", { title: "One more", config: SMALL_SITE, base: 1 });
  expect(refusalOf(await propose())).toEqual([409, "too-many-changes"]);
  expect(refusalOf(await owner("PUT", "/config", SMALL_SITE))).toEqual([409, "too-many-changes"]);
  const all = async () => ((await owner("GET", "/changes")).body as unknown as { changes: Change[] }).changes;
  const [first, second] = (await all()).filter(({ state }) => state === "draft");
  await owner("POST", `/changes/${first?.id}/withdraw`);
  expect((await propose()).status).toBe(201);
  // The one in force is among them.
  expect((await all()).length).toBe(52);
  vi.setSystemTime(Date.now() + 90 * DAY_MS);
  await owner("POST", `/changes/${second?.id}/withdraw`);
  expect((await all()).length).toBe(51);
});

test("S19 creating a site, growing it and giving it a configuration are each logged once, and what changes nothing is not", async () => {
  const { id, owner, log } = await changingSite("change-logged", null);
  const keys = { publicKey: id.padEnd(22, "k"), writeKey: `${id}-write` };
  expect((await log()).map(({ action }) => action)).toEqual(["site.create"]);
  await env.SITE.getByName(id).create(id, keys.publicKey, keys.writeKey);
  for (let twice = 0; twice < 2; twice++) await owner("POST", "/shards", { shards: 16 });
  await owner("PUT", "/config", SMALL_SITE);
  expect(refusalOf(await owner("PUT", "/config", SMALL_SITE, { "If-Match": '"9"' }))).toEqual([412, "version-changed"]);
  expect((await log()).map(({ action, after }) => [action, after])).toEqual([
    ["site.create", { shards: 8 }],
    ["site.grow", { epoch: 2, shards: 16 }],
    ["config.publish", expect.objectContaining({ version: 1 })],
  ]);
});

test("G44 a publishing that fails at its last write leaves nothing: no version, no change, no entry in the log", async () => {
  const { stub, inForce, log } = await changingSite("change-half", SMALL_SITE);
  const begun = (await log()).length;
  await runInDurableObject(stub, async (instance: SiteObject, { storage }: DurableObjectState) => {
    storage.sql.exec(
      "CREATE TRIGGER full BEFORE INSERT ON changes WHEN NEW.state = 'live' BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    await expect(instance.apply(named("Half"))).rejects.toThrow("full");
    storage.sql.exec("DROP TRIGGER full");
  });
  await evictDurableObject(stub);
  expect((await inForce()).config.campaigns[0]?.name).toBe("Help at payment");
  expect([(await stub.versions()).length, (await stub.changes()).changes.map(({ state }) => state)]).toEqual([
    1,
    ["live"],
  ]);
  expect((await log()).length).toBe(begun);
  // The twin: where all of it can be written, all of it is.
  expect(await stub.apply(named("Whole"))).toMatchObject({ version: 2 });
});
