import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { QuestionContent, QuestionKind } from "../../models/content.ts";
import { axTree } from "./ax-tree.ts";
import { focusedIn } from "./focused.ts";
import type { LocalSite } from "./local-site.ts";
import { reset, showKind } from "./show-kind.ts";
import { REQUESTS, surfaceSite } from "./surface-page.ts";

let site: LocalSite;
let page: Page;
beforeAll(async () => {
  site = await surfaceSite();
  page = await site.open({ viewport: { width: 1280, height: 800 } });
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => reset(page));

const { questions } = REQUESTS.survey.content;
const calls = () => page.evaluate(() => fixture.calls);
const button = (name: string) => page.getByRole("button", { name, exact: true });
const press = async (...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
const ask = (...asked: QuestionContent[]) =>
  showKind(page, "survey", { content: { ...REQUESTS.survey.content, questions: asked } });
const of = (kind: QuestionKind) => questions.find((one) => one.kind === kind) as QuestionContent;
const said = () =>
  page.evaluate(
    () => document.querySelector("[data-waypost=survey]")?.shadowRoot?.querySelector("[role=status]")?.textContent,
  );

test("A2 a survey is answered by keyboard from the first question to the thanks, each answer told as it is given", async () => {
  await page.focus("#name");
  await showKind(page, "survey");
  await press("F8", "Tab", "Tab", "Space");
  expect(await page.getByRole("radio", { name: "0", exact: true }).isChecked()).toBe(true);
  await press("ArrowRight", "ArrowRight", "Enter");
  await expect.poll(said).toBe("Question 2 of 6");
  // The focus has gone with the press to what it brought.
  expect(await focusedIn(page)).toContain("How content are you?");
  await press("Tab", "Space", "ArrowLeft", "Tab", "Tab");
  expect(await focusedIn(page)).toBe("Next");
  await press("Enter");
  await button("Skip").focus();
  await press("Enter");
  await press("Tab", "Space", "ArrowDown", "Enter");
  await press("Tab", "Space", "Tab", "Space", "Enter");
  await expect.poll(said).toBe("Question 6 of 6");
  await press("Tab");
  await page.keyboard.type("  More sizes ");
  await press("Tab", "Tab", "Enter");
  await expect.poll(said).toBe("Thank you. That helps.");
  expect(await focusedIn(page)).toBe("surface");
  await button("Done").focus();
  await press("Enter");
  expect((await calls()).map((call) => (call.startsWith("{") ? JSON.parse(call) : call))).toEqual([
    { question: "nps", value: 2 },
    { question: "csat", value: 5 },
    { question: "found", value: ["no"] },
    { question: "missed", value: ["size", "photo"] },
    { question: "words", value: "More sizes" },
    "acted",
  ]);
  expect(await focusedIn(page)).toBe("name");
  expect(await page.evaluate(() => fixture.violations)).toEqual([]);
});

test.each([
  ["nps", 0, 10],
  ["csat", 1, 5],
  ["ces", 1, 7],
] as const)(
  "a question of the kind %s is a group of native radios from %i to %i, with what their ends mean",
  async (kind, first, last) => {
    await ask(of(kind));
    const group = page.getByRole("radiogroup", { name: of(kind).label });
    const names = await group
      .getByRole("radio")
      .evaluateAll((radios) => radios.map((one) => (one as HTMLInputElement).labels?.[0]?.textContent));
    expect(names).toEqual(Array.from({ length: last - first + 1 }, (_, i) => `${first + i}`));
    expect(
      await group.evaluate((one) => {
        const root = one.getRootNode() as ShadowRoot;
        return root.getElementById(one.getAttribute("aria-describedby") ?? "")?.textContent;
      }),
    ).toBe(`${first}: ${of(kind).low} ${last}: ${of(kind).high}`);
  },
);

test.each(["nps", "single", "text"] as const)(
  "a question of the kind %s that needs an answer says so, at its field, and goes on with one",
  async (kind) => {
    await ask(of(kind), of("nps"));
    await button("Next").click();
    const field = page.getByRole(kind === "text" ? "textbox" : "radiogroup", { name: of(kind).label });
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    const missing = await field.evaluate((one) => {
      const root = one.getRootNode() as ShadowRoot;
      const ids = one.getAttribute("aria-describedby")?.split(" ") ?? [];
      return ids.map((id) => root.getElementById(id)?.textContent);
    });
    expect(missing).toContain("Please choose or write an answer.");
    await expect.poll(said).toBe("Please choose or write an answer.");
    expect(await calls()).toEqual([]);
    // The focus is in the field that wants something.
    if (kind === "text") await page.keyboard.type("Yes");
    else await press("Space");
    expect(await field.getAttribute("aria-invalid")).not.toBe("true");
    await button("Next").click();
    await page.getByText("Question 2 of 2").waitFor();
    expect(await calls()).toHaveLength(1);
  },
);

test("what may be left out is skipped by a button of that name, which is “Next” once there is an answer", async () => {
  await ask(of("multiple"), of("single"));
  expect(await button("Next").count()).toBe(0);
  const sizes = page.getByRole("checkbox", { name: "Sizes" });
  await sizes.check();
  expect(await button("Skip").count()).toBe(0);
  await sizes.uncheck();
  await button("Skip").click();
  await page.getByText("Question 2 of 2").waitFor();
  expect(await calls()).toEqual([]);
});

test("going back shows what was answered, and another answer is told anew", async () => {
  await ask(of("nps"), of("single"));
  expect(await button("Back").count()).toBe(0);
  await page.getByRole("radio", { name: "7" }).check();
  await button("Next").click();
  await button("Back").click();
  expect(await page.getByRole("radio", { name: "7" }).isChecked()).toBe(true);
  await page.getByRole("radio", { name: "8" }).check();
  await button("Next").click();
  expect(await calls()).toEqual(['{"question":"nps","value":7}', '{"question":"nps","value":8}']);
});

test("words are at most 500 characters, counted in sight, beside the request to name nobody", async () => {
  await ask(of("text"));
  const field = page.getByRole("textbox", { name: "Anything else?" });
  await field.fill("x".repeat(499));
  await field.focus();
  await page.keyboard.press("End");
  await page.keyboard.type("yz");
  expect((await field.inputValue()).length).toBe(500);
  const about = page.getByText("Please write nothing that shows who you are. 500 of 500 characters");
  expect(await about.isVisible()).toBe(true);
  await button("Next").click();
  expect(JSON.parse((await calls())[0] ?? "").value).toHaveLength(500);
});

test("closing midway dismisses a survey and keeps what was told; after the thanks every way to close it has acted", async () => {
  await ask(of("nps"), of("single"));
  await page.getByRole("radio", { name: "7" }).check();
  await button("Next").click();
  await button("Close").click();
  expect(await calls()).toEqual(['{"question":"nps","value":7}', "dismissed"]);
  for (const end of [() => button("Close").click(), () => press("F8", "F8", "Escape")]) {
    await reset(page);
    await ask(of("nps"));
    await page.getByRole("radio", { name: "7" }).check();
    await button("Next").click();
    await page.getByText("Thank you. That helps.").first().waitFor();
    await end();
    expect(await calls()).toEqual(['{"question":"nps","value":7}', "acted"]);
  }
});

test("A9 A11 a screen reader meets a survey as a region with one group", async () => {
  await ask(of("single"), of("nps"));
  expect(await axTree(page, "How was it?")).toEqual([
    "region How was it?",
    "button Close",
    "heading How was it?",
    "paragraph",
    "StaticText Question 1 of 2",
    "radiogroup Did you find it?",
    "Legend",
    "StaticText Did you find it?",
    "LabelText",
    "radio Yes, at once [checked=false]",
    "StaticText Yes, at once",
    "LabelText",
    "radio No, it is well hidden [checked=false]",
    "StaticText No, it is well hidden",
    "button Next",
    "button Why am I seeing this? [expanded=false]",
    "StaticText Press F8 to go to this message and back, Escape to close it.",
  ]);
});
