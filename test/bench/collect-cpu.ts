import { readFileSync } from "node:fs";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { createSite, type DemoSite, type Edge, randomKey, startEdge, workerdPid } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { median } from "./median.ts";

const REQUESTS = 400;
const AT_ONCE = 8;
/** Linux counts CPU time in 1/100 s. */
const TICK_MS = 10;
const PLAIN =
  "export default { async fetch(request) { await request.arrayBuffer(); return new Response(null, { status: 204 }); } }";

/** User and system time of a process so far, ms. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/**
 * CPU of the edge per batch of 10 touchpoints, as a ratio to a Worker that reads the body and answers 204, in the
 * median of some interleaved rounds: once for a batch that every check passes but the last one before the object (its
 * token is nobody's), once for a whole one.
 */
export async function collectRatios(rounds: number): Promise<{ beforeObject: number; withObject: number }> {
  const plain = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "plain.js", contents: PLAIN }],
      compatibilityDate: "2026-10-30",
      host: "127.0.0.1",
      cf: false,
      telemetry: { enabled: false },
    } as never),
  );
  const plainUrl = (await plain.ready).href;
  const plainPid = workerdPid();
  const edge = await startEdge();
  const edgePid = edge.pid();
  const site = await createSite(edge, "bench", SMALL_SITE);
  const kinds = {
    plain: () => spentMs(plainPid, () => send(plainUrl, edge.url, batchOf(edge, site, true), 204)),
    before: () => spentMs(edgePid, () => send(`${edge.url}/v1/collect`, edge.url, batchOf(edge, site, false), 401)),
    whole: () => spentMs(edgePid, () => send(`${edge.url}/v1/collect`, edge.url, batchOf(edge, site, true), 200)),
  };
  for (const warm of Object.values(kinds)) await warm();
  const beforeObject: number[] = [];
  const withObject: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const control = await kinds.plain();
    beforeObject.push((await kinds.before()) / control);
    withObject.push((await kinds.whole()) / control);
  }
  await plain.dispose();
  await edge.close();
  return { beforeObject: median(beforeObject), withObject: median(withObject) };
}

async function spentMs(pid: number, once: () => Promise<void>): Promise<number> {
  const before = cpuMs(pid);
  let left = REQUESTS;
  const worker = async () => {
    while (left-- > 0) await once();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return cpuMs(pid) - before;
}

async function send(url: string, origin: string, body: string, expected: number): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: { Origin: origin, "Content-Type": "text/plain" },
    body,
  });
  await response.arrayBuffer();
  if (response.status !== expected) throw new Error(`${url} answered ${response.status}, not ${expected}`);
}

/** Ten touchpoints of a visitor who was never seen; without a secret, nobody's token. */
function batchOf(edge: Edge, site: DemoSite, known: boolean): string {
  const now = Date.now();
  const touchpoints = Array.from({ length: 10 }, (_, seq) => ({
    seq,
    type: "page",
    name: "A page of the shop",
    at: now - 10_000 + seq * 1000,
    url: `${edge.url}/${["", "cart", "pay"][seq % 3]}`,
    props: { colour: "green", count: seq },
  }));
  return JSON.stringify({
    v: 1,
    site: site.publicKey,
    ...(known ? { secret: randomKey(16) } : { person: randomKey(90) }),
    sentAt: now,
    consent: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
    streams: [{ stream: randomKey(8), touchpoints }],
    asks: [],
  });
}
