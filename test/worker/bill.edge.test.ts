import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import { type Cost, costOf, monthlyCost, type Usage } from "../../models/analysis/cost.ts";
import { addSums, type Sums, sumsBelow, totalOf } from "../../models/analysis/sums.ts";
import README from "../../README.md?raw";
import { EventsObject } from "../../worker/events/object.ts";
import { JourneyObject } from "../../worker/journey/object.ts";
import { browserVisitor } from "../../worker/keys.ts";
import { LedgerObject } from "../../worker/ledger/object.ts";
import { MapObject } from "../../worker/map/object.ts";
import { readMap } from "../../worker/map/shards.ts";
import { SiteObject } from "../../worker/site/object.ts";
import { costLines } from "../cost.ts";
import { ask, createSite, ORIGIN, post, randomKey, type SiteOf } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const VISITS = 50;
const SHARDS = 8;
/** What README states; the bounds are DESIGN §9's. */
const ROWS_PER_VISIT = 14;
const DOLLARS_PER_MILLION = 0.64;
const STORED_PER_MONTH = 0.13;
const BOUNCE_DOLLARS_PER_MILLION = 4.53;
const ROWS_MAX = 16;
const DOLLARS_MAX = 0.7;

/** Every call of an object that is billed: those of its classes that are reached from outside, and alarms. */
const CALLS = [
  [JourneyObject, ["collect", "consent", "alarm"]],
  [LedgerObject, ["record", "countRefusal", "erasedAt"]],
  [MapObject, ["push", "forget", "expire", "alarm", "exclude"]],
  [SiteObject, ["lease", "minimumVersions", "alarm"]],
  [EventsObject, ["arrived", "alarm"]],
] as const;

/** Counts what the objects, the bucket and KV are asked for from now on. */
async function metered(site: string) {
  const spies = CALLS.flatMap(([of, names]) => names.map((name) => vi.spyOn(of.prototype, name as never)));
  const bucket = env.HISTORY as R2Bucket;
  const writes = [vi.spyOn(bucket, "put"), vi.spyOn(bucket, "list")];
  const reads = [vi.spyOn(bucket, "get")];
  const kv = vi.spyOn(env.CONFIG, "get");
  const objects = Array.from({ length: SHARDS }, (_, i) => [
    env.MAP.getByName(`${site}:1:${i}`),
    env.LEDGER.getByName(`${site}:${i}`),
  ]).flat();
  const meters = await Promise.all(objects.map((stub) => rowsOf(stub as never)));
  const readEvents = await rowsOf(env.EVENTS.getByName(site) as never);
  const calls = (of: readonly { mock: { calls: unknown[] } }[]) =>
    of.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  return async () => {
    const rows = await Promise.all(meters.map((read) => read()));
    const events = await readEvents();
    const sum = (key: "written" | "read" | "alarms", from: number) =>
      rows.filter((_, i) => i % 2 === from).reduce((total, one) => total + one[key], 0);
    return {
      calls: calls(spies),
      bucketWrites: calls(writes),
      bucketReads: calls(reads),
      kvReads: kv.mock.calls.length,
      map: sum("written", 0),
      mapAlarms: sum("alarms", 0),
      ledger: sum("written", 1),
      events: events.written + events.alarms,
      rowsRead: sum("read", 0) + sum("read", 1) + events.read,
    };
  };
}

interface Rows {
  written: number;
  read: number;
  alarms: number;
}

/** Counts the rows that an object's statements write and read, by the runtime's own meter, and the alarms that it sets. */
async function rowsOf(stub: DurableObjectStub<MapObject>): Promise<() => Promise<Rows>> {
  await runInDurableObject(stub, (_, { storage }: DurableObjectState) => {
    const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
    const exec = storage.sql.exec.bind(storage.sql);
    const setAlarm = storage.setAlarm.bind(storage);
    const meter = { cursors, alarms: 0 };
    Object.assign(storage.sql, {
      meter,
      exec: (query: string, ...bindings: SqlStorageValue[]) => {
        const cursor = exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      },
    });
    storage.setAlarm = (at) => {
      meter.alarms++;
      return setAlarm(at);
    };
  });
  return () =>
    runInDurableObject(stub, (_, { storage }: DurableObjectState) => {
      const { meter } = storage.sql as unknown as {
        meter: { cursors: { rowsWritten: number; rowsRead: number }[]; alarms: number };
      };
      const sum = (key: "rowsWritten" | "rowsRead") => meter.cursors.reduce((total, one) => total + one[key], 0);
      return { written: sum("rowsWritten"), read: sum("rowsRead"), alarms: meter.alarms };
    });
}

/** One visitor's page, as the wire sees it. */
class Page {
  readonly #site: SiteOf;
  readonly secret = randomKey(16);
  readonly #stream = randomKey(8);
  readonly #startedAt = Date.now() - 100_000;
  #seq = 0;
  #person: string | undefined;
  #reservation = "";
  /** Requests to the Worker: files are served past it. */
  requests = 0;

  constructor(site: SiteOf) {
    this.#site = site;
  }

  get #consent() {
    return { rev: 1, purposes: ["analytics", "scoring", "personalization"] };
  }

  async opens(): Promise<void> {
    expect((await ask(`/v1/config/${this.#site.publicKey}`, {})).status).toBe(200);
    this.requests++;
  }

  async accepts(): Promise<void> {
    const choice = { consent: this.#consent, policy: "p", language: "en", control: "accept" };
    await this.#post("/v1/consent", { ...choice, secret: this.secret });
  }

  async sends(count: number, { asks = false, outcomes = false } = {}): Promise<void> {
    const now = Date.now();
    const props = (outcome: string) => ({ reservation: this.#reservation, outcome });
    const told = outcomes ? ["shown", "dismissed"] : [];
    const touchpoints = Array.from({ length: count }, (_, i) => {
      const outcome = told[i - (count - told.length)];
      const seq = this.#seq++;
      const what = outcome ? { type: "outcome", props: props(outcome) } : { type: "page", props: { colour: "green" } };
      return { seq, name: "A page of the shop", at: this.#startedAt + seq * 1000, url: `${ORIGIN}/pay`, ...what };
    });
    const who = this.#person ? { person: this.#person } : { secret: this.secret };
    const reply = await this.#post("/v1/collect", {
      ...who,
      sentAt: now,
      consent: this.#consent,
      streams: [{ stream: this.#stream, touchpoints }],
      asks: asks ? [{ ask: randomKey(16), at: now, on: "stall.high", score: 0.9, model: "m" }] : [],
    });
    this.#person = reply.person as string;
    if (asks) this.#reservation = (reply.decisions as { reservation: string }[])[0]?.reservation as string;
    expect(reply.refused).toEqual([]);
  }

  async #post(path: string, body: object): Promise<Record<string, unknown>> {
    this.requests++;
    const answered = await post(path, { v: 1, site: this.#site.publicKey, ...body });
    expect(answered.status).toBe(200);
    return (await answered.json()) as Record<string, unknown>;
  }
}

/** Lets time pass for a journey: its last batch was so long ago. */
async function ages(stub: DurableObjectStub<JourneyObject>, ms: number): Promise<void> {
  await runInDurableObject(stub, (_: JourneyObject, { storage }: DurableObjectState) => {
    const [state = "", ...waiting] = (storage.kv.get<string>("state") as string).split("\n");
    const blob = JSON.parse(state);
    blob.rest.receivedAt -= ms;
    storage.kv.put("state", [JSON.stringify(blob), ...waiting].join("\n"));
  });
  await evictDurableObject(stub);
}

/** What a journey's lives in memory were billed, added up over evictions. */
const sums = new Map<string, { puts: number; deletes: number; alarms: number }>();

async function settle(stub: DurableObjectStub<JourneyObject>): Promise<void> {
  const now = await runInDurableObject(stub, (instance: JourneyObject) => ({ ...instance.store.billed }));
  const before = sums.get(stub.id.toString()) ?? { puts: 0, deletes: 0, alarms: 0 };
  sums.set(stub.id.toString(), {
    puts: before.puts + now.puts,
    deletes: before.deletes + now.deletes,
    alarms: before.alarms + now.alarms,
  });
}

/** A whole life: the visit, its alarm, and its expiry 395 days later. */
async function lives(site: SiteOf, pages: readonly Page[], visit: (page: Page) => Promise<number>) {
  const read = await metered(site.id);
  // Fifty that come in one millisecond to an edge that has just started would each read the configuration.
  const [first, ...others] = pages as [Page, ...Page[]];
  const counts = [await visit(first), ...(await Promise.all(others.map(visit)))];
  const touchpoints = counts.reduce((sum, count) => sum + count, 0);
  const asSite = { id: site.id, epoch: 1, shards: SHARDS };
  await expect
    .poll(async () => (await readMap(env, asSite, { journey: "checkout" })).sum.touchpoints, { timeout: 30_000 })
    .toBe(touchpoints);
  await expect.poll(() => arrivedAt(site), { timeout: 30_000 }).toBe(touchpoints);
  const journeys = await journeysOf(site, pages);
  const stateBytes = await total(journeys, (_, storage) => (storage.kv.get<string>("state") as string).length);
  // 200 s after the last batch the alarm of the first one rings: the visit is over.
  for (const stub of journeys) {
    await settle(stub);
    await ages(stub, 200_000);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    await settle(stub);
  }
  const restBytes = await total(journeys, (_, storage) => (storage.kv.get<string>("state") as string).length);
  const shards = Array.from({ length: SHARDS }, (_, i) => env.MAP.getByName(`${site.id}:1:${i}`));
  const rowBytes = await total(shards, (_, storage) => storage.sql.databaseSize);
  for (const shard of shards) await runDurableObjectAlarm(shard);
  const historyBytes = await bucketBytes(site.id);
  const visited = await read();
  for (const stub of journeys) {
    await ages(stub, 395 * 86_400_000);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    await settle(stub);
  }
  const after = await read();
  vi.restoreAllMocks();
  return { visited, after, touchpoints, restBytes, stateBytes, rowBytes, historyBytes };
}

/** What the site has been told of. */
async function countedAt({ id }: SiteOf): Promise<Sums> {
  const counted: Sums = {};
  for (const { sums: ofDay } of (await env.EVENTS.getByName(id).counted()).days) addSums(counted, ofDay);
  return counted;
}

const arrivedAt = async (site: SiteOf) => totalOf(sumsBelow(await countedAt(site), "accepted"));

/** What the site's health says that this has cost, dollars. */
async function estimateOf(site: SiteOf): Promise<number> {
  const { batches = 0, choices = 0, visits = 0, visitors = 0, flushes = 0 } = await countedAt(site);
  // Each shard has written once, though a quarter of an hour may have ended in between.
  return monthlyCost({ batches, choices, visits, visitors, flushes, quarters: 1, shards: SHARDS }).dollars;
}

async function journeysOf(site: SiteOf, pages: readonly Page[]): Promise<DurableObjectStub<JourneyObject>[]> {
  return Promise.all(
    pages.map(async ({ secret }) => env.JOURNEY.getByName(`${site.id}:${await browserVisitor(env, site.id, secret)}`)),
  );
}

async function total<T extends JourneyObject | MapObject>(
  stubs: readonly DurableObjectStub<T>[],
  of: (instance: T, storage: DurableObjectStorage) => number,
): Promise<number> {
  const all = await Promise.all(
    stubs.map((stub) =>
      runInDurableObject(stub, (instance: T, { storage }: DurableObjectState) => of(instance, storage)),
    ),
  );
  return all.reduce((sum, bytes) => sum + bytes, 0);
}

async function bucketBytes(site: string): Promise<number> {
  const { objects } = await (env.HISTORY as R2Bucket).list({ prefix: `history/v1/site=${site}/` });
  return objects.reduce((sum, { size }) => sum + size, 0);
}

function usageOf(pages: readonly Page[], one: Awaited<ReturnType<typeof lives>>, journeyRows: number): Usage {
  const { after, touchpoints } = one;
  return {
    workerRequests: pages.reduce((sum, { requests }) => sum + requests, 0),
    objectCalls: after.calls,
    rowsWritten: journeyRows + after.ledger + after.map + after.mapAlarms + after.events,
    rowsRead: after.rowsRead,
    bucketWrites: after.bucketWrites,
    bucketReads: after.bucketReads,
    kvReads: after.kvReads,
    touchpoints,
    objectBytes: one.restBytes + one.rowBytes,
    bucketBytes: one.historyBytes,
  };
}

const journeyRows = () => [...sums.values()].reduce((sum, one) => sum + one.puts + one.deletes + one.alarms, 0);

function printed(title: string, terms: Record<string, number>, cost: Cost): void {
  const rows = Object.entries(terms).map(([name, n]) => `${name.padEnd(56)} ${n.toFixed(2)}`);
  console.log([title, ...rows, "", ...costLines(cost)].join("\n"));
}

const everyone = (config: typeof SMALL_SITE) => config.campaigns.map((campaign) => ({ ...campaign, holdout: 0 }));

test("P1 U68 a new visitor's whole visit, from consent to expiry, writes at most 16 rows and costs at most 0.70 dollars a million touchpoints", async () => {
  const site = await createSite("bill", { campaigns: everyone(SMALL_SITE) });
  const pages = Array.from({ length: VISITS }, () => new Page(site));
  const one = await lives(site, pages, async (page) => {
    await page.opens();
    await page.accepts();
    await page.sends(10);
    await page.sends(10, { asks: true });
    await page.sends(10, { outcomes: true });
    return 30;
  });
  const puts = [...sums.values()].reduce((sum, { puts: n }) => sum + n, 0) / VISITS;
  const alarms = [...sums.values()].reduce((sum, { alarms: n }) => sum + n, 0) / VISITS;
  const deletes = [...sums.values()].reduce((sum, { deletes: n }) => sum + n, 0) / VISITS;
  const { visited, after } = one;
  const terms = {
    "ledger: the record and its salt": visited.ledger / VISITS,
    "journey: 3 batches, and what the map has acknowledged": puts,
    "journey: alarms of the visit and of expiry": alarms,
    "map: 3 pushes, 8 shards' share of marks and notes": visited.map / VISITS,
    "map: 8 shards' share of alarms": after.mapAlarms / VISITS,
    "events: the share of a site's counts, and of what is seen first": after.events / VISITS,
    "expiry: the journey's row": deletes,
    "expiry: the map's row, and the shards' share of marks": (after.map - visited.map) / VISITS,
  };
  const usage = usageOf(pages, one, journeyRows());
  const rows = usage.rowsWritten / VISITS;
  const cost = costOf(usage);
  printed(`${VISITS} visits of 30 touchpoints; rows a visit:`, { ...terms, "in all": rows }, cost);
  for (const [name, dollars] of Object.entries(cost.terms)) {
    const cell = README.split("\n").find((line) => line.startsWith(`| ${name}`));
    expect(Math.abs(Number(cell?.split("|")[2]) - dollars), name).toBeLessThanOrEqual(0.015);
  }
  expect(Object.values(terms).reduce((a, b) => a + b, 0)).toBeCloseTo(rows, 6);
  expect(rows).toBeLessThanOrEqual(ROWS_MAX);
  expect(cost.perMillion).toBeLessThanOrEqual(DOLLARS_MAX);
  expect(Math.abs(rows - ROWS_PER_VISIT)).toBeLessThanOrEqual(0.3);
  expect(Math.abs(cost.perMillion - DOLLARS_PER_MILLION)).toBeLessThanOrEqual(0.02);
  expect(Math.abs(cost.storedPerMonth - STORED_PER_MONTH)).toBeLessThanOrEqual(0.05);
  // What the site's health tells its owner of the same visits is the same within a tenth.
  const measured = (cost.perMillion * one.touchpoints) / 1e6;
  expect(Math.abs((await estimateOf(site)) - measured)).toBeLessThanOrEqual(measured / 10);
  // The twin: what is not written is not counted. One row more a batch would be seen.
  expect(puts).toBe(4);
  expect([terms["ledger: the record and its salt"], deletes]).toEqual([2, 1]);
});

test("P2 a visitor who accepts, sees one page and leaves costs what is stated", async () => {
  sums.clear();
  const site = await createSite("bounce");
  const pages = Array.from({ length: VISITS }, () => new Page(site));
  const one = await lives(site, pages, async (page) => {
    await page.opens();
    await page.accepts();
    await page.sends(3);
    return 3;
  });
  const usage = usageOf(pages, one, journeyRows());
  const cost = costOf(usage);
  printed(`${VISITS} visits of 3 touchpoints:`, { "rows a visit": usage.rowsWritten / VISITS }, cost);
  expect(Math.abs(cost.perMillion - BOUNCE_DOLLARS_PER_MILLION)).toBeLessThanOrEqual(0.15);
});
