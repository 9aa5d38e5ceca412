import { afterAll, beforeAll, expect, test } from "vitest";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { type Install, startInstall, type Visitor } from "../browser/install.ts";
import { hearing, sendAll, sent } from "../browser/sent.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";

let install: Install;

const LINKS = `
<a id="away" href="https://other.example/page?token=hunter2">Partner</a>
<a id="sub" href="//help.localhost/">Help desk</a>
<a id="here" href="/elsewhere?token=hunter2">Cart</a>
<a id="file" href="/files/Price%20List.PDF?token=hunter2">Price list</a>
<a id="saved" href="/made" download="hunter2.tar">Archive</a>
<a id="saved2" href="/made/of.now" download>Export</a>
<a id="mail" href="mailto:hunter2@shop.example">Write to us</a>
<a id="call" href="tel:+44 20 7946 0000">Call us</a>
<a id="broken" href="http://[">Broken</a>
<svg width="60" height="20"><a id="svg" href="https://other.example/"><text y="15">Chart</text></a></svg>
<button id="last">Last</button>
<script>for (const type of ["click", "auxclick"]) {
  document.addEventListener(type, (e) => { e.preventDefault(); e.stopImmediatePropagation(); }, true);
}
</script>`;

const DECLARED = `
<button id="b1" data-waypost-event="Chose plan" data-waypost-prop-plan="pro">Pro</button>
<a id="b2" href="mailto:a@b.example" data-waypost-event="Asked" data-waypost-prop-topic="price">Ask</a>
<div id="b3" data-waypost-event="Opened card"><b>Card</b></div>
<form id="f" aria-label="Newsletter" data-waypost-event="Signup Started" data-waypost-prop-list="news">
<p id="blank">Some text</p><input aria-label="Mail"><button id="b4">Sign up</button></form>
<div data-waypost-ignore><button id="b5" data-waypost-event="Never">x</button></div>
<div data-waypost-mask><button id="b6" data-waypost-event="Secret plan">x</button></div>
<button id="last">Last</button>
<script>document.getElementById("f").addEventListener("submit", (e) => e.preventDefault())</script>`;

const SHADOW = `
<x-buy></x-buy><x-deep></x-deep><x-closed></x-closed><x-ignored data-waypost-ignore></x-ignored>
<button id="last">Last</button>
<script>
const make = (name, mode, html) => customElements.define(name, class extends HTMLElement {
  connectedCallback() { this.attachShadow({ mode }).innerHTML = html; }
});
make("x-inner", "open", '<button id="deep" aria-labelledby="label">x</button><i id="label">Deep label</i>');
make("x-buy", "open", '<button><span id="buy">Buy inside</span></button>');
make("x-deep", "open", "<x-inner></x-inner>");
make("x-closed", "closed", '<button style="width:80px">Not seen</button>');
make("x-ignored", "open", '<button id="ignored">Ignored inside</button>');
</script>`;

const HOSTILE = `
<button id="stopped">Stopped</button><button id="gone">Gone</button><button id="key">By key</button>
<button id="last">Last</button>
<script>
for (const type of ["pointerdown", "mousedown", "click"]) {
  document.addEventListener(type, (e) => e.stopImmediatePropagation(), true);
}
document.getElementById("gone").addEventListener("pointerdown", (e) => { e.target.textContent = "Going"; });
</script>`;

beforeAll(async () => {
  install = await startInstall({
    body: (path) => ({ "/links": LINKS, "/declared": DECLARED, "/shadow": SHADOW, "/hostile": HOSTILE })[path] ?? "",
  });
});
afterAll(() => install.close());

function visit(title: string, path: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () =>
    install.visit(async (v) => {
      await v.open(path);
      // Not by the banner: some of these pages stop every click.
      await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set(["analytics"]));
      await hearing(v.page);
      await steps(v);
    }),
  );
}

const told = (touchpoints: Touchpoint[]) => touchpoints.map(({ type, name, props }) => [type, name, props]);

visit(
  "T S20 a link says where it leads: of an address its host, of a file its kind, of a person nothing",
  "/links",
  async (v) => {
    const ids = ["away", "sub", "here", "file", "saved", "saved2", "mail", "call", "broken", "svg"];
    for (const id of ids) await v.page.click(`#${id}`);
    await v.page.click("#away", { button: "middle" });
    await v.page.click("#last", { button: "middle" });
    await v.page.click("#away", { button: "right" });
    await v.page.click("#last");
    await sendAll(v);
    const { port } = new URL(v.host.url);
    expect(port).not.toBe("");
    expect(told(sent(v, "click"))).toEqual([
      ["click", "Partner", { link: "outbound", host: "other.example" }],
      ["click", "Help desk", { link: "outbound", host: "help.localhost" }],
      ["click", "Cart", {}],
      ["click", "Price list", { link: "download", extension: "pdf" }],
      ["click", "Archive", { link: "download", extension: "tar" }],
      ["click", "Export", { link: "download", extension: "" }],
      ["click", "Write to us", { link: "mail" }],
      ["click", "Call us", { link: "call" }],
      ["click", "Broken", {}],
      ["click", "Chart", { link: "outbound", host: "other.example" }],
      ["click", "Partner", { link: "outbound", host: "other.example" }],
      ["click", "Last", {}],
    ]);
    expect(v.asked().filter(({ method, body }) => method === "POST" && body.includes("hunter2"))).toEqual([]);
  },
);

visit(
  "T markup that names an event makes a track of that name, with its props; a form when it is submitted",
  "/declared",
  async (v) => {
    for (const id of ["b1", "b2", "b3", "blank", "b5"]) await v.page.click(`#${id}`);
    await v.page.click("#b6");
    await v.page.getByLabel("Mail").press("Enter");
    await v.page.click("#last");
    await sendAll(v);
    const acts = sent(v, "click", "track", "form_submit").slice(0, -1);
    expect(told(acts)).toEqual([
      ["track", "Chose plan", { plan: "pro" }],
      ["track", "Asked", { link: "mail", topic: "price" }],
      ["track", "Opened card", {}],
      ["click", "masked", {}],
      // Enter clicks the form's button first.
      ["click", "Sign up", {}],
      ["form_submit", "Newsletter", {}],
      ["track", "Signup Started", { list: "news" }],
      ["click", "Last", {}],
    ]);
  },
);

visit("T clicks inside open shadow roots are named by what was clicked there", "/shadow", async (v) => {
  for (const id of ["buy", "deep", "ignored"]) await v.page.click(`#${id}`);
  await v.page.click("x-closed");
  await v.page.click("#last");
  await sendAll(v);
  expect(sent(v, "click").map(({ name }) => name)).toEqual(["Buy inside", "Deep label", "Last"]);
});

visit("T a page that stops events hides no click, and a key that presses a button counts", "/hostile", async (v) => {
  await v.page.click("#stopped");
  await v.page.click("#gone");
  await v.page.locator("#key").press("Enter");
  await v.page.locator("#key").press("Space");
  await v.page.click("#last");
  await sendAll(v);
  expect(sent(v, "click").map(({ name }) => name)).toEqual(["Stopped", "Gone", "By key", "By key", "Last"]);
});
