import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BrowserContext, chromium } from "playwright-core";
import { CHROMIUM_ARGS, chromiumPath } from "../chromium.ts";
import type { Contender } from "./contenders.ts";
import type { Host } from "./host.ts";
import { arrivals, LOSSES, openReady, type Tally, tallyOf, trackIn } from "./loss.ts";

const KILLED_AFTER_MS = 300;

/**
 * The browser is killed 300 ms after an event, and started again with the same profile, where it opens the same page:
 * one browser after another for one contender.
 */
export async function killTest({ hosts, asks }: Contender, trials: number): Promise<Tally> {
  const host = hosts[0] as Host;
  const profile = await mkdtemp(join(tmpdir(), "waypost-bench-profile-"));
  // The choice was made in an earlier session, which ended as sessions do.
  const earlier = await launch(profile);
  await openReady(await earlier.newPage(), host, asks);
  await earlier.close();
  let context = await launch(profile);
  const times: number[] = [];
  for (let i = 0; i < trials; i++) {
    const name = `Killed ${i}.`;
    const page = await context.newPage();
    await openReady(page, host, false);
    await trackIn(page, name);
    await sleep(KILLED_AFTER_MS);
    await kill(context);
    context = await launch(profile);
    await openReady(await context.newPage(), host, false);
    times.push(await arrivals(host, name, LOSSES["killed after 300 ms"].graceMs));
  }
  await context.close();
  await rm(profile, { recursive: true, force: true });
  return tallyOf(times);
}

async function launch(profile: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, { executablePath: await chromiumPath(), args: CHROMIUM_ARGS });
}

/** SIGKILL to the browser's own process: what it has not given to the disk or the network is gone. */
async function kill(context: BrowserContext): Promise<void> {
  const browser = context.browser();
  if (!browser) throw new Error("a persistent context without a browser");
  const cdp = await browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  const own = processInfo.find(({ type }) => type === "browser");
  if (!own) throw new Error("no browser process");
  const gone = new Promise((resolve) => browser.once("disconnected", resolve));
  process.kill(own.id, "SIGKILL");
  await gone;
}
