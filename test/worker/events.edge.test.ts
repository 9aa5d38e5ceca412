import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, onTestFinished, test } from "vitest";
import type { Line } from "../../models/analysis/arrivals.ts";
import type { ListedEvent } from "../../models/analysis/event-list.ts";
import type { Catalogue } from "../../models/catalogue.ts";
import type { Problem } from "../../models/wire.ts";
import type { EventsObject } from "../../worker/events/object.ts";
import { EventStore } from "../../worker/events/store.ts";
import type { Flush } from "../../worker/events/tally.ts";
import { siteObject } from "../../worker/objects.ts";
import { atConsole, CONSOLE, personOf } from "../harness/person-of.ts";
import { ask, batchOf, createSite, ORIGIN, post, randomKey, type SiteOf } from "../harness/site-of.ts";
import { everythingStored } from "../harness/stores.ts";
import { auditOf, memberOf } from "../harness/team-of.ts";

const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
const CATALOGUE: Catalogue = {
  events: [{ name: "Paid", properties: { plan: { type: "string", required: true } } }, { name: "Never Sent" }],
};
/** The isolate's count waits 200 ms in tests; other files may keep the isolate busy for seconds. */
const SOON = { timeout: 15_000 };

interface Sent {
  type: string;
  name?: string;
  props?: object;
  url?: string;
  at?: number;
  seq?: number;
}

/** Sends touchpoints as a page does. */
async function send(site: SiteOf, touchpoints: Sent[], change: object = {}): Promise<Record<string, unknown>> {
  const whole = touchpoints.map((one, seq) => ({
    seq,
    name: "",
    at: Date.now(),
    url: `${ORIGIN}/cart`,
    props: {},
    ...one,
  }));
  const streams = [{ stream: randomKey(8), touchpoints: whole }];
  const answered = await post("/v1/collect", batchOf(site, 0, { streams, ...change }));
  return (await answered.json()) as Record<string, unknown>;
}

async function eventsOf({ id }: SiteOf, query = ""): Promise<(ListedEvent & { id: string })[]> {
  const answer = await ask(`/api/sites/${id}/events${query}`, { headers });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { events: (ListedEvent & { id: string })[] }).events;
}

const named = (events: ListedEvent[], name: string) => events.find((one) => one.name === name);

test("U61 U65 a team reads which events arrive, with their properties, beside those that it expects", async () => {
  const site = await createSite("events-list", { catalogue: CATALOGUE });
  await send(site, [
    { type: "page", name: "A basket" },
    { type: "track", name: "Paid", props: { plan: "team", seats: 3 } },
    { type: "track", name: "Paid", props: { seats: "three" } },
    { type: "track", name: "Surprise" },
  ]);
  await expect.poll(async () => named(await eventsOf(site), "Paid")?.total, SOON).toBe(2);
  const events = await eventsOf(site);
  const today = new Date().toISOString().slice(0, 10);
  expect(named(events, "Paid")).toMatchObject({
    type: "track",
    first: today,
    last: today,
    expected: true,
    properties: [
      { key: "plan", types: ["string"], expected: { type: "string", required: true } },
      { key: "seats", types: ["number", "string"] },
    ],
  });
  expect(named(events, "Paid")?.violations).toEqual(
    expect.arrayContaining([
      { kind: "missing-property", property: "plan", count: 1 },
      { kind: "unknown-property", property: "seats", count: 2 },
    ]),
  );
  expect(named(events, "Surprise")).toMatchObject({
    expected: false,
    violations: [{ kind: "unexpected-event", property: "", count: 1 }],
  });
  expect(named(events, "Never Sent")).toMatchObject({ total: 0, first: null, expected: true });
  // A title is no name: of pages there is one line.
  expect(events.filter(({ type }) => type === "page").map(({ name, total }) => [name, total])).toEqual([["", 1]]);
});

test("U65 S19 hiding an event is one entry of the log, which names it by its id; hidden, it is listed only where it is asked for", async () => {
  const site = await createSite("events-hidden", { catalogue: CATALOGUE });
  await send(site, [
    { type: "track", name: "Internal / Debug" },
    { type: "click", name: "Pay" },
  ]);
  await expect.poll(async () => named(await eventsOf(site), "Internal / Debug")?.total, SOON).toBe(1);
  const put = (path: string, hidden: unknown) =>
    ask(`/api/sites/${site.id}/events/${path}`, { method: "PUT", headers, body: JSON.stringify({ hidden }) });
  const before = (await auditOf(site.id)).length;
  const hide = await put(`track/${encodeURIComponent("Internal / Debug")}`, true);
  const { id } = (await hide.json()) as { id: string };
  expect((await put("click/_", true)).status).toBe(200);
  expect(named(await eventsOf(site), "Internal / Debug")).toBeUndefined();
  const all = await eventsOf(site, "?hidden=true");
  expect(named(all, "Internal / Debug")).toMatchObject({ id, hidden: true, total: 1 });
  expect(all.find(({ type }) => type === "click")).toMatchObject({ hidden: true });
  // Once more is no change.
  expect((await put(`track/${encodeURIComponent("Internal / Debug")}`, true)).status).toBe(200);
  const entries = await auditOf(site.id, before);
  expect(entries.map(({ action, subject, after }) => [action, subject === id, after])).toEqual([
    ["event.hide", true, true],
    ["event.hide", false, true],
  ]);
  expect(JSON.stringify(entries)).not.toContain("Debug");
  const nowhere = await put("track/Nowhere", true);
  expect([nowhere.status, (await put("click/_", "yes")).status]).toEqual([404, 400]);
  expect(await auditOf(site.id, before)).toHaveLength(2);
});

/** Someone who watches what arrives at a site. */
async function watch(
  { id }: SiteOf,
  as: Record<string, string> = headers,
  send: (path: string, init: { headers: Record<string, string> }) => Promise<Response> = ask,
) {
  const answer = await send(`/api/sites/${id}/events/live`, { headers: { ...as, Upgrade: "websocket" } });
  expect(answer.status).toBe(101);
  const socket = answer.webSocket as WebSocket;
  const watcher = { socket, lines: [] as Line[], left: 0, messages: [] as string[], closed: null as number | null };
  socket.addEventListener("message", ({ data }) => {
    watcher.messages.push(String(data));
    const { lines, left } = JSON.parse(String(data)) as { lines: Line[]; left: number };
    watcher.lines.push(...lines);
    watcher.left += left;
  });
  socket.addEventListener("close", ({ code }) => {
    watcher.closed = code;
  });
  socket.accept();
  onTestFinished(() => {
    if (watcher.closed === null) socket.close(1000);
  });
  // It is told at once that the line is there.
  await expect.poll(() => watcher.messages.length).toBe(1);
  return watcher;
}

const touchpointsOf = ({ lines }: { lines: Line[] }) =>
  lines.flatMap((line) => (line.kind === "touchpoint" ? [line] : []));

test("U66 who watches sees what arrives and what was done with it: taken, repeated, refused and why, decided, not even read", async () => {
  const site = await createSite("events-live", { catalogue: CATALOGUE });
  const watcher = await watch(site);
  const secret = randomKey(16);
  const stream = randomKey(8);
  const now = Date.now();
  const base = { at: now, url: `${ORIGIN}/pay?mail=ann@other.example`, props: {} };
  const touchpoints = [
    { ...base, seq: 0, type: "page", name: "Pay" },
    { ...base, seq: 1, type: "track", name: "Paid", props: { seats: 3 } },
    { ...base, seq: 2, type: "page", name: "Old", at: now - 8 * 86_400_000 },
    { ...base, seq: 3, type: "nothing of ours", name: "" },
  ];
  const asks = [{ ask: randomKey(16), at: now, on: "stage.pay", score: null, model: null }];
  const consent = { rev: 1, purposes: ["analytics", "scoring", "personalization"] };
  const batch = { secret, consent, streams: [{ stream, touchpoints }], asks };
  await post("/v1/collect", batchOf(site, 0, batch));
  await post(
    "/v1/collect",
    batchOf(site, 0, { ...batch, streams: [{ stream, touchpoints: [touchpoints[0]] }], asks: [] }),
  );
  await post("/v1/collect", batchOf(site, 1), { Origin: "https://evil.example" });
  await expect.poll(() => watcher.lines.length, SOON).toBe(7);
  const verdicts = touchpointsOf(watcher).map(({ type, verdict, reason, field }) => [type, verdict, reason, field]);
  expect(verdicts).toEqual([
    ["page", "accepted", "", ""],
    ["track", "accepted", "", ""],
    ["page", "refused", "too-old", "at"],
    ["", "refused", "unknown-type", "type"],
    ["page", "duplicate", "", ""],
  ]);
  expect(touchpointsOf(watcher)[1]).toMatchObject({
    name: "Paid",
    path: "/pay",
    source: "page",
    properties: [{ key: "seats", type: "number" }],
    violations: [
      { kind: "missing-property", property: "plan" },
      { kind: "unknown-property", property: "seats" },
    ],
  });
  const people = new Set(touchpointsOf(watcher).map(({ person }) => person));
  expect([...people]).toEqual([expect.stringMatching(/^[\w-]{8}$/)]);
  expect(watcher.lines.find(({ kind }) => kind === "decision")).toMatchObject({ on: "stage.pay", verdict: "none" });
  expect(watcher.lines.find(({ kind }) => kind === "request")).toMatchObject({ problem: "origin-not-allowed" });
});

test("U66 what servers tell is seen too, by item", async () => {
  const site = await createSite("events-live-servers");
  const watcher = await watch(site);
  const batch = [
    { anonymousId: "a", seq: 0, type: "track", event: "Ticket Opened", timestamp: Date.now() },
    { anonymousId: "a", seq: 1, type: "identify", userId: "ada", traits: { plan: "team" }, timestamp: Date.now() },
    { anonymousId: "a", seq: 2, type: "outcome", timestamp: Date.now() },
  ];
  const answered = await post(
    "/v1/batch",
    { historical: false, stream: "tickets", batch },
    { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` },
  );
  expect(answered.status).toBe(200);
  await expect.poll(() => watcher.lines.length, SOON).toBe(3);
  const lines = touchpointsOf(watcher).map(({ source, type, name, verdict, reason }) => [
    source,
    type,
    name,
    verdict,
    reason,
  ]);
  expect(lines).toEqual(
    expect.arrayContaining([
      ["server", "track", "Ticket Opened", "accepted", ""],
      // Who was identified is not told.
      ["server", "identify", "", "accepted", ""],
      ["server", "", "", "refused", "unknown-type"],
    ]),
  );
  expect(watcher.messages.join("")).not.toContain("ada");
});

test("U66 where nobody watches nothing of a line is sent or stored, and the same touchpoint is seen where somebody does", async () => {
  const site = await createSite("events-unwatched");
  await send(site, [{ type: "track", name: "Before", url: `${ORIGIN}/cart/unseen` }]);
  await expect.poll(async () => named(await eventsOf(site), "Before")?.total, SOON).toBe(1);
  const object = env.EVENTS.getByName(site.id);
  const stored = await runInDurableObject(object, (_: EventsObject, { storage }: DurableObjectState) =>
    JSON.stringify([...storage.sql.exec("SELECT * FROM days"), ...storage.sql.exec("SELECT * FROM events")]),
  );
  expect(stored).toContain("Before");
  expect(stored).not.toContain("unseen");
  const watcher = await watch(site);
  expect(watcher.lines).toEqual([]);
  await send(site, [{ type: "track", name: "After", url: `${ORIGIN}/cart/seen` }]);
  await expect.poll(() => watcher.lines.length, SOON).toBe(1);
  expect(touchpointsOf(watcher)[0]).toMatchObject({ name: "After", path: "/cart/seen" });
});

test("U66 a line outlives the sleep of its object, and its watcher's word goes on from there", async () => {
  const site = await createSite("events-sleeping");
  const watcher = await watch(site);
  const object = env.EVENTS.getByName(site.id);
  await evictDurableObject(object, { webSockets: "hibernate" });
  watcher.socket.send("watch");
  await send(site, [{ type: "track", name: "Awake" }]);
  await expect.poll(() => watcher.lines.length, SOON).toBe(1);
  watcher.socket.send("anything else");
  await expect.poll(() => watcher.closed).toBe(4003);
  // Nobody is there: the next count is told so.
  expect(await object.arrived(null, { lines: [], left: 0 })).toEqual({ watchedUntil: 0 });
});

/** Lets time pass for those who watch. */
function ages(site: SiteOf, change: { since?: number; saidAt?: number }): Promise<void> {
  return runInDurableObject(env.EVENTS.getByName(site.id), (_: EventsObject, ctx: DurableObjectState) => {
    for (const socket of ctx.getWebSockets()) {
      const held = socket.deserializeAttachment() as { since: number; saidAt: number };
      const { since = 0, saidAt = 0 } = change;
      socket.serializeAttachment({ ...held, since: held.since - since, saidAt: held.saidAt - saidAt });
    }
  });
}

test("U67 a watcher's word holds for a minute, a line for five, and after fifteen without a word it is closed", async () => {
  const site = await createSite("events-silent");
  const object = env.EVENTS.getByName(site.id);
  const watchedFor = async () => (await object.arrived(null, { lines: [], left: 0 })).watchedUntil - Date.now();
  const silent = await watch(site);
  expect(await watchedFor()).toBeGreaterThan(55_000);
  expect(await watchedFor()).toBeLessThanOrEqual(60_000);
  await ages(site, { saidAt: 61_000 });
  expect(await watchedFor()).toBeLessThan(0);
  await object.arrived(null, {
    lines: [{ at: 1, source: "page", person: "", kind: "request", problem: "p" }],
    left: 0,
  });
  silent.socket.send("watch");
  await expect.poll(watchedFor).toBeGreaterThan(55_000);
  // What came while they were silent was shown to nobody.
  expect(silent.lines).toEqual([]);
  await ages(site, { saidAt: 15 * 60_000 });
  expect(await runDurableObjectAlarm(object)).toBe(true);
  await expect.poll(() => silent.closed).toBe(4005);

  const old = await watch(site);
  await ages(site, { since: 5 * 60_000 });
  old.socket.send("watch");
  await expect.poll(() => old.closed).toBe(1012);
});

test("U67 S18 whose access was taken away is dropped at their next word, and who still has it watches on", async () => {
  const site = await createSite("events-revoked");
  const stays = await memberOf(site.id, "analyst");
  const goes = await memberOf(site.id, "analyst");
  const narrow = await memberOf(site.id, "owner", ["map.read"]);
  const refused = await ask(`/api/sites/${site.id}/events/live`, {
    headers: { ...narrow.headers, Upgrade: "websocket" },
  });
  expect(refused.status).toBe(403);
  const [staying, going] = [await watch(site, stays.headers), await watch(site, goes.headers)];
  await siteObject(env, site.id).revokeToken({ kind: "installation" }, goes.tokenId);
  for (const { socket } of [staying, going]) socket.send("watch");
  await expect.poll(() => going.closed).toBe(4004);
  await send(site, [{ type: "track", name: "After" }]);
  await expect.poll(() => staying.lines.length, SOON).toBe(1);
  expect([staying.closed, going.lines.length]).toEqual([null, 0]);
  const again = await ask(`/api/sites/${site.id}/events/live`, { headers: { ...goes.headers, Upgrade: "websocket" } });
  expect(again.status).toBe(401);
});

/** Says when a site's watchers were last asked of. */
const askedOf = (site: SiteOf, askedAt: number) =>
  runInDurableObject(env.EVENTS.getByName(site.id), (_: EventsObject, ctx: DurableObjectState) => {
    for (const socket of ctx.getWebSockets()) {
      socket.serializeAttachment({ ...(socket.deserializeAttachment() as object), askedAt });
    }
  });

test("U67 S18 whose access was taken away is shown nothing more though they say nothing: a token, a membership, a session", async () => {
  const site = await createSite("events-taken");
  const owner = await memberOf(site.id, "owner");
  const token = await memberOf(site.id, "analyst");
  const member = await memberOf(site.id, "analyst");
  const out = await personOf(site.id, "analyst");
  const everywhere = await personOf(site.id, "analyst");
  const stays = await personOf(site.id, "analyst");
  const signedIn = (who: { headers: Record<string, string> }) =>
    watch(site, { ...who.headers, Origin: CONSOLE }, (path, init) => atConsole(path, init));
  const watchers = {
    token: await watch(site, token.headers),
    member: await watch(site, member.headers),
    out: await signedIn(out),
    everywhere: await signedIn(everywhere),
    stays: await signedIn(stays),
  };
  const lines = () => Object.entries(watchers).map(([who, { lines }]) => [who, lines.length]);
  const closed = () => Object.entries(watchers).map(([who, { closed }]) => [who, closed]);
  await send(site, [{ type: "track", name: "Before" }]);
  await expect.poll(lines, SOON).toEqual(Object.keys(watchers).map((who) => [who, 1]));

  const object = siteObject(env, site.id);
  await object.revokeToken({ kind: "installation" }, token.tokenId);
  await object.appoint({ kind: "account", account: owner.account }, "owner", member.account, null);
  expect((await atConsole("/api/session", { method: "DELETE", headers: out.headers })).status).toBe(200);
  expect((await atConsole("/api/sessions", { method: "DELETE", headers: everywhere.headers })).status).toBe(200);
  await askedOf(site, Date.now() - 3_000);
  await send(site, [{ type: "track", name: "After" }]);
  await expect.poll(() => watchers.stays.lines.length, SOON).toBe(2);
  await expect.poll(closed, SOON).toEqual([
    ["token", 4004],
    ["member", 4004],
    ["out", 4004],
    ["everywhere", 4004],
    ["stays", null],
  ]);
  expect(lines()).toEqual(Object.keys(watchers).map((who) => [who, who === "stays" ? 2 : 1]));
});

test("U67 a watcher is asked of every three seconds at most, however often they speak and however much there is to show", async () => {
  const site = await createSite("events-asked");
  const analyst = await memberOf(site.id, "analyst");
  const watcher = await watch(site, analyst.headers);
  const askedAt = () =>
    runInDurableObject(env.EVENTS.getByName(site.id), (_: EventsObject, ctx: DurableObjectState) =>
      ctx.getWebSockets().map((socket) => (socket.deserializeAttachment() as { askedAt: number }).askedAt),
    );
  // As if just now: a test is no slower than a minute.
  const justNow = Date.now() + 60_000;
  await askedOf(site, justNow);
  for (let i = 0; i < 20; i++) watcher.socket.send("watch");
  const object = env.EVENTS.getByName(site.id);
  const line = { at: 1, source: "page", person: "", kind: "request", problem: "p" } as const;
  for (let i = 0; i < 5; i++) await object.arrived(null, { lines: [line], left: 0 });
  await expect.poll(() => watcher.lines.length).toBe(5);
  expect(await askedAt()).toEqual([justNow]);
  const before = Date.now() - 3_000;
  await askedOf(site, before);
  watcher.socket.send("watch");
  await expect.poll(async () => (await askedAt())[0]).toBeGreaterThan(before);
});

test("U67 a line is over after five minutes, also for who says nothing: what comes then they are not shown", async () => {
  const site = await createSite("events-over");
  const [old, young] = [await watch(site), await watch(site)];
  await runInDurableObject(env.EVENTS.getByName(site.id), (_: EventsObject, ctx: DurableObjectState) => {
    const [first] = ctx.getWebSockets().sort((a, b) => sinceOf(a) - sinceOf(b));
    const held = first?.deserializeAttachment() as { since: number };
    first?.serializeAttachment({ ...held, since: held.since - 5 * 60_000 });
  });
  await send(site, [{ type: "track", name: "Late" }]);
  await expect.poll(() => young.lines.length, SOON).toBe(1);
  await expect.poll(() => old.closed).toBe(1012);
  expect(old.lines).toEqual([]);
});

const sinceOf = (socket: WebSocket) => (socket.deserializeAttachment() as { since: number }).since;

test("U67 a ninth watcher takes the place of the first", async () => {
  const site = await createSite("events-crowded");
  const watchers: Awaited<ReturnType<typeof watch>>[] = [];
  for (let i = 0; i < 9; i++) watchers.push(await watch(site));
  await expect.poll(() => watchers[0]?.closed).toBe(4002);
  expect(watchers.slice(1).every(({ closed }) => closed === null)).toBe(true);
  expect(await env.EVENTS.getByName(site.id).counted()).toMatchObject({ watchers: 8 });
  const plain = await ask(`/api/sites/${site.id}/events/live`, { headers });
  expect(((await plain.json()) as Problem).status).toBe(426);
});

test("U62 S20 of values, ids and addresses nothing reaches the site's counts or who watches, whoever sends them", async () => {
  const site = await createSite("events-secret", { catalogue: CATALOGUE });
  const watcher = await watch(site);
  const secrets = ["ann.other@mail.example", "DE89370400440532013000", "4111111111111111", "hunter2-of-ann"];
  const [email, , card, password] = secrets as [string, string, string, string];
  const user = "user-of-events-secret";
  const touchpoints: Sent[] = [
    ...secrets.map((value) => ({ type: "track", name: "Paid", props: { plan: value, coupon: value } })),
    { type: "track", name: `Order of ${email}`, props: { [email]: 1, [`card ${card}`]: 2 } },
    { type: "identify", name: user, props: { email, password } },
    { type: "click", name: `Write to ${email}` },
    { type: "page", name: `Basket of ${card}`, url: `${ORIGIN}/cart/${email}?password=${password}#${password}` },
    // Refused, with a secret in what names the fault.
    { type: "track", name: "Paid", props: { [email]: "x".repeat(600) } },
  ];
  await send(site, touchpoints);
  await expect.poll(() => watcher.lines.length, SOON).toBe(touchpoints.length);
  const stored = [...(await everythingStored())].filter(([place]) => place.startsWith("EVENTS "));
  const counts = stored.map(([, text]) => text).join("\n");
  const seen = watcher.messages.join("\n");
  for (const text of [...secrets, "ann.other", user]) {
    expect(counts, text).not.toContain(text);
    expect(seen, text).not.toContain(text);
  }
  // The twin: names and keys are there.
  for (const text of ["Paid", "coupon", "Order of •", "password"]) {
    expect(counts, text).toContain(text);
    expect(seen, text).toContain(text);
  }
});

test("U64 U23 a site's counts hold up no answer, and what could not be told is told with the next batch", async () => {
  const site = await createSite("events-away");
  let calls = 0;
  const object = env.EVENTS.getByName(site.id);
  // The first call is lost.
  const arrived = (...args: Parameters<typeof object.arrived>) => {
    calls++;
    return calls === 1 ? Promise.reject(new Error("away")) : object.arrived(...args);
  };
  const bindings = { EVENTS: { getByName: () => ({ arrived }) } as never };
  const sends = async () => (await post("/v1/collect", batchOf(site, 2), { bindings })).status;
  expect(await sends()).toBe(200);
  await expect.poll(() => calls).toBe(1);
  expect(await object.observed()).toEqual({ days: [], events: [] });
  const counted = async () => (await object.counted()).days.map(({ sums }) => [sums.batches, sums["accepted.page"]]);
  await expect
    .poll(async () => ((await counted()).length > 0 ? "told" : await sends()), { timeout: 15_000, interval: 100 })
    .toBe("told");
  await expect.poll(async () => (await counted())[0]?.[0], { timeout: 15_000 }).toBeGreaterThanOrEqual(2);
  const [[batches, touchpoints] = []] = await counted();
  expect(touchpoints).toBe(2 * (batches as number));

  const silent = await createSite("events-silence");
  const EVENTS = { getByName: () => ({ arrived: () => new Promise(() => {}) }) } as never;
  for (let i = 0; i < 3; i++) {
    expect((await post("/v1/collect", batchOf(silent, 1), { bindings: { EVENTS } })).status).toBe(200);
  }
});

const flushOf = (no: number, day: number, name = "a", sender = "s"): Flush => ({
  sender,
  no,
  days: [{ day, sums: { batches: 1, [`event.track ${name}`]: 1 }, seen: [{ key: `track ${name}`, properties: [] }] }],
});

/** Works on the store of a site's object. */
function withStore<T>(name: string, work: (store: EventStore, storage: DurableObjectStorage) => T): Promise<T> {
  return runInDurableObject(env.EVENTS.getByName(name), (_: EventsObject, { storage }: DurableObjectState) =>
    work(new EventStore(storage), storage),
  );
}

test("U64 a flush that is repeated counts once, also after the object has forgotten all but its storage", async () => {
  const batches = await withStore("events-repeated", (store, storage) => {
    store.take(flushOf(1, 100));
    store.take(flushOf(1, 100));
    new EventStore(storage).take(flushOf(1, 100));
    new EventStore(storage).take(flushOf(2, 100));
    // Another isolate's first is another.
    new EventStore(storage).take(flushOf(1, 100, "a", "t"));
    return new EventStore(storage).days().map(({ sums }) => [sums.batches, sums["event.track a"], sums.flushes]);
  });
  expect(batches).toEqual([[3, 3, 3]]);
});

test("U64 counts and events are kept for 62 days, and a day's flush is a row", async () => {
  const kept = await withStore("events-kept", (store, storage) => {
    store.take(flushOf(1, 100, "old"));
    store.take(flushOf(2, 101, "a"));
    store.take(flushOf(3, 161, "a"));
    const days = store.days().map(({ day }) => day);
    store.take(flushOf(4, 162, "b"));
    let rows = 0;
    const exec = storage.sql.exec.bind(storage.sql);
    const cursors: { rowsWritten: number }[] = [];
    Object.assign(storage.sql, {
      exec: (query: string, ...bindings: SqlStorageValue[]) => {
        const cursor = exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      },
    });
    store.take(flushOf(5, 162, "b"));
    for (const { rowsWritten } of cursors) rows += rowsWritten;
    Object.assign(storage.sql, { exec });
    return { days, after: store.days().map(({ day }) => day), events: store.events().map(({ key }) => key), rows };
  });
  expect(kept).toEqual({ days: [100, 101, 161], after: [101, 161, 162], events: ["track a", "track b"], rows: 1 });
});

test("U63 a site's 501st event, and an event's 33rd property, are counted and have no name", async () => {
  const { events, other, properties } = await withStore("events-many", (store) => {
    // What the site expects takes no room from what it does not, whichever comes first.
    const plan = Array.from({ length: 200 }, (_, i) => ({
      key: `track Plan ${i}`,
      expected: true as const,
      properties: [],
    }));
    store.take({ sender: "p", no: 1, days: [{ day: 100, sums: {}, seen: plan }] });
    for (let i = 0; i < 520; i++) store.take(flushOf(i + 1, 100, `e${i}`));
    const keys = Array.from({ length: 40 }, (_, i) => ({ key: `k${i}`, type: "string" as const }));
    store.take({ sender: "t", no: 1, days: [{ day: 100, sums: {}, seen: [{ key: "track e0", properties: keys }] }] });
    // What the site expects has room all the same.
    store.take({
      sender: "t",
      no: 2,
      days: [{ day: 100, sums: {}, seen: [{ key: "track Paid", expected: true, properties: [] }] }],
    });
    const [day] = store.days();
    return {
      events: store.events().length,
      other: day?.sums.other,
      properties: store.events().find(({ key }) => key === "track e0")?.properties.length,
    };
  });
  expect([events, other, properties]).toEqual([701, 20, 32]);
});
