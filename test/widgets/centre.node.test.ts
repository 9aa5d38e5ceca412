import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { axTree } from "./ax-tree.ts";
import type { Own } from "./fixture.ts";
import { focusedIn } from "./focused.ts";
import type { LocalSite } from "./local-site.ts";
import { CENTRE, ownIn, surfaceSite } from "./surface-page.ts";

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

const calls = () => page.evaluate(() => fixture.calls);
const isOpen = () => page.evaluate(() => document.querySelector("[data-waypost=centre]") !== null);
const button = (name: string) => page.getByRole("button", { name, exact: true });
const turn = (name: string) => page.getByRole("switch", { name, exact: true });
async function press(...keys: string[]): Promise<string> {
  for (const key of keys) await page.keyboard.press(key);
  return focusedIn(page);
}
/** Each switch and whether it is on. */
const switches = () =>
  page
    .getByRole("switch")
    .evaluateAll((all) =>
      (all as HTMLInputElement[]).map((one) => `${one.id} ${one.disabled ? "shut" : one.checked ? "on" : "off"}`),
    );
const NOTHING_ON = ["analytics off", "scoring shut", "personalization shut", "improvement shut", "sharing off"];

test("B9 B11 nothing is on in advance, each purpose has a switch of its own, and one that is turned on brings no other", async () => {
  await page.evaluate((r) => fixture.centre(r), CENTRE);
  expect(await switches()).toEqual(NOTHING_ON);
  await turn("Your visit").click();
  expect(await switches()).toEqual([
    "analytics on",
    "scoring off",
    "personalization off",
    "improvement off",
    "sharing off",
  ]);
  await turn("Help and offers").click();
  await button("Save my choice").click();
  expect(await calls()).toEqual(["save [analytics,personalization]"]);
});

test("B11 what needs the visit goes off with it, cannot be turned on without it, and says why", async () => {
  await page.evaluate((r) => fixture.centre({ ...r, granted: ["analytics", "scoring", "sharing"] }), CENTRE);
  await turn("Your visit").click();
  expect(await switches()).toEqual([
    "analytics off",
    "scoring shut",
    "personalization shut",
    "improvement shut",
    "sharing on",
  ]);
  const why = await turn("Predictions").evaluate((one: HTMLElement) => {
    const root = one.getRootNode() as ShadowRoot;
    return root.getElementById(one.getAttribute("aria-describedby") ?? "")?.textContent;
  });
  expect(why).toMatch(/Only together with “Your visit”\.$/);
  await button("Save my choice").click();
  expect(await calls()).toEqual(["save [sharing]"]);
});

test("B10 a switch holds only when it is saved: closing, Escape and turning report nothing", async () => {
  for (const leave of [() => page.keyboard.press("Escape"), () => button("Close without changing my choice").click()]) {
    await page.evaluate((r) => fixture.centre(r), CENTRE);
    await turn("Your visit").click();
    await leave();
    expect(await isOpen()).toBe(false);
  }
  expect(await calls()).toEqual(["closed", "closed"]);
  // The twin: the same, and saved.
  await page.evaluate((r) => fixture.centre(r), CENTRE);
  await turn("Your visit").click();
  await button("Save my choice").click();
  expect(await calls()).toEqual(["closed", "closed", "save [analytics]"]);
});

test("B8 B14 in the centre accepting and rejecting are one action each, and look alike", async () => {
  const looks = [];
  for (const name of ["Reject", "Accept"]) {
    await page.evaluate((r) => fixture.centre({ ...r, granted: ["analytics"] }), CENTRE);
    looks.push(
      await button(name).evaluate((one) => {
        const { width, height } = one.getBoundingClientRect();
        const { color, backgroundColor, fontSize, fontWeight, border, padding } = getComputedStyle(one);
        return { width, height, color, backgroundColor, fontSize, fontWeight, border, padding };
      }),
    );
    await button(name).click();
  }
  expect(looks[0]).toEqual(looks[1]);
  expect(await calls()).toEqual(["reject []", "accept [analytics,scoring,personalization,improvement,sharing]"]);
});

test("B33 the objection to profiling stands by itself, holds at once, leaves the switches alone and can be taken back", async () => {
  await page.evaluate((r) => fixture.centre({ ...r, granted: ["analytics", "scoring"] }), CENTRE);
  const section = page.getByRole("region", { name: "Objection to profiling" });
  expect(await section.getByRole("switch").count()).toBe(0);
  const before = await switches();
  await section.getByRole("button", { name: "I object to profiling" }).click();
  expect(await calls()).toEqual(["objects"]);
  expect(await switches()).toEqual(before);
  expect(await section.textContent()).toContain("You object to profiling. It has stopped.");
  await section.getByRole("button", { name: "Take my objection back" }).click();
  expect(await calls()).toEqual(["objects", "objects no more"]);
  expect(await isOpen()).toBe(true);
});

test("B18 B19 B20 an opt-out request of the browser is shown as text, with what counts against it; without one nothing is said", async () => {
  const said = () => page.getByText("Opt-out request honoured").allTextContents();
  await page.evaluate((r) => fixture.centre(r), CENTRE);
  expect(await said()).toEqual([]);
  await page.evaluate(() => fixture.close());
  await page.evaluate((r) => fixture.centre({ ...r, signal: "gpc" }), CENTRE);
  expect(await said()).toEqual(["Opt-out request honoured: your browser asks for it."]);
  expect(await switches()).toEqual(NOTHING_ON);
  await page.evaluate(() => fixture.close());
  await page.evaluate((r) => fixture.centre({ ...r, signal: "dnt" }), CENTRE);
  expect(await said()).toEqual([
    "Opt-out request honoured: your browser sends Do Not Track. What you choose here yourself counts.",
  ]);
});

test("B30 whoever is asked again reads what is new; whoever is not, does not", async () => {
  const news = ["Another purpose: Sharing", "Kept for longer than before: 400 days"];
  await page.evaluate(([r, n]) => fixture.centre({ ...r, news: n }), [CENTRE, news] as const);
  expect(await page.getByRole("dialog").getByRole("listitem").allTextContents()).toEqual(news);
  await page.evaluate(() => fixture.close());
  await page.evaluate((r) => fixture.centre(r), CENTRE);
  expect(await page.getByText("New since you last chose").count()).toBe(0);
});

const receipt = {
  at: Date.UTC(2026, 10, 3, 9, 30),
  granted: ["analytics" as const],
  refused: ["scoring" as const, "sharing" as const],
  objects: false,
  file: '{"id":"a receipt"}',
};
const data = () => page.getByRole("button", { name: "My data: see, save, erase" });
/** The centre of a visitor whom the edge tells this of, with all that they may do shown. */
async function openOwn(own: Own): Promise<void> {
  await page.evaluate(([r, given]) => fixture.centre({ ...r, granted: ["analytics"] }, given), [CENTRE, own] as const);
  await data().click();
}
/** The text of what is saved when this is pressed. */
async function savedBy(press: Promise<void>): Promise<string> {
  const asked = page.waitForEvent("download");
  await press;
  return readFile(await (await asked).path(), "utf8");
}

test("B28 the visitor reads their receipt and keeps it as a file; without a recorded choice, or without any data, that is said", async () => {
  await openOwn(ownIn("en", { receipt }));
  await button("Receipt for my choice").click();
  await page.getByText("You said yes to: Your visit").waitFor();
  expect(await page.getByText("You said no to: Predictions · Sharing").count()).toBe(1);
  // On the page, and in the status that is heard.
  expect(await page.getByText(/Receipt of 3 November 2026|Receipt of November 3, 2026/).count()).toBe(2);
  expect(await savedBy(page.getByRole("link", { name: "Save as a file (JSON)" }).click())).toBe(receipt.file);
  await page.evaluate(() => fixture.close());
  await openOwn(ownIn());
  await button("Receipt for my choice").click();
  await page.getByText("No choice of yours is recorded yet").first().waitFor();
  expect(await page.getByText("Nothing is kept").count()).toBe(0);
  await page.evaluate(() => fixture.close());
  await openOwn(ownIn("en", { state: null }));
  await page.getByText("Nothing is kept that could be told to be yours.").first().waitFor();
  expect(await button("Receipt for my choice").count()).toBe(0);
  expect(await page.evaluate(() => fixture.violations)).toEqual([]);
});

test("B39 A2 by keyboard the visitor sees what is known in a tab of its own, and saves it as JSON and as CSV", async () => {
  await page.evaluate(([r, own]) => fixture.centre(r, own), [CENTRE, ownIn()] as const);
  await data().focus();
  expect(await data().getAttribute("aria-expanded")).toBe("false");
  await press("Enter");
  await button("See what is known about me").waitFor();
  expect(await data().getAttribute("aria-expanded")).toBe("true");
  const opened = page.context().waitForEvent("page");
  expect(await press("Tab")).toBe("See what is known about me");
  await press("Enter");
  const known = await opened;
  await expect.poll(() => known.title()).toBe("What is known");
  expect(known.url()).toMatch(/^blob:/);
  await known.close();
  for (const format of ["json", "csv"]) {
    await press("Tab");
    expect(await savedBy(page.keyboard.press("Enter"))).toBe(`a file in ${format}`);
  }
  expect(await calls()).toEqual(["page", "json", "csv"]);
  await data().click();
  expect(await button("See what is known about me").count()).toBe(0);
});

test("B40 A16 erasing asks first; then it is done, the signed receipt can be saved, and no switch is left on", async () => {
  await openOwn(ownIn());
  await button("Erase my data").focus();
  expect(await press("Enter")).toBe("Do not erase");
  const question = page.getByRole("region", { name: "Erase my data" });
  expect(await question.textContent()).toContain("This cannot be undone.");
  expect(await press("Enter")).toBe("Erase my data");
  expect(await calls()).toEqual([]);
  await press("Enter", "Tab");
  expect(await press("Enter")).toMatch(/^Your data is (being )?erased/);
  await expect
    .poll(() => focusedIn(page))
    .toBe("Your data is erased. Save the signed receipt now: it cannot be shown again later.");
  expect(await calls()).toEqual(["erase"]);
  expect(await savedBy(page.getByRole("link", { name: "Save the signed receipt" }).click())).toBe("a signed receipt");
  expect(await switches()).toEqual(NOTHING_ON);
  expect(await button("Erase my data").count()).toBe(0);
});

test("B43 the use of the data is paused and taken up again, and what is wrong is put right: numbers as numbers, what is emptied goes", async () => {
  await openOwn(ownIn());
  await button("Pause the use of my data").click();
  await page.getByText("The use of your data is paused.").first().waitFor();
  await button("Use my data again").click();
  await button("Pause the use of my data").waitFor();
  await page.getByRole("textbox", { name: "name", exact: true }).fill("");
  await page.getByRole("textbox", { name: "visits" }).fill("4");
  await button("Save the corrections").click();
  await page.getByText("It is corrected.").first().waitFor();
  expect(await calls()).toEqual(["restrict true", "restrict false", 'correct {"name":null,"visits":4}']);
});

test("what cannot be had is said, with what to do, and the next press tries again", async () => {
  const failed = page.getByText("That did not work. Please press again.");
  await page.evaluate((r) => fixture.centre(r), CENTRE);
  await data().click();
  // On the page, and in the status that is heard.
  await expect.poll(() => failed.count()).toBe(2);
  expect(await data().getAttribute("aria-expanded")).toBe("false");
  await page.evaluate((own) => {
    fixture.own = own;
  }, ownIn());
  await data().click();
  await button("Download my data (CSV)").waitFor();
  expect(await failed.count()).toBe(0);
  const fail = (fails: boolean) =>
    page.evaluate((f) => (f ? Object.assign(fixture.own ?? {}, { fails: true }) : delete fixture.own?.fails), fails);
  await fail(true);
  await button("Erase my data").click();
  await button("Erase everything").click();
  await expect.poll(() => failed.count()).toBe(2);
  expect(await focusedIn(page)).toBe("Erase my data");
  await fail(false);
  await button("Erase my data").click();
  await button("Erase everything").click();
  await page.getByRole("link", { name: "Save the signed receipt" }).waitFor();
  expect(await calls()).toEqual(["erase"]);
});

test("A16 the centre opens on its title, the page behind is out of reach, and Escape gives the focus back", async () => {
  await page.focus("#send");
  await page.evaluate((r) => fixture.centre(r), CENTRE);
  expect(await focusedIn(page)).toBe("title");
  expect(
    await page.evaluate(() =>
      document.querySelector("[data-waypost=centre]")?.shadowRoot?.querySelector("dialog")?.matches(":modal"),
    ),
  ).toBe(true);
  const stops = new Set<string>();
  for (let i = 0; i < 30; i++) stops.add(await press("Tab"));
  for (let i = 0; i < 30; i++) stops.add(await press("Shift+Tab"));
  // BODY is the browser's own bar, which a modal dialog does not shut.
  expect([...stops].sort()).toEqual(
    [
      "Accept",
      "BODY",
      "Close without changing my choice",
      "I object to profiling",
      "My data: see, save, erase",
      "Reject",
      "Save my choice",
      "What is kept, why and for how long",
      "analytics",
      "sharing",
    ].sort(),
  );
  await page.getByRole("heading", { name: "Privacy choices" }).focus();
  expect(await press("Escape")).toBe("send");
  expect(await calls()).toEqual(["closed"]);
});

test("A2 A17 everything in the centre works by keyboard: Space turns a switch, Enter presses a button", async () => {
  await page.focus("#send");
  await page.evaluate((r) => fixture.centre(r), CENTRE);
  expect(await press("Tab")).toBe("Close without changing my choice");
  expect(await press("Tab", "Space")).toBe("analytics");
  expect(await press("Tab", "Space")).toBe("scoring");
  expect(await press("Tab", "Tab", "Tab", "Tab", "Enter")).toBe("Take my objection back");
  expect(await press("Tab", "Tab", "Tab")).toBe("Save my choice");
  expect(await press("Enter")).toBe("send");
  expect(await calls()).toEqual(["objects", "save [analytics,scoring]"]);
});

test("A2 every stop of the centre shows its focus: at least 2 px, in the colour of the text", async () => {
  await page.evaluate((r) => fixture.centre({ ...r, granted: ["analytics"] }), CENTRE);
  for (let i = 0; i < 12; i++) {
    await press("Tab");
    const ring = await page.evaluate(() => {
      const root = document.querySelector("[data-waypost=centre]")?.shadowRoot;
      const stop = root?.activeElement;
      if (!root || !stop) return null;
      const { outlineWidth, outlineStyle, outlineColor } = getComputedStyle(stop);
      const dialog = getComputedStyle(root.querySelector("dialog") as Element);
      return { px: Number.parseFloat(outlineWidth), outlineStyle, isText: outlineColor === dialog.color };
    });
    expect(ring).toEqual({ px: 3, outlineStyle: "solid", isText: true });
  }
});

test("A9 A11 A17 a screen reader meets a named dialog, a group of switches with constant names, and sections", async () => {
  await page.evaluate((r) => fixture.centre({ ...r, granted: ["analytics"] }), CENTRE);
  const heard = await axTree(page, "Privacy choices", "dialog");
  expect(heard.filter((line) => !/^(paragraph|LabelText|StaticText)/.test(line))).toEqual([
    "dialog Privacy choices",
    "heading Privacy choices",
    "button Close without changing my choice",
    "group Privacy choices",
    "switch Your visit [checked=true]",
    "switch Predictions [checked=false]",
    "switch Help and offers [checked=false]",
    "switch Better predictions [checked=false]",
    "switch Sharing [checked=false]",
    "region Objection to profiling",
    "heading Objection to profiling",
    "button I object to profiling",
    "button My data: see, save, erase [expanded=false]",
    "link What is kept, why and for how long",
    "button Save my choice",
    "button Reject",
    "button Accept",
    "status  [live=polite]",
  ]);
  const said = heard.filter((line) => line.startsWith("StaticText"));
  expect(said).toContain("StaticText Recipients: Parcel Post.");
  expect(said).toContain("StaticText Kept for at most 395 days.");
});

test("A18 what was saved is said by a status that outlives the dialog; what closes without a choice says nothing", async () => {
  const heard = () =>
    page.evaluate(() => document.querySelector("[data-waypost=status]")?.shadowRoot?.textContent ?? null);
  await page.evaluate((r) => fixture.centre(r), CENTRE);
  await page.keyboard.press("Escape");
  expect(await heard()).toBeNull();
  await page.evaluate((r) => fixture.centre(r), CENTRE);
  await button("Save my choice").click();
  expect(await heard()).toBe("");
  await expect.poll(heard).toBe("Your choice is saved.");
});

test.each([
  [320, 256],
  [320, 640],
  [1280, 800],
])(
  "A3 A4 at %i × %i px nothing scrolls sideways, every target is 24 px or more, and all of it can be reached",
  async (width, height) => {
    await page.setViewportSize({ width, height });
    await page.evaluate((r) => fixture.centre({ ...r, granted: ["analytics"] }), CENTRE);
    const found = await page.evaluate(() => {
      const root = document.querySelector("[data-waypost=centre]")?.shadowRoot as ShadowRoot;
      const all = [...root.querySelectorAll("*")];
      const sideways = all.filter(
        (e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible" && e.role !== "status",
      );
      const small = all
        .filter((e) => e.matches("button,input,a"))
        .filter((e) => {
          const box = e.getBoundingClientRect();
          return box.width < 24 || box.height < 24;
        });
      return { sideways: sideways.length, small: small.length, page: document.documentElement.scrollWidth };
    });
    expect(found).toEqual({ sideways: 0, small: 0, page: width });
    for (const name of ["Reject", "Accept", "Save my choice", "I object to profiling"]) {
      await button(name).scrollIntoViewIfNeeded();
      const box = await button(name).boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(name.startsWith("I ") ? 24 : 44);
      // A scroller rests between two pixels.
      expect(box?.y, name).toBeGreaterThan(-1);
      expect((box?.y ?? 999) + (box?.height ?? 0), name).toBeLessThan(height + 1);
    }
  },
);

test("A6 nothing in the centre moves, whatever the visitor asks for", async () => {
  const moving = await site.open({ reducedMotion: "reduce" });
  await moving.evaluate((r) => fixture.centre(r), CENTRE);
  const longest = await moving.evaluate(() => {
    const root = document.querySelector("[data-waypost=centre]")?.shadowRoot as ShadowRoot;
    const times = [...root.querySelectorAll("*")].flatMap((e) => {
      const { animationDuration, transitionDuration } = getComputedStyle(e);
      return [animationDuration, transitionDuration].map(Number.parseFloat);
    });
    return Math.max(...times);
  });
  expect(longest).toBeLessThanOrEqual(0.01);
  await moving.context().close();
});

test("A7 in Arabic the centre is written from the right, its close button at the left, and switches before their names' end", async () => {
  const boxes = async (dir: "ltr" | "rtl") => {
    await page.evaluate(([r, d]) => fixture.centre({ ...r, consent: { ...r.consent, dir: d } }), [
      CENTRE,
      dir,
    ] as const);
    const title = await page.getByRole("heading", { name: "Privacy choices" }).boundingBox();
    const close = await button("Close without changing my choice").boundingBox();
    const first = await turn("Your visit").boundingBox();
    await page.evaluate(() => fixture.close());
    return { closeIsLeft: (close?.x ?? 0) < 640, switchIsLeft: (first?.x ?? 0) < 640, title: title !== null };
  };
  expect(await boxes("rtl")).toEqual({ closeIsLeft: true, switchIsLeft: true, title: true });
  expect(await boxes("ltr")).toEqual({ closeIsLeft: false, switchIsLeft: false, title: true });
});
