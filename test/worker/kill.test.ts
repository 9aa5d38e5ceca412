import { rm } from "node:fs/promises";
import { afterAll, expect, test } from "vitest";
import { mapView } from "../../models/analysis/graph.ts";
import { total } from "../../models/analysis/map-sum.ts";
import { contributions, type Folded } from "../../models/journey.ts";
import { EMPTY_STATE, receive } from "../../models/journey-state.ts";
import type { Journey } from "../../models/site-config.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { journeysOnDisk } from "../harness/disk.ts";
import {
  createSite,
  type DemoSite,
  type Edge,
  type EdgeKeys,
  randomKey,
  startEdge,
  stateFolder,
} from "../harness/edge.ts";
import { anAsk, pageClient, post } from "../harness/page-client.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { waitFor } from "../harness/wait-for.ts";

const persist = await stateFolder();
afterAll(() => rm(persist, { recursive: true, force: true }));

const VISITORS = 12;
const BATCHES_BEFORE_KILL = 60;
const PATHS = ["/", "/cart", "/pay", "/", "/pay/card", "/elsewhere", "/thanks"];
const journey = SMALL_SITE.journeys[0] as Journey;
/** What the edge takes from the headers of the harness's pages, and of the place that the local runtime names. */
const CONTEXT = "desktop/Chrome/Linux//US";

/** One visitor's page: what it sent, and what the edge said it has. */
interface Writer {
  secret: string;
  stream: string;
  sent: Touchpoint[];
  acked: number;
}

/** Ten touchpoints a batch, a second apart, in the last two hours: none is clamped, none is too old. */
function nextBatch(writer: Writer, startAt: number): Touchpoint[] {
  return Array.from({ length: 10 }, (_, i) => {
    const seq = writer.sent.length + i;
    const url = `https://shop.example${PATHS[(seq * 7 + writer.secret.charCodeAt(0)) % PATHS.length]}`;
    return { seq, type: "page", name: `n${seq}`, at: startAt + seq * 1000, url, props: {} };
  });
}

function bodyOf(site: DemoSite, writer: Writer, touchpoints: Touchpoint[]) {
  return {
    v: 1,
    site: site.publicKey,
    secret: writer.secret,
    sentAt: Date.now(),
    consent: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
    streams: [{ stream: writer.stream, touchpoints }],
    asks: [],
  };
}

/** The folded state of some touchpoints by models/ alone: nothing of the edge has a hand in it. */
function pureFold(writer: Writer, touchpoints: Touchpoint[]): Folded {
  const now = Date.now();
  const streams = [{ stream: writer.stream, touchpoints }];
  const stamp = { rev: 1, purposes: ["analytics" as const] };
  return receive(EMPTY_STATE, { streams, stamp, sentAt: now, receivedAt: now, context: CONTEXT }, journey).state.folded;
}

function stateOf(writer: Writer) {
  return journeysOnDisk(persist).find((state) => writer.stream in state.streams);
}

/** Sends batches until the edge is gone; every acknowledged one is noted. */
async function write(
  edge: Edge,
  site: DemoSite,
  writer: Writer,
  run: { acked: number; inFlight: number; startAt: number },
): Promise<void> {
  for (;;) {
    const batch = nextBatch(writer, run.startAt);
    writer.sent.push(...batch);
    run.inFlight++;
    try {
      const { status, reply } = await post(edge, bodyOf(site, writer, batch));
      if (status !== 200) return;
      expect(reply.refused).toEqual([]);
      writer.acked = writer.sent.length;
      run.acked++;
    } catch {
      return; // the edge was killed while this batch was in flight
    } finally {
      run.inFlight--;
    }
  }
}

test("J12 J18 kill -9 in the middle of writes and of a held push loses nothing that was acknowledged, and counts nothing twice", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let pushes = 0;
  const edge = await startEdge({
    persist,
    pushGate: () => {
      pushes++;
      return held;
    },
  });
  const site = await createSite(edge, "demo", {
    ...SMALL_SITE,
    campaigns: SMALL_SITE.campaigns.map((c) => ({ ...c, holdout: 0 })),
  });
  const keys: EdgeKeys = edge.keys;

  const helped = pageClient(edge, site);
  const stuck = {
    seq: 0,
    type: "page" as const,
    name: "",
    at: Date.now() - 25_000,
    url: "https://shop.example/pay",
    props: {},
  };
  const asked = await helped.send([], { streams: [{ stream: helped.stream, touchpoints: [stuck] }], asks: [anAsk()] });
  const reservation = asked.reply.decisions[0]?.reservation as string;
  expect(reservation).toHaveLength(22);

  // Its push has been given up after 2 s and tried again by the alarm: from here on the alarm alone is to bring it.
  await waitFor(
    () => pushes,
    (count) => count >= 2,
  );

  const writers = Array.from(
    { length: VISITORS },
    (): Writer => ({ secret: randomKey(16), stream: randomKey(8), sent: [], acked: 0 }),
  );
  const run = { acked: 0, inFlight: 0, startAt: Date.now() - 2 * 3_600_000 };
  const writing = writers.map((writer) => write(edge, site, writer, run));
  await waitFor(
    () => run.acked,
    (acked) => acked >= BATCHES_BEFORE_KILL,
  );
  const inFlight = run.inFlight;
  process.kill(edge.pid(), "SIGKILL");
  await Promise.all(writing);
  await edge.close();

  expect(run.acked).toBeGreaterThanOrEqual(50);
  expect(inFlight).toBeGreaterThan(0);
  expect(pushes).toBeGreaterThan(0);
  const onDisk = journeysOnDisk(persist);
  expect(onDisk.flatMap((state) => state.reservations.map((r) => r.id))).toEqual([reservation]);
  for (const state of onDisk) expect(Object.keys(state.push.dirty)).not.toEqual([]);
  for (const writer of writers) {
    const folded = stateOf(writer)?.folded;
    const acked = pureFold(writer, writer.sent.slice(0, writer.acked));
    const withInFlight = pureFold(writer, writer.sent);
    if (folded?.touchpoints === acked.touchpoints) expect(folded).toEqual(acked);
    else expect(folded).toEqual(withInFlight);
  }

  release();
  const again = await startEdge({ persist, keys, port: Number(new URL(edge.url).port) });
  try {
    // A page that got no answer sends its batch again; one that did may send the last again. Either wakes the push; the
    // helped visitor sends nothing more.
    for (const writer of writers) {
      const last = writer.sent.slice(-10);
      expect((await post(again, bodyOf(site, writer, last))).status).toBe(200);
    }
    const everything = writers.map((writer) => pureFold(writer, writer.sent));
    const helpedFold = pureFold({ secret: "", stream: helped.stream, sent: [], acked: 0 }, [stuck]);
    const wanted = total(
      [...everything, helpedFold].flatMap((folded) =>
        [...contributions(folded, journey).values()].map(({ contribution }) => contribution),
      ),
    );
    const map = await waitFor(
      async () => (await again.api("GET", "/api/sites/demo/journeys/checkout/map")).json(),
      (seen) => (seen as { touchpoints: number }).touchpoints === wanted.touchpoints,
    );
    expect(map).toEqual(mapView({ sum: wanted, beside: {}, sets: {} }, journey));
    for (const [i, writer] of writers.entries()) expect(stateOf(writer)?.folded).toEqual(everything[i]);
  } finally {
    await again.close();
  }
});
