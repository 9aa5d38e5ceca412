import { afterAll, beforeAll, expect, test } from "vitest";
import {
  answerBanner,
  arrivals,
  arrived,
  capturing,
  carries,
  collectReply,
  collectRequest,
  type Install,
  isCollect,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import type { Exchange } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";

let install: Install;

beforeAll(async () => {
  install = await startInstall({ body: () => "<button>Buy now</button>" });
});
afterAll(() => install.close());

function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

/** Opens a path with consent given and everything loaded that capture needs. */
async function openGranted({ page, open }: Visitor, path = "/"): Promise<void> {
  await open(path);
  await answerBanner(page, "Accept");
  await capturing(page);
}

function track({ page }: Visitor, ...names: string[]): Promise<void> {
  return page.evaluate((all) => {
    for (const name of all) (window as unknown as WaypostWindow).waypost.track(name);
  }, names);
}

/** Runs in the page: resolves when its database holds this token. */
async function storedPerson(person: string): Promise<void> {
  const read = () =>
    new Promise((resolve) => {
      const opening = indexedDB.open("waypost");
      opening.onsuccess = () => {
        const reading = opening.result.transaction("state").objectStore("state").get("person");
        reading.onsuccess = () => resolve(reading.result);
        opening.result.close();
      };
    });
  while ((await read()) !== person) await new Promise(requestAnimationFrame);
}

/** Ten touchpoints are a batch, so they go at once. */
function trackTen(visitor: Visitor, prefix: string): Promise<void> {
  return track(visitor, ...Array.from({ length: 10 }, (_, i) => `${prefix} ${i}`));
}

function names(exchange: Exchange): string[] {
  return collectRequest(exchange).streams.flatMap(({ touchpoints }) => touchpoints.map(({ name }) => name));
}

visit("a batch that meets 503 is sent again, not before Retry-After, and nothing of it is lost", async (v) => {
  await openGranted(v);
  v.fault(({ path }) => (path.endsWith("/collect") ? { status: 503, headers: { "retry-after": "2" } } : null));
  await trackTen(v, "Held");
  const refused = await v.seen((exchange) => isCollect(exchange) && exchange.status === 503);
  v.fault(null);
  const kept = await v.seen((exchange) => isCollect(exchange) && exchange.status === 200);
  expect(kept.cameMs - refused.cameMs).toBeGreaterThanOrEqual(2_000);
  expect(names(kept)).toEqual(names(refused));
  expect(arrived(v.asked())).toContain("track Held 9");
});

visit("what could not be sent is sent by the next page, unchanged", async (v) => {
  await openGranted(v);
  v.fault(({ path }) => (path.endsWith("/collect") ? "hang up" : null));
  await trackTen(v, "Offline");
  await v.seen(isCollect);
  await v.page.reload();
  v.fault(null);
  await v.open("/next");
  await v.seen(carries("track", "Offline 9"));
  expect(arrived(v.asked()).filter((name) => name.startsWith("track Offline"))).toHaveLength(10);
  expect(v.asked().filter(isCollect).length).toBeGreaterThan(1);
  // However often a touchpoint is sent, it is the same one: the edge tells by stream and seq that it has it.
  const contents = new Map<string, Set<string>>();
  for (const { stream, touchpoints } of v
    .asked()
    .filter(isCollect)
    .flatMap((e) => collectRequest(e).streams)) {
    for (const touchpoint of touchpoints) {
      const key = `${stream} ${touchpoint.seq}`;
      contents.set(key, (contents.get(key) ?? new Set()).add(JSON.stringify(touchpoint)));
    }
  }
  expect([...contents.values()].filter(({ size }) => size !== 1)).toEqual([]);
});

visit("a tab that is closed at once has sent everything", async (v) => {
  await openGranted(v);
  await track(v, "Last words");
  await v.page.close();
  expect(await arrivals(v, 3)).toEqual(["page Page /", "track Last words", "leave"]);
});

visit(
  "a tab that is closed with more than a last request may hold sends its share, and the next page the rest",
  async (v) => {
    // The longest wait before the second try, so that the tab is closed within it.
    await v.context.addInitScript(() => {
      Math.random = () => 0.999;
    });
    await openGranted(v);
    v.fault(({ path }) => (path.endsWith("/collect") ? { status: 500 } : null));
    await v.page.evaluate(() => {
      const { waypost } = window as unknown as WaypostWindow;
      for (let i = 0; i < 300; i++) waypost.track(`Large ${i}`, { text: "é".repeat(400) });
    });
    const first = await v.seen(isCollect);
    const next = await v.context.newPage();
    await v.page.close();
    const bytesOf = ({ body }: Exchange) => new TextEncoder().encode(body).length;
    // All that the closed page sent: what the next one sends is taken.
    const last = () =>
      v
        .asked()
        .filter((exchange) => isCollect(exchange) && exchange !== first && exchange.status === 500)
        .reduce((sum, exchange) => sum + bytesOf(exchange), 0);
    await v.seen(() => last() > 50_000);
    v.fault(null);
    await v.open("/next", next);
    const isLarge = (name: string) => name.startsWith("track Large");
    await v.seen(() => arrived(v.asked()).filter(isLarge).length >= 300);
    expect(arrived(v.asked()).filter(isLarge)).toHaveLength(300);
    expect(last()).toBeLessThanOrEqual(60_000);
  },
);

visit("C a batch never spans two revs: each goes under the consent in which it was made", async (v) => {
  await openGranted(v);
  v.fault(({ path }) => (path.endsWith("/collect") ? "hang up" : null));
  await track(v, "Before");
  await v.page.evaluate(() => {
    const { waypost } = window as unknown as WaypostWindow;
    waypost.consent.set(["analytics", "scoring"]);
    waypost.track("After");
  });
  await v.seen(isCollect);
  v.fault(null);
  await v.seen(carries("track", "Before"));
  await v.seen(carries("track", "After"));
  const revs = v
    .asked()
    .filter((exchange) => isCollect(exchange) && exchange.status === 200)
    .map((exchange) => [collectRequest(exchange).consent, names(exchange).filter((name) => /Before|After/.test(name))]);
  expect(revs).toContainEqual([{ rev: 1, purposes: ["analytics", "scoring", "personalization"] }, ["Before"]]);
  expect(revs).toContainEqual([{ rev: 2, purposes: ["analytics", "scoring"] }, ["After"]]);
});

visit("the secret is sent until a token came, and again when the edge does not know the token", async (v) => {
  await openGranted(v);
  await trackTen(v, "First");
  const first = await v.seen(carries("track", "First 9"));
  expect(collectRequest(first).secret).toMatch(/^[\w-]{22}$/);
  const { person } = collectReply(first);
  await trackTen(v, "Second");
  const second = await v.seen(carries("track", "Second 9"));
  expect(collectRequest(second)).not.toHaveProperty("secret");
  expect(collectRequest(second).person).toBe(person);

  const problem = JSON.stringify({ type: "https://waypost.dev/problems/unknown-person", status: 401 });
  v.fault(({ path, body }) =>
    path.endsWith("/collect") && body.includes('"person"') ? { status: 401, body: problem } : null,
  );
  await trackTen(v, "Third");
  const third = await v.seen(carries("track", "Third 9"));
  expect(collectRequest(third).secret).toBe(collectRequest(first).secret);
  expect(collectRequest(third)).not.toHaveProperty("person");
});

visit("the token outlives the page, so that the next one need not show the secret", async (v) => {
  await openGranted(v);
  await trackTen(v, "First");
  const { person } = collectReply(await v.seen(carries("track", "First 9")));
  await v.page.evaluate(storedPerson, person);
  await v.open("/next");
  const next = await v.seen(carries("page", "Page /next"));
  expect(collectRequest(next)).not.toHaveProperty("secret");
  expect(collectRequest(next).person).toBe(person);
});

visit("an answer that says no ends sending on this page, and the next page tries again", async (v) => {
  await openGranted(v);
  v.fault(({ path }) => (path.endsWith("/collect") ? { status: 403 } : null));
  await trackTen(v, "Refused");
  await v.seen(isCollect);
  v.fault(null);
  await trackTen(v, "Unsent");
  // What this page would send it would have sent by now: its timers run, and a request of its own goes and comes.
  await v.page.evaluate(() => fetch("/marker"));
  await v.page.evaluate(() => dispatchEvent(new Event("online")));
  await v.page.evaluate(() => fetch("/marker"));
  expect(v.asked().filter(isCollect)).toHaveLength(1);
  await v.open("/next");
  await v.seen(carries("track", "Unsent 9"));
  expect(v.asked().filter((exchange) => isCollect(exchange) && exchange.status === 403)).toHaveLength(1);
});

visit("two tabs of one visitor write two streams under one secret, and nothing of either is lost", async (v) => {
  await openGranted(v);
  const other = await v.context.newPage();
  await v.open("/cart", other);
  await trackTen(v, "One");
  await trackTen({ ...v, page: other }, "Two");
  const one = await v.seen(carries("track", "One 9"));
  const two = await v.seen(carries("track", "Two 9"));
  const streamOf = (exchange: Exchange, name: string) =>
    collectRequest(exchange).streams.find(({ touchpoints }) => touchpoints.some((t) => t.name === name))?.stream;
  expect(streamOf(one, "One 9")).not.toBe(streamOf(two, "Two 9"));
  const secrets = v
    .asked()
    .filter(isCollect)
    .map((exchange) => collectRequest(exchange).secret);
  expect(new Set(secrets.filter((secret) => secret !== undefined)).size).toBe(1);
});

visit("the clock of the page carries over a wall clock that is set back", async (v) => {
  await openGranted(v);
  await v.page.evaluate(() => {
    const { waypost } = window as unknown as WaypostWindow;
    waypost.track("Before");
    const now = Date.now;
    Date.now = () => now() - 3_600_000;
    waypost.track("After");
  });
  const sent = await v.seen(carries("track", "After"));
  const times = collectRequest(sent).streams.flatMap(({ touchpoints }) => touchpoints.map(({ at }) => at));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(10_000);
});
