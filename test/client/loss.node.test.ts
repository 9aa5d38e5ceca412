import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as passing } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  answerBanner,
  arrived,
  capturing,
  carries,
  type Install,
  isCollect,
  noticeDatabase,
  ready,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import type { SiteHost } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { CHROMIUM_ARGS, chromiumPath } from "../chromium.ts";
import { journeysOnDisk } from "../harness/disk.ts";
import { waitFor } from "../harness/wait-for.ts";

let install: Install;

beforeAll(async () => {
  install = await startInstall({ named: true });
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

function track(page: Page, name: string): Promise<void> {
  return page.evaluate((one) => (window as unknown as WaypostWindow).waypost.track(one), name);
}

/** How often each touchpoint whose name begins so is in the journeys that the edge has on disk. */
function counted(prefix: string): Map<string, number> {
  const counts = new Map<string, number>();
  const names = journeysOnDisk(install.persist).flatMap(({ folded }) => folded.ring.map((entry) => entry.name));
  for (const name of names.filter((one) => one.startsWith(prefix))) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** `prefix 1` … `prefix n`, each once. */
function eachOnce(prefix: string, n: number): Map<string, number> {
  return new Map(Array.from({ length: n }, (_, i) => [`${prefix} ${i + 1}`, 1]));
}

async function expectCountedOnce(prefix: string, n: number): Promise<void> {
  await waitFor(
    () => counted(prefix).size,
    (size) => size === n,
  );
  expect(new Map([...counted(prefix)].sort())).toEqual(new Map([...eachOnce(prefix, n)].sort()));
}

visit("20 of 20: a tab that is closed in the task after a touchpoint has sent it", async (v) => {
  await openGranted(v);
  for (let i = 1; i <= 20; i++) {
    const tab = await v.context.newPage();
    await v.open("/", tab);
    await capturing(tab);
    await track(tab, `Closed ${i}`);
    await tab.close();
  }
  await expectCountedOnce("Closed", 20);
});

visit("20 of 20: a page that is left in the task of a touchpoint has sent it", async (v) => {
  await openGranted(v);
  for (let i = 1; i <= 20; i++) {
    const away = v.page.waitForURL("about:blank");
    // No page of the site follows that could send what this one could not.
    await v.page.evaluate((name) => {
      (window as unknown as WaypostWindow).waypost.track(name);
      location.href = "about:blank";
    }, `Left ${i}`);
    await away;
    await v.seen(carries("track", `Left ${i}`));
    await v.open();
    await capturing(v.page);
  }
  await expectCountedOnce("Left", 20);
});

visit("5 of 5: what was noted without a network is sent when it is back", async (v) => {
  await openGranted(v);
  for (let i = 1; i <= 5; i++) {
    await v.context.setOffline(true);
    await track(v.page, `Offline ${i}`);
    await v.page.evaluate(() => dispatchEvent(new Event("pagehide")));
    expect(arrived(v.asked())).not.toContain(`track Offline ${i}`);
    await v.context.setOffline(false);
    await v.seen(carries("track", `Offline ${i}`));
    await v.page.evaluate(() => dispatchEvent(new Event("pageshow")));
  }
  await expectCountedOnce("Offline", 5);
});

visit("5 of 5: what could not be sent is sent after a reload; sent twice, it is counted once", async (v) => {
  await openGranted(v);
  for (let i = 1; i <= 5; i++) {
    // The edge takes it, and the page never hears so: the worst of both.
    v.fault(({ path }) => (path.endsWith("/collect") ? "lose answer" : null));
    const before = v.asked().length;
    await track(v.page, `Reloaded ${i}`);
    await v.page.reload();
    await waitFor(() => v.asked().slice(before).some(isCollect), Boolean);
    v.fault(null);
    await v.open();
    await capturing(v.page);
    const named = (exchange: { body: string }) => exchange.body.includes(`"Reloaded ${i}"`);
    await waitFor(
      () => v.asked().filter(isCollect).filter(named).length,
      (times) => times >= 2,
    );
  }
  await expectCountedOnce("Reloaded", 5);
});

visit("5 of 5: what a closed tab could not send is sent by the next", async (v) => {
  await openGranted(v);
  const first = v.page;
  for (let i = 1; i <= 5; i++) {
    const tab = await v.context.newPage();
    await v.open("/", tab);
    await capturing(tab);
    v.fault(({ path }) => (path.endsWith("/collect") ? "hang up" : null));
    await track(tab, `Next ${i}`);
    await tab.close();
    v.fault(null);
    const next = await v.context.newPage();
    await v.open("/", next);
    await v.seen(carries("track", `Next ${i}`));
    await next.close();
  }
  await first.close();
  await expectCountedOnce("Next", 5);
});

/** Six browsers, one after the other: on a busy machine that is more than the minute that a test has else. */
const KILLS_MS = 180_000;

/** A browser whose profile outlives it, as a process of ours, so that it can be killed. */
async function startProfile(profile: string): Promise<{ browser: Browser; process: ChildProcess }> {
  const args = [...CHROMIUM_ARGS, "--headless", "--remote-debugging-port=0", `--user-data-dir=${profile}`];
  await rm(join(profile, "DevToolsActivePort"), { force: true });
  const process = spawn(await chromiumPath(), args, { stdio: "ignore" });
  const told = await waitFor(
    () => readFile(join(profile, "DevToolsActivePort"), "utf8").catch(() => ""),
    (text) => text.includes("\n"),
  );
  return { process, browser: await chromium.connectOverCDP(`http://127.0.0.1:${told.split("\n")[0]}`) };
}

/** One tab for each host, all at once. */
async function openTabs(browser: Browser, hosts: readonly SiteHost[]): Promise<Page[]> {
  const [context] = browser.contexts();
  if (!context) throw new Error("a browser with a profile has a context");
  await context.addInitScript(noticeDatabase);
  return Promise.all(
    hosts.map(async ({ url }) => {
      const page = await context.newPage();
      await page.goto(url);
      await ready(page);
      return page;
    }),
  );
}

test.concurrent(
  "20 of 20: what was noted 300 ms before the browser was killed is sent by the next",
  async () => {
    const profile = await mkdtemp(join(tmpdir(), "waypost-profile-"));
    const hosts = install.freeHosts.splice(0, 10);
    const grant = await startProfile(profile);
    const tabs = await openTabs(grant.browser, hosts);
    await Promise.all(tabs.map((tab) => answerBanner(tab, "Accept").then(() => capturing(tab))));
    // A choice made in the last seconds is not on disk yet: these visitors come back.
    const session = await grant.browser.newBrowserCDPSession();
    await Promise.all([once(grant.process, "exit"), session.send("Browser.close").catch(() => {})]);

    for (const round of [0, 1]) {
      const killed = await startProfile(profile);
      const pages = await openTabs(killed.browser, hosts);
      await Promise.all(pages.map((page) => capturing(page)));
      await Promise.all(pages.map((page, i) => track(page, `Killed ${round * 10 + i + 1}`)));
      await passing(300);
      await Promise.all([once(killed.process, "exit"), killed.process.kill("SIGKILL")]);

      const next = await startProfile(profile);
      await openTabs(next.browser, hosts);
      await Promise.all(hosts.map(({ seen }, i) => seen(carries("track", `Killed ${round * 10 + i + 1}`))));
      await Promise.all([once(next.process, "exit"), next.process.kill("SIGKILL")]);
    }
    await expectCountedOnce("Killed", 20);
    await rm(profile, { recursive: true, force: true });
  },
  KILLS_MS,
);
