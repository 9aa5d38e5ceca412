import { afterAll, beforeAll, expect, test } from "vitest";
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
  noDatabase,
  ready,
  startInstall,
  type Visitor,
  workerOf,
} from "../browser/install.ts";
import type { Exchange } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";

let install: Install;

const BODY = `<button>Buy now</button><p style="height:3000px">Long</p><a href="/privacy" data-waypost-consent>Privacy choices</a>`;

beforeAll(async () => {
  install = await startInstall({ body: () => BODY });
});
afterAll(() => install.close());
function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

function isOurs({ path }: Exchange): boolean {
  return path.startsWith("/_w/");
}

/** Chunks without the hash of their content. */
function plain({ method, path }: Exchange): string {
  return `${method} ${path.replace(/-[0-9A-Z]{8}(\.js)$/, "$1").replace(install.publicKey, "KEY")}`;
}

const BEFORE_A_CHOICE = [
  "GET /_w/chunks/banner.js",
  "GET /_w/chunks/chunk.js",
  "GET /_w/v1/config/KEY",
  "GET /_w/waypost.js",
];
const NOTHING = { local: {}, session: 0, databases: [], caches: [], workers: 0, cookies: "" };

visit(
  "B1 B4 nothing is stored and only script, config and banner are asked for before a choice, whatever is done",
  async ({ page, open, asked, seen }) => {
    await open("/?utm_source=mail");
    await page.getByRole("button", { name: "Accept", exact: true }).waitFor();
    await page.mouse.wheel(0, 2_000);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Buy now" }).click();
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Early"));
    await open("/cart");
    await page.getByRole("button", { name: "Accept", exact: true }).waitFor();
    expect(await keptBy(page)).toEqual(NOTHING);
    const before = asked().filter(isOurs);
    expect([...new Set(before.map(plain))].sort()).toEqual(BEFORE_A_CHOICE);
    expect(before.filter(({ path, setCookie, headers }) => path.includes("?") || setCookie || headers.cookie)).toEqual(
      [],
    );

    // The twin: after Accept the same page stores and sends.
    await answerBanner(page, "Accept");
    await capturing(page);
    await page.getByRole("button", { name: "Buy now" }).click();
    await seen(carries("click", "Buy now"));
    expect(Object.keys((await keptBy(page)).local).sort()).toEqual(["waypost.choice", "waypost.secret"]);
    expect(arrived(asked())).toEqual(["page Page /cart", "click Buy now"]);
  },
);

visit(
  "B3 calls made before the choice are never sent; the first one after it is",
  async ({ page, open, asked, seen }) => {
    await open();
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Before"));
    await answerBanner(page, "Accept");
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("After"));
    await seen(carries("track", "After"));
    expect(arrived(asked())).toEqual(["page Page /", "track After"]);
  },
);

visit(
  "B3 nothing is held back from before the choice: five presses and a call are gone with a grant, and with a refusal that is taken back",
  async ({ page, open, asked, seen }) => {
    const early = async () => {
      for (let press = 0; press < 5; press++) await page.getByRole("button", { name: "Buy now" }).click();
      await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Early"));
    };
    await open();
    await early();
    await answerBanner(page, "Reject");
    await early();
    await page.getByRole("link", { name: "Privacy choices" }).click();
    await answerBanner(page, "Accept");
    await capturing(page);
    await page.getByRole("button", { name: "Buy now" }).click();
    await seen(carries("click", "Buy now"));
    expect(arrived(asked())).toEqual(["page Page /", "click Buy now"]);
  },
);

visit(
  "B8 a refusal stores one item without an id and sends one request without an id",
  async ({ page, open, asked, seen }) => {
    await open();
    await answerBanner(page, "Reject");
    const sent = await seen(isConsent);
    await page.getByRole("button", { name: "Buy now" }).click();
    await open("/cart");
    const today = Math.floor(Date.now() / 86_400_000);
    const kept = await keptBy(page);
    expect(kept).toEqual({ ...NOTHING, local: { "waypost.choice": expect.any(String) } });
    const { policy, notice } = consentRequest(sent);
    expect(notice).toMatch(/^[\w-]{43}$/);
    expect(JSON.parse(kept.local["waypost.choice"] ?? "")).toEqual({
      rev: 1,
      purposes: [],
      policy,
      mode: "opt-in",
      day: today,
      own: true,
    });
    expect(consentRequest(sent)).toEqual({
      v: 1,
      site: install.publicKey,
      consent: { rev: 1, purposes: [] },
      policy,
      mode: "opt-in",
      notice,
      language: "en",
      control: "reject",
      surface: "banner",
      signals: { gpc: false, dnt: false },
    });
    expect(sent.headers.cookie).toBeUndefined();
    const ours = asked().filter(isOurs);
    expect(ours.filter(({ method }) => method === "POST")).toEqual([sent]);
    // On the second page not even the banner is asked for, and what is asked for may come from the cache.
    const later = ours.slice(ours.indexOf(sent) + 1).map(plain);
    expect(["GET /_w/waypost.js", "GET /_w/v1/config/KEY"]).toEqual(expect.arrayContaining(later));
  },
);

visit(
  "B12 the grant writes choice and secret, and the record carries both, in one task",
  async ({ page, open, seen }) => {
    await open();
    const local = await page.evaluate(() => {
      (window as unknown as WaypostWindow).waypost.consent.set(["analytics", "scoring"]);
      return { ...localStorage };
    });
    expect(local["waypost.secret"]).toMatch(/^[\w-]{22}$/);
    expect(JSON.parse(local["waypost.choice"] ?? "")).toMatchObject({ rev: 1, purposes: ["analytics", "scoring"] });
    const sent = await seen(isConsent);
    expect(consentRequest(sent)).toMatchObject({
      secret: local["waypost.secret"],
      consent: { rev: 1, purposes: ["analytics", "scoring"] },
      control: "api",
    });
  },
);

visit(
  "B12 choice, storage, gate and record follow each other in the task of the choice, before anything else can run",
  async ({ page, open, seen }) => {
    await open();
    const order = await page.evaluate(async () => {
      const { waypost } = window as unknown as WaypostWindow;
      const order: string[] = [];
      const { setItem } = Storage.prototype;
      Storage.prototype.setItem = function (key, value) {
        order.push(`stored ${key}`);
        setItem.call(this, key, value);
      };
      const { fetch } = window;
      window.fetch = (...request) => {
        if (String(request[0]).endsWith("/consent")) order.push("recorded");
        return fetch(...request);
      };
      waypost.on("consent", ({ purposes }) => order.push(`open for ${purposes.join()}`));
      const later = new Promise<void>((resolve) => {
        queueMicrotask(() => {
          order.push("anything else");
          resolve();
        });
      });
      waypost.consent.set(["analytics"]);
      order.push(`holds ${waypost.consent.get().purposes.join()}`);
      await later;
      return order;
    });
    expect(order).toEqual([
      "stored waypost.choice",
      "stored waypost.secret",
      "open for analytics",
      "recorded",
      "holds analytics",
      "anything else",
    ]);
    expect(consentRequest(await seen(isConsent)).consent).toEqual({ rev: 1, purposes: ["analytics"] });
  },
);

visit("B12 a choice that the page makes when it hears of one is recorded after that one", async (v) => {
  const { page, open, asked, seen } = v;
  await open();
  const sent = await page.evaluate(() => {
    const { waypost } = window as unknown as WaypostWindow;
    const { fetch } = window;
    const sent: number[] = [];
    window.fetch = (...request) => {
      if (String(request[0]).endsWith("/consent")) sent.push(JSON.parse(String(request[1]?.body)).consent.rev);
      return fetch(...request);
    };
    waypost.once("consent", () => waypost.consent.set(["analytics"]));
    waypost.consent.set([]);
    return sent;
  });
  expect(sent).toEqual([1, 2]);
  expect(await page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.get())).toMatchObject({
    rev: 2,
    purposes: ["analytics"],
  });
  for (const rev of sent) await seen((e) => isConsent(e) && consentRequest(e).consent.rev === rev && e.status < 300);
  expect(asked().filter(isConsent)).toHaveLength(2);
});

visit(
  "B13 another tab hears of a choice by an event: it waits for no timer and no frame of its own",
  async ({ page, open, context }) => {
    const other = await context.newPage();
    await open();
    await open("/cart", other);
    for (const purposes of [["analytics"], []]) {
      const heard = other.evaluate(
        () =>
          new Promise((resolve) => {
            for (const timer of ["setTimeout", "setInterval", "requestAnimationFrame", "requestIdleCallback"]) {
              (window as unknown as Record<string, unknown>)[timer] = () => 0;
            }
            (window as unknown as WaypostWindow).waypost.once("consent", resolve);
          }),
      );
      await page.evaluate((set) => (window as unknown as WaypostWindow).waypost.consent.set(set), purposes);
      expect(await heard).toMatchObject({ purposes });
    }
  },
);

visit(
  "B15 a withdrawal ends capture in the same task and leaves the choice alone",
  async ({ page, open, asked, seen }) => {
    await open();
    await answerBanner(page, "Accept");
    await seen((exchange) => plain(exchange).includes("database"));
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Held back"));
    const secret = (await keptBy(page)).local["waypost.secret"];
    const ended = (await workerOf(page)).waitForEvent("close");

    const local = await page.evaluate(() => {
      const { waypost } = window as unknown as WaypostWindow;
      waypost.consent.set([]);
      waypost.track("Too late");
      document.querySelector("button")?.click();
      return { ...localStorage };
    });
    expect(Object.keys(local)).toEqual(["waypost.choice"]);
    expect(JSON.parse(local["waypost.choice"] ?? "")).toMatchObject({ rev: 2, purposes: [] });
    await noDatabase(page);
    await ended;
    expect(page.workers()).toEqual([]);
    const withdrawal = await seen((exchange) => isConsent(exchange) && consentRequest(exchange).consent.rev === 2);
    expect(consentRequest(withdrawal)).toMatchObject({ secret, consent: { rev: 2, purposes: [] } });

    // The twin, which also bounds the wait: a new grant on the same page sends again, under a new secret.
    await page.evaluate(() => {
      const { waypost } = window as unknown as WaypostWindow;
      waypost.consent.set(["analytics"]);
      waypost.track("Again");
    });
    const again = await seen(carries("track", "Again"));
    expect(collectRequest(again).secret).toMatch(/^[\w-]{22}$/);
    expect(collectRequest(again).secret).not.toBe(secret);
    const names = arrived(asked());
    expect(names).toContain("track Again");
    expect(names.filter((name) => /Held back|Too late|Buy now/.test(name))).toEqual([]);
  },
);

visit(
  "B14 the site's link opens the choice again, and one press of Reject there withdraws",
  async ({ page, host, open, seen }) => {
    await open();
    await answerBanner(page, "Accept");
    await seen(isConsent);
    await page.getByRole("link", { name: "Privacy choices" }).click();
    await answerBanner(page, "Reject");
    const withdrawal = await seen((exchange) => isConsent(exchange) && consentRequest(exchange).consent.rev === 2);
    expect(consentRequest(withdrawal)).toMatchObject({ control: "reject", consent: { rev: 2, purposes: [] } });
    expect(page.url()).toBe(`${host.url}/`);
    expect(Object.keys((await keptBy(page)).local)).toEqual(["waypost.choice"]);
  },
);

visit(
  "B13 a choice in one tab holds in the other: the grant starts it, the withdrawal ends it",
  async ({ page, open, asked, seen, context }) => {
    const other = await context.newPage();
    await open();
    await open("/cart", other);
    await answerBanner(page, "Accept");
    await seen(carries("page", "Page /cart"));
    expect(await other.getByRole("button", { name: "Accept", exact: true }).count()).toBe(0);

    const stopped = other.evaluate(
      () =>
        new Promise((resolve) => {
          const { waypost } = window as unknown as WaypostWindow;
          waypost.once("consent", (stamp) => {
            waypost.track("In the other tab, too late");
            resolve(stamp);
          });
        }),
    );
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set([]));
    expect(await stopped).toEqual({ rev: 2, purposes: [] });
    await noDatabase(other);
    await page.evaluate(() => {
      const { waypost } = window as unknown as WaypostWindow;
      waypost.consent.set(["analytics"]);
      waypost.track("Bound");
    });
    await seen(carries("track", "Bound"));
    expect(arrived(asked()).filter((name) => name.includes("too late"))).toEqual([]);
  },
);

visit(
  "B6 without a configuration nothing is granted, shown or stored, and the page is not harmed",
  async ({ page, host, open, asked, seen, fault }) => {
    const errors: Error[] = [];
    page.on("pageerror", (error) => errors.push(error));
    fault(({ path }) => (path.includes("/v1/config/") ? { status: 500 } : null));
    await page.goto(host.url);
    await seen((exchange) => exchange.path.includes("/v1/config/"));
    await page.evaluate(() => {
      const { waypost } = window as unknown as WaypostWindow;
      waypost.track("Lost");
      waypost.consent.set(["analytics"]);
      waypost.consent.open();
    });
    await page.getByRole("button", { name: "Buy now" }).click();
    expect(await keptBy(page)).toEqual(NOTHING);
    expect(asked().filter(isOurs).map(plain)).toEqual(["GET /_w/waypost.js", "GET /_w/v1/config/KEY"]);
    expect(errors).toEqual([]);
    // The twin: the next page, with its configuration, asks.
    fault(null);
    await open("/cart");
    await page.getByRole("button", { name: "Accept", exact: true }).waitFor();
  },
);

const SIGNALS: Record<string, () => unknown> = {
  sent: () => Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true }),
  "unreadable (B22)": () =>
    Object.defineProperty(Navigator.prototype, "globalPrivacyControl", {
      get: () => {
        throw new Error("blocked");
      },
    }),
};
for (const [how, plant] of Object.entries(SIGNALS)) {
  visit(
    `B19 B20 B22 where Global Privacy Control is ${how} nobody is asked, and a later choice counts`,
    async (visitor) => {
      const { page, open, asked, seen, context } = visitor;
      await context.addInitScript(plant);
      await open();
      await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Early"));
      expect(await keptBy(page)).toEqual(NOTHING);
      expect(asked().filter(isOurs).map(plain)).toEqual(["GET /_w/waypost.js", "GET /_w/v1/config/KEY"]);
      await page.getByRole("link", { name: "Privacy choices" }).click();
      await page.getByText("Opt-out request honoured.").waitFor();
      await answerBanner(page, "Accept");
      await seen(carries("page", "Page /"));
      await open("/cart");
      expect(JSON.parse((await keptBy(page)).local["waypost.choice"] ?? "")).toMatchObject({ rev: 1 });
    },
  );
}

visit(
  "B6 where storage is refused the choice holds for the page, and nothing is kept",
  async ({ page, open, seen, context }) => {
    await context.addInitScript(() => {
      Storage.prototype.setItem = () => {
        throw new DOMException("refused", "QuotaExceededError");
      };
    });
    await open();
    await answerBanner(page, "Accept");
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Still captured"));
    await seen(carries("track", "Still captured"));
    expect(await keptBy(page)).toEqual(NOTHING);
  },
);

visit("a second tag on the page changes nothing", async ({ page, open, asked, seen }) => {
  await open();
  await answerBanner(page, "Accept");
  await page.evaluate(
    (key) =>
      new Promise((resolve) => {
        const script = document.createElement("script");
        script.dataset.site = key;
        script.src = "/_w/waypost.js?again";
        script.onload = resolve;
        document.head.append(script);
      }),
    install.publicKey,
  );
  await ready(page);
  await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Once"));
  await seen(carries("track", "Once"));
  const sent = asked()
    .filter(isCollect)
    .flatMap((exchange) => collectRequest(exchange).streams);
  const seqs = new Set(sent.map(({ stream }) => stream));
  expect(seqs.size).toBe(1);
});
