import { afterAll, beforeAll, expect, test } from "vitest";
import { answerBanner, carries, type Install, startInstall, type Visitor } from "../browser/install.ts";
import { hearing, sendAll, sent, show } from "../browser/sent.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";

const TALL = `<div style="height: 3940px"></div><style>body, h1 { margin: 0 }</style>`;
const COPIED = `
<section aria-label="Prices"><p id="price">Only hunter2 today</p></section>
<p id="plain">hunter2 again</p> <label>Code <input id="field" value="hunter2-typed"></label>
<div data-waypost-ignore><p id="ignored">hunter2</p></div> <div data-waypost-mask><p id="masked">hunter2</p></div>`;

let install: Install;
beforeAll(async () => {
  install = await startInstall({ body: (path) => (path.startsWith("/copy") ? COPIED : path === "/short" ? "" : TALL) });
});
afterAll(() => install.close());

function visit(title: string, path: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () =>
    install.visit(async (v) => {
      await v.open(path);
      await answerBanner(v.page, "Accept");
      await hearing(v.page);
      await steps(v);
    }),
  );
}

/** The page's own clock, which capture reads too. */
function pageMs({ page }: Visitor): Promise<number> {
  return page.evaluate(() => performance.now());
}

async function scrollDown({ page }: Visitor, y: number): Promise<void> {
  await page.evaluate(
    (top) =>
      new Promise<void>((resolve) => {
        addEventListener("scroll", () => resolve(), { once: true });
        window.scrollTo(0, top);
      }),
    y,
  );
}

/** Capture looks a quarter of a second after a scroll, once the frame is laid out. */
async function looked({ page }: Visitor): Promise<void> {
  await page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve), 300)));
}

visit("T leaving tells how long the view was in sight and how far down it was seen", "/tall", async (v) => {
  const { page } = v;
  await page.setViewportSize({ width: 800, height: 1000 });
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await scrollDown(v, 1000);
  await scrollDown(v, 500);
  const beforeMs = await pageMs(v);
  await show(v, "hidden");
  // What is hidden is not in sight: as long as it was in sight, and longer.
  await page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), beforeMs);
  await show(v, "visible");
  const backMs = await pageMs(v);
  await scrollDown(v, height);
  await looked(v);
  await scrollDown(v, 0);
  await looked(v);
  await show(v, "hidden");
  const endMs = await pageMs(v);
  await sendAll(v);
  const [first, last] = sent(v, "leave").map(({ props }) => props as { visibleMs: number; scrollPercent: number });
  expect(first?.visibleMs).toBeGreaterThan(0);
  expect(first?.visibleMs).toBeLessThanOrEqual(beforeMs + 100);
  expect(last?.visibleMs).toBeLessThan(endMs - beforeMs);
  expect(last?.visibleMs).toBeLessThanOrEqual((first?.visibleMs ?? 0) + endMs - backMs + 100);
  // 500 and a screen of 1,000, or 1,000 and a screen, where the look came in time for it; of some 4,000.
  expect([38, 37, 50, 49]).toContain(first?.scrollPercent);
  expect(last?.scrollPercent).toBe(100);
});

visit("T the next view of a document tells of the one before, and begins anew", "/tall", async (v) => {
  const { page } = v;
  await page.setViewportSize({ width: 800, height: 1000 });
  await scrollDown(v, 3000);
  await looked(v);
  await page.evaluate(() => {
    const { waypost } = window as unknown as WaypostWindow;
    for (const path of ["/next", "/last"]) {
      history.pushState(null, "", path);
      waypost.track(`At ${path}`);
    }
  });
  await sendAll(v);
  const [first, next, last] = sent(v, "page").map(({ props }) => props);
  expect(first).not.toHaveProperty("previousVisibleMs");
  expect(next?.previousScrollPercent).toBe(100);
  expect(next?.previousVisibleMs).toBeGreaterThan(300);
  expect(last?.previousScrollPercent).toBe(0);
  expect(last?.previousVisibleMs).toBeLessThan(300);
});

visit("T a page that is seen whole is seen to its end", "/short", async (v) => {
  await looked(v);
  await show(v, "hidden");
  await v.seen(carries("leave"));
  expect(sent(v, "leave")[0]?.props.scrollPercent).toBe(100);
});

visit("T S20 copying tells from where and how much, never what", "/copy", async (v) => {
  const { page } = v;
  for (const id of ["price", "plain", "ignored", "masked"]) {
    await page.evaluate((of) => getSelection()?.selectAllChildren(document.getElementById(of)!), id);
    await page.keyboard.press("Control+c");
  }
  await page.focus("#field");
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+c");
  await sendAll(v);
  expect(sent(v, "copy").map(({ name, props }) => [name, props])).toEqual([
    ["Prices", { characters: 18 }],
    ["p", { characters: 13 }],
    ["masked", { characters: 7 }],
    ["input", { characters: 13 }],
  ]);
  expect(v.asked().filter(({ method, body }) => method === "POST" && body.includes("hunter2"))).toEqual([]);
});
