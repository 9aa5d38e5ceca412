import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteConfig } from "../../models/site-config.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import {
  answerBanner,
  capturing,
  carries,
  collectReply,
  collectRequest,
  type Install,
  isCollect,
  startInstall,
  type Visitor,
  workerOf,
} from "../browser/install.ts";
import type { Exchange } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

/** Everybody is treated, and one second at payment is the usual stay. */
const QUICK: SiteConfig = {
  ...SMALL_SITE,
  journeys: SMALL_SITE.journeys.map((journey) => ({
    ...journey,
    stages: journey.stages.map((stage) => (stage.id === "pay" ? { ...stage, typicalDwellMs: 1_000 } : stage)),
  })),
  campaigns: SMALL_SITE.campaigns.map((campaign) => ({ ...campaign, holdout: 0 })),
};
const [HELP] = QUICK.campaigns as [(typeof QUICK.campaigns)[0]];

const BODY = `<label>Card <input name="card"></label><button>Pay now</button><dialog id="terms">Terms</dialog>
<a href="/privacy" data-waypost-consent>Privacy choices</a>`;

let scored: Install;
let unworked: Install;
let staged: Install;

beforeAll(async () => {
  scored = await startInstall({ config: QUICK, body: () => BODY });
  unworked = await startInstall({ config: QUICK, body: () => BODY, attributes: 'data-worker="off"' });
  const campaigns = [{ ...HELP, trigger: { kind: "stage" as const, stage: "pay" } }];
  staged = await startInstall({ config: { ...QUICK, campaigns }, body: () => BODY });
});
afterAll(() => Promise.all([scored, unworked, staged].map((install) => install.close())));

function visit(title: string, site: () => Install, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => site().visit(steps));
}

async function grant({ page, open }: Visitor, path: string, purposes?: string[]): Promise<void> {
  await open(path);
  if (purposes) {
    await page.evaluate((all) => (window as unknown as WaypostWindow).waypost.consent.set(all), purposes);
  } else await answerBanner(page, "Accept");
}

function nudge({ page }: Visitor) {
  return page.getByText("Need a hand?", { exact: true }).first();
}

function outcomes(exchange: Exchange): Touchpoint[] {
  if (!isCollect(exchange) || exchange.status !== 200) return [];
  const all = collectRequest(exchange).streams.flatMap(({ touchpoints }) => touchpoints);
  return all.filter(({ type }) => type === "outcome");
}

function reports(outcome: string): (exchange: Exchange) => boolean {
  return (exchange) => outcomes(exchange).some(({ props }) => props.outcome === outcome);
}

function asks(exchange: Exchange): boolean {
  return isCollect(exchange) && collectRequest(exchange).asks.length > 0;
}

visit(
  "D who is stuck at payment is asked for, sees the nudge, and each outcome is reported",
  () => scored,
  async (v) => {
    await grant(v, "/pay");
    const asking = await v.seen(asks);
    expect(collectRequest(asking).asks).toEqual([
      {
        ask: expect.stringMatching(/^[\w-]{22}$/),
        at: expect.any(Number),
        on: "stall.high",
        score: expect.any(Number),
        model: expect.any(String),
        engine: "compact",
      },
    ]);
    const [decision] = collectReply(asking).decisions;
    expect(decision).toMatchObject({ verdict: "show", reason: "chosen", campaign: "help" });
    const heard = v.page.evaluate(
      () =>
        new Promise((resolve) => {
          const { waypost } = window as unknown as WaypostWindow;
          waypost.on("dismissed", () => resolve(waypost.why()));
        }),
    );
    await nudge(v).waitFor();
    const shown = await v.seen(reports("shown"));
    expect(outcomes(shown)).toMatchObject([
      {
        name: "help",
        props: {
          reservation: decision?.reservation,
          outcome: "shown",
          campaign: "help",
          version: 1,
          variant: "treated",
        },
      },
    ]);
    await v.page.keyboard.press("Escape");
    await v.seen(reports("dismissed"));
    expect(await heard).toMatchObject({ campaign: "help", reason: "chosen", why: decision?.why });
  },
);

visit(
  "D without a worker the same engine runs on the main thread, and the nudge comes as well",
  () => unworked,
  async (v) => {
    await grant(v, "/pay");
    await nudge(v).waitFor();
    await v.seen(reports("shown"));
    expect(v.page.workers()).toEqual([]);
    expect(v.asked().filter(({ path }) => path.includes("scoring-worker"))).toEqual([]);
  },
);

visit(
  "A16 Escape closes the preference centre alone: a nudge behind it stays, and its own Escape is reported",
  () => staged,
  async (v) => {
    const { page } = v;
    await grant(v, "/pay");
    await nudge(v).waitFor();
    await page.getByRole("link", { name: "Privacy choices" }).click();
    const centre = page.getByRole("dialog", { name: "Privacy choices" });
    await centre.waitFor();
    await page.keyboard.press("Escape");
    await centre.waitFor({ state: "detached" });
    expect(await nudge(v).isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    await v.seen(reports("dismissed"));
    expect(await nudge(v).count()).toBe(0);
  },
);

visit(
  "B2 neither worker nor model is fetched without the purpose of scoring, and a stage can still be asked for",
  () => staged,
  async (v) => {
    await grant(v, "/pay", ["analytics", "personalization"]);
    const asking = await v.seen(asks);
    expect(collectRequest(asking).asks).toMatchObject([{ on: "stage.pay", score: null, model: null }]);
    await nudge(v).waitFor();
    await v.seen(reports("shown"));
    expect(v.asked().filter(({ path }) => /scoring|\.onnx/.test(path))).toEqual([]);
  },
);

visit(
  "B2 the worker is fetched when scoring is granted, and ended when it is withdrawn",
  () => scored,
  async (v) => {
    await grant(v, "/", ["analytics", "personalization"]);
    await v.seen(({ path }) => path.includes("/chunks/asking"));
    expect(v.asked().filter(({ path }) => /scoring|\.onnx/.test(path))).toEqual([]);
    await v.page.evaluate(() =>
      (window as unknown as WaypostWindow).waypost.consent.set(["analytics", "personalization", "scoring"]),
    );
    await v.seen(({ path }) => path.endsWith(".onnx"));
    const ended = (await workerOf(v.page)).waitForEvent("close");
    await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set(["analytics"]));
    await ended;
    expect(v.page.workers()).toEqual([]);
  },
);

visit(
  "D nothing is asked for without the purpose of personalisation, and capture goes on",
  () => staged,
  async (v) => {
    await grant(v, "/pay", ["analytics", "scoring"]);
    await capturing(v.page);
    await v.page.getByRole("button", { name: "Pay now" }).click();
    await v.seen(carries("click", "Pay now"));
    expect(v.asked().filter(asks)).toEqual([]);
    expect(v.asked().filter(({ path }) => path.includes("asking"))).toEqual([]);
  },
);

visit(
  "D A20 over an open dialog nothing is shown, and the reservation is given back",
  () => staged,
  async (v) => {
    await v.context.addInitScript(() => {
      addEventListener("DOMContentLoaded", () => document.querySelector("dialog")?.showModal());
    });
    await grant(v, "/pay", ["analytics", "personalization"]);
    const withheld = await v.seen(reports("withheld"));
    expect(outcomes(withheld)).toMatchObject([
      { props: { outcome: "withheld", veto: "surface-open", campaign: "help" } },
    ]);
    expect(await nudge(v).count()).toBe(0);
  },
);

visit(
  "D A20 who is typing is let finish: the nudge comes in a quiet moment",
  () => staged,
  async (v) => {
    await v.open("/pay");
    await v.page.evaluate(() => {
      const page = window as unknown as WaypostWindow & { lastKeyMs: number; shownMs: number };
      addEventListener(
        "keydown",
        () => {
          page.lastKeyMs = performance.now();
        },
        true,
      );
      page.waypost.on("shown", () => {
        page.shownMs = performance.now();
      });
      page.waypost.consent.set(["analytics", "personalization"]);
    });
    await v.page.getByLabel("Card").focus();
    await v.seen(asks);
    await v.seen(({ path }) => path.includes("/chunks/nudge"));
    for (const digit of "41111111") await v.page.keyboard.press(digit, { delay: 60 });
    expect(await nudge(v).count()).toBe(0);
    await nudge(v).waitFor();
    const quietMs = await v.page.evaluate(() => {
      const page = window as unknown as { lastKeyMs: number; shownMs: number };
      return page.shownMs - page.lastKeyMs;
    });
    expect(quietMs).toBeGreaterThanOrEqual(2_000);
  },
);

visit(
  "D a decision that comes after its time is not shown",
  () => staged,
  async (v) => {
    await v.open("/pay");
    await v.page.evaluate(() => {
      // The device slept: the wall clock went on by more than a reservation lasts.
      const { fetch } = window;
      window.fetch = async (...call) => {
        const answer = await fetch(...call);
        const { now } = Date;
        if (String(call[1]?.body).includes('"asks":[{')) Date.now = () => now() + 60_000;
        return answer;
      };
      (window as unknown as WaypostWindow).waypost.consent.set(["analytics", "personalization"]);
    });
    const withheld = await v.seen(reports("withheld"));
    expect(outcomes(withheld)).toMatchObject([{ props: { outcome: "withheld", veto: "expired" } }]);
    expect(await nudge(v).count()).toBe(0);
  },
);

visit(
  "D what was shown does not come back on the next page",
  () => staged,
  async (v) => {
    await grant(v, "/pay", ["analytics", "personalization"]);
    await nudge(v).waitFor();
    await v.seen(reports("shown"));
    await v.open("/pay/again");
    const second = await v.seen((exchange) => asks(exchange) && exchange !== v.asked().find(asks));
    expect(collectReply(second).decisions).toMatchObject([{ verdict: "none", reason: "capped" }]);
    expect(await nudge(v).count()).toBe(0);
  },
);

visit(
  "S5 a model whose bytes are not those that the configuration names is not run; capture goes on",
  () => scored,
  async (v) => {
    v.fault(({ path }) => (path.endsWith(".onnx") ? { status: 200, body: "not the model" } : null));
    await grant(v, "/pay");
    await v.seen(({ path }) => path.endsWith(".onnx"));
    await v.page.getByRole("button", { name: "Pay now" }).click();
    await v.seen(carries("click", "Pay now"));
    expect(v.asked().filter(asks)).toEqual([]);
  },
);

visit(
  "B15 a withdrawal takes the nudge off the page",
  () => staged,
  async (v) => {
    await grant(v, "/pay", ["analytics", "personalization"]);
    await nudge(v).waitFor();
    await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set(["analytics"]));
    expect(await nudge(v).count()).toBe(0);
  },
);
