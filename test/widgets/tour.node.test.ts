import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { TourStep } from "../../models/content.ts";
import { focusedIn } from "./focused.ts";
import type { LocalSite } from "./local-site.ts";
import { showKind } from "./show-kind.ts";
import { surfaceSite } from "./surface-page.ts";

let site: LocalSite;
let page: Page;
beforeAll(async () => {
  site = await surfaceSite();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(async () => {
  page = await site.open({ viewport: { width: 1280, height: 800 } });
  return () => page.context().close();
});

const NAME: TourStep = { target: "#name", title: "Your name", body: ["As others will see it."] };
const SEND: TourStep = { target: "#send", title: "Send", body: ["Nothing is sent before."] };
const CORNER: TourStep = { title: "More", body: ["It is in the help."] };
const LAST: TourStep = { target: "#last", title: "The end", body: ["Who we are."] };

const calls = () => page.evaluate(() => fixture.calls);
const tour = (steps: TourStep[], step?: number) =>
  showKind(page, "tour", { content: { steps }, ...(step === undefined ? {} : { step }) });
const button = (name: string) => page.getByRole("button", { name, exact: true });
const title = () => page.locator("[data-waypost=tour] h2").textContent();
const shown = () => page.locator("[data-waypost=tour]").count();
const said = () =>
  page.evaluate(() => {
    const status = document.querySelector("[data-waypost=tour]")?.shadowRoot?.querySelector("[role=status]");
    return [...(status?.children ?? [])].map(({ textContent }) => textContent);
  });
const press = async (...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};

test("A2 A21 a tour is gone through by keyboard: each step is told, counted and named, and the last one is done", async () => {
  await page.focus("#first");
  expect(await tour([NAME, SEND, CORNER])).toBe("");
  expect(await focusedIn(page)).toBe("first");
  await expect.poll(said).toEqual(["Step 1 of 3", "Your name", "As others will see it.", expect.any(String)]);
  expect(await button("Back").count()).toBe(0);
  await press("F8", "Tab", "Tab", "Enter");
  // What the visitor pressed for has the focus; nothing else moved it.
  await expect.poll(title).toBe("Send");
  expect(await focusedIn(page)).toBe("surface");
  await expect.poll(said).toEqual(["Step 2 of 3", "Send", "Nothing is sent before."]);
  await button("Back").focus();
  await press("Enter");
  await expect.poll(title).toBe("Your name");
  await button("Next").focus();
  await press("Enter");
  await expect.poll(title).toBe("Send");
  await button("Next").focus();
  await press("Enter");
  await expect.poll(title).toBe("More");
  expect(await button("Skip the tour").count()).toBe(0);
  await button("Done").focus();
  await press("Enter");
  expect(await calls()).toEqual(["step 1", "step 0", "step 1", "step 2", "acted"]);
  expect(await focusedIn(page)).toBe("first");
  expect(await page.evaluate(() => fixture.violations)).toEqual([]);
});

test("A21 what a step is about stays as it is: reached by keyboard, not inert, nothing dimmed, ringed by a line of ours", async () => {
  const before = await page.evaluate(() => document.querySelector("main")?.outerHTML);
  await tour([NAME, SEND]);
  const ring = async () => {
    const [line, target] = await Promise.all([
      page.locator("[data-waypost=tour] .ring").boundingBox(),
      page.locator("#name").boundingBox(),
    ]);
    if (!line || !target) throw new Error("One of the two is not there.");
    return [target.x - line.x, target.y - line.y, line.width - target.width, line.height - target.height];
  };
  expect(await ring()).toEqual([3, 3, 6, 6]);
  await page.focus("#name");
  await page.keyboard.type("Ada");
  expect(await page.inputValue("#name")).toBe("Ada");
  await page.locator("#name").click();
  const dimmed = await page.evaluate(() => {
    const top = document.elementFromPoint(1000, 60);
    return [top?.tagName, document.querySelectorAll("[inert],[aria-hidden]").length];
  });
  expect(dimmed).toEqual(["H1", 0]);
  await page.evaluate(() => scrollTo(0, 20));
  await expect.poll(ring).toEqual([3, 3, 6, 6]);
  await button("Next").click();
  await expect.poll(title).toBe("Send");
  await page.evaluate(() => fixture.close());
  expect(await page.evaluate(() => document.querySelector("main")?.outerHTML)).toBe(before);
});

test.each([
  ["Skip the tour", () => button("Skip the tour").click()],
  ["its close button", () => button("Close").click()],
  ["Escape", () => press("Escape")],
])("A21 %s ends a tour as dismissed", async (_, end) => {
  await tour([NAME, SEND]);
  await end();
  expect(await calls()).toEqual(["dismissed"]);
  expect(await shown()).toBe(0);
});

test("A21 only the visitor's own press scrolls the page, to a step that is out of sight; the first of a tour never does", async () => {
  expect(await tour([LAST, NAME])).toBe("target-gone");
  expect(await page.evaluate(() => scrollY)).toBe(0);
  await tour([NAME, LAST]);
  await button("Next").click();
  await expect.poll(title).toBe("The end");
  expect(await page.evaluate(() => scrollY)).toBeGreaterThan(100);
  const [card, target] = await Promise.all([
    page.locator("[data-waypost=tour] section").boundingBox(),
    page.locator("#last").boundingBox(),
  ]);
  expect((target?.y ?? 0) - (card?.y ?? 0) - (card?.height ?? 0)).toBeCloseTo(10, 0);
});

test("A5 A21 a step without a target stands in the corner and keeps room for itself, until the next one", async () => {
  const room = () => page.evaluate(() => Number.parseFloat(getComputedStyle(document.documentElement).paddingBlockEnd));
  await tour([CORNER, NAME]);
  const box = await page.locator("[data-waypost=tour] section").boundingBox();
  expect([(box?.x ?? 0) + (box?.width ?? 0), (box?.y ?? 0) + (box?.height ?? 0)]).toEqual([1264, 784]);
  expect(await room()).toBeGreaterThan(100);
  await button("Next").click();
  await expect.poll(title).toBe("Your name");
  expect(await room()).toBe(0);
  await button("Back").click();
  await expect.poll(title).toBe("More");
  expect(await page.locator("[data-waypost=tour] section").boundingBox()).toEqual(box);
});

const COMING: TourStep = { target: "#coming", title: "It has come", body: ["After a while."] };
const addComing = () =>
  page.evaluate(() => {
    const late = document.createElement("button");
    late.id = "coming";
    late.textContent = "Coming";
    document.querySelector("main")?.prepend(late);
  });

test("A21 a step waits up to three seconds for its target, then it is left out", async () => {
  await page.clock.install();
  await tour([NAME, COMING, SEND]);
  await button("Next").click();
  await page.clock.runFor(2_500);
  expect(await title()).toBe("Your name");
  await addComing();
  await page.clock.runFor(300);
  expect(await title()).toBe("It has come");
  await page.focus("#first");
  await page.evaluate(() => document.querySelector("#coming")?.remove());
  await page.clock.runFor(2_500);
  // It stands beside nothing then, and so it is not seen.
  expect(await page.locator("[data-waypost=tour] section").isVisible()).toBe(false);
  expect(await calls()).toEqual(["step 1"]);
  await page.clock.runFor(1_500);
  expect(await title()).toBe("Send");
  // On the way back the visitor is left where they were.
  await button("Back").click();
  await page.clock.runFor(3_500);
  expect(await title()).toBe("Your name");
  expect(await calls()).toEqual(["step 1", "step 2", "step 0"]);
});

test("A21 a tour of whose targets none is left says so, and one whose first is not there is not shown", async () => {
  await page.clock.install();
  expect(await tour([COMING, NAME])).toBe("target-gone");
  expect(await shown()).toBe(0);
  await tour([NAME, COMING]);
  await button("Next").click();
  await page.clock.runFor(3_500);
  expect(await calls()).toEqual(["target-gone"]);
  expect(await shown()).toBe(0);
});

test("A21 a tour that goes on from another page waits for its target, and scrolls to it", async () => {
  await page.clock.install();
  expect(await tour([NAME, COMING, SEND], 1)).toBe("");
  await addComing();
  await page.clock.runFor(300);
  expect(await title()).toBe("It has come");
  expect(await calls()).toEqual([]);
  await page.evaluate(() => fixture.close());
  expect(await tour([NAME, LAST], 1)).toBe("");
  await page.clock.runFor(300);
  expect(await title()).toBe("The end");
});

test("A21 a step of another page is a link there, told before it leads away; it goes on where that page is", async () => {
  const there: TourStep = { ...SEND, path: "/elsewhere" };
  await page.evaluate(() => {
    // The page goes; what it has been told is kept for the one after it.
    addEventListener("pagehide", () => sessionStorage.setItem("calls", fixture.calls.join()));
  });
  await tour([NAME, there, CORNER]);
  const link = page.getByRole("link", { name: "Next" });
  await link.focus();
  await press("Enter");
  await page.waitForURL("**/elsewhere");
  await page.waitForFunction(() => "fixture" in globalThis);
  expect(await page.evaluate(() => sessionStorage.getItem("calls"))).toBe("step 1");
  expect(await tour([NAME, there, CORNER], 1)).toBe("");
  await expect.poll(title).toBe("Send");
  await page.evaluate(() => fixture.close());
  expect(await tour([{ ...NAME, path: "/" }, there])).toBe("target-gone");
});

test("A21 a step for pages of another kind is left out, and so is one whose path leads out of the site", async () => {
  const steps = [
    NAME,
    { ...SEND, path: "/help/*" },
    { ...SEND, path: "//other.example/" },
    { ...SEND, path: "javascript:alert(1)" },
    CORNER,
  ];
  await tour(steps);
  await button("Next").click();
  await expect.poll(title).toBe("More");
  expect(await calls()).toEqual(["step 4"]);
  expect(await page.locator("[data-waypost=tour] a").count()).toBe(0);
});

test("A21 a tour goes on after a change of route without a load, to the step that is of that page", async () => {
  await tour([
    { ...NAME, path: "/" },
    { ...SEND, path: "/basket*" },
  ]);
  expect(await button("Done").count()).toBe(1);
  await page.evaluate(() => history.pushState(null, "", "/basket/1"));
  await expect.poll(title).toBe("Send");
  expect(await calls()).toEqual(["step 1"]);
  await page.evaluate(() => history.back());
  await expect.poll(title).toBe("Your name");
  await page.clock.install();
  await page.evaluate(() => history.pushState(null, "", "/other"));
  await expect.poll(() => page.clock.runFor(1_000).then(shown)).toBe(0);
  expect(await calls()).toEqual(["step 1", "step 0", "target-gone"]);
});

test("A21 a visitor who goes where the next step is, without pressing “Next”, meets that step there; one of both pages stays", async () => {
  await page.clock.install();
  await tour([NAME, { ...SEND, path: "/shop*" }, { ...CORNER, path: "/shop*" }]);
  await page.evaluate(() => history.pushState(null, "", "/shop/1"));
  await page.clock.runFor(300);
  expect(await title()).toBe("Send");
  await page.evaluate(() => history.pushState(null, "", "/shop/2"));
  await page.clock.runFor(5_000);
  expect(await title()).toBe("Send");
  expect(await calls()).toEqual(["step 1"]);
});
