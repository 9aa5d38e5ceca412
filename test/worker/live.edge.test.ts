import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, onTestFinished, test } from "vitest";
import type { Stamp } from "../../models/consent.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { CollectReply, LiveMessage, Problem } from "../../models/wire.ts";
import app from "../../worker/index.ts";
import type { JourneyObject } from "../../worker/journey/object.ts";
import { browserVisitor, serverVisitor } from "../../worker/keys.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const ORIGIN = "https://shop.example";
const GRANTED: Stamp = { rev: 1, purposes: ["analytics", "personalization"] };
const STAGED: SiteConfig = {
  ...SMALL_SITE,
  campaigns: SMALL_SITE.campaigns.map((campaign) => ({
    ...campaign,
    holdout: 0,
    trigger: { kind: "stage", stage: "pay" },
  })),
};

const TOLD: SiteConfig = {
  ...STAGED,
  campaigns: STAGED.campaigns.map((campaign) => ({ ...campaign, trigger: { kind: "touchpoint", name: "/pay" } })),
};

let made = 0;
const random = (length: number) => `${++made}`.padStart(length, "r");

/** A visitor of a new site, who has sent one page view under the first stream. */
async function arrive(id: string, config = STAGED) {
  const publicKey = id.padEnd(22, "k");
  const writeKey = id.padEnd(22, "w");
  const owner = (path: string, body: unknown) => {
    const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
    return app.fetch(new Request(`https://edge${path}`, { method: "PUT", headers, body: JSON.stringify(body) }), env);
  };
  expect((await owner(`/api/sites/${id}`, { publicKey, writeKey })).status).toBe(200);
  expect((await owner(`/api/sites/${id}/config`, config)).status).toBe(200);
  const secret = random(22);
  const visitor = await browserVisitor(env, id, secret);
  const collect = async (stream: string, paths: string[], consent = GRANTED): Promise<CollectReply> => {
    const now = Date.now();
    const touchpoints = paths.map((path, i) => ({
      seq: made++,
      type: "page",
      name: path,
      at: now - paths.length + i,
      url: ORIGIN + path,
      props: {},
    }));
    const body = { v: 1, site: publicKey, secret, sentAt: now, consent, streams: [{ stream, touchpoints }], asks: [] };
    const headers = { Origin: ORIGIN };
    const request = new Request("https://edge/v1/collect", { method: "POST", headers, body: JSON.stringify(body) });
    return (await app.fetch(request, env)).json();
  };
  const batch = async (anonymousId: string, path: string, more: object = {}, timestamp = Date.now() + 3_600_000) => {
    const item = {
      anonymousId,
      seq: made++,
      type: "page",
      name: path,
      timestamp,
      properties: { url: ORIGIN + path },
    };
    const headers = { Authorization: `Basic ${btoa(`${writeKey}:`)}` };
    const body = JSON.stringify({ historical: false, stream: "crm", batch: [item], ...more });
    const answer = await app.fetch(new Request("https://edge/v1/batch", { method: "POST", headers, body }), env);
    return { status: answer.status, results: ((await answer.json()) as { results: { result: string }[] }).results };
  };
  const first = await collect("stream-one1", ["/"]);
  const stub = env.JOURNEY.getByName(`${id}:${visitor}`);
  return { id, publicKey, secret, visitor, token: first.person, first, collect, batch, stub };
}

type Visitor = Awaited<ReturnType<typeof arrive>>;

interface Asked {
  site?: string;
  stream?: string;
  after?: number;
  protocols?: string;
  origin?: string | null;
}

function ask(
  v: Visitor,
  { site = v.publicKey, stream = "stream-one1", after, protocols, origin = ORIGIN }: Asked = {},
) {
  const headers = new Headers({
    Upgrade: "websocket",
    "Sec-WebSocket-Protocol": protocols ?? `waypost.1, ${v.token}`,
    ...(origin === null ? {} : { Origin: origin }),
  });
  const query = new URLSearchParams({ site, stream, ...(after === undefined ? {} : { after: String(after) }) });
  return app.fetch(new Request(`https://edge/v1/live?${query}`, { headers }), env);
}

/** A page that listens: what it has heard, and how it was closed. */
async function connect(v: Visitor, asked: Asked = {}) {
  const answer = await ask(v, asked);
  expect(answer.status).toBe(101);
  expect(answer.headers.get("Sec-WebSocket-Protocol")).toBe("waypost.1");
  const socket = answer.webSocket as WebSocket;
  const page = { socket, heard: [] as LiveMessage[], pongs: 0, closed: null as number | null };
  socket.addEventListener("message", ({ data }) => {
    if (data === "pong") page.pongs++;
    else page.heard.push(JSON.parse(String(data)));
  });
  socket.addEventListener("close", ({ code }) => {
    page.closed = code;
  });
  socket.accept();
  onTestFinished(() => {
    if (page.closed === null) socket.close(1000);
  });
  await expect.poll(() => page.heard.length).toBe(1);
  return page;
}

const news = (page: { heard: LiveMessage[] }) => page.heard.slice(1);

test("L1 a page hears of what another stream did, with the features, and not of its own", async () => {
  const v = await arrive("another-tab");
  const page = await connect(v);
  expect(page.heard[0]).toEqual({ v: 1, at: expect.any(Number) });
  await v.collect("stream-one1", ["/cart"]);
  const reply = await v.collect("stream-two2", ["/cart"]);
  await expect.poll(() => news(page)).toHaveLength(1);
  expect(news(page)[0]).toEqual({ v: 1, at: expect.any(Number), features: reply.features });
  expect(reply.features?.touchpoints).toBe(3);
});

test("L2 a message arrives through a hibernation, and pings are answered without the object", async () => {
  const v = await arrive("hibernated");
  const page = await connect(v);
  await evictDurableObject(v.stub, { webSockets: "hibernate" });
  page.socket.send("ping");
  await expect.poll(() => page.pongs).toBe(1);
  const answeredAt = await runInDurableObject(v.stub, (_, state: DurableObjectState) =>
    state.getWebSockets().map((socket) => state.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0),
  );
  expect(answeredAt).toEqual([expect.any(Number)]);
  expect(answeredAt[0]).toBeGreaterThan(0);
  await evictDurableObject(v.stub, { webSockets: "hibernate" });
  // What the socket is for it has kept: its own stream tells it nothing, another does.
  await v.collect("stream-one1", ["/cart"]);
  await v.collect("stream-two2", ["/cart"]);
  await expect.poll(() => news(page)).toHaveLength(1);
  expect(page.closed).toBe(null);
});

test("L3 a server's touchpoint of now is told at once, with the trigger of the stage that it entered; a historical one is not", async () => {
  const v = await arrive("server-side");
  const page = await connect(v);
  const past = await v.batch(v.visitor, "/pay", { historical: true, stream: "file" });
  expect(past.results).toMatchObject([{ result: "accepted" }]);
  const live = await v.batch(v.visitor, "/pay");
  expect(live).toMatchObject({ status: 200, results: [{ result: "accepted" }] });
  await expect.poll(() => news(page)).toHaveLength(1);
  expect(news(page)[0]).toMatchObject({ on: "stage.pay", features: { stage: "pay", touchpoints: 3 } });
  // Said to be of in an hour: it is of now.
  expect(news(page)[0]?.features?.lastAt).toBeLessThanOrEqual(Date.now());
  await v.batch(v.visitor, "/cart");
  await expect.poll(() => news(page)).toHaveLength(2);
  expect(news(page)[1]).not.toHaveProperty("on");
});

test("L14 L15 what a server or a page tells now waits for the page's next answer; the same from an import does not", async () => {
  const server = await arrive("told-by-server", TOLD);
  await server.batch(server.visitor, "/pay", { historical: true, stream: "file" });
  expect(await server.collect("stream-one1", ["/pay/card"])).not.toHaveProperty("on");
  await server.batch(server.visitor, "/pay");
  expect(await server.collect("stream-one1", ["/pay/card"])).toHaveProperty("on", "touchpoint./pay");
  const page = await arrive("told-by-page", TOLD);
  expect(await page.collect("stream-one1", ["/pay/card"])).not.toHaveProperty("on");
  expect(await page.collect("stream-one1", ["/pay"])).toHaveProperty("on", "touchpoint./pay");
});

test("W8 a page hears the features of what an SDK told, which numbers nothing, in its next answer", async () => {
  const v = await arrive("told-by-sdk");
  expect((await v.collect("stream-one1", ["/cart"])).features).toBe(undefined);
  const item = { anonymousId: v.visitor, messageId: "m-1", event: "Payment Failed", properties: {} };
  const headers = { Authorization: `Basic ${btoa(`${"told-by-sdk".padEnd(22, "w")}:`)}` };
  const body = JSON.stringify(item);
  const answer = await app.fetch(new Request("https://edge/v1/track", { method: "POST", headers, body }), env);
  expect(answer.status).toBe(200);
  expect((await v.collect("stream-one1", ["/cart"])).features?.touchpoints).toBe(4);
});

test("I2 a server names a browser's visitor by the id that its page was given; an id that nobody has makes nobody", async () => {
  const v = await arrive("given-id");
  expect(v.first.visitor).toBe(v.visitor);
  expect((await v.batch(v.visitor, "/cart")).results).toMatchObject([{ result: "accepted" }]);
  const touched = () =>
    runInDurableObject(v.stub, (_, { storage }: DurableObjectState) => storage.kv.get<string>("state") ?? "");
  expect(await touched()).toContain("cart");
  const nobody = "n".repeat(43);
  for (const historical of [true, false]) {
    expect((await v.batch(nobody, "/", { historical })).results).toMatchObject([
      { result: "refused", reason: "unknown-visitor", field: "anonymousId" },
    ]);
  }
  for (const name of [nobody, await serverVisitor(env, v.id, nobody)]) {
    const kept = await runInDurableObject(
      env.JOURNEY.getByName(`${v.id}:${name}`),
      (_, { storage }: DurableObjectState) => storage.kv.get("state"),
    );
    expect(kept).toBeUndefined();
  }
});

test("C7 a server's touchpoint of now is refused for a visitor who has withdrawn", async () => {
  const v = await arrive("withdrawn-server");
  expect((await v.batch(v.visitor, "/cart")).results).toMatchObject([{ result: "accepted" }]);
  await v.stub.consent({ rev: 2, purposes: [] });
  expect((await v.batch(v.visitor, "/cart")).results).toMatchObject([{ result: "refused", reason: "consent" }]);
});

test("L4 a withdrawal closes every page, by the ledger's word or a batch's, and none is let in after it", async () => {
  const byLedger = await arrive("withdrawn-one");
  const pages = [await connect(byLedger), await connect(byLedger, { stream: "stream-two2" })];
  await byLedger.stub.consent({ rev: 2, purposes: ["analytics"] });
  await byLedger.collect("stream-tri3", ["/"], { rev: 2, purposes: ["analytics"] });
  await expect.poll(() => pages.map((page) => news(page).length)).toEqual([1, 1]);
  expect(pages.map(({ closed }) => closed)).toEqual([null, null]);
  await byLedger.stub.consent({ rev: 3, purposes: [] });
  await expect.poll(() => pages.map(({ closed }) => closed)).toEqual([4001, 4001]);
  const refused = await ask(byLedger);
  expect(refused.status).toBe(403);
  expect(((await refused.json()) as Problem).type).toMatch(/not-permitted$/);
  const byBatch = await arrive("withdrawn-two");
  const page = await connect(byBatch);
  await byBatch.collect("stream-two2", ["/"], { rev: 2, purposes: [] });
  await expect.poll(() => page.closed).toBe(4001);
});

test("L5 of more than eight pages the oldest is closed", async () => {
  const v = await arrive("nine-pages");
  const pages: Awaited<ReturnType<typeof connect>>[] = [];
  for (let i = 0; i < 8; i++) pages.push(await connect(v, { stream: `stream-no-${i}` }));
  expect(pages.map(({ closed }) => closed)).toEqual(Array(8).fill(null));
  // Which was the oldest is known after a hibernation as well.
  await evictDurableObject(v.stub, { webSockets: "hibernate" });
  const ninth = await connect(v, { stream: "stream-no-8" });
  await expect.poll(() => pages[0]?.closed).toBe(4002);
  await v.collect("stream-one1", ["/cart"]);
  await expect.poll(() => [...pages.slice(1), ninth].map((page) => news(page).length)).toEqual(Array(8).fill(1));
  expect(pages[0]?.heard).toHaveLength(1);
});

test("L6 a page that connects again hears once of what it missed, and of nothing where it missed nothing", async () => {
  const v = await arrive("resumed");
  const page = await connect(v);
  const after = page.heard[0]?.at as number;
  await evictDurableObject(v.stub, { webSockets: "close" });
  await expect.poll(() => page.closed).not.toBe(null);
  expect((await connect(v, { after })).heard).toEqual([{ v: 1, at: expect.any(Number) }]);
  await v.batch(v.visitor, "/pay");
  const back = await connect(v, { after });
  expect(back.heard).toMatchObject([{ on: "stage.pay", features: { touchpoints: 2 } }]);
  expect((await connect(v, { after: back.heard[0]?.at as number })).heard[0]).not.toHaveProperty("features");
});

test("L6 a page that connects again hears of what came meanwhile by a server's delay, and not of a history that was imported", async () => {
  const v = await arrive("delayed");
  const timestamp = Date.now() - 60_000;
  const after = (await connect(v)).heard[0]?.at as number;
  await v.batch(v.visitor, "/pay", { historical: true });
  expect((await connect(v, { after })).heard[0]).not.toHaveProperty("features");
  await v.batch(v.visitor, "/pay", {}, timestamp);
  const back = (await connect(v, { after })).heard[0];
  expect(back).toMatchObject({ features: { touchpoints: 3 } });
  expect((await connect(v, { after: back?.at as number })).heard[0]).not.toHaveProperty("features");
});

test("L7 a page that speaks is closed: there is one way in", async () => {
  const v = await arrive("spoken");
  const page = await connect(v);
  page.socket.send(JSON.stringify({ v: 1, streams: [] }));
  await expect.poll(() => page.closed).toBe(4003);
});

test("L8 S8 another origin, another site, another token and no token are refused by name, and no object is asked", async () => {
  const v = await arrive("refused");
  const other = await arrive("refused-other");
  const problemOf = async (asked: Asked) => {
    const answer = await ask(v, asked);
    expect(answer.webSocket ?? null).toBe(null);
    const { type, status } = (await answer.json()) as Problem;
    expect(answer.status).toBe(status);
    return `${status} ${type.split("/").at(-1)}`;
  };
  for (const origin of ["https://evil.example", "https://evil-shop.example", "http://shop.example", "null", null]) {
    expect(await problemOf({ origin })).toBe("403 origin-not-allowed");
  }
  for (const protocols of [
    "",
    "waypost.1",
    "waypost.1, nonsense",
    `waypost.2, ${v.token}`,
    `waypost.1, ${other.token}`,
  ]) {
    expect(await problemOf({ protocols })).toBe("401 unknown-person");
  }
  expect(await problemOf({ site: other.publicKey })).toBe("401 unknown-person");
  expect(await problemOf({ site: "nobody" })).toBe("404 unknown-site");
  expect(await problemOf({ stream: "x" })).toBe("400 malformed");
  const plain = await app.fetch(new Request("https://edge/_w/v1/live", { headers: { Origin: ORIGIN } }), env);
  expect(plain.status).toBe(426);
  expect(plain.headers.get("Upgrade")).toBe("websocket");
  const sockets = () =>
    runInDurableObject(v.stub, (_: JourneyObject, state: DurableObjectState) => state.getWebSockets().length);
  expect(await sockets()).toBe(0);
  await connect(v);
  expect(await sockets()).toBe(1);
});
