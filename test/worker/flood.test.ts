import { afterAll, beforeAll, expect, test } from "vitest";
import type { CollectReply, Problem } from "../../models/wire.ts";
import { USER_AGENT } from "../chromium.ts";
import { createSite, type DemoSite, type Edge, randomKey, startEdge } from "../harness/edge.ts";
import { pageClient } from "../harness/page-client.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());

/** Posts that are on their way at the same time. */
const AT_ONCE = 20;

/** Does something `count` times, `AT_ONCE` at a time; in the order of asking. */
async function inParallel<T>(count: number, what: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const run = async () => {
    for (let i = next++; i < count; i = next++) results[i] = await what(i);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  return results;
}

interface Answered {
  status: number;
  retryAfterS: number | null;
  body: CollectReply & Problem;
}

/** A batch of a visitor of its own. */
async function collect(
  site: DemoSite,
  count: number,
  headers: Record<string, string> = {},
  at = Date.now(),
): Promise<Answered> {
  const now = Date.now();
  const touchpoint = { type: "page", name: "", at, url: `${edge.url}/cart`, props: {} };
  const response = await fetch(`${edge.url}/v1/collect`, {
    method: "POST",
    headers: { Origin: edge.url, "User-Agent": USER_AGENT, ...headers },
    body: JSON.stringify({
      v: 1,
      site: site.publicKey,
      secret: randomKey(16),
      sentAt: now,
      consent: { rev: 1, purposes: ["analytics"] },
      streams: [
        { stream: randomKey(8), touchpoints: Array.from({ length: count }, (_, seq) => ({ ...touchpoint, seq })) },
      ],
      asks: [],
    }),
  });
  const retryAfter = response.headers.get("Retry-After");
  return {
    status: response.status,
    retryAfterS: retryAfter === null ? null : Number(retryAfter),
    body: (await response.json()) as Answered["body"],
  };
}

test("U4 ten times what a site may send is answered 429 with the time to wait, and another site's batches are all taken (S12)", async () => {
  const flooded = await createSite(edge, "flooded", { ...SMALL_SITE, limits: { touchpointsPerSecond: 50 } });
  const quiet = await createSite(edge, "quiet", SMALL_SITE);
  const from = performance.now();
  const flood = inParallel(100, (i) => collect(flooded, 50, { "CF-Connecting-IP": `192.0.2.${i}` }));
  const meanwhile = inParallel(60, () => collect(quiet, 5));
  const [answers, others] = await Promise.all([flood, meanwhile]);
  const elapsedS = (performance.now() - from) / 1000;

  const taken = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 429);
  expect(taken.length + refused.length).toBe(100);
  // 500 at once, and 50 a second; never more, though every batch came in the same moments.
  expect(taken.length).toBeGreaterThanOrEqual(10 - 1);
  expect(taken.length * 50).toBeLessThanOrEqual(500 + 50 * Math.ceil(elapsedS));
  for (const { retryAfterS, body } of refused) {
    expect(body).toMatchObject({ status: 429, type: "https://waypost.dev/problems/too-many-requests" });
    expect(Number.isInteger(retryAfterS) && (retryAfterS as number) >= 1 && (retryAfterS as number) <= 10).toBe(true);
  }
  expect(others.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
  expect(others.flatMap(({ body }) => body.acked.map(({ seqs }) => seqs))).toEqual(Array(60).fill([[0, 4]]));
});

test("U6 while one address floods, it is told to wait, and the batches of another are all taken (S12)", async () => {
  const site = await createSite(edge, "addressed", SMALL_SITE);
  let refused = 0;
  let isOver = false;
  // A configuration of no site costs the edge nothing but the asking. A slow machine floods for longer.
  const flood = inParallel(10_000, async () => {
    if (isOver) return;
    const response = await fetch(`${edge.url}/v1/config/none`, { headers: { "CF-Connecting-IP": "203.0.113.1" } });
    await response.arrayBuffer();
    if (response.status === 429) refused++;
    if (refused >= 50) isOver = true;
  });
  const others = await inParallel(60, (i) => collect(site, 5, { "CF-Connecting-IP": `198.51.100.${i % 2}` }));
  await flood;
  expect(refused).toBeGreaterThanOrEqual(50);
  expect(others.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
  expect(others.flatMap(({ body }) => body.acked.map(({ seqs }) => seqs))).toEqual(Array(60).fill([[0, 4]]));
});

test("U7 one address has a quarter of what a site may send, and what nothing is kept of costs the site next to nothing (S12)", async () => {
  const limits = { touchpointsPerSecond: 50 };
  const greedy = await createSite(edge, "greedy", { ...SMALL_SITE, limits });
  const from = { "CF-Connecting-IP": "203.0.113.9" };
  const statuses = await inParallel(40, async () => (await collect(greedy, 25, from)).status);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(5);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(20);
  expect((await collect(greedy, 50, { "CF-Connecting-IP": "198.51.100.9" })).status).toBe(200);

  // 4,000 that are too old, from forty addresses, where the site may send 500 at once.
  const wasted = await createSite(edge, "wasted", { ...SMALL_SITE, limits });
  const answers: number[] = [];
  for (let i = 0; i < 40; i++) {
    answers.push((await collect(wasted, 100, { "CF-Connecting-IP": `192.0.2.${i}` }, 1)).status);
  }
  expect(answers).toEqual(Array(40).fill(200));
  expect((await collect(wasted, 50, { "CF-Connecting-IP": "198.51.100.9" })).status).toBe(200);
});

test("U5 a visitor who sends without a pause is told to wait, and another visitor is not (S12)", async () => {
  const site = await createSite(edge, "restless", SMALL_SITE);
  const restless = pageClient(edge, site);
  const statuses = await inParallel(200, async () => (await restless.send(["/"])).status);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(120);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(20);
  expect((await pageClient(edge, site).send(["/"])).status).toBe(200);
});
