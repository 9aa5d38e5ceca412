import { afterAll, beforeAll, expect, test } from "vitest";
import { FRICTION_DEFAULTS } from "../../models/friction.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { answerBanner, type Install, startInstall, type Visitor } from "../browser/install.ts";
import { hearing, sendAll, sent } from "../browser/sent.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

/** The shortest that a site may set, so that nobody waits for long. */
const DEAD_MS = 500;

const friction = { ...FRICTION_DEFAULTS, dead: { afterMs: DEAD_MS } };
const WATCHED: SiteConfig = { ...SMALL_SITE, capture: { ...SMALL_SITE.capture, friction } };

const RAGE = `
<button id="pay">Pay now</button> <img id="plain" alt="Blue tent" src="data:," width="80" height="80">
<button id="two">Twice</button>
<p id="words" style="width:300px">Some words that a person selects.</p>
<button id="sign">+</button> <button id="word" class="btn qty-up">More</button>
<div><button id="beside">More</button><input type="number" value="1"></div>
<button id="controls" aria-controls="amount">More</button><p><input id="amount" role="spinbutton"></p>
<section aria-roledescription="carousel"><button id="turn">Show</button></section>
<button id="next">Next</button> <form onsubmit="return false"><button id="step" type="button">Next</button></form>
<input id="range" type="range"> <canvas id="canvas" width="80" height="30"></canvas>
<div class="leaflet-container"><button id="map">In</button></div>
<video id="video" width="80" height="40" controls></video><input id="field" value="typed words">
<div data-waypost-ignore><button id="ignored">Ignored</button></div>
<button id="held">Held</button><button id="last">Last</button>`;

/** By themselves these show that a click did something; the page keeps the focus where it is, which would show it too. */
const ALIVE = `
<style>.tall { height: 3000px }</style>
<button id="text" onclick="setTimeout(() => { this.textContent = 'Done' }, 200)">Text</button>
<button id="class" onclick="this.classList.toggle('on')">Class</button>
<button id="pressed" onpointerdown="this.nextSibling.hidden = false">Menu</button><i hidden>Menu</i>
<button id="focus" onclick="document.getElementById('field').focus()">Focus</button><input id="field">
<button id="select" onclick="getSelection().selectAllChildren(this.nextSibling)">Select</button><b>All of it</b>
<button id="popover" popovertarget="pop">Popover</button><div id="pop" popover>Open</div>
<button id="dialog" onclick="document.querySelector('dialog').show()">Dialog</button><dialog style="position: static">Open</dialog>
<details><summary id="summary">More</summary>More</details>
<label><input type="checkbox" id="check"> Gift</label><input type="radio" id="radio" checked>
<button id="tab" role="tab" aria-selected="true">Tab</button>
<button id="copied" onclick="navigator.clipboard.writeText('x').catch(() => {}); this.after('Copied')">Copy</button>
<button id="play" onclick="document.querySelector('video').play().catch(() => {})">Play</button><video></video>
<button id="picker" onclick="this.nextSibling.click()">Upload</button><input type="file" hidden>
<a id="tabbed" target="_blank" href="about:blank">New tab</a> <a id="file" href="data:,x" download="x.txt">File</a>
<a id="mail" href="mailto:x@shop.example">Mail</a> <a id="here" href="/alive" onclick="event.preventDefault()">This page</a>
<a id="part" href="#below">Below</a> <a id="slow" href="/slow">Slow page</a>
<x-toggle></x-toggle>
<label id="label" for="field">A label</label> <select id="list"><option>One</option></select>
<div class="tall"></div><p id="below">Below</p><div class="tall"></div>
<script>
customElements.define("x-toggle", class extends HTMLElement {
  connectedCallback() {
    this.attachShadow({ mode: "open" }).innerHTML = '<button id="inner">In</button>';
    this.shadowRoot.firstChild.onclick = (e) => { e.target.textContent = "Out"; };
  }
});
addEventListener("mousedown", (e) => e.preventDefault());
</script>`;

const DEAD = `
<style>#css:active { color: red }</style>
<button id="none">Order now</button> <button id="css">Only red</button>
<button id="draws" onclick="document.querySelector('canvas').getContext('2d').fillRect(0, 0, 9, 9)">Draws</button>
<canvas width="20" height="20"></canvas>
<button id="late" onclick="setTimeout(() => { this.title = 'Late' }, ${DEAD_MS + 250})">Late</button>
<a id="empty" href="javascript:void 0">Empty link</a><div data-waypost-mask><button id="masked">Secret</button></div>
<p id="text">Just text</p><div data-waypost-ignore><button id="ignored">Ignored</button></div>
<script>addEventListener("mousedown", (e) => e.preventDefault());</script>`;

const ERRORS = `
<button id="throws" onclick="null.total">Total</button>
<button id="rejects" onclick="setTimeout(() => Promise.reject(new Error('no')), 100)">Later</button>
<button id="image" onclick="document.querySelector('img').src = 'http://127.0.0.1:1/none.png'">Picture</button><img alt="">
<button id="late" onclick="setTimeout(() => { window.dispatchEvent(new Event('late')); null.late }, 1100)">Much later</button>
<button id="fine">Fine</button>`;

const VIEWS = `<a id="two" href="/two">Two</a> <a id="one" href="/one">One</a> <a id="three" href="/three">Three</a>`;

let watched: Install;
let unwatched: Install;

beforeAll(async () => {
  const pages: Record<string, string> = { "/rage": RAGE, "/alive": ALIVE, "/dead": DEAD, "/errors": ERRORS };
  const body = (path: string) => pages[path] ?? VIEWS;
  watched = await startInstall({ config: WATCHED, body });
  unwatched = await startInstall({ body });
});
afterAll(() => Promise.all([watched, unwatched].map((install) => install.close())));

function visit(title: string, path: string, steps: (visitor: Visitor) => Promise<void>, site = () => watched): void {
  test.concurrent(title, () =>
    site().visit(async (v) => {
      await v.open(path);
      await answerBanner(v.page, "Accept");
      await hearing(v.page);
      await steps(v);
    }),
  );
}

/** Clicks as a person does who has lost patience: each a click of its own, not waiting for anything. */
async function hammer({ page }: Visitor, selector: string, times: number): Promise<void> {
  const { x, y, width, height } = (await page.locator(selector).boundingBox())!;
  for (let i = 0; i < times; i++) await page.mouse.click(x + width / 2, y + height / 2, { clickCount: 1 });
}

/** Clicks, and waits until the page's clock has passed the moment at which that click is judged. */
async function clickAndWait({ page }: Visitor, selector: string, options = {}): Promise<void> {
  await page.click(selector, options);
  await page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), DEAD_MS + 20);
}

visit(
  "K1 K4 a burst of clicks is one rage click; steppers, carousels, maps, text and keys are none",
  "/rage",
  async (v) => {
    const { page } = v;
    for (const id of [
      "sign",
      "word",
      "beside",
      "controls",
      "turn",
      "next",
      "range",
      "canvas",
      "map",
      "video",
      "field",
    ]) {
      await hammer(v, `#${id}`, 4);
    }
    await hammer(v, "#ignored", 4);
    await hammer(v, "#two", 2);
    await page.click("#words", { clickCount: 3 });
    await page.focus("#held");
    for (let i = 0; i < 5; i++) await page.keyboard.down("Enter");
    await page.keyboard.up("Enter");
    await hammer(v, "#pay", 12);
    await hammer(v, "#plain", 3);
    await hammer(v, "#step", 3);
    await sendAll(v);
    const rages = sent(v, "rage_click");
    expect(rages.map(({ name }) => name)).toEqual(["Pay now", "Blue tent", "Next"]);
    for (const { props } of rages) expect(props.why).toMatch(/^3 clicks in \d{1,3} ms within 0 px$/);
    expect(sent(v, "click").filter(({ name }) => name === "Pay now")).toHaveLength(12);
  },
);

/** Each of these is clicked and waited for; then the twin, a button of the same page that has nothing left to do. */
const ALIVE_BY = {
  "changes, moves, opens or plays": "part text class pressed focus select popover dialog summary copied play inner",
  "is what it was, or leads elsewhere": "check radio tab picker file mail here label list slow tabbed",
};

for (const [how, ids] of Object.entries(ALIVE_BY)) {
  visit(`K5 nothing is dead that ${how}`, "/alive", async (v) => {
    v.fault(({ path }) => (path === "/slow" ? { status: 204 } : null));
    for (const id of ids.split(" ")) await clickAndWait(v, `#${id}`);
    await v.page.bringToFront();
    await v.page.evaluate(() => document.getElementById("class")!.removeAttribute("onclick"));
    await clickAndWait(v, "#class");
    await sendAll(v);
    expect(sent(v, "dead_click").map(({ name }) => name)).toEqual(["Class"]);
  });
}

visit("K5 K6 what only looks pressed, draws or comes too late is dead, and says so once", "/dead", async (v) => {
  const { page } = v;
  for (const id of ["css", "draws", "empty", "masked", "text", "ignored"]) await clickAndWait(v, `#${id}`);
  await page.click("#late");
  await page.waitForSelector("#late[title=Late]");
  // By the mouse alone: all within the wait of the first, on a busy machine too.
  const box = await page.locator("#none").boundingBox();
  for (let i = 0; i < 4 && box; i++) await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await clickAndWait(v, "#none");
  await page.locator("#css").press("Enter");
  await page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), DEAD_MS + 20);
  await sendAll(v);
  const names = ["Only red", "Draws", "Empty link", "masked", "Late", "Order now", "Only red"];
  expect(sent(v, "dead_click").map(({ name }) => name)).toEqual(names);
  expect(sent(v, "dead_click")[0]?.props).toEqual({ why: "nothing happened on the page within 500 ms" });
});

visit(
  "K9 an error soon after a click is that click's; a late one, or a picture that is missing, is none",
  "/errors",
  async (v) => {
    const { page } = v;
    await page.click("#throws");
    const rejected = page.waitForEvent("pageerror", (error) => error.message === "no");
    await page.click("#rejects");
    await rejected;
    const missing = page.evaluate(() =>
      new Promise((r) => addEventListener("error", r, { capture: true, once: true })).then(() => 1),
    );
    await page.click("#image");
    await missing;
    const late = page.evaluate(() => new Promise((r) => addEventListener("late", r, { once: true })).then(() => 1));
    await page.click("#late");
    await late;
    await page.click("#fine");
    await sendAll(v);
    const errors = sent(v, "error_click");
    expect(errors.map(({ name }) => name)).toEqual(["Total", "Later"]);
    expect(errors.map(({ props }) => props.why)).toEqual([
      expect.stringMatching(/^an error \d{1,2} ms after the click$/),
      expect.stringMatching(/^an error 1\d\d ms after the click$/),
    ]);
  },
);

visit(
  "K11 a u-turn is seen in one document and from document to document, and a round trip over a third page is none",
  "/one",
  async (v) => {
    const { page } = v;
    // Over a third page.
    for (const id of ["two", "three", "one"]) {
      await page.click(`#${id}`);
      await page.waitForURL(`**/${id}`);
      await hearing(page);
    }
    // By the browser's button, then by a link.
    await page.click("#two");
    await page.waitForURL("**/two");
    await hearing(page);
    await page.goBack();
    await page.waitForURL("**/one");
    await hearing(page);
    await page.click("#three");
    await page.waitForURL("**/three");
    await hearing(page);
    await page.click("#one");
    await page.waitForURL("**/one");
    await hearing(page);
    // In one document; the path counts, not the title.
    await page.evaluate(() => {
      const { waypost } = window as unknown as WaypostWindow;
      for (const path of ["/spa", "/one", "/spa/2", "/spa/3", "/one"]) {
        history.pushState(null, "", path);
        waypost.track(`At ${path}`);
      }
    });
    await sendAll(v);
    const turns = sent(v, "u_turn");
    expect(turns.map(({ name }) => name)).toEqual(["/two", "/three", "/spa"]);
    expect(turns.map(({ url }) => new URL(url).pathname)).toEqual(["/two", "/three", "/spa"]);
    expect(turns[0]?.props.why).toMatch(/^back on the page before after \d{2,4} ms$/);
  },
);

visit(
  "K1 K5 K9 K11 a detector that is switched off says nothing",
  "/dead",
  async (v) => {
    await hammer(v, "#none", 5);
    await clickAndWait(v, "#none");
    await v.open("/errors");
    await hearing(v.page);
    await v.page.click("#throws");
    await v.page.goBack();
    await hearing(v.page);
    await sendAll(v);
    expect(sent(v, "rage_click", "dead_click", "error_click", "u_turn")).toEqual([]);
    expect(sent(v, "click").length).toBe(7);
  },
  () => unwatched,
);
