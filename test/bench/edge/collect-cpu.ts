import type { CollectReply } from "../../../models/wire.ts";
import { createSite, startEdge } from "../../harness/edge.ts";
import { anAsk } from "../../harness/page-client.ts";
import { median } from "../median.ts";
import { eachOf, spentMs } from "./cpu.ts";
import { startPlainWorker } from "./own-worker.ts";
import { BUSY_SITE, headersOf, newShopper, nextBatch, type Page, type Shopper } from "./shopper.ts";

const REQUESTS = 200;
const AT_ONCE = 8;
/** Batches of ten that a known visitor has sent before the one that is measured. */
const BATCHES_BEFORE = 3;

/**
 * The Worker without ADDRESS_LIMIT: on the platform a count in the same machine, here an object behind a Worker of the
 * local runtime's own, which would be a third of what is measured.
 */
const WITHOUT_STAND_IN = `
  import worker from "./worker.js";
  export * from "./worker.js";
  export default { fetch: (request, env, context) => worker.fetch(request, { ...env, ADDRESS_LIMIT: undefined }, context) };
`;

/** The Worker whose journeys answer without an object: all that a batch costs before one, and its reply. */
const WITHOUT_OBJECT = `
  import worker from "./worker.js";
  export * from "./worker.js";
  const consent = { rev: 1, purposes: ["analytics", "scoring", "personalization"] };
  const collect = async ({ streams }) => ({
    acked: streams.map(({ stream, touchpoints }) => ({ stream, seqs: [[touchpoints[0].seq, touchpoints.at(-1).seq]] })),
    refused: [], duplicates: [], decisions: [], consent, features: null,
  });
  const JOURNEY = { getByName: () => ({ collect }) };
  export default { fetch: (request, env, context) => worker.fetch(request, { ...env, JOURNEY, ADDRESS_LIMIT: undefined }, context) };
`;

/** The control in the product's own surroundings: the local runtime puts a Worker of its own before one that has assets. */
const PLAIN_BEHIND_ASSETS = `
  export * from "./worker.js";
  export default { async fetch(request) { await request.arrayBuffer(); return new Response(null, { status: 204 }); } };
`;

/** What a batch of ten takes. CPU times are of the whole process, with what follows the answer. */
export type Batch = "plain" | "behind" | "before" | "known" | "asking" | "fresh";

interface Target {
  url: string;
  pid: number;
  expected: number;
}

/**
 * CPU of one batch, ms, in the median of some interleaved rounds, and as a multiple of `plain`, a Worker that reads the
 * body and answers 204. `before`: all but the object. `known`: with it, its write and its push, for a visitor with 30
 * touchpoints. `asking`: the same with an ask that 20 campaigns listen to. `fresh`: a visitor who was never seen.
 */
export async function collectCpu(rounds: number): Promise<Record<Batch, { ms: number; ratio: number }>> {
  const plain = await startPlainWorker();
  const control = { url: plain.url, pid: plain.pid, expected: 204 };
  const edge = await startEdge({ front: WITHOUT_STAND_IN });
  const whole = { url: `${edge.url}/v1/collect`, pid: edge.pid(), expected: 200 };
  const bare = await startEdge({ front: WITHOUT_OBJECT, keys: edge.keys });
  const before = { url: `${bare.url}/v1/collect`, pid: bare.pid(), expected: 200 };
  const routed = await startEdge({ front: PLAIN_BEHIND_ASSETS });
  const behind = { url: `${routed.url}/v1/collect`, pid: routed.pid(), expected: 204 };
  try {
    const site = await createSite(edge, "bench", BUSY_SITE);
    await createSite(bare, "bench", BUSY_SITE, site);
    const page = (origin: string, more?: () => object): Page => ({ origin, site, more: more ?? (() => ({})) });
    const times: Record<Batch, number[]> = { plain: [], behind: [], before: [], known: [], asking: [], fresh: [] };
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      const known = await knownShoppers(whole, page(edge.url));
      const others = await knownShoppers(whole, page(edge.url));
      times.plain.push(await cpuOf(control, page(edge.url), copies(known)));
      times.behind.push(await cpuOf(behind, page(routed.url), copies(known)));
      const seen = copies(known);
      // They have been there before, as on the other edge.
      await cpuOf(before, page(bare.url), copies(seen));
      times.before.push(await cpuOf(before, page(bare.url), seen));
      times.known.push(await cpuOf(whole, page(edge.url), known));
      times.asking.push(
        await cpuOf(
          whole,
          page(edge.url, () => ({ asks: [anAsk()] })),
          others,
        ),
      );
      times.fresh.push(await cpuOf(whole, page(edge.url), newShoppers()));
    }
    const of = (batch: Batch) => {
      const ratios = times[batch].map((ms, round) => ms / (times.plain[round] as number));
      return { ms: median(times[batch].slice(1)) / REQUESTS, ratio: median(ratios.slice(1)) };
    };
    return {
      plain: of("plain"),
      behind: of("behind"),
      before: of("before"),
      known: of("known"),
      asking: of("asking"),
      fresh: of("fresh"),
    };
  } finally {
    await Promise.all([plain.close(), edge.close(), bare.close(), routed.close()]);
  }
}

function newShoppers(): Shopper[] {
  return Array.from({ length: REQUESTS }, newShopper);
}

/** Visitors whose journeys hold 30 touchpoints, with the tokens that they were given. */
async function knownShoppers({ url, expected }: Target, page: Page): Promise<Shopper[]> {
  const shoppers = newShoppers();
  await eachOf(shoppers, AT_ONCE, async (shopper) => {
    for (let i = 0; i < BATCHES_BEFORE; i++) {
      const answer = await send({ url, expected }, page, shopper);
      shopper.person = (JSON.parse(answer) as CollectReply).person;
    }
  });
  return shoppers;
}

/** What the same visitors would send elsewhere. */
function copies(shoppers: readonly Shopper[]): Shopper[] {
  return shoppers.map((shopper) => ({ ...shopper }));
}

function cpuOf(target: Target, page: Page, shoppers: readonly Shopper[]): Promise<number> {
  return spentMs(target.pid, () =>
    eachOf(shoppers, AT_ONCE, async (shopper) => {
      await send(target, page, shopper);
    }),
  );
}

async function send({ url, expected }: Omit<Target, "pid">, page: Page, shopper: Shopper): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: headersOf(page, shopper),
    body: nextBatch(page, shopper),
  });
  const answer = await response.text();
  if (response.status !== expected) throw new Error(`${url} answered ${response.status}, not ${expected}: ${answer}`);
  return answer;
}
