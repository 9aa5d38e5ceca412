import fc from "fast-check";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteConfig } from "../../models/site-config.ts";
import { type HostInstall, startHostInstall } from "../browser/host-install.ts";
import { isCollect, ready, workerOf } from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { poisonedJson } from "../harness/poison.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const MESSAGES = 10_000;
const ALL = ["analytics", "scoring", "personalization"];

/** Who stays two seconds at payment is stuck: by then every message was sent. */
const SLOW: SiteConfig = {
  ...SMALL_SITE,
  journeys: SMALL_SITE.journeys.map((journey) => ({
    ...journey,
    stages: journey.stages.map((stage) => ({ ...stage, typicalDwellMs: 2_000 })),
  })),
  campaigns: SMALL_SITE.campaigns.map((campaign) => ({ ...campaign, holdout: 0 })),
};

let install: HostInstall;
beforeAll(async () => {
  install = await startHostInstall(SLOW);
});
afterAll(() => install.close());

/** Calls that comlink would answer, and one that would end it: last of them, first of all messages. */
const ATTACKS = [
  { id: "1", type: "SET", path: ["__proto__", "polluted"], value: { type: "RAW", value: "yes" } },
  { id: "2", type: "APPLY", path: ["constructor", "assign"], argumentList: [{ type: "RAW", value: null }] },
  { id: "3", type: "APPLY", path: ["replace"], argumentList: [{ type: "RAW", value: null }] },
  { id: "4", type: "RELEASE", path: [] },
];

/** Anything, and what looks like a call of comlink's: of the engine's own methods, of its prototype, of the global. */
function messages(): string {
  const step = fc.constantFrom("start", "add", "replace", "tick", "__proto__", "constructor", "polluted", "then");
  const call = fc.record({
    id: fc.oneof(fc.string(), fc.integer()),
    type: fc.constantFrom("GET", "SET", "APPLY", "CONSTRUCT", "ENDPOINT", "RELEASE", 0),
    path: fc.oneof(fc.array(step, { maxLength: 3 }), fc.constantFrom(null, "start")),
    argumentList: fc.oneof(fc.array(poisonedJson(["type", "value"]), { maxLength: 3 }), fc.constantFrom(5, null)),
    value: fc.record({ type: fc.constantFrom("RAW", "HANDLER"), value: poisonedJson() }),
  });
  const random = fc.sample(fc.oneof(poisonedJson(["type", "path", "id"]), call), MESSAGES - ATTACKS.length);
  return JSON.stringify([...ATTACKS, ...random]);
}

/** Runs in the page, before the tag: keeps the worker that the tag makes, as a script of the page could. */
function catchWorker(): void {
  const page = window as unknown as { caught?: Worker; heard: number };
  page.heard = 0;
  addEventListener("message", () => page.heard++);
  window.Worker = class extends Worker {
    constructor(...made: ConstructorParameters<typeof Worker>) {
      super(...made);
      page.caught = this;
    }
  };
}

function heardInPage(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { heard: number }).heard);
}

test(`S25 ${MESSAGES} messages to the window and to the scoring worker are ignored, and scoring goes on`, () =>
  install.visit(async ({ context, page, serve, tag, open, own, errors }) => {
    await context.addInitScript(catchWorker);
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    serve(
      "/pay",
      `<!doctype html><html lang="en"><title>Pay</title><script>window.waypost = [];</script>${tag()}<h1>Pay</h1>`,
    );
    await open("/pay");
    await ready(page);
    await page.evaluate((all) => (window as unknown as WaypostWindow).waypost.consent.set(all), ALL);
    await own.seen(({ path }) => path.endsWith(".onnx"));
    const worker = await workerOf(page);
    await worker.evaluate(() => {
      const scope = self as unknown as { heard: number };
      scope.heard = 0;
      addEventListener("message", () => scope.heard++);
    });
    const before = own.exchanges.length;
    await page.evaluate((text) => {
      const { caught } = window as unknown as { caught: Worker };
      for (const message of JSON.parse(text)) {
        window.postMessage(message, "*");
        caught.postMessage(message);
      }
    }, messages());
    // The twin: both did get them.
    await page.waitForFunction((count) => (window as unknown as { heard: number }).heard === count, MESSAGES);
    expect(await worker.evaluate(() => (self as unknown as { heard: number }).heard)).toBe(MESSAGES);
    expect(await heardInPage(page)).toBe(MESSAGES);
    expect(
      await worker.evaluate(() => [({} as { polluted?: unknown }).polluted, Object.keys(Object.prototype)]),
    ).toEqual([undefined, []]);
    expect(errors).toEqual([]);
    expect(said).toEqual([]);
    const asking = await own.seen((exchange) => isCollect(exchange) && exchange.body.includes('"on":"stall.high"'));
    expect(
      own.exchanges.slice(before, own.exchanges.indexOf(asking)).filter(({ path }) => !path.includes("/chunks/")),
    ).toEqual([]);
    await page.getByText("Need a hand?", { exact: true }).first().waitFor();
  }));
