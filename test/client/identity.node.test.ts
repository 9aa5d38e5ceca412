import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HANDOVER_PARAMETER } from "../../models/handover.ts";
import type { IdentityKey } from "../../models/site-config.ts";
import {
  answerBanner,
  arrived,
  carries,
  collectReply,
  collectRequest,
  type Install,
  isCollect,
  keptBy,
  ready,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

let install: Install;
let prove: (user: string, endsInS?: number) => Promise<string>;
let others: string[] = [];

beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const { x = "" } = await exportJWK(publicKey);
  const key: IdentityKey = { kid: "shop-1", alg: "EdDSA", kty: "OKP", crv: "Ed25519", x };
  prove = (user, endsInS = 600) =>
    new SignJWT({ sub: user })
      .setProtectedHeader({ alg: "EdDSA", kid: "shop-1" })
      .setIssuer("shop")
      .setAudience("shop")
      .setExpirationTime(Math.floor(Date.now() / 1000) + endsInS)
      .sign(privateKey);
  install = await startInstall({
    // The other host is to know nothing of this one's cookie.
    named: true,
    config: (origins) => {
      others = origins;
      return { ...SMALL_SITE, identity: { keys: [key], domains: origins } };
    },
    body: (path) =>
      path.startsWith("/to?") ? `<a href="${decodeURIComponent(path.slice("/to?".length))}">Over there</a>` : "",
  });
});
afterAll(() => install.close());

function visit(title: string, steps: (visitor: Visitor) => Promise<void>): void {
  test.concurrent(title, () => install.visit(steps));
}

const hide = ({ page }: Visitor) => page.evaluate(() => dispatchEvent(new Event("pagehide")));
const identify = ({ page }: Visitor, user: string, token: string) =>
  page.evaluate(
    ([id, proof]) =>
      (window as unknown as WaypostWindow).waypost.identify(id as string, { plan: "pro" }, { token: proof as string }),
    [user, token],
  );
const track = ({ page }: Visitor, name: string) =>
  page.evaluate((event) => (window as unknown as WaypostWindow).waypost.track(event), name);

/** The first batch that goes out after the page has taken in the answer to its proof. */
async function afterAnswer(v: Visitor, name: string) {
  for (let count = 0; ; count++) {
    await track(v, `${name} ${count}`);
    await hide(v);
    const answered = await v.seen(carries("track", `${name} ${count}`));
    if (collectRequest(answered).identity === undefined) return answered;
  }
}

async function granted(v: Visitor): Promise<string> {
  await v.open();
  await answerBanner(v.page, "Accept");
  await track(v, "First");
  await hide(v);
  return collectReply(await v.seen(carries("track", "First"))).visitor ?? "";
}

visit(
  "I3 S9 identify with the site's proof makes the visitor the user; the proof travels once, beside the batch and nowhere else",
  async (v) => {
    const own = await granted(v);
    const token = await prove("ada");
    await identify(v, "ada", token);
    await hide(v);
    const proven = await v.seen(carries("identify", "ada"));
    expect(collectRequest(proven).identity).toEqual({ user: "ada", token });
    const reply = collectReply(proven);
    expect([reply.identity, reply.visitor === own]).toEqual(["proven", false]);
    const later = await afterAnswer(v, "Second");
    expect(collectRequest(later).identity).toBeUndefined();
    expect(collectReply(later).visitor).toBe(reply.visitor);
    // What was under way beside the proof is answered with a token of its own.
    const answers = v.asked().filter((e) => isCollect(e) && e.status === 200 && e !== later);
    const users = answers.map(collectReply).filter(({ visitor }) => visitor === reply.visitor);
    expect(users.map(({ person }) => person)).toContain(collectRequest(later).person);
    // A page later the same token leads there, and the proof is kept nowhere.
    await v.open("/cart");
    await track(v, "Third");
    await hide(v);
    expect(collectReply(await v.seen(carries("track", "Third"))).visitor).toBe(reply.visitor);
    expect(JSON.stringify(await keptBy(v.page))).not.toContain(token);
    expect(
      v.asked().filter(({ path, body }) => !isCollect({ path, method: "POST" } as never) && body.includes(token)),
    ).toEqual([]);
  },
);

visit(
  "S9 S10 identify without a proof, or with one that is over, leaves the visitor anonymous, and everything arrives all the same",
  async (v) => {
    const own = await granted(v);
    await identify(v, "ada", await prove("ada", -600));
    await hide(v);
    const refused = await v.seen(carries("identify", "ada"));
    expect([collectReply(refused).identity, collectReply(refused).visitor]).toEqual(["refused", own]);
    await afterAnswer(v, "Between");
    await v.page.evaluate(() => (window as unknown as WaypostWindow).waypost.identify("bob", { plan: "pro" }));
    await hide(v);
    const bare = await v.seen(carries("identify", "bob"));
    expect(collectRequest(bare).identity).toBeUndefined();
    expect([collectReply(bare).identity, collectReply(bare).visitor]).toEqual([undefined, own]);
  },
);

visit(
  "I17 a link to another host of the site takes the visitor along: one visitor, and no trace of the token in the address or in what is captured",
  async (v) => {
    const { page, context } = v;
    const there = install.freeHosts.pop();
    if (!there) throw new Error("no host is left");
    expect(others).toContain(there.url);
    // The other host knows the browser by another name, and has its consent.
    const tab = await context.newPage();
    await tab.goto(`${there.url}/help`);
    await ready(tab);
    await answerBanner(tab, "Accept");
    await tab.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Before"));
    await tab.evaluate(() => dispatchEvent(new Event("pagehide")));
    const before = collectReply(await there.seen(carries("track", "Before"))).visitor;
    await tab.close();

    const own = await granted(v);
    expect(before).not.toBe(own);
    await v.open(`/to?${encodeURIComponent(`${there.url}/arrived?page=2`)}`);
    const link = page.getByRole("link", { name: "Over there" });
    await link.hover();
    await page.waitForSelector(`a[href*="${HANDOVER_PARAMETER}"]`);
    const token = new URL((await link.getAttribute("href")) ?? "").searchParams.get(HANDOVER_PARAMETER) ?? "";
    const secret = (await keptBy(page)).local["waypost.secret"] ?? "none";
    expect(token).not.toContain(secret);
    await link.click();
    await page.waitForURL(`${there.url}/arrived?page=2`);
    await ready(page);
    await page.waitForFunction((own) => localStorage.getItem("waypost.secret") === own, secret);
    await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("After"));
    await page.evaluate(() => dispatchEvent(new Event("pagehide")));
    expect(collectReply(await there.seen(carries("track", "After"))).visitor).toBe(own);
    expect(new URL(page.url()).search).toBe("?page=2");
    const collected = [...v.asked(), ...there.exchanges].filter(isCollect);
    expect(collected.filter(({ body }) => body.includes(token))).toEqual([]);
    const told = collected.flatMap((exchange) => collectRequest(exchange).streams.flatMap((one) => one.touchpoints));
    expect(told.filter(({ url, props }) => JSON.stringify([url, props]).includes(HANDOVER_PARAMETER))).toEqual([]);
    expect(arrived(there.exchanges)).toContain("track After");
  },
);

visit("I17 B1 without a grant a link stays as it is, and nothing is asked for it", async (v) => {
  const there = others[0] as string;
  await v.open(`/to?${encodeURIComponent(`${there}/arrived`)}`);
  await v.page.getByRole("link", { name: "Over there" }).hover();
  await answerBanner(v.page, "Reject");
  await v.page.getByRole("link", { name: "Over there" }).hover();
  expect(await v.page.getByRole("link", { name: "Over there" }).getAttribute("href")).toBe(`${there}/arrived`);
  expect(v.asked().filter(({ path }) => path.includes("handover"))).toEqual([]);
});
