import { afterAll, beforeAll, expect, test } from "vitest";
import {
  answerBanner,
  carries,
  collectReply,
  collectRequest,
  consentRequest,
  type Install,
  isCollect,
  isConsent,
  keptBy,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import type { Exchange } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { waitFor } from "../harness/wait-for.ts";

let install: Install;

beforeAll(async () => {
  install = await startInstall({ body: () => "<button>Buy now</button>" });
});
afterAll(() => install.close());

function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

const setsCookie = ({ setCookie }: Exchange) => setCookie !== null;
const track = (visitor: Visitor, name: string) =>
  visitor.page.evaluate((event) => (window as unknown as WaypostWindow).waypost.track(event), name);
const secretOf = async ({ page }: Visitor) => (await keptBy(page)).local["waypost.secret"] ?? "";

/** Grants, and waits until the edge has answered for a touchpoint of this name. */
async function grant(visitor: Visitor, name: string): Promise<Exchange> {
  await answerBanner(visitor.page, "Accept");
  await track(visitor, name);
  // A page that is hidden sends at once what it has: no test waits for a batch to fill.
  await visitor.page.evaluate(() => dispatchEvent(new Event("pagehide")));
  return visitor.seen(carries("track", name));
}

/** What some browsers do after 7 days: everything that scripts have stored is gone, cookies of the host stay. */
async function emptyStorage({ page }: Visitor): Promise<void> {
  await page.evaluate(async () => {
    localStorage.clear();
    for (const { name } of await indexedDB.databases()) if (name) indexedDB.deleteDatabase(name);
  });
}

visit("Y3 no cookie comes or goes before a choice and after a refusal; after a grant one comes", async (v) => {
  await v.open();
  await track(v, "Early");
  await answerBanner(v.page, "Reject");
  await v.seen(isConsent);
  await v.open("/cart");
  await track(v, "After a refusal");
  await v.open("/pay");
  expect(v.asked().filter(({ setCookie, headers }) => setCookie || headers.cookie)).toEqual([]);
  expect(await v.context.cookies()).toEqual([]);
  await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set(["analytics"]));
  await v.seen(setsCookie);
  // The answer is heard of before the browser has kept what it sets.
  await waitFor(
    () => v.context.cookies(),
    (cookies) => cookies.length === 1,
  );
});

visit(
  "Y2 the cookie is the host's alone: no script reads it, no foreign page sends it, it ends after 13 months",
  async (v) => {
    await v.open();
    const first = await grant(v, "First");
    const cookies = await v.context.cookies();
    expect(cookies).toMatchObject([
      { name: "__Host-waypost", domain: "localhost", path: "/", httpOnly: true, secure: true, sameSite: "Lax" },
    ]);
    expect(Math.round(((cookies[0]?.expires ?? 0) - Date.now() / 1000) / 86_400)).toBe(395);
    expect(await v.page.evaluate(() => document.cookie)).toBe("");
    expect(cookies[0]?.value).not.toContain(await secretOf(v));
    expect(first.setCookie).toContain(cookies[0]?.value);

    await v.open("/cart");
    await track(v, "Second");
    await v.open("/pay");
    await v.seen(carries("track", "Second"));
    expect(v.asked().filter(setsCookie)).toEqual([first]);
    // The twin of "never in a URL": it is in the header of what the host is asked.
    const sent = v.asked().filter(({ headers }) => headers.cookie?.includes("__Host-waypost="));
    expect(sent.length).toBeGreaterThan(1);
    expect(v.asked().filter(({ path, body }) => `${path}${body}`.includes(cookies[0]?.value ?? "?"))).toEqual([]);
  },
);

visit("Y4 a browser that emptied its storage asks again, and the journey goes on under one visitor", async (v) => {
  await v.open();
  await grant(v, "Before");
  const secret = await secretOf(v);
  await emptyStorage(v);
  await v.open("/cart");
  await v.page.getByRole("button", { name: "Accept", exact: true }).waitFor();
  expect((await keptBy(v.page)).local).toEqual({});
  const back = await grant(v, "After");
  expect(collectRequest(back).secret).not.toBe(secret);
  expect(collectReply(back).secret).toBe(secret);
  await v.page.waitForFunction((kept) => localStorage.getItem("waypost.secret") === kept, secret);

  // From here on everything is that visitor's: the next page, and the withdrawal.
  await v.open("/pay");
  await track(v, "Next page");
  await v.page.evaluate(() => dispatchEvent(new Event("pagehide")));
  expect(collectReply(await v.seen(carries("track", "Next page")))).not.toHaveProperty("secret");
  expect(await secretOf(v)).toBe(secret);
  await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set([]));
  const isWithdrawal = (e: Exchange) => isConsent(e) && consentRequest(e).consent.purposes.length === 0;
  const withdrawal = await v.seen(isWithdrawal);
  expect(consentRequest(withdrawal).secret).toBe(secret);
  expect(withdrawal.setCookie).toMatch(/^__Host-waypost=; Max-Age=0/);
  expect(await v.context.cookies()).toEqual([]);
});

visit("Y5 after a reset the cookie is the next visitor's, and the one before does not come back", async (v) => {
  await v.open();
  await grant(v, "First person");
  const before = await secretOf(v);
  const [cookie] = await v.context.cookies();
  await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.reset());
  const reset = await v.seen((e) => isConsent(e) && consentRequest(e).control === "reset");
  expect(reset.setCookie).toMatch(/^__Host-waypost=; Max-Age=0/);
  await track(v, "Second person");
  await v.page.evaluate(() => dispatchEvent(new Event("pagehide")));
  const second = await v.seen(carries("track", "Second person"));
  expect(collectRequest(second).secret).not.toBe(before);
  expect(second.setCookie).toMatch(/^__Host-waypost=[\w-]{60}/);
  await emptyStorage(v);
  await v.open("/cart");
  const third = await grant(v, "Back again");
  expect(collectReply(third).secret).toBe(collectRequest(second).secret);
  expect((await v.context.cookies())[0]?.value).not.toBe(cookie?.value);
});

visit("Y2 B6 where storage is refused no cookie stands in for it", async (v) => {
  await v.context.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("refused", "QuotaExceededError");
    };
  });
  await v.open();
  await grant(v, "Refused");
  expect(v.asked().filter(isCollect).length).toBeGreaterThan(0);
  expect(await v.context.cookies()).toEqual([]);
});

visit(
  "Y5 a reset in an emptied browser, before any choice, keeps the next person from going on as the last",
  async (v) => {
    await v.open();
    await grant(v, "First person");
    const secret = await secretOf(v);
    await emptyStorage(v);
    await v.open("/cart");
    await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.reset());
    const next = await grant(v, "Second person");
    expect(collectReply(next)).not.toHaveProperty("secret");
    expect(await secretOf(v)).not.toBe(secret);
  },
);

for (const where of ["in the same tab", "in another tab"]) {
  visit(`Y5 a batch that is answered after the withdrawal ${where} leaves no cookie behind`, async (v) => {
    await v.open();
    await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set(["analytics"]));
    // The answer with the cookie comes after that to the withdrawal.
    let answer = () => {};
    const withdrawn = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await v.context.route("**/v1/collect", async (route) => {
      const response = await route.fetch();
      await withdrawn;
      await route.fulfill({ response });
    });
    await track(v, "In flight");
    await v.page.evaluate(() => dispatchEvent(new Event("pagehide")));
    await v.seen(carries("track", "In flight"));
    const tab = where === "in the same tab" ? v.page : await v.context.newPage();
    if (tab !== v.page) await v.open("/other", tab);
    await tab.evaluate(() => (window as unknown as WaypostWindow).waypost.consent.set([]));
    const isWithdrawal = (e: Exchange) => isConsent(e) && consentRequest(e).consent.purposes.length === 0;
    await v.seen(isWithdrawal);
    const first = v.asked().filter(isWithdrawal).length;
    answer();
    await waitFor(
      () => v.asked().filter(isWithdrawal).length,
      (count) => count > first,
    );
    await waitFor(
      async () => (await v.context.cookies()).length,
      (count) => count === 0,
    );
  });
}
