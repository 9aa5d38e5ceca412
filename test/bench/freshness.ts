import type { MapView } from "../../models/analysis/graph.ts";
import type { SiteConfig, Stage } from "../../models/site-config.ts";
import { createSite, type Edge, startEdge } from "../harness/edge.ts";
import { pageClient } from "../harness/page-client.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

/** Visitors at once; each sends a batch, waits until it is on the map, and sends the next. */
const VISITORS = 20;
const TOUCHPOINTS = 10;
/** A look at the map beside the one before it. */
const LOOK_EVERY_MS = 10;
/** A batch that is not on the map by then never comes there. */
const LOST_MS = 60_000;

export interface Freshness {
  batches: number;
  /** From the answer to a batch until `GET …/map` has all of its touchpoints, ms. */
  p50Ms: number;
  p95Ms: number;
  maxMs: number;
}

/** A stage of its own for each visitor, so that what is seen on the map is known to be theirs, and a goal that none reaches. */
function staged(visitors: number): SiteConfig {
  const stages = Array.from(
    { length: visitors + 1 },
    (_, i): Stage => ({ id: `v${i}`, name: `Visitor ${i}`, match: { path: `/v${i}` } }),
  );
  return {
    ...SMALL_SITE,
    journeys: [{ id: "checkout", name: "Checkout", stages, goal: `v${visitors}` }],
    campaigns: [],
  };
}

/** Time until an acknowledged batch is on the live map of the real edge. Rejects where one never is. */
export async function freshness(batches: number): Promise<Freshness> {
  const edge = await startEdge();
  const site = await createSite(edge, "fresh", staged(VISITORS));
  const map = watch(edge);
  const each = Math.ceil(batches / VISITORS);
  const visit = async (i: number): Promise<number[]> => {
    const client = pageClient(edge, site);
    const took: number[] = [];
    for (let sent = 1; sent <= each; sent++) {
      const { status } = await client.send(Array(TOUCHPOINTS).fill(`/v${i}`));
      if (status !== 200) throw new Error(`the edge answered ${status}`);
      const answeredMs = performance.now();
      took.push((await map.shows(`v${i}`, sent * TOUCHPOINTS)) - answeredMs);
    }
    return took;
  };
  try {
    const took = (await Promise.all(Array.from({ length: VISITORS }, (_, i) => visit(i)))).flat();
    took.sort((a, b) => a - b);
    const at = (share: number) => took[Math.ceil(share * took.length) - 1] as number;
    return { batches: took.length, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1) };
  } finally {
    await map.end();
    await edge.close();
  }
}

/** One reader of the map for all who wait: `shows` gives the `performance.now()` of the answer that has them. */
function watch(edge: Edge) {
  const waiting = new Set<(map: MapView, seenMs: number) => void>();
  let isOver = false;
  const look = async () => {
    while (!isOver) {
      const map = (await (await edge.api("GET", "/api/sites/fresh/journeys/checkout/map")).json()) as MapView;
      const seenMs = performance.now();
      for (const tell of [...waiting]) tell(map, seenMs);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  };
  const looking = look();
  return {
    shows: (stage: string, touchpoints: number) =>
      new Promise<number>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${stage} is not on the map`)), LOST_MS);
        const tell = (map: MapView, seenMs: number) => {
          if ((map.stages.find(({ id }) => id === stage)?.touchpoints ?? 0) < touchpoints) return;
          waiting.delete(tell);
          clearTimeout(late);
          resolve(seenMs);
        };
        waiting.add(tell);
      }),
    end: async () => {
      isOver = true;
      await looking;
    },
  };
}
