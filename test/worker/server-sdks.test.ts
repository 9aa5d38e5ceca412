import { rm } from "node:fs/promises";
import Rudder from "@rudderstack/rudder-sdk-node";
import { Analytics } from "@segment/analytics-node";
import { afterAll, expect, test } from "vitest";
import type { MapView } from "../../models/analysis/graph.ts";
import { journeysOnDisk } from "../harness/disk.ts";
import { createSite, type DemoSite, type Edge, startEdge, stateFolder } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { waitFor } from "../harness/wait-for.ts";

const persist = await stateFolder();
afterAll(() => rm(persist, { recursive: true, force: true }));

const USERS = 250;
const EVENTS_OF_EACH = 40;
/** Calls of either SDK: the edge is killed in the middle of them. */
const EVENTS = USERS * EVENTS_OF_EACH;
const BATCH = 100;
/** Patience of an owner who restarts a server: more tries than the default, and nothing else. */
const TRIES = 30;

interface Told {
  event: string;
  userId: string;
  properties: { sdk: string };
}

/** Each user's events one after the other, as a job of a server tells of one user after the other. */
function eventsOf(sdk: string): Told[] {
  return Array.from({ length: EVENTS }, (_, i) => ({
    event: `${sdk} ${i}`,
    userId: `${sdk} user ${Math.floor(i / EVENTS_OF_EACH)}`,
    properties: { sdk },
  }));
}

/** Events that wait for their answer at once. More would not help: Rudder's SDK writes its whole queue as JSON with each event. */
const UNDER_WAY = 5 * BATCH;

/** An unmodified SDK, set up as its documentation says, but for the address. */
interface Sdk {
  /** Has one event sent; `done` hears when it was answered for good. */
  track: (told: Told, done: (error?: unknown) => void) => unknown;
  end: () => Promise<unknown>;
}

function segment({ url }: Edge, { writeKey }: DemoSite): Sdk {
  const sdk = new Analytics({ writeKey, host: url, flushAt: BATCH, flushInterval: 1_000, maxRetries: TRIES });
  return { track: (told, done) => sdk.track(told, done), end: () => sdk.closeAndFlush() };
}

function rudder({ url }: Edge, { writeKey }: DemoSite): Sdk {
  const sdk = new Rudder(writeKey, {
    dataPlaneUrl: url,
    flushAt: BATCH,
    flushInterval: 1_000,
    retryCount: TRIES,
    // Its own exponential wait has no bound: an hour after twenty tries.
    axiosRetryConfig: { retryDelay: () => 250 },
    logLevel: "none",
  } as ConstructorParameters<typeof Rudder>[1]);
  return { track: (told, done) => sdk.track(told, done), end: () => sdk.flush() };
}

/** Sends all of it, and counts what was answered. */
function tell(sdk: Sdk, all: readonly Told[]) {
  const run = { answered: 0, failed: [] as unknown[], ended: Promise.resolve() };
  const one = (told: Told) =>
    new Promise<void>((resolve) => {
      sdk.track(told, (error) => {
        if (error) run.failed.push(error);
        else run.answered++;
        resolve();
      });
    });
  const every = async () => {
    for (let from = 0; from < all.length; from += UNDER_WAY) {
      await Promise.all(all.slice(from, from + UNDER_WAY).map(one));
    }
    await sdk.end();
  };
  run.ended = every();
  return run;
}

test("W8 W11 10,000 events of either SDK are there once each, though the edge is killed in the middle and both send again", async () => {
  let edge = await startEdge({ persist });
  const site = await createSite(edge, "sdks", SMALL_SITE);
  const { url, keys } = edge;
  const told = [eventsOf("segment"), eventsOf("rudder")];
  const runs = [segment(edge, site), rudder(edge, site)].map((sdk, i) => tell(sdk, told[i] as Told[]));

  await waitFor(
    () => runs.map(({ answered }) => answered),
    (counts) => counts.every((count) => count >= UNDER_WAY),
  );
  process.kill(edge.pid(), "SIGKILL");
  // Both are in the middle.
  expect(runs.every(({ answered }) => answered < EVENTS)).toBe(true);
  await edge.close();

  edge = await startEdge({ persist, keys, port: Number(new URL(url).port) });
  await Promise.all(runs.map(({ ended }) => ended));
  expect(runs.map(({ failed }) => failed)).toEqual([[], []]);

  const map = await waitFor(
    async () => {
      const answer = await edge.api("GET", `/api/sites/${site.id}/journeys/checkout/map`);
      return (await answer.json()) as MapView;
    },
    (seen) => seen.touchpoints >= 2 * EVENTS,
  );
  expect([map.touchpoints, map.visits, map.late]).toEqual([2 * EVENTS, 2 * USERS, 0]);
  // All of it once more, as an SDK would that had not heard the answer.
  const again = told.flat().slice(0, 200);
  const body = { batch: again.map((one) => ({ ...one, type: "track", messageId: `again ${one.event}` })) };
  const headers = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` };
  const post = async () =>
    (await (
      await fetch(`${edge.url}/v1/batch`, { method: "POST", headers, body: JSON.stringify(body) })
    ).json()) as object;
  expect(await post()).toMatchObject({ success: true, accepted: 200, duplicates: 0 });
  expect(await post()).toMatchObject({ success: true, accepted: 0, duplicates: 200 });
  await edge.close();

  const kept = journeysOnDisk(persist).flatMap(({ folded }) => folded.ring.map(({ name }) => name));
  const expected = [...told.flat(), ...again].map(({ event }) => event);
  expect(kept.toSorted()).toEqual(expected.toSorted());
}, 120_000);
