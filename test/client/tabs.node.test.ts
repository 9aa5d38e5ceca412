import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  answerBanner,
  capturing,
  carries,
  collectRequest,
  consentRequest,
  type Install,
  isConsent,
  keptBy,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { waitFor } from "../harness/wait-for.ts";

/** What one tab does while others are open, or while a request is on its way. */
let install: Install;

beforeAll(async () => {
  install = await startInstall();
});
afterAll(() => install.close());

function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

async function openGranted(v: Visitor): Promise<void> {
  await v.open();
  await answerBanner(v.page, "Accept");
  await capturing(v.page);
}

/** Says something, and sends it as a page does that goes out of sight. */
function say(page: Page, name: string): Promise<void> {
  return page.evaluate((one) => {
    (window as unknown as WaypostWindow).waypost.track(one);
    dispatchEvent(new Event("pagehide"));
    dispatchEvent(new Event("pageshow"));
  }, name);
}

function choose(page: Page, purposes: string[]): Promise<void> {
  return page.evaluate((some) => (window as unknown as WaypostWindow).waypost.consent.set(some), purposes);
}

visit("I after a reset in one tab the others speak for the next person too", async (v) => {
  await openGranted(v);
  const other = await v.context.newPage();
  await v.open("/other", other);
  await capturing(other);
  await say(other, "First person");
  const before = collectRequest(await v.seen(carries("track", "First person")));
  await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.reset());
  const secret = await v.page.evaluate(() => localStorage.getItem("waypost.secret"));
  await say(v.page, "Second person, here");
  await v.seen(carries("track", "Second person, here"));
  await waitFor(async () => {
    await say(other, "Second person, there");
    const sent = v.asked().filter(carries("track", "Second person, there")).map(collectRequest);
    return sent.some(
      (request) => request.secret === secret && request.streams.every((s) => s.stream !== before.streams[0]?.stream),
    );
  }, Boolean);
});

visit("B13 a tab that still has the former texts leaves a grant for the new ones alone", async (v) => {
  const former = await v.context.newPage();
  // The configuration that this tab got has other texts.
  await former.route("**/v1/config/*", async (route) => {
    const response = await route.fetch();
    const config = await response.json();
    await route.fulfill({ response, json: { ...config, consent: { ...config.consent, policy: "former" } } });
  });
  await v.open("/former", former);
  await openGranted(v);
  const secret = await v.page.evaluate(() => localStorage.getItem("waypost.secret"));
  expect(secret).toMatch(/^[\w-]{22}$/);
  const answered = former.evaluate(
    () => new Promise((resolve) => (window as unknown as WaypostWindow).waypost.once("consent", resolve)),
  );
  await choose(v.page, ["analytics"]);
  // It heard, and holds no consent of its own.
  expect(await answered).toMatchObject({ purposes: [] });
  expect((await keptBy(v.page)).local["waypost.secret"]).toBe(secret);
  // The twin: a withdrawal does take everything.
  await choose(v.page, []);
  expect((await keptBy(v.page)).local["waypost.secret"]).toBeUndefined();
});

visit("B12 a choice that could not be sent is not sent again after a later one", async (v) => {
  await v.open();
  v.fault(({ path, body }) => (path.endsWith("/consent") && body.includes('"rev":1') ? { status: 503 } : null));
  await v.page.clock.install();
  await choose(v.page, []);
  await v.seen((exchange) => isConsent(exchange) && exchange.status === 503);
  await choose(v.page, ["analytics"]);
  await v.seen((exchange) => isConsent(exchange) && exchange.status === 200);
  await v.page.clock.runFor(60_000);
  await v.page.evaluate(() => fetch("/"));
  expect(
    v
      .asked()
      .filter(isConsent)
      .map((exchange) => consentRequest(exchange).consent.rev),
  ).toEqual([1, 2]);
});

visit("B12 a page whose code clears the storage can still withdraw its journey", async (v) => {
  await openGranted(v);
  await say(v.page, "Granted");
  const { secret } = collectRequest(await v.seen(carries("track", "Granted")));
  await v.page.evaluate(() => localStorage.clear());
  await choose(v.page, []);
  const withdrawal = await v.seen(
    (exchange) => isConsent(exchange) && consentRequest(exchange).consent.purposes.length === 0,
  );
  expect(consentRequest(withdrawal)).toMatchObject({ secret, control: "api" });
});

visit("B13 a banner stays open while another tab of the site clears its storage", async (v) => {
  await v.open();
  const accept = v.page.getByRole("button", { name: "Accept", exact: true });
  await accept.waitFor();
  const other = await v.context.newPage();
  await v.open("/other", other);
  const heard = v.page.evaluate(
    () => new Promise((resolve) => addEventListener("storage", () => resolve(true), { once: true })),
  );
  await other.evaluate(() => {
    localStorage.setItem("theirs", "1");
    localStorage.clear();
  });
  await heard;
  expect(await accept.count()).toBe(1);
});

visit("B15 a withdrawal ends a worker that is still starting", async (v) => {
  // A model that never arrives: the engine never answers.
  await v.context.route("**/*.onnx", () => {});
  await openGranted(v);
  await waitFor(
    () => v.page.workers().length,
    (count) => count === 1,
  );
  await choose(v.page, []);
  await waitFor(
    () => v.page.workers().length,
    (count) => count === 0,
  );
});
