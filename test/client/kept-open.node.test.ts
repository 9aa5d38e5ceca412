import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Install, startInstall, type Visitor } from "../browser/install.ts";
import type { FaultFor } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import {
  askedOn,
  end,
  enter,
  type FakedWindow,
  faked,
  fakeKinds,
  keptOpen,
  outcomesOf,
  PAY_AND_MORE,
  script,
  settled,
  shown,
  track,
} from "./scripted.ts";

let install: Install;
let kinds: FaultFor;
beforeAll(async () => {
  install = await startInstall({ config: PAY_AND_MORE });
  kinds = await fakeKinds("offer", "checklist", "tour");
});
afterAll(() => install.close());

function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

const CHECKLIST = {
  kind: "checklist" as const,
  content: {
    title: "Start here",
    items: [
      { id: "profile", label: "Fill in your profile" },
      { id: "export", label: "Export a report", match: { type: "track" as const, name: "Report Exported" } },
      { id: "invite", label: "Invite somebody" },
    ],
    done: "All done.",
  },
  done: ["profile"],
};

visit(
  "L45 a checklist goes on at the next page of the tab, with what was done, without an ask or a second showing",
  async (v) => {
    script(v, { kinds, decide: ({ on }) => (on === "stage.pay" ? CHECKLIST : null) });
    await enter(v, "/pay");
    await shown(v.page);
    expect((await faked(v.page)).request).toMatchObject({ done: ["profile"] });
    await v.page.evaluate(() =>
      (window as unknown as { faked: { request: { onTicked(item: string): void } } }).faked.request.onTicked("invite"),
    );
    await v.seen(() => outcomesOf(v).includes("ticked invite"));
    await v.open("/cart");
    await shown(v.page);
    expect((await faked(v.page)).request).toMatchObject({
      content: CHECKLIST.content,
      done: ["profile", "invite"],
      why: ["You are at payment."],
    });
    await end(v, "acted");
    await v.seen(() => outcomesOf(v).includes("acted"));
    expect(outcomesOf(v)).toEqual(["shown", "ticked invite", "acted"]);
    expect(await keptOpen(v.page)).toBeNull();
    await v.open("/");
    await settled(v, "After its end");
    expect((await faked(v.page)).shown).toBe(0);
    expect(askedOn(v)).toEqual(["stage.pay"]);
  },
);

visit("L45 a tour goes on at its step; no other kind does", async (v) => {
  const tour = {
    kind: "tour" as const,
    content: {
      steps: [
        { title: "One", body: [] },
        { title: "Two", body: [] },
      ],
    },
  };
  script(v, { kinds, decide: ({ on }) => (on === "stage.pay" ? tour : { kind: "offer" }) });
  await enter(v, "/pay");
  await shown(v.page);
  expect((await faked(v.page)).request.step).toBeUndefined();
  await v.page.evaluate(() =>
    (window as unknown as { faked: { request: { onStep(step: number): void } } }).faked.request.onStep(1),
  );
  await v.open("/cart");
  await shown(v.page);
  expect((await faked(v.page)).request).toMatchObject({ step: 1 });
  await end(v, "acted");
  await track(v.page, "More");
  await shown(v.page, 2);
  await v.open("/");
  await settled(v, "After an offer");
  expect((await faked(v.page)).shown).toBe(0);
});

visit("L39 a checklist gives way to what comes up, and is back after it with what was done meanwhile", async (v) => {
  script(v, { kinds, decide: ({ on }) => (on === "stage.pay" ? CHECKLIST : { kind: "offer" }) });
  await enter(v, "/pay");
  await shown(v.page);
  await track(v.page, "More");
  await shown(v.page, 2);
  expect(await v.page.getByText("faked").count()).toBe(1);
  expect((await faked(v.page)).request.content.title).toBe("Need a hand?");
  await track(v.page, "Report Exported");
  await v.seen(() => outcomesOf(v).includes("ticked export"));
  await end(v, "dismissed");
  await shown(v.page, 3);
  expect((await faked(v.page)).request).toMatchObject({ content: CHECKLIST.content, done: ["profile", "export"] });
  await track(v.page, "More");
  await end(v, "acted");
  await settled(v, "End");
  expect(outcomesOf(v)).toEqual(["shown", "shown", "ticked export", "dismissed", "acted"]);
  expect(await keptOpen(v.page)).toBeNull();
});

visit("L39 where the page is left before that is over, the checklist goes on at the next one", async (v) => {
  script(v, { kinds, decide: ({ on }) => (on === "stage.pay" ? CHECKLIST : { kind: "offer" }) });
  await enter(v, "/pay");
  await shown(v.page);
  await track(v.page, "More");
  await shown(v.page, 2);
  await v.open("/cart");
  await shown(v.page);
  expect((await faked(v.page)).request.content).toEqual(CHECKLIST.content);
});

visit("L45 what came up on the next page before it is waited for, and what was done meanwhile is ticked", async (v) => {
  script(v, { kinds, decide: ({ on }) => (on === "stage.pay" ? CHECKLIST : { kind: "offer" }) });
  await enter(v, "/pay");
  await shown(v.page);
  let late = () => {};
  // What follows a list comes late, so that the offer is first.
  const arrived = new Promise<void>((resolve) => {
    late = resolve;
  });
  await v.page.route("**/chunks/lasting-*.js", (request) => arrived.then(() => request.continue()));
  await v.open("/cart");
  await track(v.page, "More");
  await shown(v.page);
  late();
  await track(v.page, "Report Exported");
  await settled(v, "Meanwhile");
  expect((await faked(v.page)).request.content.title).toBe("Need a hand?");
  await end(v, "acted");
  await shown(v.page, 2);
  expect((await faked(v.page)).request).toMatchObject({ content: CHECKLIST.content, done: ["profile", "export"] });
});

visit("L45 another tab begins without it", async (v) => {
  script(v, { kinds, decide: ({ on }) => (on === "stage.pay" ? CHECKLIST : null) });
  await enter(v, "/pay");
  await shown(v.page);
  const other = await v.context.newPage();
  await v.open("/cart", other);
  await settled(v, "Other tab", other);
  expect(await keptOpen(other)).toBeNull();
  expect((await faked(other)).shown).toBe(0);
});

const ENDINGS: Record<string, (page: Page) => Promise<unknown>> = {
  "a withdrawal": (page) =>
    page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set(["analytics"])),
  "a reset": (page) => page.evaluate(() => (window as unknown as WaypostWindow).waypost.reset()),
};
for (const [name, ending] of Object.entries(ENDINGS)) {
  visit(`L45 ${name} takes it off the page and out of what is kept`, async (v) => {
    script(v, { kinds, decide: ({ on }) => (on === "stage.pay" ? CHECKLIST : null) });
    await enter(v, "/pay");
    await shown(v.page);
    expect(await keptOpen(v.page)).not.toBeNull();
    await ending(v.page);
    expect(await keptOpen(v.page)).toBeNull();
    expect((await faked(v.page)).closed).toBe(1);
    await v.open("/cart");
    await settled(v, "Next page");
    expect((await faked(v.page)).shown).toBe(0);
  });
}

visit("L45 a withdrawal in another tab, while this one was elsewhere, leaves nothing of it here", async (v) => {
  script(v, { kinds, decide: ({ on }) => (on === "stage.pay" ? CHECKLIST : null) });
  await enter(v, "/pay");
  await shown(v.page);
  await v.page.goto("about:blank");
  const other = await v.context.newPage();
  await v.open("/", other);
  await other.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set([]));
  await v.open("/cart");
  expect(await keptOpen(v.page)).toBeNull();
});

visit("L45 after half an hour out of sight it is over", async (v) => {
  script(v, { kinds, decide: ({ on }) => (on === "stage.pay" ? CHECKLIST : null) });
  await enter(v, "/pay");
  await shown(v.page);
  await v.context.addInitScript(() => {
    const { now } = Date;
    Date.now = () => now() + 31 * 60_000;
  });
  await v.open("/cart");
  await settled(v, "Too late");
  expect((await faked(v.page)).shown).toBe(0);
  expect(await keptOpen(v.page)).toBeNull();
});

visit("L46 what the visitor does ticks what it does, once, and stays ticked on the next page", async (v) => {
  script(v, { kinds, decide: ({ on }) => (on === "stage.pay" ? CHECKLIST : null) });
  await enter(v, "/pay");
  await shown(v.page);
  await track(v.page, "Report Opened");
  await track(v.page, "Report Exported");
  await track(v.page, "Report Exported");
  await v.page.waitForFunction(() => ((window as unknown as FakedWindow).faked?.ticked.length ?? 0) > 0);
  await settled(v, "Ticked");
  expect((await faked(v.page)).ticked).toEqual(["export"]);
  await v.open("/cart");
  await shown(v.page);
  expect((await faked(v.page)).request.done).toEqual(["profile", "export"]);
  expect(outcomesOf(v)).toEqual(["shown", "ticked export"]);
});

visit(
  "L46 what was done on a page before the list came up there ticks it too, and the view of that page",
  async (v) => {
    const seen = { id: "cart", label: "Look into the cart", match: { path: "/cart" } };
    const list = {
      ...CHECKLIST,
      content: { ...CHECKLIST.content, items: [...CHECKLIST.content.items, seen] },
    };
    script(v, { kinds, decide: ({ on }) => (on === "stage.pay" ? list : null) });
    await enter(v, "/");
    await track(v.page, "Report Exported");
    await settled(v, "Done before");
    expect((await faked(v.page)).shown).toBe(0);
    await v.page.evaluate(() => history.pushState(null, "", "/pay"));
    await shown(v.page);
    expect((await faked(v.page)).request.done).toEqual(["profile", "export"]);
    await v.open("/cart");
    await shown(v.page);
    expect((await faked(v.page)).request.done).toEqual(["profile", "export", "cart"]);
    await v.seen(() => outcomesOf(v).includes("ticked cart"));
    expect(outcomesOf(v)).toEqual(["shown", "ticked export", "ticked cart"]);
  },
);
