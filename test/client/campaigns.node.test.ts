import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteConfig } from "../../models/site-config.ts";
import {
  collectRequest,
  consentRequest,
  type Install,
  isCollect,
  isConsent,
  ready,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import { sent } from "../browser/sent.ts";
import type { FaultFor } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import {
  askedOn,
  end,
  enter,
  type FakedWindow,
  faked,
  fakeKinds,
  later,
  outcomesOf,
  route,
  script,
  settled,
  shown,
  track,
} from "./scripted.ts";

const [HELP] = SMALL_SITE.campaigns as [(typeof SMALL_SITE.campaigns)[0]];
const { stages: _, ...EVERYWHERE } = HELP;
const THEME = {
  light: { background: "#ffffff", text: "#111111", accent: "#000044", accentText: "#ffffff" },
  radiusPx: 4,
};

const SITE: SiteConfig = {
  ...SMALL_SITE,
  theme: THEME,
  campaigns: [
    { ...EVERYWHERE, trigger: { kind: "stage", stage: "pay" } },
    { ...EVERYWHERE, id: "more", trigger: { kind: "touchpoint", name: "More" } },
    { ...EVERYWHERE, id: "most", trigger: { kind: "touchpoint", name: "Most" } },
  ],
};

let install: Install;
let withTool: Install;
let still: Install;
let kinds: FaultFor;
beforeAll(async () => {
  install = await startInstall({ config: SITE });
  withTool = await startInstall({ config: { ...SITE, consent: { ...SITE.consent, tcf: true } } });
  still = await startInstall({ config: { ...SITE, campaigns: [] } });
  kinds = await fakeKinds("nudge", "offer", "survey", "announcement");
});
afterAll(() => Promise.all([install, withTool, still].map((site) => site.close())));

function visit(title: string, steps: (visitor: Visitor) => Promise<void>, site = () => install): void {
  test.concurrent(title, () => site().visit(steps));
}

function purposes(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.get().purposes);
}

visit(
  "L41 each kind is handed its content, its words and the site's theme, and its showing is told once",
  async (v) => {
    script(v, { kinds, decide: () => ({ kind: "banner", language: "de" }) });
    await enter(v, "/pay");
    await shown(v.page);
    const { request } = await faked(v.page);
    expect(request).toMatchObject({
      content: { title: "Need a hand?", body: ["Call us."] },
      why: ["You are at payment."],
      contentLanguage: "de",
      language: "en",
      dir: "ltr",
      theme: THEME,
    });
    expect(request.text.why).toEqual(expect.any(String));
    await v.seen(() => outcomesOf(v).length > 0);
    expect(outcomesOf(v)).toEqual(["shown"]);
  },
);

visit(
  "L41 where no language is named the content is in the site's first; what a kind acts on without an end is told",
  async (v) => {
    script(v, { kinds, decide: () => ({ kind: "offer" }) });
    await enter(v, "/pay");
    await shown(v.page);
    expect((await faked(v.page)).request).toMatchObject({ contentLanguage: "en" });
    await v.page.evaluate(() =>
      (window as unknown as { faked: { request: { onActed(): void } } }).faked.request.onActed(),
    );
    await end(v, "dismissed");
    await v.seen(() => outcomesOf(v).length === 3);
    expect(outcomesOf(v)).toEqual(["shown", "acted", "dismissed"]);
  },
);

visit(
  "L41 a kind that does not show gives the reservation back with its reason, and the next one is shown",
  async (v) => {
    script(v, { kinds, decide: () => ({ kind: "offer" }) });
    await v.context.addInitScript(() => {
      (window as unknown as FakedWindow).fakedVeto = "target-gone";
    });
    await enter(v, "/pay");
    await v.seen(() => outcomesOf(v).length > 0);
    expect(outcomesOf(v)).toEqual(["withheld target-gone"]);
    await v.page.evaluate(() => {
      delete (window as unknown as FakedWindow).fakedVeto;
    });
    await track(v.page, "More");
    await shown(v.page);
  },
);

visit("L41 what a kind lost after it was shown is no outcome, and leaves its place to the next", async (v) => {
  script(v, { kinds, decide: () => ({ kind: "offer" }) });
  await enter(v, "/pay");
  await shown(v.page);
  await v.page.evaluate(() =>
    (window as unknown as { faked: { request: { onLost(veto: string): void } } }).faked.request.onLost("target-gone"),
  );
  await track(v.page, "More");
  await shown(v.page, 2);
  await v.seen(() => outcomesOf(v).length === 2);
  expect(outcomesOf(v)).toEqual(["shown", "shown"]);
});

const SURVEY = { title: "How was it?", questions: [], thanks: "Thank you." };

visit("L39 what comes up during a survey waits for its end, and is given back over any other kind", async (v) => {
  script(v, {
    kinds,
    decide: ({ on }) => (on === "stage.pay" ? { kind: "survey", content: SURVEY } : { kind: "offer" }),
  });
  await enter(v, "/pay");
  await shown(v.page);
  await track(v.page, "More");
  await v.seen(() => askedOn(v).length === 2);
  await end(v, "acted");
  await shown(v.page, 2);
  await later(v, 11_000);
  await track(v.page, "More");
  await v.seen(() => outcomesOf(v).length === 4);
  expect(outcomesOf(v)).toEqual(["shown", "acted", "shown", "withheld surface-open"]);
});

visit("L41 what two requests have asked for is decided, and shown, once", async (v) => {
  script(v, { kinds, decide: ({ on }) => (on === "touchpoint.More" ? { kind: "offer" } : null) });
  await enter(v, "/cart");
  await settled(v, "Before");
  await v.page.evaluate(() => {
    const page = window as unknown as WaypostWindow & { told: number };
    page.told = 0;
    page.waypost.on("decision", ({ verdict }) => verdict === "show" && page.told++);
    // The second asks before the first was answered, and so takes its ask along.
    page.waypost.track("More");
    page.waypost.track("Most");
  });
  await shown(v.page);
  await settled(v, "After");
  expect(askedOn(v)).toEqual(["touchpoint.More", "touchpoint.More", "touchpoint.Most"]);
  expect(await v.page.evaluate(() => (window as unknown as { told: number }).told)).toBe(1);
  expect(outcomesOf(v)).toEqual(["shown"]);
});

visit(
  "L42 who turns it off is asked for nothing on this page, the next one, in another tab and after a reload; the rest of their choice goes on",
  async (v) => {
    script(v, { kinds, decide: () => ({}) });
    const other = await v.context.newPage();
    await enter(v, "/pay", ["analytics", "scoring", "personalization"]);
    await shown(v.page);
    await v.open("/pay", other);
    await shown(other);
    await end(v, "off");
    await v.seen(() => outcomesOf(v).includes("off"));
    expect(await purposes(v.page)).toEqual(["analytics", "scoring"]);
    const recorded = await v.seen((exchange) => isConsent(exchange) && consentRequest(exchange).control === "withdraw");
    expect(consentRequest(recorded)).toMatchObject({
      consent: { purposes: ["analytics", "scoring"] },
      surface: "campaign",
      secret: expect.any(String),
    });
    await other.waitForFunction(() => (window as unknown as FakedWindow).faked?.closed === 1);
    const before = askedOn(v).length;
    await track(v.page, "More");
    await settled(v, "This page");
    await track(other, "More");
    await settled(v, "Other tab", other);
    await v.open("/pay");
    await settled(v, "Next page");
    await v.page.reload();
    await ready(v.page);
    await settled(v, "Reloaded");
    await v.open("/pay", other);
    await settled(v, "Other tab again", other);
    expect(askedOn(v)).toHaveLength(before);
    expect((await faked(v.page)).shown).toBe(0);
    expect(await purposes(other)).toEqual(["analytics", "scoring"]);
  },
);

/** Runs in the page: a consent tool that remembers that everything was granted, and says so on each page. */
function rememberAll(): void {
  const granted = Object.fromEntries([1, 5, 6, 8, 10].map((purpose) => [purpose, true]));
  const data = { eventStatus: "tcloaded", gdprApplies: true, purpose: { consents: granted } };
  const tool = (_command: string, _version: number, callback: (data: object, success: boolean) => void) =>
    void setTimeout(() => callback(data, true));
  Object.assign(window, { __tcfapi: tool });
}

visit(
  "L42 what another tool remembers does not turn it on again",
  async (v) => {
    script(v, { kinds, decide: () => ({}) });
    await v.context.addInitScript(rememberAll);
    await v.open("/pay");
    await shown(v.page);
    expect(await purposes(v.page)).toContain("personalization");
    await end(v, "off");
    await v.seen(() => outcomesOf(v).includes("off"));
    await v.open("/pay");
    await v.page.waitForFunction(() =>
      (window as unknown as WaypostWindow).waypost.consent.get().purposes.includes("analytics"),
    );
    await settled(v, "Next page");
    expect(await purposes(v.page)).not.toContain("personalization");
    expect(askedOn(v)).toEqual(["stage.pay"]);
  },
  () => withTool,
);

visit("L42 who only dismisses it keeps their choice, and the next page asks", async (v) => {
  script(v, { kinds, decide: () => ({}) });
  await enter(v, "/pay");
  await shown(v.page);
  await end(v, "dismissed");
  await v.seen(() => outcomesOf(v).includes("dismissed"));
  expect(await purposes(v.page)).toEqual(["analytics", "personalization"]);
  await v.open("/pay");
  await v.seen(() => askedOn(v).length === 2);
  expect(
    v.asked().filter((exchange) => isConsent(exchange) && consentRequest(exchange).control === "withdraw"),
  ).toEqual([]);
});

visit(
  "L43 who wants less of a kind meets none of it on this view; another kind, and this one on the next view, is shown",
  async (v) => {
    const answers = [{}, {}, { kind: "offer" as const }, {}];
    script(v, { kinds, decide: () => answers.shift() ?? null });
    await enter(v, "/pay");
    await shown(v.page);
    await end(v, "less");
    await later(v, 31_000);
    await track(v.page, "More");
    await v.seen(() => outcomesOf(v).length === 3);
    expect(outcomesOf(v)).toEqual(["shown", "less", "withheld just-dismissed"]);
    await later(v, 11_000);
    await track(v.page, "More");
    await shown(v.page, 2);
    await end(v, "acted");
    await later(v, 11_000);
    await route(v, "/cart");
    await v.seen((exchange) => isCollect(exchange) && exchange.body.includes("/cart"));
    await track(v.page, "More");
    await shown(v.page, 3);
  },
);

/** In the page: what the site's own code was told. */
interface Told extends WaypostWindow {
  told: { verdict: string; data?: unknown }[];
}

async function listening(v: Visitor): Promise<void> {
  await v.context.addInitScript(() => {
    const page = window as unknown as Told;
    page.told = [];
    addEventListener("DOMContentLoaded", () =>
      page.waypost.push(["on", "decision", (decision: Told["told"][0]) => page.told.push(decision)]),
    );
  });
}

const DATA = { kind: "data" as const, data: '{"colour":"blue","sizes":[1,2]}' };

visit(
  "L44 data is handed to the site's own code as an object and counts as shown; nothing is drawn or loaded for it",
  async (v) => {
    await listening(v);
    script(v, { kinds, decide: () => DATA });
    await enter(v, "/pay");
    await v.seen(() => outcomesOf(v).length > 0);
    expect(outcomesOf(v)).toEqual(["shown"]);
    const told = await v.page.evaluate(() => (window as unknown as Told).told);
    expect(told).toMatchObject([{ verdict: "show", kind: "data", data: { colour: "blue", sizes: [1, 2] } }]);
    const why = await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.why());
    expect(why).toMatchObject({ campaign: "help", data: { colour: "blue", sizes: [1, 2] } });
    expect(v.asked().filter(({ path }) => /chunks\/(present|nudge|quiet)/.test(path))).toEqual([]);
  },
);

visit("L44 where nobody listens for it, it is given back", async (v) => {
  script(v, { kinds, decide: () => DATA });
  await enter(v, "/pay");
  await v.seen(() => outcomesOf(v).length > 0);
  expect(outcomesOf(v)).toEqual(["withheld failed"]);
});

visit("L44 data that comes after its time, or is none, reaches nobody", async (v) => {
  await listening(v);
  const answers = [
    { ...DATA, expiresInMs: 0 },
    { ...DATA, data: "{" },
  ];
  script(v, { kinds, decide: () => answers.shift() ?? null });
  await enter(v, "/pay");
  await v.seen(() => outcomesOf(v).length === 1);
  await track(v.page, "More");
  await v.seen(() => outcomesOf(v).length === 2);
  expect(outcomesOf(v)).toEqual(["withheld expired", "withheld failed"]);
  expect(await v.page.evaluate(() => (window as unknown as Told).told)).toEqual([]);
});

visit(
  "L47 each answer of a survey is an event; what looks like an address is taken out of the visitor's own words",
  async (v) => {
    const content = {
      title: "How was it?",
      questions: [
        { id: "score", kind: "nps" as const, label: "Would you recommend us?" },
        { id: "used", kind: "multiple" as const, label: "What did you use?", options: [] },
        { id: "say", kind: "text" as const, label: "Anything else?" },
      ],
      thanks: "Thank you.",
    };
    script(v, { kinds, decide: ({ on }) => (on === "stage.pay" ? { kind: "survey", content } : null) });
    await enter(v, "/pay");
    await shown(v.page);
    await v.page.evaluate(() => {
      const { request } = (window as unknown as { faked: { request: { onAnswered(answer: object): void } } }).faked;
      request.onAnswered({ question: "score", value: 9 });
      request.onAnswered({ question: "used", value: ["map", "export"] });
      request.onAnswered({ question: "say", value: "Write to ada@example.com please" });
    });
    await v.seen(() => sent(v, "track").length === 3);
    expect(sent(v, "track").map(({ name, props }) => [name, props])).toEqual([
      ["Survey Answered", { campaign: "help", question: "score", kind: "nps", value: 9 }],
      ["Survey Answered", { campaign: "help", question: "used", kind: "multiple", value: "map,export" }],
      ["Survey Answered", { campaign: "help", question: "say", kind: "text", value: "Write to • please" }],
    ]);
  },
);

const TOKEN = "eyJhbGciOiJIUzI1NiJ9.preview-token-7f3a9c2e";
const PREVIEW = { reason: "preview" as const, campaign: "draft" };

visit(
  "L48 a preview's link asks once with its token and shows what comes at once; no outcome is told, and nothing else carries the token",
  async (v) => {
    script(v, { kinds, decide: ({ on }) => (on === "preview" ? PREVIEW : null) });
    // The page's time is slow: its first two seconds outlast this test.
    await v.context.addInitScript(() => {
      const { now } = performance;
      performance.now = () => now.call(performance) / 100;
    });
    await enter(v, `/#waypost-preview=${TOKEN}`);
    await shown(v.page);
    const asks = v
      .asked()
      .filter(isCollect)
      .flatMap((exchange) => collectRequest(exchange).asks);
    expect(asks).toMatchObject([{ on: "preview", preview: TOKEN, score: null, model: null }]);
    await end(v, "dismissed");
    await v.page.evaluate(() => {
      const link = document.createElement("a");
      link.href = "/cart";
      link.textContent = "Cart";
      document.querySelector("main")?.append(link);
    });
    await v.page.getByRole("link", { name: "Cart" }).click();
    await v.page.waitForURL("**/cart");
    await ready(v.page);
    await settled(v, "Next page");
    expect(outcomesOf(v)).toEqual([]);
    const touchpoints = v
      .asked()
      .filter(isCollect)
      .flatMap((exchange) => collectRequest(exchange).streams);
    expect(JSON.stringify(touchpoints)).not.toContain(TOKEN);
    expect(v.asked().filter(({ path, headers }) => path.includes(TOKEN) || headers.referer?.includes(TOKEN))).toEqual(
      [],
    );
  },
);

visit(
  "L48 a router that changes the address first takes nothing from it, and a page without such a link asks nothing",
  async (v) => {
    script(v, { kinds, decide: ({ on }) => (on === "preview" ? PREVIEW : null) });
    await v.open(`/#waypost-preview=${TOKEN}`);
    await v.page.evaluate(() => history.replaceState(null, "", "/#/home"));
    await v.page.evaluate(() =>
      (window as unknown as WaypostWindow).waypost.consent.set(["analytics", "personalization"]),
    );
    await shown(v.page);
    await v.open("/");
    await settled(v, "Without");
    expect(askedOn(v)).toEqual(["preview"]);
  },
);

visit(
  "L48 where no campaign is live a preview's link asks all the same, and any other page loads nothing that asks",
  async (v) => {
    script(v, { kinds, decide: () => PREVIEW });
    await enter(v, "/pay#terms");
    await settled(v, "Terms");
    expect(v.asked().filter(({ path }) => path.includes("/chunks/asking"))).toEqual([]);
    await v.open(`/pay?again#waypost-preview=${TOKEN}`);
    await shown(v.page);
    expect(askedOn(v)).toEqual(["preview"]);
  },
  () => still,
);
