import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Campaign, CampaignOf } from "../../models/campaign.ts";
import type { CampaignCounts } from "../../models/campaign-counts.ts";
import type { CollectReply, Decision } from "../../models/wire.ts";
import { BudgetObject } from "../../worker/budget/object.ts";
import { browserVisitor, sealPerson, userVisitor } from "../../worker/keys.ts";
import { ask as atEdge, createSite, ORIGIN, post, randomKey, type SiteOf } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const WEEK_MS = 7 * 86_400_000;
const [HELP] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];
const { stages: _, ...ANYWHERE } = HELP;
const EVERYBODY: CampaignOf<"nudge"> = { ...ANYWHERE, holdout: 0, trigger: { kind: "stage", stage: "pay" } };
const OFFER = {
  ...EVERYBODY,
  id: "offer",
  kind: "offer",
  content: { ...EVERYBODY.content, code: { pool: true } },
} as CampaignOf<"offer">;

interface Page {
  secret: string;
  /** Sends views of these paths, and asks by these triggers; gives the reply. */
  send: (paths: string[], ...on: string[]) => Promise<CollectReply>;
  /** Asks by a link of the team's. */
  preview: (token: string) => Promise<CollectReply>;
  /** Says what became of a decision. */
  report: (decision: Decision, outcome: string) => Promise<CollectReply>;
}

const anAsk = (on: string) => ({ ask: randomKey(16), at: Date.now(), on, score: null, model: null });

/** A page of a visitor of a site; several of one secret are tabs of one browser. */
function pageOf(site: SiteOf, { secret = randomKey(16), language = "en", person = "" } = {}): Page {
  const stream = randomKey(8);
  let seq = 0;
  const collect = async (touchpoints: object[], asks: object[]) => {
    const body = {
      v: 1,
      site: site.publicKey,
      ...(person ? { person } : { secret }),
      sentAt: Date.now(),
      consent: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
      streams: [{ stream, touchpoints }],
      asks,
    };
    const answer = await post("/v1/collect", body, { "Accept-Language": language });
    expect(answer.status).toBe(200);
    return (await answer.json()) as CollectReply;
  };
  const touchpoint = (type: string, name: string, path: string, props: object) => {
    return { seq: seq++, type, name, at: Date.now(), url: ORIGIN + path, props };
  };
  return {
    secret,
    send: (paths, ...on) =>
      collect(
        paths.map((path) => touchpoint("page", path, path, {})),
        on.map((one) => anAsk(one)),
      ),
    preview: (preview) => collect([touchpoint("page", "", "/pay", {})], [{ ...anAsk("preview"), preview }]),
    report: ({ reservation, campaign }, outcome) =>
      collect([touchpoint("outcome", campaign ?? "", "/pay", { reservation, campaign, outcome })], []),
  };
}

async function api(site: SiteOf, method: string, path: string, body?: object) {
  const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
  const answer = await atEdge(`/api/sites/${site.id}${path}`, init);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function countsOf(site: SiteOf, campaign: string): Promise<CampaignCounts[]> {
  return (await api(site, "GET", `/campaigns/${campaign}/counts`)).body.total as CampaignCounts[];
}

const decisionOf = ({ decisions }: CollectReply) => decisions[0] as Decision;

test("D8 with 200 asks at once from many tabs of two devices of one user and demand above the cap, exactly the cap is shown", async () => {
  const cap = { count: 3, windowMs: WEEK_MS };
  const site = await createSite("cap-of-three", { campaigns: [{ ...EVERYBODY, cap }] });
  const user = await userVisitor(env, site.id, "ada");
  const devices = await Promise.all(
    [1, 2].map(async () => {
      const device = await browserVisitor(env, site.id, randomKey(16));
      return sealPerson(env, { visitor: user, site: site.id, epoch: 1, device });
    }),
  );
  for (const person of devices) await pageOf(site, { person }).send(["/pay"]);
  const shown: Decision[] = [];
  const reasons = new Set<string>();
  /** 25 tabs ask at once, eight times each, as a batch may. */
  const round = async () => {
    const tabs = Array.from({ length: 25 }, (_, i) => pageOf(site, { person: devices[i % 2] as string }));
    const replies = await Promise.all(tabs.map((tab) => tab.send([], ...Array(8).fill("stage.pay"))));
    const decisions = replies.flatMap((reply) => reply.decisions);
    expect(decisions).toHaveLength(200);
    for (const { reason } of decisions) reasons.add(reason);
    const chosen = decisions.filter(({ verdict }) => verdict === "show");
    for (const decision of chosen) await tabs[0]?.report(decision, "shown");
    shown.push(...chosen);
    return chosen.length;
  };
  const rounds: number[] = [];
  for (let i = 0; i < 4; i++) rounds.push(await round());
  // While one promise waits for its report there is no other.
  expect(rounds).toEqual([1, 1, 1, 0]);
  expect(new Set(shown.map(({ reservation }) => reservation)).size).toBe(3);
  expect([...reasons].sort()).toEqual(["another-reserved", "capped", "chosen"]);
});

test("D28 10,000 claims at once on 1,000 codes: exactly 1,000 are given, each once, and what is returned is given again", async () => {
  const budget = env.BUDGET.getByName("claims:offer");
  const all = Array.from({ length: 1_000 }, (_, i) => `CODE-${i}`);
  expect(await budget.addCodes(all)).toBe(1_000);
  expect(await budget.addCodes(all)).toBe(1_000);
  const claim = (ask: string) => budget.lease({ site: "claims", key: ask, visitor: "v", limit: undefined, pool: true });
  const asks = Array.from({ length: 10_000 }, (_, i) => `ask-${i}`);
  const leases = await Promise.all(asks.map(claim));
  const given = leases.flatMap((lease, i) => (lease ? [{ ask: asks[i] as string, code: lease.code as string }] : []));
  expect(given).toHaveLength(1_000);
  expect(new Set(given.map(({ code }) => code))).toEqual(new Set(all));
  // The same ask has the same code, however often it comes.
  const [first] = given as [(typeof given)[0]];
  expect(await claim(first.ask)).toEqual({ code: first.code });
  await budget.settle(given.slice(0, 700).map(({ ask }) => ({ key: ask, end: "spent" })));
  await budget.settle(given.slice(690, 800).map(({ ask }) => ({ key: ask, end: "returned" })));
  expect(await budget.state()).toEqual({ codes: 1_000, open: 200, spent: 700 });
  // What was spent stays so; the hundred that were not come back, each once.
  const again = await Promise.all(Array.from({ length: 300 }, (_, i) => claim(`again-${i}`)));
  const codes = again.flatMap((lease) => (lease ? [lease.code] : []));
  expect(new Set(codes)).toEqual(new Set(given.slice(700, 800).map(({ code }) => code)));
  expect(codes).toHaveLength(100);
  await abortAllDurableObjects();
  const woken = env.BUDGET.getByName("claims:offer");
  expect(await woken.state()).toEqual({ codes: 1_000, open: 300, spent: 700 });
  expect(await woken.lease({ site: "claims", key: "late", visitor: "v", limit: undefined, pool: true })).toBe(null);
  // Who was shown a code is nobody's business.
  const visitors = await runInDurableObject(woken, (_, { storage }: DurableObjectState) =>
    storage.sql.exec("SELECT DISTINCT visitor FROM leases WHERE spent = 1").toArray(),
  );
  expect(visitors).toEqual([{ visitor: "" }]);
});

test("D28 a number of showings is a budget without codes; lowered, it gives nothing more", async () => {
  const budget = env.BUDGET.getByName("claims:number");
  const claim = (ask: string, limit: number) =>
    budget.lease({ site: "claims", key: ask, visitor: "v", limit, pool: false });
  const given = await Promise.all(Array.from({ length: 20 }, (_, i) => claim(`a${i}`, 5)));
  expect(given.filter((lease) => lease !== null)).toEqual(Array.from({ length: 5 }, () => ({})));
  expect(await claim("b", 4)).toBe(null);
  expect(await claim("c", 6)).toEqual({});
});

test("D28 of an offer's codes each visitor gets one; who does not show theirs gives it back, and who does keeps it", async () => {
  const site = await createSite("offer-of-five", { campaigns: [OFFER] });
  const added = await api(site, "POST", "/campaigns/offer/codes", { codes: ["A", "B", "C", "D", "E"] });
  expect(added.body).toEqual({ limit: null, codes: 5, open: 0, spent: 0, left: 5 });
  const pages = Array.from({ length: 12 }, () => pageOf(site));
  const decisions = (await Promise.all(pages.map((page) => page.send(["/pay"], "stage.pay")))).map(decisionOf);
  const codeOf = ({ content }: Decision) => content && "code" in content && content.code;
  const shown = decisions.filter(({ verdict }) => verdict === "show");
  expect(shown.map(codeOf).sort()).toEqual(["A", "B", "C", "D", "E"]);
  expect(decisions.filter(({ reason }) => reason === "no-budget")).toHaveLength(7);
  const at = (i: number) => pages[decisions.indexOf(shown[i] as Decision)] as Page;
  await at(0).report(shown[0] as Decision, "withheld");
  await at(1).report(shown[1] as Decision, "shown");
  const left = async () => (await api(site, "GET", "/campaigns/offer/budget")).body;
  await expect.poll(left, { timeout: 30_000 }).toEqual({ limit: null, codes: 5, open: 3, spent: 1, left: 1 });
  const next = decisionOf(await pageOf(site).send(["/pay"], "stage.pay"));
  expect(codeOf(next)).toBe(codeOf(shown[0] as Decision));
  expect(decisionOf(await pageOf(site).send(["/pay"], "stage.pay")).reason).toBe("no-budget");
});

test("D28 a lease of which its journey knows nothing comes back, and one that was shown does not", async () => {
  const site = await createSite("lost-leases", { campaigns: [OFFER] });
  await api(site, "POST", "/campaigns/offer/codes", { codes: ["A", "B"] });
  const budget = env.BUDGET.getByName("lost-leases:offer");
  const page = pageOf(site);
  const decision = decisionOf(await page.send(["/pay"], "stage.pay"));
  await page.report(decision, "shown");
  const spent = async () => (await budget.state()).spent;
  await expect.poll(spent, { timeout: 30_000 }).toBe(1);
  const lost = { site: "lost-leases", key: "lost", visitor: await browserVisitor(env, site.id, page.secret) };
  expect(await budget.lease({ ...lost, limit: undefined, pool: true })).not.toBe(null);
  const other = () => budget.lease({ ...lost, key: randomKey(8), limit: undefined, pool: true });
  // Too fresh to be called lost.
  expect(await other()).toBe(null);
  await runInDurableObject(budget, (object, { storage }: DurableObjectState) => {
    storage.sql.exec("UPDATE leases SET at = at - 60000");
    Object.assign(object, { askedAt: 0 });
  });
  await abortAllDurableObjects();
  const woken = env.BUDGET.getByName("lost-leases:offer");
  const again = () => woken.lease({ ...lost, key: randomKey(8), limit: undefined, pool: true });
  await expect.poll(again, { timeout: 30_000 }).not.toBe(null);
  expect(await woken.state()).toEqual({ codes: 2, open: 1, spent: 1 });
});

test("D28 who has not reported a showing gets the same code again, and no longer once another visitor has it", async () => {
  onTestFinished(() => void vi.useRealTimers().restoreAllMocks());
  const settle = vi.spyOn(BudgetObject.prototype, "settle");
  const often = { ...OFFER, cap: { count: 9, windowMs: WEEK_MS } };
  const site = await createSite("late-codes", { campaigns: [often] });
  await api(site, "POST", "/campaigns/offer/codes", { codes: ["A"] });
  const budget = env.BUDGET.getByName("late-codes:offer");
  const page = pageOf(site);
  const start = Date.now();
  const at = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: start + ms });
  const asked = async (by: Page) => {
    const { content, reason } = decisionOf(await by.send(["/pay"], "stage.pay"));
    return content && "code" in content ? content.code : reason;
  };
  expect(await asked(page)).toBe("A");
  at(100_000);
  expect(await asked(page)).toBe("A");
  expect(await budget.state()).toEqual({ codes: 1, open: 1, spent: 0 });
  // A page keeps for 72 hours what it has to report, since the last time that it was given the code.
  at(72 * 3_600_000 + 120_000);
  expect(await asked(pageOf(site))).toBe("no-budget");
  await expect.poll(() => settle.mock.calls.length, { timeout: 30_000 }).toBe(2);
  expect(await budget.state()).toEqual({ codes: 1, open: 1, spent: 0 });
  at(72 * 3_600_000 + 200_000);
  await expect.poll(() => asked(pageOf(site)), { timeout: 30_000 }).toBe("A");
  expect(await asked(page)).toBe("no-budget");
});

test("D28 what a budget could not be told it is told by the next alarm, also where nothing else is due", async () => {
  onTestFinished(() => void vi.useRealTimers().restoreAllMocks());
  const site = await createSite("silent-budget", { campaigns: [OFFER] });
  await api(site, "POST", "/campaigns/offer/codes", { codes: ["A"] });
  const budget = env.BUDGET.getByName("silent-budget:offer");
  const page = pageOf(site);
  const decision = decisionOf(await page.send(["/pay"], "stage.pay"));
  const settle = vi.spyOn(BudgetObject.prototype, "settle").mockRejectedValue(new Error("the budget is away"));
  await page.report(decision, "shown");
  await expect.poll(() => settle.mock.calls.length, { timeout: 30_000 }).toBeGreaterThan(0);
  const journey = env.JOURNEY.getByName(`silent-budget:${await browserVisitor(env, site.id, page.secret)}`);
  // The visitor has been quiet for long enough that all else is over.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3 * 60_000 });
  await runDurableObjectAlarm(journey);
  await runDurableObjectAlarm(journey);
  const dueInMs = await runInDurableObject(
    journey,
    async (_, { storage }) => ((await storage.getAlarm()) ?? Number.POSITIVE_INFINITY) - Date.now(),
  );
  expect(dueInMs).toBeLessThanOrEqual(5 * 60_000);
  expect((await budget.state()).spent).toBe(0);
  settle.mockRestore();
  await runDurableObjectAlarm(journey);
  expect((await budget.state()).spent).toBe(1);
});

test("D40 D42 D43 the map keeps what campaigns did, by arm, goal, outcome and reason; an erasure takes a person out", async () => {
  const goals = [{ id: "bought", on: { name: "/thanks" }, windowMs: WEEK_MS }];
  const campaigns: Campaign[] = [{ ...EVERYBODY, holdout: 0.5, goals, cap: { count: 1, windowMs: WEEK_MS } }];
  const site = await createSite("counted", { campaigns });
  const pages = Array.from({ length: 12 }, () => pageOf(site));
  let treated = 0;
  let bought = 0;
  for (const [i, page] of pages.entries()) {
    const decision = decisionOf(await page.send(["/pay"], "stage.pay"));
    if (decision.verdict === "show") {
      treated++;
      await page.report(decision, "shown");
      await page.report(decision, i % 2 === 0 ? "dismissed" : "acted");
    }
    if (decision.verdict === "show" && i % 3 === 0) {
      bought++;
      await page.send(["/thanks"]);
    }
    await page.send(["/"], "stage.pay");
    await page.send(["/cart"]);
  }
  expect(treated).toBeGreaterThan(0);
  expect(treated).toBeLessThan(12);
  const [counts] = await countsOf(site, "help");
  const arm = (name: string) => counts?.arms.find((one) => one.arm === name);
  const moments = (n: number, y: number) => ({ n, sumY: y, sumYY: y, sumX: 0, sumXX: 0, sumXY: 0 });
  expect(arm("treated")?.goals).toEqual({ bought: moments(treated, bought) });
  expect(arm("holdout")?.goals).toEqual({ bought: moments(12 - treated, 0) });
  expect(arm("treated")?.outcomes.shown).toBe(treated);
  expect((arm("treated")?.outcomes.dismissed ?? 0) + (arm("treated")?.outcomes.acted ?? 0)).toBe(treated);
  expect(counts?.reasons.chosen).toBe(treated);
  expect(counts?.reasons.holdout).toBe(12 - treated);
  expect((counts?.reasons["other-stage"] ?? 0) + (counts?.reasons["goal-reached"] ?? 0)).toBe(12);
  const { secret } = pages[0] as Page;
  const gone = await atEdge(`/v1/me?site=${site.publicKey}`, {
    method: "DELETE",
    headers: { Origin: ORIGIN, Authorization: `Waypost ${secret}` },
  });
  expect(gone.status).toBeLessThan(300);
  const people = async () => (await countsOf(site, "help"))[0]?.arms.reduce((sum, one) => sum + one.people, 0);
  await expect.poll(people, { timeout: 30_000 }).toBe(11);
});

test("D33 a preview link shows a draft's variant once it is ours, of this site and not over; nothing is counted", async () => {
  const variants = [
    { id: "plain", weight: 0.5 },
    { id: "warm", weight: 0.5, content: { title: "We are here", body: ["Call us."] } },
  ];
  const draft: Campaign = { ...EVERYBODY, status: "draft", variants };
  const site = await createSite("previewed", { campaigns: [draft] });
  const other = await createSite("previewed-not", { campaigns: [draft] });
  const made = await api(site, "POST", "/campaigns/help/preview", { variant: "warm", url: `${ORIGIN}/pay` });
  expect(made.status).toBe(200);
  const token = String(made.body.url).split("#waypost-preview=")[1] as string;
  const seen = async (of: SiteOf, preview: string) => decisionOf(await pageOf(of).preview(preview));
  expect(await seen(site, token)).toMatchObject({
    verdict: "show",
    reason: "preview",
    variant: "warm",
    content: { title: "We are here" },
  });
  expect(await seen(other, token)).toMatchObject({ verdict: "none", reason: "no-campaign" });
  expect(await seen(site, `${token.slice(0, -2)}AA`)).toMatchObject({ verdict: "none" });
  expect((await api(site, "POST", "/campaigns/help/preview", { variant: "cold", url: ORIGIN })).body.field).toBe(
    "variant",
  );
  expect((await api(site, "POST", "/campaigns/gone/preview", { url: ORIGIN })).status).toBe(404);
  expect(await countsOf(site, "help")).toEqual([]);
});

test("D30 a decision is in the language that the visitor's browser asks for", async () => {
  const translations = { de: { title: "Hilfe?", body: ["Rufen Sie uns an."] } };
  const site = await createSite("translated", { campaigns: [{ ...EVERYBODY, translations }] });
  const told = async (language: string) => decisionOf(await pageOf(site, { language }).send(["/pay"], "stage.pay"));
  expect(await told("de-AT,en;q=0.5")).toMatchObject({ language: "de", content: { title: "Hilfe?" } });
  expect(await told("fr")).toMatchObject({ language: "en", content: { title: "Need a hand?" } });
});

test("L15 L18 a page's own touchpoint is asked by at once, and what became of a campaign after its delay", async () => {
  const after: Campaign = {
    ...EVERYBODY,
    id: "after",
    trigger: { kind: "outcome", campaign: "help", outcome: "dismissed", afterMs: 60_000 },
  };
  const looked: Campaign = { ...EVERYBODY, trigger: { kind: "touchpoint", name: "/cart" } };
  const site = await createSite("answering", { campaigns: [looked, after] });
  const page = pageOf(site);
  const decision = decisionOf(await page.send(["/cart"], "touchpoint./cart"));
  expect(decision).toMatchObject({ verdict: "show", campaign: "help" });
  await page.report(decision, "shown");
  const reply = await page.report(decision, "dismissed");
  expect(reply.on).toBe("outcome.help.dismissed");
  expect(reply.onInMs).toBeGreaterThan(50_000);
  expect(decisionOf(await page.send([], "outcome.help.dismissed")).reason).toBe("nothing-waits");
});

test("the team reads which campaigns there are in the order in which they are judged", async () => {
  const campaigns: Campaign[] = [EVERYBODY, { ...OFFER, priority: 5, status: "draft" }];
  const site = await createSite("listed", { campaigns });
  const { body } = await api(site, "GET", "/campaigns");
  expect(body.campaigns).toMatchObject([
    { id: "offer", kind: "offer", status: "draft", stopped: false, hasBudget: true, arms: ["treated", "holdout"] },
    { id: "help", kind: "nudge", status: "live", trigger: "stage.pay", goals: ["goal"], hasBudget: false },
  ]);
  await api(site, "POST", "/campaigns/help/stop", {});
  const stopped = async () =>
    ((await api(site, "GET", "/campaigns")).body.campaigns as { stopped: boolean }[])[1]?.stopped;
  await expect.poll(stopped, { timeout: 30_000 }).toBe(true);
  expect((await api(site, "POST", "/campaigns/help/codes", { codes: ["A"] })).body.field).toBe("codes");
});

test("B40 D28 whoever is erased is forgotten by their campaign's budget too, and the code that they may have seen stays spent", async () => {
  const site = await createSite("erased-lease", { campaigns: [OFFER] });
  await api(site, "POST", "/campaigns/offer/codes", { codes: ["A"] });
  const page = pageOf(site);
  expect(decisionOf(await page.send(["/pay"], "stage.pay")).verdict).toBe("show");
  const visitor = await browserVisitor(env, site.id, page.secret);
  const stored = () =>
    runInDurableObject(env.BUDGET.getByName("erased-lease:offer"), (_, { storage }: DurableObjectState) =>
      JSON.stringify(storage.sql.exec("SELECT * FROM leases").toArray()),
    );
  expect(await stored()).toContain(visitor);
  const headers = { Origin: ORIGIN, Authorization: `Waypost ${page.secret}` };
  const gone = await atEdge(`/v1/me?site=${site.publicKey}`, { method: "DELETE", headers });
  expect(gone.status).toBe(200);
  expect(await stored()).not.toContain(visitor);
  expect(await env.BUDGET.getByName("erased-lease:offer").state()).toEqual({ codes: 1, open: 0, spent: 1 });
});
