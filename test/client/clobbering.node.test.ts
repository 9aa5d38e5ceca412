import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteConfig } from "../../models/site-config.ts";
import { type HostInstall, type HostVisit, startHostInstall } from "../browser/host-install.ts";
import { arrived, carries, isCollect } from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [HELP] = SMALL_SITE.campaigns as [(typeof SMALL_SITE.campaigns)[0]];
/** At payment everybody is helped at once; a second campaign listens to a score, so that the engine runs too. */
const HELPFUL: SiteConfig = {
  ...SMALL_SITE,
  journeys: SMALL_SITE.journeys.map((journey) => ({
    ...journey,
    stages: journey.stages.map((stage) => ({ ...stage, typicalDwellMs: 500 })),
  })),
  campaigns: [
    { ...HELP, holdout: 0, trigger: { kind: "stage", stage: "pay" } },
    { ...HELP, holdout: 0, id: "later" },
  ],
};

let install: HostInstall;
beforeAll(async () => {
  install = await startHostInstall(HELPFUL);
});
afterAll(() => install.close());

/** Every name that `document`, `window` or a form answers to, in this browser, and those that some browsers lack. */
async function namesOf(page: Page): Promise<{ page: string[]; form: string[] }> {
  return page.evaluate(() => {
    const names = (object: object | null): string[] =>
      object ? [...Object.getOwnPropertyNames(object), ...names(Object.getPrototypeOf(object))] : [];
    return {
      page: [...new Set([...names(document), ...names(window), "waypost", "globalPrivacyControl"])],
      form: [...new Set(names(document.createElement("form")))],
    };
  });
}

/** An element of each kind that a page can name, for each name. What has a name of the form's is one of its controls. */
function clobbered({ page, form }: { page: string[]; form: string[] }): string {
  const named = page.map((name) => `<form name="${name}"><input name="${name}"></form><img name="${name}">`).join("");
  const ids = page.map((name) => `<a id="${name}"></a>`).join("");
  const controls = form.map((name) => `<input type="hidden" name="${name}">`).join("");
  return `<div hidden>${named}${ids}</div>
<form aria-label="Card data"><input style="position:fixed;left:20px;top:200px;width:100px;height:30px" name="card">
<button style="position:fixed;left:150px;top:200px;width:100px;height:30px">Pay now</button>${controls}</form>`;
}

/** Where a button of ours is, found past every name in the page; null while there is none. */
function placeOf(page: Page, surface: string, label: string): Promise<{ x: number; y: number } | null> {
  return page.evaluate(
    ([name = "", text = ""]) => {
      const { querySelector } = Document.prototype;
      const root = querySelector.call(document, `[data-waypost="${name}"]`)?.shadowRoot;
      const buttons = [...(root?.querySelectorAll("button,h2") ?? [])];
      const box = buttons.find(({ textContent }) => textContent === text)?.getBoundingClientRect();
      return box ? { x: box.x + box.width / 2, y: box.y + box.height / 2 } : null;
    },
    [surface, label],
  );
}

/** A test tool looks for elements through the same document, so here the mouse goes where they are. */
async function waitForPlace(page: Page, surface: string, label: string): Promise<{ x: number; y: number }> {
  for (;;) {
    const place = await placeOf(page, surface, label);
    if (place) return place;
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 20)));
  }
}

async function visitClobbered({ page, serve, tag, open, own, errors }: HostVisit, attributes: string): Promise<void> {
  serve("/plain", "<!doctype html><title>Plain</title>");
  await open("/plain");
  const names = await namesOf(page);
  serve(
    "/pay",
    `<!doctype html><html lang="en"><title>Pay</title><main><h1>Pay</h1>${clobbered(names)}</main>
<script>addEventListener("submit", (event) => event.preventDefault());</script>${tag({ attributes })}`,
  );
  await open("/pay");
  const accept = await waitForPlace(page, "banner", "Accept");
  // The twin: the names do shadow what they name, where it is asked in the usual way.
  const shadowed = await page.evaluate(() =>
    [document.createElement, document.body, document.title, document.querySelector, document.createElementNS].map(
      (value) => value instanceof Element || value instanceof HTMLCollection,
    ),
  );
  expect(shadowed).toEqual([true, true, true, true, true]);
  await page.mouse.click(accept.x, accept.y);
  await waitForPlace(page, "nudge", "Need a hand?");
  await page.mouse.click(60, 215);
  await page.keyboard.press("4");
  await page.mouse.click(200, 215);
  await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Captured"));
  await own.seen(carries("track", "Captured"));
  await own.seen((exchange) => isCollect(exchange) && exchange.body.includes('"on":"stall.high"'));
  const came = arrived(own.exchanges);
  expect(came).toEqual(
    expect.arrayContaining([
      "page Pay",
      "outcome help",
      "form_start Card data",
      "click Pay now",
      "form_submit Card data",
      "track Captured",
    ]),
  );
  expect(errors).toEqual([]);
}

test.concurrent("S7 elements named like every property of window, document and form change nothing", () =>
  install.visit(async (visit) => {
    await visitClobbered(visit, "async");
    expect(visit.page.workers()).toHaveLength(1);
  }));

test.concurrent("S7 the same where the browser lacks what a name then stands for", () =>
  install.visit(async (visit) => {
    await visit.context.addInitScript(() => {
      if (location.pathname === "/plain") return;
      for (const name of ["navigation", "scheduler", "trustedTypes", "cookieStore"]) {
        Reflect.deleteProperty(window, name);
      }
      // The test tool binds this one, and wants no more of it.
      const element = Object.assign(document.createElement("a"), { bind: () => null });
      Object.assign(window, { requestIdleCallback: element });
    });
    await visitClobbered(visit, 'async data-worker="off"');
  }));
