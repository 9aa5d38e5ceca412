import { afterAll, beforeAll, expect, test } from "vitest";
import {
  answerBanner,
  carries,
  collectRequest,
  type Install,
  isCollect,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import { hearing, sendAll, sent, show } from "../browser/sent.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

/** A button that keeps the page from painting for a while, and one that moves what is below it. */
const BODY = `<button id="slow" onclick="for (const until = performance.now() + 120; performance.now() < until;);">Slow</button>
<button id="moves" onclick="setTimeout(() => this.after(Object.assign(document.createElement('div'), { style: 'height:300px' })), 600)">
Moves</button><p style="height:300px;background:red">A large text</p><a id="away" href="/away">Away</a>`;

let measured: Install;
let unmeasured: Install;
beforeAll(async () => {
  const body = () => BODY;
  measured = await startInstall({ body, config: { ...SMALL_SITE, capture: { ...SMALL_SITE.capture, vitals: true } } });
  unmeasured = await startInstall({ body });
});
afterAll(() => Promise.all([measured, unmeasured].map((install) => install.close())));

function visit(title: string, site: () => Install, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () =>
    site().visit(async (v) => {
      await v.open("/");
      await answerBanner(v.page, "Accept");
      await hearing(v.page);
      await steps(v);
    }),
  );
}

const isVitals = ({ path }: { path: string }) => path.startsWith("/_w/chunks/vital-");

/** Resolves when the browser has told of a layout shift that nobody caused. */
function shifted({ page }: Visitor): Promise<unknown> {
  return page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const observer = new PerformanceObserver(() => resolve());
        observer.observe({ type: "layout-shift", buffered: true });
      }),
  );
}

visit(
  "T every web vital leaves with the page, in the request that says so, and again only where it changed",
  () => measured,
  async (v) => {
    const { page } = v;
    await v.seen(isVitals);
    // What was loaded has run once the page has nothing else to do.
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
    await page.click("#slow");
    await page.click("#moves");
    await shifted(v);
    // Another tab in front of it, then gone.
    await show(v, "hidden");
    await show(v, "visible");
    await page.click("#away");
    await page.waitForURL("**/away");
    await hearing(page);
    await sendAll(v);
    const left = await v.seen(carries("leave"));
    const told = collectRequest(left).streams.flatMap(({ touchpoints }) => touchpoints);
    const vitals = told.filter(({ type }) => type === "vital");
    expect(vitals.map(({ name }) => name).sort()).toEqual(["CLS", "FCP", "INP", "LCP", "TTFB"]);
    expect(told.findIndex(({ type }) => type === "leave")).toBeGreaterThan(told.lastIndexOf(vitals.at(-1)!));
    const value = (name: string) => vitals.find((one) => one.name === name)?.props.value as number;
    expect(value("INP")).toBeGreaterThanOrEqual(120);
    expect(value("CLS")).toBeGreaterThan(0);
    expect(value("CLS")).toBeLessThan(1);
    expect(value("LCP")).toBeGreaterThanOrEqual(value("FCP"));
    expect(value("FCP")).toBeGreaterThanOrEqual(value("TTFB"));
    for (const { props } of vitals) expect(["good", "needs-improvement", "poor"]).toContain(props.rating);
    const all = sent(v, "vital").filter(({ url }) => new URL(url).pathname === "/");
    expect(sent(v, "leave").length).toBeGreaterThanOrEqual(2);
    expect(new Set(all.map(({ name, props }) => `${name} ${props.value}`)).size).toBe(all.length);
  },
);

visit(
  "T a site that wants no vitals loads nothing for them",
  () => unmeasured,
  async (v) => {
    await v.page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
    await v.page.click("#away");
    await v.page.waitForURL("**/away");
    const left = await v.seen(carries("leave"));
    expect(isCollect(left)).toBe(true);
    expect(sent(v, "vital")).toEqual([]);
    expect(v.asked().filter(isVitals)).toEqual([]);
  },
);
