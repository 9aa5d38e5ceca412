import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteConfig } from "../../models/site-config.ts";
import { type HostInstall, type HostVisit, startHostInstall } from "../browser/host-install.ts";
import { answerBanner, carries, ready } from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

/** At payment everybody is helped at once. */
const HELPFUL: SiteConfig = {
  ...SMALL_SITE,
  campaigns: SMALL_SITE.campaigns.map((campaign) => ({
    ...campaign,
    holdout: 0,
    trigger: { kind: "stage", stage: "pay" },
  })),
};

let install: HostInstall;
beforeAll(async () => {
  install = await startHostInstall(HELPFUL);
});
afterAll(() => install.close());

interface Watching {
  /** What is not as it was before the tag, as `object.property`. */
  changed: () => string[];
}

/** Runs in the page, before the tag: remembers every property of every global and of every prototype that a global leads to. */
const REMEMBER = `(() => {
  const known = new Map();
  const describe = (object) => new Map(Reflect.ownKeys(object).map((key) => [key, Object.getOwnPropertyDescriptor(object, key)]));
  const look = (name, object) => {
    if ((typeof object !== "object" && typeof object !== "function") || object === null) return;
    if ([...known.values()].some((other) => other.object === object)) return;
    known.set(name, { object, before: describe(object) });
  };
  look("window", window);
  for (const name of ["document", "history", "navigator", "location", "console", "performance", "crypto", "screen", "localStorage", "navigation"]) look(name, window[name]);
  for (const name of Object.getOwnPropertyNames(window)) {
    const { value } = Object.getOwnPropertyDescriptor(window, name);
    if (!value || value === window) continue;
    look(name, value);
    if (typeof value === "function") look(name + ".prototype", value.prototype);
  }
  const same = (a, b) => a && b && ["value", "get", "set", "writable", "enumerable", "configurable"].every((part) => Object.is(a[part], b[part]));
  window.watching = {
    changed: () => [...known].flatMap(([name, { object, before }]) => {
      const after = describe(object);
      const keys = new Set([...before.keys(), ...after.keys()]);
      return [...keys].filter((key) => !same(before.get(key), after.get(key))).map((key) => name + "." + String(key));
    }).filter((name) => name !== "window.watching" && !name.startsWith("localStorage.")).sort(),
  };
})();`;

function changed(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as { watching: Watching }).watching.changed());
}

/** Loads, consents, captures, is helped, dismisses, withdraws; looks before and after the withdrawal. */
async function wholeVisit({ page, serve, tag, open, own }: HostVisit): Promise<{ during: string[]; after: string[] }> {
  serve(
    "/pay",
    `<!doctype html><html lang="en"><title>Pay</title><script>${REMEMBER}</script>${tag()}<main><h1>Pay</h1><button>Pay now</button></main>`,
  );
  await open("/pay");
  await answerBanner(page, "Accept");
  await page.getByText("Need a hand?", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Pay now" }).click();
  await page.evaluate(() => {
    history.pushState(null, "", "/pay/2");
    history.replaceState(null, "", "/pay/3");
    (window as unknown as WaypostWindow).waypost.track("Captured");
  });
  await page.keyboard.press("Escape");
  await own.seen(carries("track", "Captured"));
  const during = await changed(page);
  await page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set([]));
  return { during, after: await changed(page) };
}

test.concurrent("the host's globals are what they were: only window.waypost came", () =>
  install.visit(async (visit) => {
    const { during, after } = await wholeVisit(visit);
    expect(during).toEqual(["window.waypost"]);
    expect(after).toEqual(["window.waypost"]);
    expect(visit.errors).toEqual([]);
    // The twin: what a script does to the page's own objects is seen.
    await visit.page.evaluate(() => {
      const { fetch } = window;
      window.fetch = (...call) => fetch(...call);
      Object.assign(Element.prototype, { ours: 1 });
      Reflect.deleteProperty(Array.prototype, "at");
    });
    expect(await changed(visit.page)).toEqual([
      "Array.prototype.at",
      "Element.prototype.ours",
      "window.fetch",
      "window.waypost",
    ]);
  }));

test.concurrent("without the Navigation API the history's two methods are wrapped, and given back by a withdrawal", () =>
  install.visit(async (visit) => {
    await visit.context.addInitScript(() => Reflect.deleteProperty(window, "navigation"));
    const { during, after } = await wholeVisit(visit);
    expect(during).toEqual(["history.pushState", "history.replaceState", "window.waypost"]);
    expect(after).toEqual(["window.waypost"]);
  }));

/** Throws and rejects in every way that a page can, and writes down what its own handlers hear. */
const BROKEN = `window.heard = [];
window.onerror = (message) => { heard.push("onerror " + message); };
addEventListener("error", ({ message }) => heard.push("error " + message));
addEventListener("unhandledrejection", ({ reason }) => heard.push("rejection " + reason));
document.addEventListener("click", ({ target }) => { throw new Error("click on " + target.localName); });
for (let i = 0; i < 10; i++) {
  setTimeout(() => { throw new Error("timer " + i); }, i * 20);
  setTimeout(() => Promise.reject("promise " + i), i * 20 + 10);
}
addEventListener("popstate", () => { throw new Error("popstate"); });
queueMicrotask(() => { throw new Error("microtask"); });`;

/** What the page's own handlers and console heard, with a tag or without. */
async function heardBy({ page, serve, open, own }: HostVisit, tag: string): Promise<Record<string, string[]>> {
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  serve(
    "/pay",
    `<!doctype html><html lang="en"><title>Pay</title><script>${BROKEN}</script>${tag}<main><h1>Pay</h1><button>Pay now</button></main>`,
  );
  await open("/pay");
  if (tag) {
    await ready(page);
    await page.evaluate(() =>
      (window as unknown as WaypostWindow).waypost.consent.set(["analytics", "scoring", "personalization"]),
    );
    await page.getByText("Need a hand?", { exact: true }).first().waitFor();
  }
  await page.getByRole("button", { name: "Pay now" }).click();
  await page.evaluate(async () => {
    const back = new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));
    history.pushState(null, "", "/pay/2");
    history.back();
    await back;
  });
  if (tag) {
    await page.evaluate(() => {
      const { waypost } = window as unknown as WaypostWindow;
      waypost.on("consent", () => {
        throw new Error("a listener of the page");
      });
      for (let i = 0; i < 10; i++) waypost.track(`Captured ${i}`);
    });
    await own.seen(carries("track", "Captured 9"));
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set([]));
  }
  await page.waitForFunction(() => (window as unknown as { heard: string[] }).heard.includes("rejection promise 9"));
  const heard = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
  return { heard: heard.sort(), said };
}

test.concurrent("a page whose own code throws all the time hears the same errors with the tag as without, and no others", () =>
  install.visit(async (visit) => {
    const without = await heardBy(visit, "");
    // The twin of hearing no others: its own are heard.
    expect(without.heard).toHaveLength(10 * 2 + 10 + 3 * 2);
    const withTag = await heardBy(visit, visit.tag());
    expect(withTag).toEqual(without);
  }));
