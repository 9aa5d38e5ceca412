import { afterAll, beforeAll, expect, test } from "vitest";
import { type Install, startInstall, type Visitor } from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { enter, later, outcomesOf, PAY_AND_MORE, route, script } from "./scripted.ts";

const BODY = `<label>Card <input name="card" autocomplete="billing cc-number"></label>
<label>Password <input type="password"></label><label>Note <textarea></textarea></label><button>Elsewhere</button>
<dialog id="terms">Terms</dialog><div id="hint" popover="manual">Hint</div><div id="sheet">Sheet</div>
<dialog-box></dialog-box>`;

let install: Install;
beforeAll(async () => {
  install = await startInstall({ config: PAY_AND_MORE, body: () => BODY });
});
afterAll(() => install.close());

function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

interface Timed extends WaypostWindow {
  /** By `performance.now()`. */
  shownMs?: number;
  endedMs?: number;
}

const nudge = ({ page }: Visitor) => page.getByText("Need a hand?", { exact: true }).first();

/** Payment, where a nudge is decided at once, with the page's note of when it came up. */
async function atPayment(v: Visitor, decided = {}): Promise<void> {
  script(v, { decide: () => decided });
  await v.open("/");
  await noteShown(v);
  await enter(v, "/pay");
  await noteShown(v);
}

async function noteShown({ page }: Visitor): Promise<void> {
  await page.evaluate(() => {
    const timed = window as unknown as Timed;
    timed.waypost.on("shown", () => {
      timed.shownMs = performance.now();
    });
  });
}

/** Resolves when what was decided has been judged for longer than any rule that ends by itself would hold it. */
async function isHeld(v: Visitor): Promise<void> {
  await v.seen(({ path }) => path.includes("/chunks/present"));
  await v.page.evaluate(async () => {
    const sinceMs = performance.now();
    while (performance.now() < sinceMs + 3_500) await new Promise(requestAnimationFrame);
  });
  expect(await nudge(v).count()).toBe(0);
}

/** The moment passes by these steps; gives how long after their last event the nudge came, ms. */
async function passes(v: Visitor, type: string, steps: () => Promise<unknown>): Promise<number> {
  await v.page.evaluate((name) => {
    const timed = window as unknown as Timed;
    addEventListener(
      name,
      () => {
        timed.endedMs ??= performance.now();
      },
      true,
    );
  }, type);
  await steps();
  await nudge(v).waitFor();
  return v.page.evaluate(() => {
    const { shownMs = 0, endedMs = Number.POSITIVE_INFINITY } = window as unknown as Timed;
    return shownMs - endedMs;
  });
}

async function withheld(v: Visitor, veto: string): Promise<void> {
  await v.seen(() => outcomesOf(v).length > 0);
  expect(outcomesOf(v)).toEqual([`withheld ${veto}`]);
  expect(await nudge(v).count()).toBe(0);
}

visit("L37 in the first two seconds of a page nothing comes up, and then it does", async (v) => {
  script(v, { decide: () => ({}) });
  await v.open("/pay");
  const sinceMs = await v.page.evaluate(() => {
    const { waypost } = window as unknown as WaypostWindow;
    const grantedMs = performance.now();
    waypost.consent.set(["analytics", "personalization"]);
    return grantedMs;
  });
  await noteShown(v);
  await nudge(v).waitFor();
  const shownMs = await v.page.evaluate(() => (window as unknown as Timed).shownMs ?? 0);
  expect(shownMs - sinceMs).toBeGreaterThanOrEqual(2_000);
  expect(outcomesOf(v)).not.toContain("withheld busy");
});

visit("L37 a route of the same document is a page too", async (v) => {
  script(v, { decide: () => ({}) });
  await enter(v, "/");
  await noteShown(v);
  await v.seen(({ path }) => path.includes("/chunks/asking"));
  await later(v, 10_000);
  const sinceMs = await v.page.evaluate(() => performance.now());
  await route(v, "/pay");
  await nudge(v).waitFor();
  const shownMs = await v.page.evaluate(() => (window as unknown as Timed).shownMs ?? 0);
  expect(shownMs - sinceMs).toBeGreaterThanOrEqual(2_000);
});

for (const [field, name] of [
  ["Card", "a card"],
  ["Password", "a password"],
] as const) {
  visit(`L38 in the field of ${name} nothing comes up, though nobody types; once it is left, it does`, async (v) => {
    await atPayment(v);
    await v.page.getByLabel(field).focus();
    await isHeld(v);
    expect(
      await passes(v, "focusout", () => v.page.getByRole("button", { name: "Elsewhere" }).focus()),
    ).toBeGreaterThan(0);
  });
}

visit("L38 in a frame of another origin nothing comes up; once the focus is back, it does", async (v) => {
  await atPayment(v);
  await v.page.evaluate(
    (href) => {
      const frame = document.createElement("iframe");
      frame.src = href;
      document.querySelector("main")?.append(frame);
      frame.focus();
    },
    `${v.host.url.replace("localhost", "127.0.0.1")}/frame`,
  );
  await isHeld(v);
  await v.page.getByRole("button", { name: "Elsewhere" }).click();
  await nudge(v).waitFor();
});

visit("L38 who types in a frame of the same origin is let finish", async (v) => {
  await atPayment(v);
  await v.page.evaluate(() => {
    const frame = document.createElement("iframe");
    document.querySelector("main")?.append(frame);
    const field = frame.contentDocument?.createElement("textarea") as HTMLTextAreaElement;
    frame.contentDocument?.body.append(field);
    field.focus();
    field.addEventListener("keydown", () => {
      (window as unknown as Timed).endedMs = performance.now();
    });
  });
  await v.seen(({ path }) => path.includes("/chunks/present"));
  for (const key of "hello there") await v.page.keyboard.press(key === " " ? "Space" : key, { delay: 60 });
  await nudge(v).waitFor();
  const quietMs = await v.page.evaluate(() => {
    const { shownMs = 0, endedMs = 0 } = window as unknown as Timed;
    return shownMs - endedMs;
  });
  expect(quietMs).toBeGreaterThanOrEqual(2_000);
});

visit("L38 while an input method composes nothing comes up, however long that takes; after it, it does", async (v) => {
  await atPayment(v);
  await v.page.getByLabel("Note").focus();
  const devtools = await v.context.newCDPSession(v.page);
  const compose = (text: string) =>
    devtools.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  // Whoever composes goes on doing so: whatever is loaded meanwhile hears of it.
  const held = isHeld(v);
  let isOver = false;
  void held.finally(() => {
    isOver = true;
  });
  for (let i = 0; !isOver; i++) await compose("にほん".slice(0, 1 + (i % 3)));
  await held;
  expect(await passes(v, "compositionend", () => devtools.send("Input.insertText", { text: "日" }))).toBeGreaterThan(0);
});

const SURFACES = {
  "a popover": () => document.querySelector<HTMLElement>("#hint")?.showPopover(),
  "what says that it is modal": () => document.querySelector("#sheet")?.setAttribute("aria-modal", "true"),
  "a modal dialog in a shadow root": () => {
    const dialog = document.createElement("dialog");
    dialog.append("Sure?", document.createElement("button"));
    document.querySelector("dialog-box")?.attachShadow({ mode: "open" }).append(dialog);
    dialog.showModal();
  },
};
for (const [name, open] of Object.entries(SURFACES)) {
  visit(`L39 A20 over ${name} nothing is laid, and the reservation is given back`, async (v) => {
    script(v, { decide: () => ({}) });
    await v.open("/pay");
    await v.page.evaluate(open);
    await v.page.evaluate(() =>
      (window as unknown as WaypostWindow).waypost.consent.set(["analytics", "personalization"]),
    );
    await withheld(v, "surface-open");
  });
}

visit("L39 A20 over full screen nothing is laid", async (v) => {
  script(v, { decide: () => ({}) });
  await v.open("/pay");
  await v.page.evaluate(() => {
    const button = document.querySelector("button");
    button?.addEventListener("click", () => void document.querySelector("main")?.requestFullscreen());
  });
  await v.page.getByRole("button", { name: "Elsewhere" }).click();
  await v.page.waitForFunction(() => document.fullscreenElement);
  await v.page.evaluate(() =>
    (window as unknown as WaypostWindow).waypost.consent.set(["analytics", "personalization"]),
  );
  await withheld(v, "surface-open");
});

visit("L39 A20 a dialog that opens while the nudge is loaded keeps it away", async (v) => {
  script(v, { decide: () => ({}) });
  await v.page.route("**/chunks/nudge-*.js", async (request) => {
    await v.page.evaluate(() => document.querySelector("dialog")?.showModal());
    await request.continue();
  });
  await enter(v, "/pay");
  await withheld(v, "surface-open");
});

visit("L40 for thirty seconds after a dismissal nothing more comes up, and then it does", async (v) => {
  await atPayment(v);
  await nudge(v).waitFor();
  await v.page.keyboard.press("Escape");
  await v.seen(() => outcomesOf(v).includes("dismissed"));
  await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("More"));
  await v.seen(({ body }) => body.includes("touchpoint.More"));
  await isHeld(v);
  expect(outcomesOf(v)).toEqual(["shown", "dismissed"]);
  await later(v, 30_000);
  await nudge(v).waitFor();
  await v.seen(() => outcomesOf(v).length === 3);
  expect(outcomesOf(v)).toEqual(["shown", "dismissed", "shown"]);
});

visit("L40 what cannot wait so long is given back at once", async (v) => {
  await atPayment(v, { expiresInMs: 20_000 });
  await nudge(v).waitFor();
  await v.page.keyboard.press("Escape");
  await v.seen(() => outcomesOf(v).includes("dismissed"));
  await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("More"));
  await v.seen(() => outcomesOf(v).length === 3);
  expect(outcomesOf(v)).toEqual(["shown", "dismissed", "withheld just-dismissed"]);
});

visit(
  "L41 who stays in the field of a card as long as there is time is shown nothing, and the reservation is given back",
  async (v) => {
    await atPayment(v, { expiresInMs: 4_000 });
    await v.page.getByLabel("Card").focus();
    await withheld(v, "busy");
  },
);
