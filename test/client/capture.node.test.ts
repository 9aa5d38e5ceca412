import { afterAll, beforeAll, expect, test } from "vitest";
import type { Touchpoint } from "../../models/touchpoint.ts";
import {
  answerBanner,
  arrived,
  capturing,
  carries,
  collectRequest,
  type Install,
  isCollect,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";

let install: Install;

/** Planted where people type, and where pages put what is theirs: none may leave the page. */
const TYPED = "hunter2-typed-by-the-visitor";

const FORM = `
<form id="order" aria-label="Delivery address">
  <label>Email <input name="email" value="${TYPED}-1"></label>
  <input type="password" name="word" value="${TYPED}-2">
  <textarea name="note">${TYPED}-3</textarea>
  <select name="size"><option>${TYPED}-4</option></select>
  <div contenteditable="true" id="editor">${TYPED}-5 <a href="#x" id="inside-editor">${TYPED}-6</a></div>
  <button type="submit" aria-labelledby="editor">Order now</button>
</form>`;

const BUTTONS = `
<button id="b0">  Add
  to basket </button>
<button id="b1" aria-label="Close the menu">×</button>
<span id="word">Delete</span> <span id="what">address</span>
<button id="b2" aria-labelledby="word what">icon</button>
<a id="b3" href="#a"><img alt="Blue tent" src="data:,"> from £90</a>
<input id="b4" type="submit" value="Pay">
<button id="b5" title="Share"></button>
<div id="b6" role="button" tabindex="0">Open the map</div>
<button id="b7" data-waypost-event="Chose plan" data-waypost-prop-plan="pro">Pro</button>
<label><input id="b8" type="checkbox"> Gift wrap</label>
<button id="b9"><span id="b9-inner">Reply to alice@example.com, 07700 900123</span></button>
<button id="b10" data-waypost-mask>${TYPED}-7</button>
<div data-waypost-ignore><button id="b11">${TYPED}-8</button></div>
<button id="b12"><span data-waypost-mask>${TYPED}-9</span> Save</button>
<p id="b13">Just text</p>
<input id="b14" value="${TYPED}-10">
<button id="last">Last</button>`;

beforeAll(async () => {
  install = await startInstall({
    body: (path) => (path.startsWith("/form") ? FORM : path.startsWith("/clobbered") ? CLOBBERED : BUTTONS),
  });
});
afterAll(() => install.close());

/** A page whose own names stand in for what a script would ask of it (S7). */
const CLOBBERED = `
<img name="title"><img name="currentScript"><img name="visibilityState">
<form id="waypost" name="history"><input name="getAttribute"><input name="matches"><input name="id"><input name="getRootNode">
<button type="button" id="ok">Still named</button></form>`;

function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

/** Opens a path with consent given, and its page view recorded. */
async function openGranted({ page, open }: Visitor, path: string): Promise<void> {
  await open(path);
  await answerBanner(page, "Accept");
  await capturing(page);
}

/** Sends what was captured: leaving is the one moment at which everything must go. */
async function leave({ page, open }: Visitor): Promise<void> {
  await open("/left");
  await page.waitForLoadState();
}

visit(
  "T clicks are named as a person would call the element, and nothing that was typed or marked is read",
  async (v) => {
    await openGranted(v, "/");
    for (const id of [0, 1, 2, 3, 4, 5, 6, 7, 8, "9-inner", 10, 11]) await v.page.click(`#b${id}`);
    // By keyboard, because the pointer would hit the masked part.
    await v.page.locator("#b12").press("Enter");
    for (const id of [13, 14]) await v.page.click(`#b${id}`);
    await v.page.click("#last");
    await v.seen(carries("click", "Last"));
    expect(arrived(v.asked())).toEqual([
      "page Page /",
      "click Add to basket",
      "click Close the menu",
      "click Delete address",
      "click Blue tent from £90",
      "click Pay",
      "click Share",
      "click Open the map",
      "track Chose plan",
      "click Gift wrap",
      "form_field Gift wrap",
      "click Reply to •, •",
      "click masked",
      "click Save",
      "click Last",
    ]);
    const plan = v
      .asked()
      .filter(isCollect)
      .flatMap((e) => collectRequest(e).streams.flatMap((s) => s.touchpoints));
    expect(plan.find(({ name }) => name === "Chose plan")?.props).toEqual({ plan: "pro" });
    expect(v.asked().filter(({ body }) => body.includes("hunter2"))).toEqual([]);
  },
);

visit("T S20 a form starts once and is submitted, by its name; of its values nothing leaves the page", async (v) => {
  const { page } = v;
  await openGranted(v, "/form");
  await page.evaluate(() => document.querySelector("form")?.addEventListener("submit", (e) => e.preventDefault()));
  await page.getByLabel("Email").pressSequentially(`${TYPED}-11`);
  await page.locator("[name=word]").fill(`${TYPED}-12`);
  await page.locator("textarea").fill(`${TYPED}-13`);
  await page.click("#inside-editor");
  await page.getByRole("button", { name: TYPED }).click();
  await v.seen(carries("form_submit"));
  expect(arrived(v.asked())).toEqual([
    "page Page /form",
    "form_start Delivery address",
    "form_field Email",
    "form_field word",
    "form_field note",
    "click Order now",
    "form_submit Delivery address",
  ]);
  expect(v.asked().filter(({ body }) => body.includes("hunter2"))).toEqual([]);
});

/** Everything of a type that reached the edge, each once, in order. */
function sent(v: Visitor, type: string): Touchpoint[] {
  const all = v
    .asked()
    .filter((exchange) => isCollect(exchange) && exchange.status === 200)
    .flatMap((exchange) => collectRequest(exchange).streams)
    .flatMap(({ stream, touchpoints }) => touchpoints.map((t): [string, Touchpoint] => [`${stream} ${t.seq}`, t]));
  return [...new Map(all).values()].filter((touchpoint) => touchpoint.type === type);
}

for (const [api, without] of [
  ["the Navigation API", []],
  ["a wrapped history, where a browser lacks it", ["navigation"]],
] as const) {
  visit(`T each changed address is one view, by push, replace and the back button: heard by ${api}`, async (v) => {
    const { page } = v;
    await v.context.addInitScript((names) => {
      for (const name of names) Object.defineProperty(window, name, { value: undefined });
    }, without);
    await openGranted(v, "/");
    const went = await page.evaluate(() => {
      // Other calls of the page make what waits a view: no test waits for an address to rest.
      const rest = (name: string) => (window as unknown as WaypostWindow).waypost.track(name);
      const go = (method: "pushState" | "replaceState", path: string) => {
        const returned = history[method]({ path }, "", path);
        document.title = `At ${path}`;
        rest(path);
        return returned;
      };
      const returns = [go("pushState", "/one"), go("pushState", "/one?page=2"), go("pushState", "/one#part")];
      go("replaceState", "/two");
      go("pushState", "/app#/cart");
      go("pushState", "/app#!/cart/4711");
      // A router that goes twice for one step, and a page that writes its state with every frame.
      history.pushState(null, "", "/redirected");
      for (let i = 0; i < 50; i++) history.replaceState(null, "", `/frame/${i}`);
      history.replaceState(null, "", "/three");
      rest("three");
      history.pushState(null, "", "/there");
      history.replaceState(null, "", "/three");
      rest("and back");
      return { returns, state: history.state, path: location.pathname };
    });
    expect(went).toEqual({ returns: [undefined, undefined, undefined], state: null, path: "/three" });
    await page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          addEventListener("popstate", () => resolve(), { once: true });
          history.go(-5);
        }),
    );
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Gone back"));
    await leave(v);
    await v.seen(carries("leave"));
    const views = sent(v, "page").map(({ name, url, props }) => [name, new URL(url).pathname, props.route]);
    expect(views.slice(0, 7)).toEqual([
      ["Page /", "/", undefined],
      ["At /one", "/one", undefined],
      ["At /two", "/two", undefined],
      ["At /app#/cart", "/app", "/cart"],
      ["At /app#!/cart/4711", "/app", "/cart/4711"],
      ["At /app#!/cart/4711", "/three", undefined],
      ["At /app#!/cart/4711", "/one", undefined],
    ]);
  });
}

visit("T S20 the URL of a touchpoint has no query, no fragment and nothing that tells who somebody is", async (v) => {
  await openGranted(v, "/u/alice@example.com/447700900123?token=hunter2#hunter2");
  await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Here"));
  const sent = await v.seen(carries("track", "Here"));
  const urls = collectRequest(sent).streams.flatMap(({ touchpoints }) => touchpoints.map(({ url }) => url));
  expect(new Set(urls)).toEqual(new Set([`${v.host.url}/u/*/*`]));
});

visit(
  "T calls of the page's code become touchpoints as in the Segment spec, and a wrong call makes none",
  async (v) => {
    await openGranted(v, "/");
    await v.page.evaluate(() => {
      const { waypost } = window as unknown as WaypostWindow;
      waypost.push(["track", "Pushed", { plan: "pro", nested: { secret: 1 }, price: 9.5, gone: undefined }]);
      (waypost.track as (name: unknown) => void)({ not: "a name" });
      waypost.push(["__proto__", 1], ["constructor"], ["no such method"]);
      waypost.page("Help", { tab: 2 });
      waypost.identify("user-1", { plan: "pro" });
      waypost.identify({ plan: "free" });
      waypost.group("team-1");
      waypost.alias("new-id", "old-id");
      waypost.goal(49.9);
      waypost.track("x".repeat(500), { text: "y".repeat(2_000) });
    });
    const sent = await v.seen(carries("track", "x".repeat(128)));
    const touchpoints = collectRequest(sent).streams.flatMap((stream) => stream.touchpoints);
    expect(touchpoints.map(({ seq }) => seq)).toEqual(touchpoints.map((_, i) => i));
    const times = touchpoints.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(touchpoints.slice(1).map(({ type, name, props }) => [type, name, props])).toEqual([
      ["track", "Pushed", { plan: "pro", price: 9.5 }],
      ["page", "Help", { tab: 2 }],
      ["identify", "user-1", { plan: "pro" }],
      ["identify", "", { plan: "free" }],
      ["group", "team-1", {}],
      ["alias", "new-id", { previousId: "old-id" }],
      ["track", "Goal Reached", { value: 49.9 }],
      ["track", "x".repeat(128), { text: "y".repeat(512) }],
    ]);
    expect(sent.status).toBe(200);
  },
);

visit("S7 a page whose names stand in for ours is captured like any other, and not harmed", async (v) => {
  const errors: Error[] = [];
  v.page.on("pageerror", (error) => errors.push(error));
  await v.open("/clobbered");
  // By the page's own means: the test tool itself stumbles over these names.
  await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set(["analytics"]));
  await capturing(v.page);
  const { x, y } = await v.page.evaluate(() => document.getElementById("ok")!.getBoundingClientRect());
  await v.page.mouse.click(x + 5, y + 5);
  await v.page.keyboard.press("Shift+Tab");
  await v.page.keyboard.type("typed");
  await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("End"));
  await v.seen(carries("track", "End"));
  expect(arrived(v.asked())).toEqual(["page Page /clobbered", "click Still named", "form_start waypost", "track End"]);
  expect(errors).toEqual([]);
});

visit("T reset makes another visitor of the same browser, with the same choice", async (v) => {
  await openGranted(v, "/");
  const secretOf = () => v.page.evaluate(() => localStorage.getItem("waypost.secret"));
  const before = await secretOf();
  await v.page.evaluate(() => {
    const { waypost } = window as unknown as WaypostWindow;
    waypost.track("First person");
    waypost.reset();
    waypost.track("Second person");
  });
  const after = await secretOf();
  expect(after).toMatch(/^[\w-]{22}$/);
  expect(after).not.toBe(before);
  const first = await v.seen(carries("track", "First person"));
  const second = await v.seen(carries("track", "Second person"));
  expect(collectRequest(first).secret).toBe(before);
  expect(collectRequest(second).secret).toBe(after);
  expect(collectRequest(second).streams[0]?.stream).not.toBe(collectRequest(first).streams[0]?.stream);
});
