import { afterAll, beforeAll, expect, test } from "vitest";
import { FRICTION_DEFAULTS } from "../../models/friction.ts";
import type { TouchpointType } from "../../models/touchpoint-type.ts";
import { answerBanner, type Install, startInstall, type Visitor } from "../browser/install.ts";
import { hearing, sendAll, sent, show } from "../browser/sent.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const TYPED = "hunter2-typed";

const CHECKOUT = `
<form id="pay" aria-label="Payment" onsubmit="return false">
<label>Card number <input name="card" required></label>
<input name="holder" placeholder="Jane Doe"> <select aria-label="Country"><option>UK</option><option>FR</option></select>
<textarea id="note"></textarea> <label><input type="checkbox" name="gift"> Gift wrap</label>
<input type="hidden" name="token" value="${TYPED}-0">
<div data-waypost-mask><input name="secret"></div><div data-waypost-ignore><input name="never"></div>
<button>Pay</button></form>
<input aria-label="Search" id="loose">`;

const REFUSED = `
<form aria-label="Address" onsubmit="return false">
<label>Mail <input id="mail" type="email" required></label> <label>Code <input id="code" pattern="[0-9]+"></label>
<button id="send">Send</button> <button id="twice" type="button" onclick="this.form.checkValidity(); this.form.checkValidity()">Check</button></form>
<script>document.getElementById("code").addEventListener("input", (e) => e.target.checkValidity());</script>`;

const SHADOW = `
<x-signup></x-signup><button id="last">Last</button>
<script>
customElements.define("x-signup", class extends HTMLElement {
  connectedCallback() {
    this.attachShadow({ mode: "open" }).innerHTML =
      '<form aria-label="Sign up"><label>Mail <input id="mail" required></label><button id="send">Go</button></form>';
    this.shadowRoot.firstChild.addEventListener("submit", (e) => e.preventDefault());
  }
});
</script>`;

const TWO = `
<form aria-label="First" onsubmit="return false"><input name="a"><input name="b"><button>Send</button></form>
<form aria-label="Second"><input name="c"></form>`;

const STRUGGLE = `
<form aria-label="Account" onsubmit="return false"><input name="a"><input name="b"><input type="radio" name="r"><input type="radio" name="s">
<input name="needed" required><button>Send</button></form>`;

let install: Install;
beforeAll(async () => {
  const pages: Record<string, string> = {
    "/checkout": CHECKOUT,
    "/refused": REFUSED,
    "/shadow": SHADOW,
    "/two": TWO,
    "/struggle": STRUGGLE,
  };
  const friction = { ...SMALL_SITE.capture.friction, struggle: FRICTION_DEFAULTS.struggle };
  const config = { ...SMALL_SITE, capture: { ...SMALL_SITE.capture, friction } };
  install = await startInstall({ config, body: (path) => pages[path] ?? "" });
});
afterAll(() => install.close());

function visit(title: string, path: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () =>
    install.visit(async (v) => {
      await v.open(path);
      await answerBanner(v.page, "Accept");
      await hearing(v.page);
      await steps(v);
      expect(v.asked().filter(({ method, body }) => method === "POST" && body.includes("hunter2"))).toEqual([]);
    }),
  );
}

const FORMS: TouchpointType[] = [
  "form_start",
  "form_field",
  "form_error",
  "form_submit",
  "form_abandon",
  "form_struggle",
];

/** As `type name`, with those props that are the same each time. */
function told(v: Visitor): unknown[] {
  return sent(v, ...FORMS).map(({ type, name, props: { dwellMs, ...props } }) => [type, name, props]);
}

visit(
  "T S20 a field is told of once, when it is left after a change, by its label and never by what is in it",
  "/checkout",
  async (v) => {
    const { page } = v;
    const card = page.getByLabel("Card number");
    await card.fill(`${TYPED}-1`);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 60)));
    await page.locator("[name=holder]").fill(`${TYPED}-2`);
    await card.fill(`${TYPED}-3`);
    await page.getByLabel("Country").selectOption("FR");
    await page.locator("#note").fill(`${TYPED}-4`);
    await page.getByLabel("Gift wrap").click();
    await page.locator("[name=secret]").fill(`${TYPED}-5`);
    await page.locator("[name=never]").fill(`${TYPED}-6`);
    // Visited, not changed.
    await page.locator("[name=holder]").focus();
    await page.locator("#loose").fill(`${TYPED}-7`);
    await card.focus();
    await page.keyboard.type("8");
    await page.keyboard.press("Enter");
    await sendAll(v);
    const form = "Payment";
    expect(told(v).filter((one) => (one as string[])[0] !== "form_struggle")).toEqual([
      ["form_start", "Payment", {}],
      ["form_field", "Card number", { form }],
      ["form_field", "holder", { form }],
      ["form_field", "Country", { form }],
      ["form_field", "note", { form }],
      ["form_field", "Gift wrap", { form }],
      ["form_field", "masked", { form: "masked" }],
      ["form_field", "Search", {}],
      ["form_submit", "Payment", {}],
    ]);
    const dwells = sent(v, "form_field").map(({ props }) => props.dwellMs as number);
    expect(dwells[0]).toBeGreaterThanOrEqual(60);
    expect(dwells.every((ms) => Number.isInteger(ms) && ms < 10_000)).toBe(true);
  },
);

visit(
  "T a refused field says why, once a submission; a page that asks in silence refuses nobody",
  "/refused",
  async (v) => {
    const { page } = v;
    // Asked for validity with each key, long after anything was clicked.
    await page.locator("#code").focus();
    await page.keyboard.type("ab");
    await page.click("#send");
    // Asked twice at once.
    await page.click("#twice");
    await page.locator("#mail").fill("not a mail");
    await page.click("#send");
    await page.locator("#mail").fill("a@b.example");
    await page.locator("#code").fill("12");
    await page.click("#send");
    await sendAll(v);
    const form = "Address";
    expect(told(v).filter((one) => /error|submit/.test((one as string[])[0] ?? ""))).toEqual([
      ["form_error", "Mail", { form, why: "valueMissing" }],
      ["form_error", "Code", { form, why: "patternMismatch" }],
      ["form_error", "Mail", { form, why: "valueMissing" }],
      ["form_error", "Code", { form, why: "patternMismatch" }],
      ["form_error", "Mail", { form, why: "typeMismatch" }],
      ["form_error", "Code", { form, why: "patternMismatch" }],
      ["form_submit", "Address", {}],
    ]);
  },
);

visit("T forms inside open shadow roots are seen like any other", "/shadow", async (v) => {
  const { page } = v;
  await page.locator("#mail").focus();
  await page.click("#send");
  await page.locator("#mail").fill(TYPED);
  await page.click("#send");
  await sendAll(v);
  const form = "Sign up";
  expect(told(v)).toEqual([
    ["form_error", "Mail", { form, why: "valueMissing" }],
    ["form_start", "Sign up", {}],
    ["form_field", "Mail", { form }],
    ["form_submit", "Sign up", {}],
  ]);
});

visit(
  "T a form that was started and left is abandoned, once a view; one that was submitted is not",
  "/two",
  async (v) => {
    const { page } = v;
    await page.locator("[name=a]").fill("1");
    await page.locator("[name=b]").fill("2");
    await page.click("button");
    await page.locator("[name=c]").fill("3");
    // Hidden twice, as by another tab in front.
    for (const state of ["hidden", "visible", "hidden", "visible"] as const) await show(v, state);
    // The form stays on the page, but nobody touches it in the next view.
    await page.evaluate(() => history.pushState(null, "", "/two/next"));
    await sendAll(v);
    await page.locator("[name=c]").fill("4");
    await page.locator("[name=a]").fill("5");
    await page.evaluate(() => history.pushState(null, "", "/two/after"));
    await sendAll(v, "After");
    expect(told(v).filter((one) => (one as string[])[0] !== "form_field")).toEqual([
      ["form_start", "First", {}],
      ["form_submit", "First", {}],
      ["form_start", "Second", {}],
      ["form_abandon", "Second", { field: "c", fields: 1 }],
      // Touched again in the next view.
      ["form_start", "Second", {}],
      ["form_start", "First", {}],
      ["form_abandon", "Second", { field: "c", fields: 1 }],
      ["form_abandon", "First", { field: "a", fields: 1 }],
    ]);
    expect(sent(v, "form_abandon").map(({ url }) => new URL(url).pathname)).toEqual(["/two", "/two/next", "/two/next"]);
    const order = sent(v, "form_abandon", "leave").map(({ type }) => type);
    expect(order.slice(0, 2)).toEqual(["form_abandon", "leave"]);
  },
);

visit(
  "K13 K14 K15 a field that is come back to, or refused, twice is struggled with; the window's own focus is none",
  "/struggle",
  async (v) => {
    const { page } = v;
    const focus = (name: string) => page.locator(`[name=${name}]`).focus();
    for (let i = 0; i < 4; i++) {
      // The window loses the focus and gets it back: the field stays the same.
      await focus("b");
      await page.locator("[name=b]").blur();
    }
    for (const name of ["r", "s", "r", "s", "r"]) await focus(name);
    await focus("a");
    await focus("b");
    await focus("a");
    await page.click("button");
    await page.click("button");
    await focus("b");
    await focus("a");
    await focus("b");
    await focus("a");
    await sendAll(v);
    const form = "Account";
    expect(told(v).filter((one) => (one as string[])[0] === "form_struggle")).toEqual([
      ["form_struggle", "needed", { form, why: "refused 2 times" }],
      ["form_struggle", "b", { form, why: "come back to 2 times" }],
      ["form_struggle", "a", { form, why: "come back to 2 times" }],
    ]);
  },
);
