import fc from "fast-check";
import type { Page, Worker } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { settledBy, takeBatch } from "../../client/batch.ts";
import { recordCall } from "../../client/capture/call.ts";
import { createRecorder, type Observed } from "../../client/capture/recorder.ts";
import { RECORDED_CALLS } from "../../client/context.ts";
import { createEmitter } from "../../client/emitter.ts";
import type { Entry } from "../../client/outbox.ts";
import { parseRetryAfter } from "../../client/retry.ts";
import { Scorer } from "../../client/scoring/scorer.ts";
import { grantable, readChoice, readStamp } from "../../models/consent.ts";
import { scrubText, scrubUrl } from "../../models/scrub.ts";
import type { PublishedConfig, SiteConfig } from "../../models/site-config.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import type { CollectReply } from "../../models/wire.ts";
import { type HostInstall, type HostVisit, startHostInstall } from "../browser/host-install.ts";
import { answerBanner, carries, collectRequest, isCollect, workerOf } from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { carelessMerge, POISON, POISONED_PATHS, poison, poisonedJson } from "../harness/poison.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [HELP] = SMALL_SITE.campaigns as [(typeof SMALL_SITE.campaigns)[0]];
const EAGER: SiteConfig = {
  ...SMALL_SITE,
  journeys: SMALL_SITE.journeys.map((journey) => ({
    ...journey,
    stages: journey.stages.map((stage) => ({ ...stage, typicalDwellMs: 500 })),
  })),
  campaigns: [{ ...HELP, holdout: 0 }],
};

/** Everything that a page reads from the network, from storage and from the page's own code, and is pure. */
const READERS: Record<string, (value: unknown) => unknown> = {
  choice: readChoice,
  stamp: readStamp,
  purposes: (value) => grantable(Array.isArray(value) ? value.filter((one) => typeof one === "string") : []),
  text: (value) => scrubText(String(JSON.stringify(value))),
  url: (value) => scrubUrl(`https://shop.example/${encodeURIComponent(String(JSON.stringify(value)))}`),
  retryAfter: (value) => parseRetryAfter(JSON.stringify(value), 0),
  calls: (value) => RECORDED_CALLS.map((name) => observedOf(name, value)),
  recorded: (value) => recorded({ type: "track", name: "x", props: value }),
  reply: (value) => settledBy([entryOf(recorded({ type: "track", name: "x" }))], replyOf(value)),
  batch: (value) =>
    takeBatch([entryOf(recorded({ type: "track", name: "x", props: value }))], { rev: 1, purposes: [] }, 9_999),
  emitter: (value) => {
    const events = createEmitter(() => {});
    events.on(value, () => {});
    events.off(value, () => {});
  },
  features: (value) => scored(value),
};

function observedOf(name: (typeof RECORDED_CALLS)[number], value: unknown): Observed[] {
  const seen: Observed[] = [];
  const args = Array.isArray(value) ? value : [value, value];
  const [journey] = SMALL_SITE.journeys;
  recordCall({ name, args, perfMs: 0 }, (observed) => seen.push(observed), { journey } as PublishedConfig);
  return seen;
}

/** The touchpoint that the recorder makes of what a source says. */
function recorded(observed: Observed): Touchpoint {
  let kept: Touchpoint | undefined;
  const { record, drain } = createRecorder(
    () => 0,
    { stamp: { rev: 1, purposes: [] } },
    (touchpoint) => {
      kept = touchpoint;
    },
  );
  record(observed);
  drain();
  return kept as Touchpoint;
}

function entryOf(touchpoint: Touchpoint): Entry {
  return { stream: "stream-one1", touchpoint, stamp: { rev: 1, purposes: [] } };
}

function replyOf(value: unknown): Pick<CollectReply, "acked" | "refused"> {
  const { acked, refused } = Object(value) as { acked?: unknown; refused?: unknown };
  const rows = (list: unknown) => (Array.isArray(list) ? list.filter((one) => Array.isArray(one?.seqs)) : []);
  return { acked: rows(acked), refused: rows(refused) };
}

async function scored(value: unknown): Promise<unknown> {
  const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[0]];
  const scorer = new Scorer({ journey, triggers: [], thresholds: SMALL_SITE.thresholds }, {});
  return scorer.add([recorded({ type: "track", name: "x", props: value })], 0);
}

function prototypeKeys(): (string | symbol)[] {
  return [Object.prototype, Array.prototype, Function.prototype].flatMap((one) => Reflect.ownKeys(one));
}

test("S6 no JSON with poisoned keys reaches a prototype through what the page reads it with", async () => {
  // What the readers ask of a page.
  Object.assign(globalThis, { location: { href: "https://shop.example/pay" }, document: { title: "Pay" } });
  const before = prototypeKeys();
  const keys = ["rev", "purposes", "policy", "day", "acked", "refused", "seqs", "stream", "value", "name"];
  await fc.assert(
    fc.asyncProperty(poisonedJson(keys), async (value) => {
      for (const read of Object.values(READERS)) await read(value);
      return ({} as { polluted?: unknown }).polluted === undefined && prototypeKeys().length === before.length;
    }),
    { numRuns: 10_000 },
  );
  for (const name of ["location", "document"]) Reflect.deleteProperty(globalThis, name);
  // The twin: the same poison does reach it through a reader that takes no care.
  carelessMerge({}, JSON.parse(POISON));
  expect(({} as { polluted?: unknown }).polluted).toBe("yes");
  Reflect.deleteProperty(Object.prototype, "polluted");
});

let install: HostInstall;
beforeAll(async () => {
  install = await startHostInstall({ ...EAGER, capture: { ...EAGER.capture, query: ["__proto__", "constructor"] } });
});
afterAll(() => install.close());

/** What a page and its worker find on an object that has nothing of its own. */
function pollutedIn(place: Page | Worker): Promise<[unknown, string[]]> {
  return (place as Page).evaluate(() => [({} as { polluted?: unknown }).polluted, Object.keys(Object.prototype)]);
}

async function poisonReplies({ context }: HostVisit): Promise<void> {
  await context.route("**/v1/*", poisonReply);
  await context.route("**/v1/config/*", poisonReply);
}

async function poisonReply(route: Parameters<Parameters<HostVisit["context"]["route"]>[1]>[0]): Promise<void> {
  const response = await route.fetch();
  // The page may be gone before its answer is here.
  const text = await response.text().catch(() => null);
  if (text === null) return;
  const isJson = response.headers()["content-type"]?.includes("json");
  await route.fulfill({ response, body: isJson ? JSON.stringify(poison(JSON.parse(text))) : text });
}

test("S6 poison in configuration, replies, URL, calls, traits and markup reaches no prototype of page or worker", () =>
  install.visit(async (visit) => {
    const { page, serve, tag, open, own, errors } = visit;
    await poisonReplies(visit);
    serve(
      "/pay",
      `<!doctype html><html lang="en"><title>Pay</title><script>window.waypost = [
["__proto__", "polluted", "yes"], ["constructor"], ["consent.__proto__"], ["track", "__proto__", ${POISON}], {"__proto__": ["track"]}];</script>${tag()}
<main><h1>Pay</h1><button data-waypost-prop-__proto__="yes" data-waypost-prop-constructor="yes" data-waypost-event="__proto__">Pay</button></main>`,
    );
    const query = POISONED_PATHS.map((path) => `${path}=yes`).join("&");
    await open(`/pay?__proto__=yes&constructor=yes&${query}#/${query}`);
    await answerBanner(page, "Accept");
    await page.getByRole("button", { name: "Pay", exact: true }).click();
    await page.evaluate((text) => {
      const { waypost } = window as unknown as WaypostWindow;
      const props = JSON.parse(text);
      for (const call of ["track", "page", "identify", "group", "alias"] as const) waypost[call]("__proto__", props);
      waypost.goal(props);
      waypost.push(
        ["on", "__proto__", () => {}],
        ["once", "constructor", () => {}],
        ["consent.set", props],
        ["__defineGetter__", "polluted", () => "yes"],
      );
      waypost.track("Captured", { plan: "pro", ...JSON.parse('{"__proto__":"yes","constructor":"yes"}') });
    }, POISON);
    await page.getByText("Need a hand?", { exact: true }).first().waitFor();
    await own.seen(carries("track", "Captured"));
    const captured = own.exchanges
      .filter(isCollect)
      .flatMap((exchange) => collectRequest(exchange).streams.flatMap(({ touchpoints }) => touchpoints))
      .find(({ name }) => name === "Captured");
    expect(captured?.props.plan).toBe("pro");
    expect(await pollutedIn(page)).toEqual([undefined, []]);
    expect(await pollutedIn(await workerOf(page))).toEqual([undefined, []]);
    expect(errors).toEqual([]);
    // The twin: a script of the page that takes no care is seen.
    await page.evaluate(`(${carelessMerge})({}, JSON.parse('${POISON}'))`);
    expect(await pollutedIn(page)).toEqual(["yes", ["polluted"]]);
  }));
