import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { policyText } from "../../models/publish-consent.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import {
  answerBanner,
  arrived,
  capturing,
  carries,
  collectRequest,
  consentRequest,
  type Install,
  isCollect,
  isConsent,
  keptBy,
  startInstall,
  type Visitor,
  workerOf,
} from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { DETAILED_SITE, SMALL_SITE } from "../harness/small-site.ts";
import { focusedIn } from "../widgets/focused.ts";

const EARLIER: SiteConfig = { ...SMALL_SITE, consent: { ...SMALL_SITE.consent, purposes: ["analytics", "scoring"] } };
let install: Install;
beforeAll(async () => {
  install = await startInstall({
    config: DETAILED_SITE,
    earlier: [EARLIER],
    body: () =>
      `<button>Buy now</button><a href="/privacy" data-waypost-consent>My choices</a><button data-waypost-consent="withdraw">Take it back</button>`,
  });
});
afterAll(() => install.close());
function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const turn = (page: Page, name: string) => page.getByRole("switch", { name, exact: true });
const track = (page: Page, name: string) =>
  page.evaluate((event) => (window as unknown as WaypostWindow).waypost.track(event), name);

/** The hash by which the edge names what was agreed to, computed apart from it. */
function policyOf({ consent }: SiteConfig): string {
  return createHash("sha256").update(policyText(consent)).digest().subarray(0, 12).toString("base64url");
}

visit(
  "B14 what one press gave one press takes back, on every page; a site's own link leads to the centre",
  async (v) => {
    const { page, open, seen } = v;
    await open();
    expect(await button(page, "Privacy choices").count()).toBe(0);
    await answerBanner(page, "Accept");
    await seen(isConsent);
    await open("/cart");
    await button(page, "Withdraw").click();
    const withdrawal = await seen((exchange) => isConsent(exchange) && consentRequest(exchange).consent.rev === 2);
    expect(consentRequest(withdrawal)).toMatchObject({
      control: "withdraw",
      surface: "control",
      consent: { purposes: [] },
    });
    expect(Object.keys((await keptBy(page)).local)).toEqual(["waypost.choice"]);
    await expect.poll(() => button(page, "Withdraw").count()).toBe(0);
    await page.getByRole("link", { name: "My choices" }).click();
    await page.getByRole("dialog", { name: "Privacy choices" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/cart");
  },
);

visit("B14 a site's own button takes all back at one press, where it says so", async ({ page, open, seen }) => {
  await open();
  await answerBanner(page, "Accept");
  await seen(isConsent);
  await button(page, "Take it back").click();
  const withdrawal = await seen((exchange) => isConsent(exchange) && consentRequest(exchange).consent.rev === 2);
  expect(consentRequest(withdrawal)).toMatchObject({ control: "withdraw", surface: "api", consent: { purposes: [] } });
  expect(Object.keys((await keptBy(page)).local)).toEqual(["waypost.choice"]);
});

visit("B2 engine, worker and models are neither fetched nor started before predictions are granted", async (v) => {
  const { page, open, asked, seen } = v;
  const engine = () => asked().filter(({ path }) => /scoring|main-thread|models\/|onnx/.test(path));
  await open();
  await button(page, "Choose in detail").click();
  await turn(page, "Your visit").click();
  await turn(page, "Help and offers").click();
  await button(page, "Save my choice").click();
  await capturing(page);
  await track(page, "Without predictions");
  await seen(carries("track", "Without predictions"));
  expect(engine()).toEqual([]);
  expect(page.workers()).toEqual([]);
  // The twin: with the purpose they come.
  await button(page, "Privacy choices").click();
  await turn(page, "Predictions").click();
  await button(page, "Save my choice").click();
  await workerOf(page);
  await seen(({ path }) => path.includes("/models/"));
  expect(engine().length).toBeGreaterThan(0);
});

visit("B10 B4 a switch in the centre holds only when it is saved; leaving it leaves the question open", async (v) => {
  const { page, open, asked, seen } = v;
  await open();
  await button(page, "Choose in detail").click();
  await turn(page, "Your visit").click();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect((await keptBy(page)).local).toEqual({});
  expect(asked().filter(({ method }) => method === "POST")).toEqual([]);
  expect(await button(page, "Accept").count()).toBe(1);

  // The twin: the same, and saved.
  await button(page, "Choose in detail").click();
  expect(await turn(page, "Your visit").isChecked()).toBe(false);
  await turn(page, "Your visit").click();
  await button(page, "Save my choice").click();
  const choice = consentRequest(await seen(isConsent));
  expect(choice).toMatchObject({ control: "save", surface: "centre", consent: { rev: 1, purposes: ["analytics"] } });
  await seen(carries("page", "Page /"));
  expect(await button(page, "Accept").count()).toBe(0);
});

visit("B14 consent.open asks who has not chosen, and opens the centre for who has", async ({ page, open, seen }) => {
  await open();
  await button(page, "Accept").waitFor();
  await page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.open());
  await button(page, "Close without changing my choice").waitFor();
  expect(await page.getByRole("dialog").count()).toBe(0);
  await answerBanner(page, "Accept");
  await seen(isConsent);
  await page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.open());
  const centre = page.getByRole("dialog", { name: "Privacy choices" });
  await centre.getByRole("button", { name: "Reject", exact: true }).click();
  const withdrawal = await seen((exchange) => isConsent(exchange) && consentRequest(exchange).consent.rev === 2);
  expect(consentRequest(withdrawal)).toMatchObject({
    control: "reject",
    surface: "centre",
    consent: { purposes: [] },
  });
});

visit("B33 an objection to profiling ends scores in the same task, and the visit is kept as before", async (v) => {
  const { page, open, asked, seen } = v;
  await open();
  await answerBanner(page, "Accept");
  await capturing(page);
  const ended = (await workerOf(page)).waitForEvent("close");
  await button(page, "Privacy choices").click();
  await button(page, "I object to profiling").click();
  await ended;
  const said = await seen((exchange) => isConsent(exchange) && consentRequest(exchange).consent.rev === 2);
  expect(consentRequest(said)).toMatchObject({
    control: "object",
    surface: "centre",
    consent: { purposes: ["analytics", "scoring", "personalization"], objects: true },
  });
  await page.keyboard.press("Escape");
  await track(page, "Still kept");
  const after = await seen(carries("track", "Still kept"));
  expect(collectRequest(after).consent).toMatchObject({ rev: 2, objects: true });
  await open("/cart");
  await track(page, "On the next page");
  await seen(carries("track", "On the next page"));
  expect(page.workers()).toEqual([]);
  expect(
    asked()
      .filter(isCollect)
      .slice(-1)
      .flatMap((exchange) => collectRequest(exchange).asks),
  ).toEqual([]);

  // The twin: taken back, it predicts again.
  await button(page, "Privacy choices").click();
  await button(page, "Take my objection back").click();
  await workerOf(page);
  const back = await seen((exchange) => isConsent(exchange) && consentRequest(exchange).consent.rev === 3);
  expect(consentRequest(back).consent.objects).toBeUndefined();
});

const data = (page: Page) => button(page, "My data: see, save, erase");
/** What is saved when this is pressed. */
async function savedBy(page: Page, press: Promise<void>): Promise<string> {
  const download = page.waitForEvent("download");
  await press;
  return readFile(await (await download).path(), "utf8");
}

visit(
  "B28 the visitor reads and saves the receipt of their own choice; of whoever refused nothing is kept, and that is told",
  async (v) => {
    const { page, host, open, asked, seen } = v;
    await open();
    await button(page, "Choose in detail").click();
    await turn(page, "Your visit").click();
    await button(page, "Save my choice").click();
    const { consent, notice } = consentRequest(await seen(isConsent));
    await button(page, "Privacy choices").click();
    await data(page).click();
    await button(page, "Receipt for my choice").click();
    await page.getByText("You said yes to: Your visit").waitFor();
    expect(await page.getByText("You said no to: Predictions · Help and offers").count()).toBe(1);
    const asking = asked().find(({ path }) => path.includes("/v1/me/receipts"));
    const secret = (await keptBy(page)).local["waypost.secret"];
    expect(asking?.path).toBe(`/_w/v1/me/receipts?site=${install.publicKey}`);
    expect(asking?.headers.authorization).toBe(`Waypost ${secret}`);
    const saved = await savedBy(page, page.getByRole("link", { name: "Save as a file (JSON)" }).click());
    expect(JSON.parse(saved)).toMatchObject({
      "@type": "dpv:ConsentReceipt",
      "dpv:hasRecordOfActivity": {
        "dpv:hasNotice": { "dct:identifier": notice },
        "waypost:record": { granted: consent.purposes, control: "save", surface: "centre", mode: "opt-in" },
      },
    });
    // Erased from elsewhere meanwhile: what cannot be done any more is not said to be done.
    const headers = { Authorization: `Waypost ${secret}`, Origin: host.url };
    await fetch(`${host.url}/_w/v1/me?site=${install.publicKey}`, { method: "DELETE", headers });
    await button(page, "Pause the use of my data").click();
    await page.getByText("That did not work. Please press again.").first().waitFor();
    expect(await button(page, "Use my data again").count()).toBe(0);
    await button(page, "Reject").click();
    await seen((exchange) => isConsent(exchange) && consentRequest(exchange).consent.rev === 2);
    await button(page, "Privacy choices").click();
    await data(page).click();
    await page.getByText("Nothing is kept that could be told to be yours.").first().waitFor();
  },
);

visit(
  "B39 B40 from the centre the visitor sees, saves, pauses and erases what is known; one that failed can be asked for again on the next page; after it nothing is kept or granted here",
  async (v) => {
    const { page, context, open, asked, seen } = v;
    await context.addInitScript(() => {
      const { fetch } = window;
      window.fetch = (...request) => {
        if (request[1]?.method === "DELETE") console.info(`outlives the page: ${request[1].keepalive}`);
        return fetch(...request);
      };
    });
    await open();
    await answerBanner(page, "Accept");
    await track(page, "Planted canary");
    await page.evaluate(() => dispatchEvent(new Event("pagehide")));
    await seen(carries("track", "Planted canary"));
    await button(page, "Privacy choices").click();
    await data(page).click();
    const opened = context.waitForEvent("page");
    await button(page, "See what is known about me").click();
    const known = await opened;
    await known.getByText("Planted canary").first().waitFor();
    expect(known.url()).toMatch(/^blob:/);
    await known.close();
    for (const format of ["JSON", "CSV"]) {
      expect(await savedBy(page, button(page, `Download my data (${format})`).click())).toContain("Planted canary");
    }
    await button(page, "Pause the use of my data").click();
    await button(page, "Use my data again").click();
    await button(page, "Pause the use of my data").waitFor();
    const other = await context.newPage();
    await open("/cart", other);
    const secretOf = async () => (await keptBy(page)).local["waypost.secret"];
    const secret = await secretOf();
    expect(secret).toMatch(/^[\w-]{22}$/);
    let answer = () => {};
    await context.route("**/v1/me?*", async (route) => {
      if (route.request().method() !== "DELETE") return route.continue();
      await new Promise<void>((resolve) => (answer = resolve));
      await route.abort();
    });
    const erase = async () => {
      const sent = page.waitForEvent("console", (message) => message.text().startsWith("outlives"));
      await button(page, "Erase my data").click();
      await button(page, "Erase everything").click();
      expect((await sent).text()).toBe("outlives the page: true");
    };
    await erase();
    // Another tab hears that nothing is granted any more, and forgets.
    await other.waitForFunction(() => !(window as unknown as WaypostWindow).waypost.consent.get().purposes[0]);
    await page.waitForFunction((key) => localStorage.getItem("waypost.secret") === key, secret);
    expect(await turn(page, "Your visit").isChecked()).toBe(false);
    answer();
    await button(page, "Erase my data").waitFor();
    await open("/later");
    expect(await secretOf()).toBe(secret);
    await context.unroute("**/v1/me?*");
    await button(page, "Privacy choices").click();
    await data(page).click();
    await erase();
    const link = page.getByRole("link", { name: "Save the signed receipt" });
    const { receipt, jws } = JSON.parse(await savedBy(page, link.click()));
    expect(receipt.erased.find(({ store }: { store: string }) => store === "journey").rows).toBeGreaterThan(0);
    expect(jws).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(Object.keys((await keptBy(page)).local)).toEqual(["waypost.choice"]);
    expect(await context.cookies()).toEqual([]);
    await page.keyboard.press("Escape");
    await track(page, "After all is gone");
    await open("/cart");
    await button(page, "Privacy choices").waitFor();
    expect(await button(page, "Withdraw").count()).toBe(0);
    expect(arrived(asked())).not.toContain("track After all is gone");
    // Erased, not withdrawn: nobody is recorded anew who has just been forgotten.
    expect(asked().filter(isConsent)).toHaveLength(1);
  },
);

visit(
  "B40 what is on its way when all is to be erased is waited for: the erasure comes last, and no journey and no cookie after it",
  async (v) => {
    const { page, context, open, asked } = v;
    await context.addInitScript(() => {
      const { fetch } = window;
      const held = Object.assign(window as unknown as { held: (() => void)[]; holds: boolean }, {
        held: [],
        holds: false,
      });
      window.fetch = async (...request) => {
        if (held.holds && String(request[0]).endsWith("/collect")) await new Promise<void>((go) => held.held.push(go));
        return fetch(...request);
      };
    });
    await open();
    await answerBanner(page, "Accept");
    await capturing(page);
    await page.evaluate(() => {
      const { waypost } = window as unknown as WaypostWindow;
      Object.assign(window, { holds: true });
      for (let i = 0; i < 10; i++) waypost.track(`On its way ${i}`);
    });
    await page.waitForFunction(() => (window as unknown as { held: unknown[] }).held.length > 0);
    await button(page, "Privacy choices").click();
    await data(page).click();
    await button(page, "Erase my data").click();
    await button(page, "Erase everything").click();
    await page.getByText("Your data is being erased").first().waitFor();
    const isErasure = ({ method }: { method: string }) => method === "DELETE";
    expect(asked().filter(isErasure)).toEqual([]);
    await page.evaluate(() => (window as unknown as { held: (() => void)[] }).held.splice(0).map((go) => go()));
    await page.getByRole("link", { name: "Save the signed receipt" }).waitFor();
    const order = asked().filter((exchange) => isCollect(exchange) || isErasure(exchange));
    expect(order.findIndex(isErasure)).toBe(order.length - 1);
    expect(arrived(order)).toContain("track On its way 9");
    expect(await context.cookies()).toEqual([]);
  },
);

visit(
  "C14 an objection after the choice has run out renews neither its day nor its terms: the visitor is asked still",
  async (v) => {
    const { page, host, open, asked } = v;
    const choice = { rev: 4, purposes: ["analytics"], policy: policyOf(DETAILED_SITE), mode: "opt-in", day: 20_000 };
    await page.goto(`${host.url}/favicon`);
    await page.evaluate((planted) => localStorage.setItem("waypost.choice", planted), JSON.stringify(choice));
    await open();
    await button(page, "Choose in detail").click();
    await button(page, "I object to profiling").click();
    await page.keyboard.press("Escape");
    expect(JSON.parse((await keptBy(page)).local["waypost.choice"] ?? "")).toEqual({
      ...choice,
      rev: 5,
      objects: true,
    });
    // Nothing is kept of this browser that could hear of it.
    expect(asked().filter(isConsent)).toEqual([]);
    await open("/cart");
    await button(page, "Accept").click();
    expect(await page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.get())).toMatchObject({
      objects: true,
      decided: true,
    });
  },
);

visit(
  "C14 an objection that is heard from the edge keeps the day of the choice that it is about, and outlives an erasure",
  async (v) => {
    const { page, open, seen } = v;
    await open();
    await answerBanner(page, "Accept");
    await capturing(page);
    const { local } = await keptBy(page);
    const chosen = JSON.parse(local["waypost.choice"] ?? "");
    const day = chosen.day - 100;
    await page.evaluate((older) => localStorage.setItem("waypost.choice", older), JSON.stringify({ ...chosen, day }));
    await open("/cart");
    await capturing(page);
    await seen(carries("page", "Page /"));
    const status = await page.evaluate(
      async ([site, secret]) => {
        const headers = { Authorization: `Waypost ${secret}` };
        const body = JSON.stringify({ profiling: true });
        return (await fetch(`/_w/v1/me/object?site=${site}`, { method: "POST", headers, body })).status;
      },
      [install.publicKey, local["waypost.secret"]] as const,
    );
    expect(status).toBe(200);
    await track(page, "Tells of it");
    await page.waitForFunction(() => (window as unknown as WaypostWindow).waypost.consent.get().objects);
    const kept = JSON.parse((await keptBy(page)).local["waypost.choice"] ?? "");
    expect(kept).toMatchObject({ ...chosen, day, rev: chosen.rev + 1, objects: true });
    // Erased elsewhere nobody has refused: the objection stays, and the question is asked again.
    const erased = await page.evaluate(
      async ([site, secret]) => {
        const headers = { Authorization: `Waypost ${secret}` };
        return (await fetch(`/_w/v1/me?site=${site}`, { method: "DELETE", headers })).status;
      },
      [install.publicKey, local["waypost.secret"]] as const,
    );
    expect(erased).toBe(200);
    await track(page, "Hears of that");
    await page.evaluate(() => dispatchEvent(new Event("pagehide")));
    await page.waitForFunction(() => !(window as unknown as WaypostWindow).waypost.consent.get().purposes[0]);
    expect(await page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.get())).toMatchObject({
      objects: true,
      decided: false,
    });
    expect(Object.keys((await keptBy(page)).local)).toEqual(["waypost.choice"]);
    await open("/pay");
    await button(page, "Accept").waitFor();
  },
);

visit("B14 a withdrawal that is pressed before the page has its configuration is done when it has", async (v) => {
  const { page, open, asked, seen } = v;
  await open();
  await answerBanner(page, "Accept");
  await seen(isConsent);
  let tell = () => {};
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  await page.route("**/v1/config/*", async (route) => {
    await told;
    await route.continue();
  });
  await page.goto(`${v.host.url}/slow`);
  await page.waitForFunction(() => "loaded" in (window as unknown as WaypostWindow).waypost);
  await button(page, "Take it back").click();
  tell();
  const withdrawal = await seen((exchange) => isConsent(exchange) && consentRequest(exchange).consent.rev === 2);
  expect(consentRequest(withdrawal)).toMatchObject({ control: "withdraw", consent: { purposes: [] } });
  expect(Object.keys((await keptBy(page)).local)).toEqual(["waypost.choice"]);
  expect(arrived(asked())).not.toContain("page Page /slow");
});

visit("what cannot be loaded is said in the visitor's language, and the next press tries again", async (v) => {
  const { page, context, open, asked, seen } = v;
  await page.setExtraHTTPHeaders({ "accept-language": "de" });
  await open();
  await page.getByRole("button", { name: "Accept", exact: true }).or(button(page, "Alle annehmen")).first().click();
  const control = button(page, "Datenschutz-Auswahl");
  await control.waitFor();
  for (const missing of ["**/chunks/preferences-*", "**/chunks/centre-*", "**/v1/config/*/text"]) {
    await context.route(missing, (route) => route.abort());
    const said = page.waitForEvent("dialog");
    const pressed = control.click();
    const dialog = await said;
    expect(dialog.message(), missing).toBe("Das ging nicht. Bitte noch einmal drücken.");
    await dialog.accept();
    await pressed;
    await context.unroute(missing);
  }
  await control.click();
  await page.getByRole("dialog", { name: "Datenschutz-Auswahl" }).waitFor();
  // The tries were for those files alone: what had come is the same module still, and stays the only one of its kind.
  await button(page, "Meine Wahl speichern").click();
  await seen((exchange) => isConsent(exchange) && consentRequest(exchange).consent.rev === 2);
  await control.click();
  await page.getByRole("dialog", { name: "Datenschutz-Auswahl" }).waitFor();
  expect(await control.count()).toBe(1);
  const again = asked().filter(({ path }) => /chunks.*[?]/.test(path));
  const names = new Set(again.map(({ path }) => /chunks\/(\w+)-/.exec(path)?.[1]));
  expect([...names].sort()).toEqual(["centre", "preferences"]);
});

visit("A14 what the control opened gives the focus back to it: banner, and the centre above the banner", async (v) => {
  const { page, context, open } = v;
  await context.addInitScript(SIGNALS.gpc);
  await open();
  await button(page, "Privacy choices").focus();
  await page.keyboard.press("Enter");
  await button(page, "Close without changing my choice").waitFor();
  await page.keyboard.press("Escape");
  expect(await focusedIn(page)).toBe("Privacy choices");
  await page.keyboard.press("Enter");
  await button(page, "Choose in detail").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  expect(await focusedIn(page)).toBe("Choose in detail");
  await page.keyboard.press("Escape");
  await expect.poll(() => focusedIn(page)).toBe("Privacy choices");
  await page.keyboard.press("Enter");
  await button(page, "Reject").focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => focusedIn(page)).toBe("Privacy choices");
});

visit(
  "B30 who chose before something was added is asked once, with what is new; who chose after it is not",
  async (v) => {
    const { page, host, open, context, seen } = v;
    const day = Math.floor(Date.now() / 86_400_000);
    await page.goto(`${host.url}/favicon`);
    await page.evaluate(
      (choice) => localStorage.setItem("waypost.choice", choice),
      JSON.stringify({ rev: 4, purposes: ["analytics"], policy: policyOf(EARLIER), mode: "opt-in", day }),
    );
    await open();
    const banner = page.getByRole("region", { name: "May we help?" });
    await banner.waitFor();
    expect(await banner.getByRole("listitem").allTextContents()).toEqual([
      "Another purpose: Help and offers",
      "Another recipient: Parcel Post",
    ]);
    // What was agreed to before is not used for the new thing.
    expect(await page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.get())).toMatchObject({
      purposes: [],
      decided: false,
    });
    await answerBanner(page, "Accept");
    expect(consentRequest(await seen(isConsent))).toMatchObject({
      policy: policyOf(DETAILED_SITE),
      consent: { rev: 5 },
    });
    const later = await context.newPage();
    await open("/cart", later);
    await button(later, "Privacy choices").waitFor();
    expect(await button(later, "Accept").count()).toBe(0);
  },
);

const SIGNALS = {
  gpc: () => Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true }),
  dnt: () => Object.defineProperty(Navigator.prototype, "doNotTrack", { get: () => "1" }),
};
for (const [signal, plant] of Object.entries(SIGNALS)) {
  visit(
    `B18 B19 B20 ${signal} is honoured without a question and without a record, and shown; a choice counts against it`,
    async (v) => {
      const { page, open, asked, context, seen } = v;
      await context.addInitScript(plant);
      await open();
      await button(page, "Privacy choices").click();
      await page.getByText("Opt-out request honoured").waitFor();
      expect(await keptBy(page)).toMatchObject({ local: {}, databases: [], cookies: "" });
      expect(asked().filter(({ method }) => method === "POST")).toEqual([]);
      // A worker would be told the same by its own navigator: none is there that could decide otherwise.
      expect(page.workers()).toEqual([]);
      await button(page, "Choose in detail").click();
      const centre = page.getByRole("dialog");
      await centre.getByText("Opt-out request honoured").waitFor();
      expect(
        await centre
          .getByRole("switch")
          .evaluateAll((all) => all.filter((one) => (one as HTMLInputElement).checked).length),
      ).toBe(0);
      await turn(page, "Your visit").click();
      await turn(page, "Predictions").click();
      await turn(page, "Help and offers").click();
      await button(page, "Save my choice").click();
      const choice = consentRequest(await seen(isConsent));
      expect(choice).toMatchObject({
        consent: { purposes: DETAILED_SITE.consent.purposes },
        signals: { [signal]: true },
      });
      await seen(carries("page", "Page /"));
      // The later choice counts there as it does here.
      await workerOf(page);
    },
  );
}

for (const [language, words] of Object.entries({
  "de-AT": { lang: "de", dir: "ltr", choose: "Im Einzelnen wählen", save: "Meine Wahl speichern" },
  ar: { lang: "ar", dir: "rtl", choose: "الاختيار بالتفصيل", save: "حفظ اختياري" },
})) {
  visit(
    `A7 a browser that asks for ${language} is spoken to in it, from banner to centre, and the record names it`,
    async (v) => {
      const { page, host, open, seen } = v;
      await page.setExtraHTTPHeaders({ "accept-language": language });
      await open();
      await button(page, words.choose).click();
      const centre = page.locator("[data-waypost=centre]");
      expect(await centre.getAttribute("lang")).toBe(words.lang);
      expect(await centre.getAttribute("dir")).toBe(words.dir);
      const opened = v.context.waitForEvent("page");
      await page.getByRole("dialog").getByRole("link").click();
      const privacy = await opened;
      await privacy.waitForLoadState();
      expect(await privacy.locator("html").getAttribute("lang")).toBe(words.lang);
      await privacy.close();
      await button(page, words.save).click();
      expect(consentRequest(await seen(isConsent)).language).toBe(words.lang);
      const asked = host.exchanges.filter(({ path }) => path.includes("?")).map(({ path }) => path);
      expect(asked).toEqual([`/_w/v1/privacy/${install.publicKey}?language=${words.lang}`]);
    },
  );
}

visit(
  "B5 B7 the page works with the banner open and with the centre closed again, also for automated browsers",
  async (v) => {
    const { page, open, seen } = v;
    await open();
    expect(await page.evaluate(() => navigator.webdriver)).toBe(true);
    await button(page, "Accept").waitFor();
    await page.evaluate(() =>
      document.querySelector("button")?.addEventListener("click", () => (document.title = "Bought")),
    );
    await button(page, "Buy now").click();
    expect(await page.title()).toBe("Bought");
    await answerBanner(page, "Accept");
    await track(page, "Done");
    await seen(carries("track", "Done"));
    expect(arrived(v.asked())).not.toContain("click Buy now");
  },
);
