import { rm } from "node:fs/promises";
import { afterAll, expect, test } from "vitest";
import { mapView } from "../../models/analysis/graph.ts";
import { total } from "../../models/analysis/map-sum.ts";
import { contributions } from "../../models/journey.ts";
import { journeysOnDisk } from "../harness/disk.ts";
import { createSite, type EdgeKeys, startEdge, stateFolder } from "../harness/edge.ts";
import { bodyOf, journey, newWriter, pureFold, type Writer, write } from "../harness/kill-writers.ts";
import { anAsk, pageClient, post } from "../harness/page-client.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { waitFor } from "../harness/wait-for.ts";

const persist = await stateFolder();
afterAll(() => rm(persist, { recursive: true, force: true }));

const VISITORS = 12;
const BATCHES_BEFORE_KILL = 60;

function stateOf(writer: Writer) {
  return journeysOnDisk(persist).find((state) => writer.stream in state.streams);
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

  const writers = Array.from({ length: VISITORS }, newWriter);
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
