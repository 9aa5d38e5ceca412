import { rm } from "node:fs/promises";
import { afterAll, expect, test } from "vitest";
import type { MapView } from "../../models/analysis/graph.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { createSite, type DemoSite, type Edge, randomKey, startEdge, stateFolder } from "../harness/edge.ts";
import { pageClient } from "../harness/page-client.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { waitFor } from "../harness/wait-for.ts";

const persist = await stateFolder();
afterAll(() => rm(persist, { recursive: true, force: true }));

const PATHS = ["/", "/cart", "/pay", "/cart", "/pay/card", "/help", "/pay", "/thanks"];
const START = Date.now() - 3_600_000;

/** The same visit in every delivery: to the millisecond, or the mean times would differ. */
const VISIT: Touchpoint[] = PATHS.map((path, seq) => ({
  seq,
  type: "page",
  name: path,
  at: START + seq * 20_000,
  url: `https://shop.example${path}`,
  props: {},
}));

/** An order that is another in each round, the same in each run. */
function shuffled<T>(items: readonly T[], round: number): T[] {
  return items
    .map((item, i) => ({ item, key: ((i + 1) * 7919 * (round + 3)) % 1009 }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

type Send = (touchpoints: Touchpoint[]) => Promise<void>;

/** Ways in which one visit may reach the edge. */
const DELIVERIES: Record<string, (send: Send, restart: () => Promise<void>) => Promise<void>> = {
  once: (send) => send(VISIT),
  twice: async (send) => {
    for (let i = 0; i < 2; i++) await send(VISIT);
  },
  "a hundred times": async (send) => {
    for (let i = 0; i < 100; i++) await send(VISIT);
  },
  "a hundred times at once": async (send) => {
    await Promise.all(Array.from({ length: 100 }, () => send(VISIT)));
  },
  shuffled: async (send) => {
    for (let round = 0; round < 3; round++) await send(shuffled(VISIT, round));
  },
  "split, in any order": async (send) => {
    for (const one of shuffled(VISIT, 1)) await send([one]);
    for (const one of shuffled(VISIT, 2)) await send([one]);
  },
  "split, and again after a restart": async (send, restart) => {
    await send(VISIT.slice(0, 5));
    await restart();
    await send(VISIT.slice(3));
    await send(VISIT);
  },
};

test("J9 J12 a visit that comes once, twice, a hundred times, shuffled, split or after a restart makes the same map (S11)", async () => {
  let edge: Edge = await startEdge({ persist });
  const restart = async () => {
    const { keys, url } = edge;
    await edge.close();
    edge = await startEdge({ keys, persist, port: Number(new URL(url).port) });
  };
  const maps: Record<string, MapView> = {};
  for (const [i, [name, deliver]] of Object.entries(DELIVERIES).entries()) {
    const site: DemoSite = await createSite(edge, `delivery-${i}`, SMALL_SITE);
    const [secret, stream] = [randomKey(16), randomKey(8)];
    const send: Send = async (touchpoints) => {
      const { status } = await pageClient(edge, site, secret).send([], { streams: [{ stream, touchpoints }] });
      expect([name, status]).toEqual([name, 200]);
    };
    await deliver(send, restart);
    const mapOf = async () =>
      (await (await edge.api("GET", `/api/sites/${site.id}/journeys/checkout/map`)).json()) as MapView;
    maps[name] = await waitFor(mapOf, ({ touchpoints }) => touchpoints === VISIT.length);
  }
  await edge.close();
  // Worked out by hand: /help is of no stage.
  expect(maps.once).toMatchObject({ visits: 1, touchpoints: 8 });
  expect(maps.once?.edges.map(({ from, to, count }) => `${from} ${to} ${count}`).sort()).toEqual([
    "browse cart 1",
    "cart pay 2",
    "pay cart 1",
    "pay done 1",
    "pay pay 1",
  ]);
  for (const [name, map] of Object.entries(maps)) expect(map, name).toEqual(maps.once);
});
