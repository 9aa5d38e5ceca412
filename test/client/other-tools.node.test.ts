import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConsentConfig } from "../../models/consent-config.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import {
  answerBanner,
  arrived,
  carries,
  consentRequest,
  type Install,
  isConsent,
  keptBy,
  ready,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const ALL: ConsentConfig["purposes"] = ["analytics", "scoring", "personalization", "improvement", "sharing"];

/** With a withdrawal of the site's own, and a press in a dialog of Google's kind that grants. */
const BODY = `<button>Buy now</button><button data-waypost-consent="withdraw">Take it back</button>
<button onclick="(function(){dataLayer.push(arguments)})('consent','update',{analytics_storage:'granted'})">Agree there</button>`;

/** A site that asks for this, while the tests of a block run. */
function siteWith(change: Partial<ConsentConfig>): (title: string, steps: (visitor: Visitor) => Promise<void>) => void {
  let install: Install;
  beforeAll(async () => {
    const config: SiteConfig = { ...SMALL_SITE, consent: { ...SMALL_SITE.consent, purposes: ALL, ...change } };
    install = await startInstall({ config, body: () => BODY });
  });
  afterAll(() => install.close());
  return (title, steps) => test(title, () => install.visit(steps));
}

const set = (page: Page, purposes: string[]) =>
  page.evaluate((granted) => (window as unknown as WaypostWindow).waypost.consent.set(granted), purposes);
const held = (page: Page) => page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.get());

/** In our own centre, and no other choice than before. */
async function chooseHere(page: Page): Promise<void> {
  await page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.open());
  await page.getByRole("button", { name: "Save my choice" }).click();
}

/** As after `askAgainAfterDays`, with what was chosen. */
async function runOut(page: Page, purposes: string[]): Promise<void> {
  await page.evaluate((granted) => {
    const choice = JSON.parse(localStorage.getItem("waypost.choice") ?? "");
    localStorage.setItem("waypost.choice", JSON.stringify({ ...choice, purposes: granted, day: 1 }));
  }, purposes);
}

/** What Google's tags would read, in their order: `default …`, `update …`, and the first word of all else. */
function layer(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const entries = (window as unknown as { dataLayer?: ArrayLike<unknown>[] }).dataLayer ?? [];
    return entries.map((entry) => {
      const [name, what, state] = Array.from(entry);
      // Google reads an `arguments` object, and takes an array for something else.
      if (Object.prototype.toString.call(entry) !== "[object Arguments]") return `array ${name}`;
      if (name !== "consent") return String(name);
      const granted = Object.entries(state as object).flatMap(([type, value]) => (value === "granted" ? [type] : []));
      return `${what} ${granted.sort().join(" ")}`;
    });
  });
}

const DENIED = "security_storage";
const ANALYTICS = "analytics_storage security_storage";
const EVERYTHING =
  "ad_personalization ad_storage ad_user_data analytics_storage functionality_storage personalization_storage security_storage";

describe("Google Consent Mode, out", () => {
  const visit = siteWith({
    googleConsentMode: { send: true, receive: false, waitForUpdateMs: 500, regions: ["DE", "US-CA"] },
  });

  visit(
    "B36 one default with all seven types stands before every tag, then an update at each choice and on later pages",
    async (v) => {
      const { page, context, open } = v;
      // A site's Google tag, whose lines wait in the queue until Google's script has come.
      await context.addInitScript(() => {
        const page = window as unknown as { dataLayer: unknown[] };
        page.dataLayer = [];
        const gtag = function () {
          // biome-ignore lint/complexity/noArguments: as Google's own snippet has it
          page.dataLayer.push(arguments);
        } as (...values: unknown[]) => void;
        gtag("js", new Date());
        gtag("config", "G-TEST");
      });
      await open();
      await expect.poll(() => layer(page)).toEqual([`default ${DENIED}`, "js", "config"]);
      const options = await page.evaluate(() => {
        const [first] = (window as unknown as { dataLayer: ArrayLike<unknown>[] }).dataLayer;
        return Array.from(first ?? [])[2];
      });
      expect(options).toEqual({
        ad_storage: "denied",
        ad_user_data: "denied",
        ad_personalization: "denied",
        analytics_storage: "denied",
        functionality_storage: "denied",
        personalization_storage: "denied",
        security_storage: "granted",
        wait_for_update: 500,
        region: ["DE", "US-CA"],
      });
      await answerBanner(page, "Accept");
      await expect.poll(() => layer(page)).toEqual([`default ${DENIED}`, "js", "config", `update ${EVERYTHING}`]);
      await set(page, ["analytics"]);
      await set(page, []);
      expect((await layer(page)).slice(4)).toEqual([`update ${ANALYTICS}`, `update ${DENIED}`]);
      await set(page, ["analytics"]);
      await open("/cart");
      await expect.poll(() => layer(page)).toEqual([`default ${DENIED}`, `update ${ANALYTICS}`, "js", "config"]);
    },
  );

  visit("B36 a default that the site has itself stays the only one", async ({ page, context, open }) => {
    await context.addInitScript(() => {
      const page = window as unknown as { dataLayer: unknown[] };
      page.dataLayer = [];
      (function (..._: unknown[]) {
        // biome-ignore lint/complexity/noArguments: as Google's own snippet has it
        page.dataLayer.push(arguments);
      })("consent", "default", { analytics_storage: "denied" });
    });
    await open();
    await answerBanner(page, "Accept");
    await expect.poll(() => layer(page)).toEqual(["default ", `update ${EVERYTHING}`]);
    await open("/cart");
    await expect.poll(() => layer(page)).toEqual(["default ", `update ${EVERYTHING}`]);
  });
});

describe("Google Consent Mode, in", () => {
  const visit = siteWith({ googleConsentMode: { send: false, receive: true, waitForUpdateMs: 0 } });

  visit("B36 another tool's update is taken as the choice, and what it does not speak of is not granted", async (v) => {
    const { page, open, seen } = v;
    await open();
    const tell = (state: object) =>
      page.evaluate((told) => {
        const { dataLayer } = window as unknown as { dataLayer: unknown[] };
        (function (..._: unknown[]) {
          // biome-ignore lint/complexity/noArguments: as Google's own snippet has it
          dataLayer.push(arguments);
        })("consent", "update", told);
      }, state);
    await page.waitForFunction(() => "dataLayer" in window);
    // Nobody is asked by us, and nothing is granted before the other tool says so.
    expect(await page.getByRole("button", { name: "Accept" }).count()).toBe(0);
    expect(await held(page)).toMatchObject({ purposes: [], decided: false });
    await tell({ analytics_storage: "granted", ad_storage: "granted", ad_user_data: "denied" });
    expect(await held(page)).toMatchObject({ rev: 1, purposes: ["analytics"], decided: true });
    expect(consentRequest(await seen(isConsent))).toMatchObject({ control: "api", surface: "api" });
    await tell({ analytics_storage: "denied" });
    expect(await held(page)).toMatchObject({ rev: 2, purposes: [] });
    expect(Object.keys((await keptBy(page)).local)).toEqual(["waypost.choice"]);
  });
});

describe("Google Consent Mode, in, and a withdrawal here", () => {
  const visit = siteWith({ control: true, googleConsentMode: { send: false, receive: true, waitForUpdateMs: 0 } });

  visit(
    "B36 what another tool only remembers does not undo a withdrawal of here, on no later page; a new choice there does",
    async (v) => {
      const { page, context, open, seen } = v;
      const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
      const isHearing = () =>
        page.waitForFunction(
          () => (window as unknown as { dataLayer?: unknown[] }).dataLayer?.push !== Array.prototype.push,
        );
      await open();
      await isHearing();
      await press("Agree there");
      expect(await held(page)).toMatchObject({ rev: 1, purposes: ["analytics"] });
      await press("Take it back");
      expect(await held(page)).toMatchObject({ rev: 2, purposes: [] });
      // From here on each page begins with what the tool remembers, and says it once more when we listen.
      await context.addInitScript(() => {
        const page = window as unknown as { dataLayer: unknown[] };
        page.dataLayer = [];
        const tell = function (..._: unknown[]) {
          // biome-ignore lint/complexity/noArguments: as Google's own snippet has it
          page.dataLayer.push(arguments);
        };
        tell("consent", "update", { analytics_storage: "granted" });
        const look = () => {
          if (page.dataLayer.push === Array.prototype.push) return void setTimeout(look);
          tell("consent", "update", { analytics_storage: "granted" });
          console.info("told twice");
        };
        look();
      });
      // Without a script of the test's, which the browser would take for a press of the visitor's.
      const told = page.waitForEvent("console", (message) => message.text() === "told twice");
      await page.goto(`${v.host.url}/cart`);
      await told;
      expect(await held(page)).toMatchObject({ rev: 2, purposes: [], decided: true });
      await press("Agree there");
      expect(await held(page)).toMatchObject({ rev: 3, purposes: ["analytics"] });
      expect(consentRequest(await seen((e) => isConsent(e) && consentRequest(e).consent.rev === 3))).toMatchObject({
        control: "api",
      });
      // A choice that was made there is the tool's to change, also by what it remembers.
      await open("/pay");
      await expect.poll(() => held(page)).toMatchObject({ rev: 3, purposes: ["analytics"] });
      // Where another tool asks there is no control of ours, though the site has it switched on.
      expect(await page.getByRole("button", { name: "Privacy choices" }).count()).toBe(0);
    },
  );

  visit(
    "B36 what is remembered there undoes no choice of here that has run out, and on no later page one that it once reduced",
    async (v) => {
      const { page, context, open } = v;
      await open();
      await set(page, ["analytics", "personalization"]);
      await chooseHere(page);
      expect(await held(page)).toMatchObject({ rev: 2, purposes: ["analytics", "personalization"] });
      await context.addInitScript(() => {
        const page = window as unknown as { dataLayer: unknown[] };
        page.dataLayer = [];
        (function (..._: unknown[]) {
          // biome-ignore lint/complexity/noArguments: as Google's own snippet has it
          page.dataLayer.push(arguments);
        })("consent", "update", {
          analytics_storage: "granted",
          ad_storage: "granted",
          ad_user_data: "granted",
          ad_personalization: "granted",
          functionality_storage: "denied",
        });
        const look = () => {
          if (page.dataLayer.push === Array.prototype.push) setTimeout(look);
          else console.info("heard");
        };
        look();
      });
      const load = async (path: string) => {
        const heard = page.waitForEvent("console", (message) => message.text() === "heard");
        await page.goto(v.host.url + path);
        await heard;
      };
      for (const path of ["/cart", "/pay"]) {
        await load(path);
        expect(await held(page), path).toMatchObject({ rev: 3, purposes: ["analytics"], decided: true });
      }
      for (const purposes of [["analytics"], []]) {
        await runOut(page, purposes);
        await load("/cart");
        expect(await held(page)).toMatchObject({ rev: 3, purposes: [], decided: false });
      }
      // The twin: it is the tool's to grant where nothing was chosen here.
      await page.evaluate(() => localStorage.clear());
      await load("/cart");
      expect(await held(page)).toMatchObject({ rev: 1, purposes: ["analytics", "sharing"] });
    },
  );
});

describe("neither is asked for", () => {
  const visit = siteWith({});

  visit(
    "B36 B38 a site that does not ask for them finds no queue of Google's and no TCF of ours, and is asked by us",
    async (v) => {
      const { page, open, asked } = v;
      await open();
      await answerBanner(page, "Accept");
      expect(await page.evaluate(() => ["dataLayer", "__tcfapi", "__gpp"].filter((name) => name in window))).toEqual(
        [],
      );
      expect(asked().filter(({ path }) => /tcf|google/i.test(path))).toEqual([]);
    },
  );
});

/** Stands for a consent tool that speaks TCF: the test says when it is there and what it knows. */
function plantTcf(): void {
  const listeners: ((data: unknown, success: boolean) => void)[] = [];
  const tool = {
    arrive: () => {
      (window as unknown as { __tcfapi: unknown }).__tcfapi = (
        command: string,
        version: number,
        callback: (data: unknown, success: boolean) => void,
      ) => {
        if (command !== "addEventListener" || version !== 2) throw new Error(`${command} ${version}`);
        listeners.push(callback);
      };
    },
    heardBy: () => listeners.length,
    say: (data: unknown, success = true) => {
      for (const listener of listeners) listener(data, success);
    },
  };
  Object.assign(window, { tool });
}
interface ToolWindow {
  tool: { arrive: () => void; heardBy: () => number; say: (data: unknown, success?: boolean) => void };
}

describe("IAB TCF, read only", () => {
  const visit = siteWith({ tcf: true });
  const consents = (...granted: number[]) => ({
    consents: Object.fromEntries(granted.map((number) => [number, true])),
  });
  const say = (page: Page, data: object, success = true) =>
    page.evaluate(([told, ok]) => (window as unknown as ToolWindow).tool.say(told, ok), [data, success] as const);
  const open = async (v: Visitor, arrives: "first" | "late" | "never") => {
    await v.context.addInitScript(plantTcf);
    if (arrives === "first") {
      await v.context.addInitScript(() => (window as unknown as ToolWindow).tool.arrive());
    }
    await v.page.goto(v.host.url);
    await ready(v.page);
    if (arrives === "late") await v.page.evaluate(() => (window as unknown as ToolWindow).tool.arrive());
    if (arrives !== "never") await v.page.waitForFunction(() => (window as unknown as ToolWindow).tool.heardBy() > 0);
  };

  visit("B38 without a tool nothing is granted, nobody is asked, and there is no TCF of ours", async (v) => {
    await open(v, "never");
    expect(await held(v.page)).toMatchObject({ purposes: [], decided: false });
    expect(await v.page.getByRole("button", { name: "Accept" }).count()).toBe(0);
    expect(await v.page.evaluate(() => "__tcfapi" in window)).toBe(false);
    // The twin: the site's own code may still say what the visitor chose.
    await set(v.page, ["analytics"]);
    expect(await held(v.page)).toMatchObject({ purposes: ["analytics"] });
  });

  visit("B38 a stub grants nothing; a choice does, purpose by purpose, and its withdrawal ends it", async (v) => {
    const { page, seen } = v;
    await open(v, "first");
    expect(await held(page)).toMatchObject({ purposes: [], decided: false });
    await say(page, { eventStatus: "cmpuishown", gdprApplies: true, purpose: consents(1, 5, 6, 8, 10) });
    expect(await held(page)).toMatchObject({ purposes: [], decided: false });
    await say(page, { eventStatus: "useractioncomplete", gdprApplies: true, purpose: consents(1, 6, 8) });
    expect(await held(page)).toMatchObject({ rev: 1, purposes: ["analytics", "personalization"] });
    expect(consentRequest(await seen(isConsent))).toMatchObject({ control: "api", surface: "api" });
    await say(page, { eventStatus: "tcloaded", gdprApplies: true, purpose: consents(1, 6, 8) });
    expect(await held(page)).toMatchObject({ rev: 1 });
    await say(page, { eventStatus: "useractioncomplete", gdprApplies: true, purpose: consents() });
    expect(await held(page)).toMatchObject({ rev: 2, purposes: [] });
  });

  visit(
    "B38 on each page nothing runs before the tool has spoken; then it goes on without a new choice, or ends",
    async (v) => {
      const { page, asked, seen } = v;
      await v.context.addInitScript(plantTcf);
      await v.context.addInitScript(() => (window as unknown as ToolWindow).tool.arrive());
      const load = async (path: string) => {
        await page.goto(v.host.url + path);
        await ready(page);
        await page.waitForFunction(() => (window as unknown as ToolWindow).tool.heardBy() > 0);
      };
      const track = (name: string) =>
        page.evaluate((event) => (window as unknown as WaypostWindow).waypost.track(event), name);
      await load("/");
      await say(page, { eventStatus: "useractioncomplete", gdprApplies: true, purpose: consents(1, 8) });
      await seen(carries("page", "Page /"));
      await load("/cart");
      expect(await held(page)).toMatchObject({ rev: 0, purposes: [] });
      await track("Too early");
      await say(page, { eventStatus: "cmpuishown", gdprApplies: true, purpose: consents(1, 8) });
      expect(await held(page)).toMatchObject({ purposes: [] });
      await say(page, { eventStatus: "tcloaded", gdprApplies: true, purpose: consents(1, 8) });
      expect(await held(page)).toMatchObject({ rev: 1, purposes: ["analytics"] });
      await track("In time");
      await seen(carries("track", "In time"));
      expect(arrived(asked())).not.toContain("track Too early");
      expect(asked().filter(isConsent)).toHaveLength(1);
      // Withdrawn there in the meantime: nothing of the page is ever kept, and the secret goes.
      await load("/pay");
      await track("Between");
      await say(page, { eventStatus: "tcloaded", gdprApplies: true, purpose: consents() });
      await seen((e) => isConsent(e) && consentRequest(e).consent.rev === 2);
      expect(Object.keys((await keptBy(page)).local)).toEqual(["waypost.choice"]);
      expect(arrived(asked()).filter((name) => /Between|pay/.test(name))).toEqual([]);
      // Granted there, withdrawn here: what the tool remembers stays without effect.
      await say(page, { eventStatus: "useractioncomplete", gdprApplies: true, purpose: consents(1, 8) });
      await page.getByRole("button", { name: "Take it back" }).click();
      await load("/thanks");
      await say(page, { eventStatus: "tcloaded", gdprApplies: true, purpose: consents(1, 8) });
      expect(await held(page)).toMatchObject({ rev: 4, purposes: [], decided: true });
    },
  );

  visit(
    "B38 a tool that comes late is heard; one that reports an error, or that the GDPR does not apply, grants nothing",
    async (v) => {
      const { page } = v;
      await open(v, "late");
      const granted = { eventStatus: "tcloaded", gdprApplies: true, purpose: consents(1, 8) };
      await say(page, { ...granted, cmpStatus: "error" });
      await say(page, granted, false);
      await say(page, { ...granted, gdprApplies: false });
      expect(await held(page)).toMatchObject({ purposes: [], decided: false });
      await say(page, granted);
      expect(await held(page)).toMatchObject({ rev: 1, purposes: ["analytics"] });
    },
  );

  visit(
    "B38 what a tool remembers undoes no choice of here that has run out, and on no later page one that it once reduced; a new one there does",
    async (v) => {
      const { page, open: load } = v;
      const remembered = { eventStatus: "tcloaded", gdprApplies: true, purpose: consents(1, 5, 8) };
      await open(v, "first");
      await say(page, { ...remembered, eventStatus: "useractioncomplete", purpose: consents(1, 6, 8) });
      await chooseHere(page);
      expect(await held(page)).toMatchObject({ rev: 2, purposes: ["analytics", "personalization"] });
      for (const path of ["/cart", "/pay"]) {
        await load(path);
        await page.waitForFunction(() => (window as unknown as ToolWindow).tool.heardBy() > 0);
        await say(page, remembered);
        expect(await held(page), path).toMatchObject({ rev: 3, purposes: ["analytics"], decided: true });
      }
      await runOut(page, ["analytics"]);
      await load("/cart");
      await page.waitForFunction(() => (window as unknown as ToolWindow).tool.heardBy() > 0);
      await say(page, remembered);
      expect(await held(page)).toMatchObject({ rev: 3, purposes: [], decided: false });
      await runOut(page, []);
      await load("/cart");
      await page.waitForFunction(() => (window as unknown as ToolWindow).tool.heardBy() > 0);
      await say(page, remembered);
      expect(await held(page)).toMatchObject({ rev: 3, purposes: [], decided: false });
      await say(page, { ...remembered, eventStatus: "useractioncomplete" });
      expect(await held(page)).toMatchObject({ rev: 4, purposes: ["analytics", "scoring"], decided: true });
    },
  );

  visit(
    "B38 an objection, or another tab's choice, before the tool has spoken grants nothing; once it has, both hold",
    async (v) => {
      const { page, context, open: load } = v;
      const granted = { eventStatus: "useractioncomplete", gdprApplies: true, purpose: consents(1, 8) };
      await open(v, "first");
      await say(page, granted);
      const other = await context.newPage();
      await load("/cart", other);
      await load("/pay");
      await page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.open());
      await page.getByRole("button", { name: "Choose in detail" }).click();
      await page.getByRole("button", { name: "I object to profiling" }).click();
      await expect.poll(async () => JSON.parse((await keptBy(page)).local["waypost.choice"] ?? "").rev).toBe(2);
      expect(await held(page)).toMatchObject({ purposes: [], decided: false });
      expect((await keptBy(page)).local["waypost.secret"]).toMatch(/^[\w-]{22}$/);
      await page.waitForFunction(() => (window as unknown as ToolWindow).tool.heardBy() > 0);
      const heard = other.evaluate(
        () => new Promise((resolve) => (window as unknown as WaypostWindow).waypost.once("consent", resolve)),
      );
      await say(page, { ...granted, purpose: consents(1, 6, 8) });
      expect(await held(page)).toMatchObject({ rev: 3, purposes: ["analytics", "personalization"], objects: true });
      expect(await heard).toMatchObject({ purposes: [] });
      expect(await held(other)).toMatchObject({ purposes: [], decided: false });
      await say(other, { ...granted, eventStatus: "tcloaded", purpose: consents(1, 6, 8) });
      expect(await held(other)).toMatchObject({ rev: 3, purposes: ["analytics", "personalization"], objects: true });
    },
  );
});

/** Ways by which a third party's tag can send something, as `widgets/README.md` lists them. */
const WAYS = [
  ...readFileSync(new URL("../../widgets/README.md", import.meta.url), "utf8").matchAll(
    /^\| `third-party: (.+?)` \| (.+?) \|/gm,
  ),
].map(([, way, blocked]) => [way as string, blocked as string] as const);

describe("third-party tags", () => {
  const visit = siteWith({});

  visit(
    "B13a of the 12 ways that a tag can send, exactly those are blocked that the docs list: none, before a choice and after",
    async (v) => {
      const { page, open, asked, seen } = v;
      expect(WAYS).toHaveLength(12);
      expect(WAYS.filter(([, blocked]) => blocked !== "no")).toEqual([]);
      const tryAll = (when: string) =>
        page.evaluate(async (label) => {
          const to = (way: string) => `/third-party/${label}/${way}`;
          const quiet = () => {};
          fetch(to("fetch")).catch(quiet);
          const xhr = new XMLHttpRequest();
          xhr.open("GET", to("XMLHttpRequest"));
          xhr.send();
          navigator.sendBeacon(to("sendBeacon"));
          new Image().src = to("Image");
          const made: [string, Record<string, string>][] = [
            ["script", { src: to("script") }],
            ["iframe", { src: to("iframe") }],
            ["link", { rel: "stylesheet", href: to("link") }],
          ];
          for (const [tag, attributes] of made)
            document.body.append(Object.assign(document.createElement(tag), attributes));
          document.body.style.backgroundImage = `url(${to("CSS-url")})`;
          new WebSocket(to("WebSocket").replace(/^/, location.origin.replace("http", "ws")));
          new EventSource(to("EventSource"));
          const code = `fetch(${JSON.stringify(location.origin + to("fetch-in-a-Worker"))},{mode:"no-cors"}).catch(()=>{})`;
          new Worker(URL.createObjectURL(new Blob([code])));
          const frame = Object.assign(document.createElement("iframe"), { name: `sink-${label}` });
          const form = Object.assign(document.createElement("form"), {
            method: "post",
            action: to("form-post"),
            target: `sink-${label}`,
          });
          document.body.append(frame, form);
          form.submit();
        }, when);
      await open();
      for (const when of ["before", "after"]) {
        await tryAll(when);
        for (const [way] of WAYS) {
          await seen(({ path }) => path === `/third-party/${when}/${way.replaceAll(" ", "-").replace("()", "")}`);
        }
        if (when === "before") await answerBanner(page, "Reject");
      }
      // The twin: what does go through the gate was kept back all the while.
      expect(asked().filter(({ path }) => path.endsWith("/v1/collect"))).toEqual([]);
    },
  );
});
