import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Worker } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { integrityOf } from "../../build.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { type HostInstall, type HostVisit, startHostInstall } from "../browser/host-install.ts";
import { answerBanner, arrived, carries } from "../browser/install.ts";
import type { Exchange } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import table from "../cases/csp.json" with { type: "json" };
import { SMALL_SITE } from "../harness/small-site.ts";

type Case = (typeof table.cases)[number] & { reportOnly?: boolean };

/** Everybody is treated, and who stays a second at payment is stuck. */
const QUICK: SiteConfig = {
  ...SMALL_SITE,
  journeys: SMALL_SITE.journeys.map((journey) => ({
    ...journey,
    stages: journey.stages.map((stage) => ({ ...stage, typicalDwellMs: 500 })),
  })),
  campaigns: SMALL_SITE.campaigns.map((campaign) => ({ ...campaign, holdout: 0 })),
};
const STUB = "window.waypost = window.waypost || [];";

let install: HostInstall;
/** `integrity` of the built tag. */
let tagDigest = "";

beforeAll(async () => {
  install = await startHostInstall(QUICK);
  tagDigest = integrityOf(await readFile(join(install.dist, "waypost.js")));
});
afterAll(() => install.close());

/** Where a browser sends what a policy forbade: in pages and in their workers. */
const REPORTS = "/csp-reports";

interface Report {
  "csp-report": { "effective-directive": string; "blocked-uri": string };
}

/** Serves `/pay` under the policy of a case. */
function servePay({ serve, tag, edge, fault }: HostVisit, { policy, from, attributes, reportOnly }: Case): void {
  const fill = (text: string) =>
    text
      .replaceAll("NONCE", "n0nce")
      .replaceAll("EDGE", edge.url)
      .replaceAll("STUB", `sha256-${createHash("sha256").update(STUB).digest("base64")}`)
      .replaceAll("TAG", tagDigest);
  const header = `content-security-policy${reportOnly ? "-report-only" : ""}`;
  serve("/pay", {
    html: `<!doctype html><html lang="en"><title>Pay</title><script nonce="n0nce">${STUB}</script>
${tag({ from: from as "own" | "edge", attributes: fill(attributes) })}<main><h1>Pay</h1><button>Pay now</button></main>`,
    headers: { [header]: `${fill(policy)}; report-uri ${REPORTS}` },
  });
  fault(({ path }) => (path === REPORTS ? { status: 204 } : null));
}

/** The directive that a report says was broken, or null where the exchange is no report. */
function brokenBy({ path, body }: Exchange): string | null {
  return path === REPORTS ? (JSON.parse(body) as Report)["csp-report"]["effective-directive"] : null;
}

function violations({ own }: HostVisit): string[] {
  return own.exchanges.map(brokenBy).filter((directive) => directive !== null);
}

/** The twin of every "no violation": an inline handler, which no policy of the table allows, is heard of. */
async function breakThePolicy({ page, own }: HostVisit): Promise<void> {
  await page.evaluate(() => {
    const button = document.createElement("button");
    try {
      button.setAttribute("onclick", "document.title = 'executed'");
    } catch {
      // Trusted Types refuse the text already
    }
    button.click();
  });
  await own.seen((exchange) => /^(script-src-attr|require-trusted-types-for)$/.test(brokenBy(exchange) ?? ""));
}

/** The same twin in a worker whose policy is the page's own. */
async function breakInWorker({ page, own }: HostVisit): Promise<void> {
  const worker = page.workers()[0] as Worker;
  await worker.evaluate(() => fetch("http://127.0.0.1:9/forbidden").catch(() => null));
  await own.seen((exchange) => brokenBy(exchange) === "connect-src");
}

async function engineOf({ page, own, edge }: HostVisit): Promise<Case["engine"]> {
  const [worker] = page.workers();
  if (worker) return worker.url().startsWith("blob:") ? "blob" : "worker";
  const onMain = [...own.exchanges, ...edge.exchanges].some(({ path }) => path.includes("/chunks/main-thread"));
  return onMain ? "main-thread" : null;
}

for (const row of table.cases as Case[]) {
  test.concurrent(`S4 ${row.name}: ${row.policy}`, () =>
    install.visit(async (visit) => {
      const { page, open } = visit;
      const collector = row.from === "own" ? visit.own : visit.edge;
      servePay(visit, row);
      await open("/pay");
      if (row.banner) {
        await answerBanner(page, "Accept");
        await page.getByRole("button", { name: "Pay now" }).click();
        await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Captured"));
        await page.getByText("Need a hand?", { exact: true }).first().waitFor();
        await collector.seen(carries("outcome"));
      } else {
        // The page's own button works, and nothing of ours came up.
        await collector.seen(({ path }) => path.includes("/v1/config/") || row.violations.length > 0);
        await page.getByRole("button", { name: "Pay now" }).click();
        expect(await page.locator("[data-waypost]").count()).toBe(0);
      }
      expect((await page.getByText("Need a hand?", { exact: true }).count()) > 0).toBe(row.nudge);
      expect(await engineOf(visit)).toBe(row.engine);
      const came = arrived(collector.exchanges).filter((what) => !what.startsWith("outcome"));
      // Clicks that came before the chunk that names them are told after what was said meanwhile.
      expect(came.sort()).toEqual(row.arrives.sort());
      await breakThePolicy(visit);
      expect(violations(visit)).toEqual([...row.violations, expect.any(String)]);
      if (row.engine === "blob") await breakInWorker(visit);
    }));
}
