import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, onTestFinished, test } from "vitest";
import type { MapView } from "../../models/analysis/graph.ts";
import { EMPTY_CONTRIBUTION } from "../../models/contribution.ts";
import type { Problem } from "../../models/wire.ts";
import type { Watcher } from "../../worker/access/watcher.ts";
import app from "../../worker/index.ts";
import type { LiveMapObject } from "../../worker/map/live.ts";
import type { MapObject } from "../../worker/map/object.ts";
import { Watchers } from "../../worker/map/watchers.ts";
import { siteObject } from "../../worker/objects.ts";
import { atConsole, CONSOLE, personOf } from "../harness/person-of.ts";
import { ask } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { memberOf } from "../harness/team-of.ts";

const DAY = 20_780;
const SHARDS = 8;

function api(
  path: string,
  { method = "GET", headers = {}, body }: { method?: string; headers?: HeadersInit; body?: unknown },
) {
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return app.fetch(new Request(`https://edge/api/sites/${path}`, init), env);
}

const bearer = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };

async function createSite(id: string) {
  const keys = { publicKey: id.padEnd(22, "k"), writeKey: id.padEnd(22, "w") };
  await api(id, { method: "PUT", headers: bearer, body: keys });
  expect((await api(`${id}/config`, { method: "PUT", headers: bearer, body: SMALL_SITE })).status).toBe(200);
  const shards = Array.from({ length: SHARDS }, (_, i) => env.MAP.getByName(`${id}:1:${i}`));
  return { id, shards, fanOut: env.LIVE_MAP.getByName(`${id}:checkout`) };
}

type Site = Awaited<ReturnType<typeof createSite>>;

const mapOf = async ({ id }: Site) =>
  (await (await api(`${id}/journeys/checkout/map`, { headers: bearer })).json()) as MapView;

/** A person's first push, or a later one of them. */
function push(site: Site, person: number, no = 1) {
  const days: [number, typeof EMPTY_CONTRIBUTION][] = [[DAY, { ...EMPTY_CONTRIBUTION, visits: 1, touchpoints: no }]];
  const shard = site.shards[person % SHARDS] as (typeof site.shards)[0];
  return shard.push({ journey: "checkout", person: `p${person}`, no, days });
}

async function subscribe({ id }: Site, as: Record<string, string> = bearer) {
  const { Cookie } = as;
  const headers = { ...as, Upgrade: "websocket", ...(Cookie ? { Origin: CONSOLE } : {}) };
  const path = `/api/sites/${id}/journeys/checkout/live`;
  const answer = await (Cookie ? atConsole(path, { headers }) : ask(path, { headers }));
  expect(answer.status).toBe(101);
  const socket = answer.webSocket as WebSocket;
  const watcher = { socket, maps: [] as MapView[], closed: null as number | null };
  socket.addEventListener("message", ({ data }) => {
    watcher.maps.push(JSON.parse(String(data)));
  });
  socket.addEventListener("close", ({ code }) => {
    watcher.closed = code;
  });
  socket.accept();
  onTestFinished(() => {
    if (watcher.closed === null) socket.close(1000);
  });
  await expect.poll(() => watcher.maps.length, { timeout: 5_000 }).toBe(1);
  return watcher;
}

const toldBy = async ({ shards }: Site) => {
  const told = await Promise.all(
    shards.map((shard) => runInDurableObject(shard, (instance: MapObject) => instance.watchers.told)),
  );
  return told.reduce((sum, each) => sum + each, 0);
};

test("L9 who watches a map gets it as it is, and of a burst of 50 pushes a few maps, the last of them the map itself", async () => {
  const site = await createSite("burst");
  await push(site, 0);
  const watcher = await subscribe(site);
  expect(watcher.maps[0]).toEqual(await mapOf(site));
  expect(watcher.maps[0]?.visits).toBe(1);
  await Promise.all(Array.from({ length: 50 }, (_, i) => push(site, i + 1)));
  await expect.poll(() => watcher.maps.at(-1)?.visits, { timeout: 5_000 }).toBe(51);
  expect(watcher.maps.at(-1)).toEqual(await mapOf(site));
  expect(watcher.maps.length).toBeLessThanOrEqual(4);
  // Told by many shards at once, it reads them once now or at the end of the second.
  const reads = () => runInDurableObject(site.fanOut, (instance: LiveMapObject) => instance.reads);
  const before = await reads();
  await push(site, 51);
  await Promise.all(Array.from({ length: 20 }, () => site.fanOut.changed()));
  await expect.poll(() => watcher.maps.at(-1)?.visits, { timeout: 5_000 }).toBe(52);
  expect((await reads()) - before).toBeLessThanOrEqual(2);
});

test("L10 where nothing changed nothing is sent, and what changes after a hibernation is", async () => {
  const site = await createSite("sleeping");
  await push(site, 0);
  const watcher = await subscribe(site);
  await evictDurableObject(site.fanOut, { webSockets: "hibernate" });
  // The same push again changes nothing, though the shard tells of it; nor does another word of the subscriber.
  const before = await toldBy(site);
  await push(site, 0);
  await expect.poll(() => toldBy(site)).toBe(before + 1);
  watcher.socket.send("watch");
  const reads = () => runInDurableObject(site.fanOut, (instance: LiveMapObject) => instance.reads);
  await expect.poll(reads, { timeout: 5_000 }).toBeGreaterThanOrEqual(2);
  expect(watcher.maps).toHaveLength(1);
  await push(site, 0, 2);
  await expect.poll(() => watcher.maps.length, { timeout: 5_000 }).toBe(2);
  expect(watcher.maps[1]?.touchpoints).toBe(2);
});

test("L11 a shard that nobody watches tells nobody; one that is watched does, and what it forgets in a restart it is told again", async () => {
  const site = await createSite("unwatched");
  await push(site, 0);
  expect(await toldBy(site)).toBe(0);
  const watcher = await subscribe(site);
  await push(site, 0, 2);
  await expect.poll(() => watcher.maps.at(-1)?.touchpoints, { timeout: 5_000 }).toBe(2);
  expect(await toldBy(site)).toBe(1);
  await Promise.all([...site.shards, site.fanOut].map((stub) => evictDurableObject(stub)));
  await push(site, 0, 3);
  expect(await toldBy(site)).toBe(0);
  watcher.socket.send("watch");
  // What it missed comes with the word of the subscriber, what is new by itself.
  await expect.poll(() => watcher.maps.at(-1)?.touchpoints, { timeout: 5_000 }).toBe(3);
  await push(site, 0, 4);
  await expect.poll(() => watcher.maps.at(-1)?.touchpoints, { timeout: 5_000 }).toBe(4);
});

test("L11 a minute after the last word of a subscriber a shard tells nothing any more, and until then each change", async () => {
  const told: string[] = [];
  const watchers = new Watchers(async (journey) => told.push(journey));
  await watchers.changed("checkout", 1_000);
  expect(told).toEqual([]);
  watchers.watch("checkout", 61_000);
  await watchers.changed("checkout", 2_000);
  await watchers.changed("other", 2_000);
  await watchers.changed("checkout", 60_999);
  expect(told).toEqual(["checkout", "checkout"]);
  await watchers.changed("checkout", 61_000);
  await watchers.changed("checkout", 62_000);
  expect(told).toHaveLength(2);
  watchers.watch("checkout", 122_000);
  await watchers.changed("checkout", 63_000);
  expect(told).toHaveLength(3);
});

test("L11 of many changes within a second the first is told at once, and all others together", async () => {
  const watchers = new Watchers(async () => {});
  watchers.watch("checkout", 1_000_000);
  await Promise.all(Array.from({ length: 50 }, (_, i) => watchers.changed("checkout", 900_000 + i)));
  expect(watchers.told).toBe(2);
});

/** Changes what the sockets of a map remember of their watchers. */
const remember = (site: Site, change: (held: Watcher) => Partial<Watcher>) =>
  runInDurableObject(site.fanOut, (_: LiveMapObject, ctx: DurableObjectState) => {
    for (const socket of ctx.getWebSockets()) {
      const held = socket.deserializeAttachment() as Watcher;
      socket.serializeAttachment({ ...held, ...change(held) });
    }
  });

test("L12 S18 whose access was taken away is sent no map any more, and their socket is closed: token, membership, session", async () => {
  const site = await createSite("map-taken");
  const owner = await memberOf(site.id, "owner");
  const token = await memberOf(site.id, "viewer");
  const member = await personOf(site.id, "viewer");
  const out = await personOf(site.id, "viewer");
  const stays = await personOf(site.id, "viewer");
  const watchers = {
    token: await subscribe(site, token.headers),
    member: await subscribe(site, member.headers),
    out: await subscribe(site, out.headers),
    stays: await subscribe(site, stays.headers),
  };
  const seen = () => Object.entries(watchers).map(([who, { maps, closed }]) => [who, maps.length, closed]);
  await push(site, 0);
  await expect.poll(seen, { timeout: 5_000 }).toEqual(Object.keys(watchers).map((who) => [who, 2, null]));
  const object = siteObject(env, site.id);
  await object.revokeToken({ kind: "installation" }, token.tokenId);
  await object.appoint({ kind: "account", account: owner.account }, "owner", member.account, null);
  expect((await atConsole("/api/session", { method: "DELETE", headers: out.headers })).status).toBe(200);
  // Three seconds later.
  await remember(site, ({ askedAt }) => ({ askedAt: askedAt - 3_000 }));
  await push(site, 0, 2);
  await expect.poll(seen, { timeout: 5_000 }).toEqual([
    ["token", 2, 4004],
    ["member", 2, 4004],
    ["out", 2, 4004],
    ["stays", 3, null],
  ]);
});

test("L12 S18 who lost their access is closed by their own word, and goes on getting none by it", async () => {
  const site = await createSite("map-word");
  const token = await memberOf(site.id, "viewer");
  const [going, staying] = [await subscribe(site, token.headers), await subscribe(site)];
  await siteObject(env, site.id).revokeToken({ kind: "installation" }, token.tokenId);
  await remember(site, () => ({ askedAt: 0 }));
  for (const { socket } of [going, staying]) socket.send("watch");
  await expect.poll(() => going.closed).toBe(4004);
  await push(site, 0);
  await expect.poll(() => staying.maps.length, { timeout: 5_000 }).toBe(2);
  expect([going.maps.length, staying.closed]).toEqual([1, null]);
});

test("L12 a map's socket lives five minutes, and who has been silent for one is sent nothing until their next word", async () => {
  const site = await createSite("map-silent");
  const silent = await subscribe(site);
  await remember(site, ({ saidAt }) => ({ saidAt: saidAt - 60_000 }));
  const awake = await subscribe(site);
  expect(await site.fanOut.watchers()).toBe(1);
  await push(site, 0);
  await expect.poll(() => awake.maps.length, { timeout: 5_000 }).toBe(2);
  expect(silent.maps).toHaveLength(1);
  silent.socket.send("watch");
  await expect.poll(() => silent.maps.length, { timeout: 5_000 }).toBe(2);
  await remember(site, ({ since }) => ({ since: since - 5 * 60_000 }));
  const young = await subscribe(site);
  await push(site, 0, 2);
  await expect.poll(() => young.maps.length, { timeout: 5_000 }).toBe(2);
  await expect.poll(() => [silent.closed, awake.closed, young.closed]).toEqual([1012, 1012, null]);
  expect([silent.maps.length, awake.maps.length]).toEqual([2, 2]);
});

test("L12 S16 a team's socket needs the token, in a header or among the subprotocols, and ours alone is answered", async () => {
  const site = await createSite("token");
  const path = `${site.id}/journeys/checkout/live`;
  const open = (headers: Record<string, string>, at = path) =>
    api(at, { headers: { Upgrade: "websocket", ...headers } });
  const base64 = (text: string) => btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const offering = (token: string) => ({ "Sec-WebSocket-Protocol": `waypost.1, bearer.${base64(token)}` });
  for (const wrong of [{}, offering("wrong"), offering(""), { Authorization: "Bearer wrong" }]) {
    const answer = await open(wrong);
    expect(answer.status).toBe(401);
    expect(((await answer.json()) as Problem).type).toMatch(/unauthorised$/);
  }
  const opened = await open(offering(env.ADMIN_TOKEN));
  expect(opened.status).toBe(101);
  expect(opened.headers.get("Sec-WebSocket-Protocol")).toBe("waypost.1");
  opened.webSocket?.accept();
  const byHeader = await open(bearer);
  expect(byHeader.headers.get("Sec-WebSocket-Protocol")).toBe(null);
  byHeader.webSocket?.accept();
  expect((await api(path, { headers: bearer })).status).toBe(426);
  expect((await open(bearer, `${site.id}/journeys/none/live`)).status).toBe(404);
  expect((await open(bearer, "nobody/journeys/checkout/live")).status).toBe(404);
  // Other routes go on without the subprotocol.
  expect((await api(`${site.id}/journeys/checkout/map`, { headers: offering(env.ADMIN_TOKEN) })).status).toBe(401);
  opened.webSocket?.close(1000);
  byHeader.webSocket?.close(1000);
});
