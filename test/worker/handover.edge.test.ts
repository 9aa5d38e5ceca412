import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { HandedOver, HandoverToken } from "../../models/handover.ts";
import type { Problem } from "../../models/wire.ts";
import { browserVisitor, seal } from "../../worker/keys.ts";
import { visitorLedger } from "../../worker/ledger/shards.ts";
import { createSite, ORIGIN, post, randomKey, type SiteOf } from "../harness/site-of.ts";
import { touchpointsOf, UserPage } from "../harness/user-page.ts";

const THERE = "https://help.example";
const siteOf = (id: string) =>
  createSite(id, { origins: [ORIGIN, THERE, "https://third.example"], identity: { keys: [], domains: [THERE] } });

const GRANTED = { rev: 1, purposes: ["analytics", "scoring", "personalization"] };

async function asks(site: SiteOf, body: object, origin = ORIGIN): Promise<Response> {
  return post("/v1/handover", { v: 1, site: site.publicKey, consent: GRANTED, ...body }, { Origin: origin });
}

async function tokenFor(page: UserPage): Promise<string> {
  const answer = await asks(page.site, { secret: page.secret, to: THERE });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as HandoverToken).token;
}

const typeOf = async (answer: Response) =>
  `${answer.status} ${((await answer.json()) as Problem).type?.split("/").at(-1)}`;

test("I17 a visitor who follows a link is the same visitor on the other host, once; the token says nothing of who that is", async () => {
  const site = await siteOf("along");
  const page = new UserPage(site);
  await page.sends(["/", "/cart"]);
  const token = await tokenFor(page);
  const own = await browserVisitor(env, site.id, page.secret);
  expect(token).not.toContain(page.secret);
  expect(atob(token.replaceAll("-", "+").replaceAll("_", "/"))).not.toContain(own);
  const answer = await asks(site, { secret: randomKey(16), token }, THERE);
  expect(answer.status).toBe(200);
  const handed = (await answer.json()) as HandedOver;
  expect(handed).toEqual({ secret: page.secret, consent: GRANTED });
  // The page there goes on under it, in the same journey.
  const there = new UserPage(site);
  const seq = [{ seq: 0, type: "page", name: "", at: Date.now(), url: `${THERE}/`, props: {} }];
  const reply = await there.posts({ secret: handed.secret, streams: [{ stream: there.stream, touchpoints: seq }] });
  expect(reply.visitor).toBe(own);
  expect(await touchpointsOf(site, own)).toBe(3);
  expect(await typeOf(await asks(site, { secret: randomKey(16), token }, THERE))).toBe("410 handover-over");
});

test("I17 S9 used twice at the same time, it works once", async () => {
  const site = await siteOf("raced");
  const page = new UserPage(site);
  await page.sends(["/"]);
  const token = await tokenFor(page);
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => asks(site, { secret: randomKey(16), token }, THERE)),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 410, 410, 410, 410]);
});

test("I17 S9 over, of another site, for another host, cut off or made by somebody else, it is refused, and is not used up by that", async () => {
  const site = await siteOf("refusing");
  const other = await siteOf("refusing-2");
  const page = new UserPage(site);
  await page.sends(["/"]);
  const token = await tokenFor(page);
  const secret = randomKey(16);
  const over = await seal(env, "handover", [site.id, page.secret, THERE, randomKey(16), Date.now() - 1]);
  const cookie = await seal(env, "cookie", [site.id, page.secret, THERE, randomKey(16), Date.now() + 60_000]);
  for (const [what, answer] of [
    ["over", await asks(site, { secret, token: over }, THERE)],
    ["sealed for another use", await asks(site, { secret, token: cookie }, THERE)],
    ["another site", await asks(other, { secret, token }, THERE)],
    ["another host", await asks(site, { secret, token }, "https://third.example")],
    ["the host that it came from", await asks(site, { secret, token })],
    ["cut off", await asks(site, { secret, token: token.slice(0, -3) }, THERE)],
    ["a bare id", await asks(site, { secret, token: await browserVisitor(env, site.id, page.secret) }, THERE)],
  ] as const) {
    expect(await typeOf(answer), what).toBe("410 handover-over");
  }
  const denied = await asks(site, { secret, token, consent: { rev: 1, purposes: [] } }, THERE);
  expect(await typeOf(denied)).toBe("403 not-permitted");
  expect((await asks(site, { secret, token }, THERE)).status).toBe(200);
});

test("I17 without a standing grant nothing is issued or taken over, and to no host that the site has not named", async () => {
  const site = await siteOf("consented");
  const page = new UserPage(site);
  expect(await typeOf(await asks(site, { secret: page.secret, to: THERE }))).toBe("403 not-permitted");
  await page.sends(["/"]);
  expect(await typeOf(await asks(site, { secret: page.secret, to: "https://evil.example" }))).toBe("400 malformed");
  const token = await tokenFor(page);
  const withdrawal = { v: 1, site: site.publicKey, secret: page.secret, consent: { rev: 2, purposes: [] } };
  await post("/v1/consent", { ...withdrawal, policy: "p", language: "en", control: "withdraw" });
  expect(await typeOf(await asks(site, { secret: randomKey(16), token }, THERE))).toBe("410 handover-over");
});

test("I17 C3 what was chosen on the other host counts on from the last choice of the visitor, and is recorded as theirs", async () => {
  const site = await siteOf("chosen");
  const page = new UserPage(site);
  page.consent = { rev: 4, purposes: ["analytics", "personalization"] };
  await page.sends(["/"]);
  const token = await tokenFor(page);
  const there = { secret: randomKey(16), consent: { rev: 1, purposes: ["analytics"] } };
  const words = { policy: "p", language: "de", mode: "opt-in" };
  await post("/v1/consent", { v: 1, site: site.publicKey, ...there, ...words, control: "accept" }, { Origin: THERE });
  const answer = await asks(site, { ...there, token }, THERE);
  expect(((await answer.json()) as HandedOver).consent).toEqual({ rev: 5, purposes: ["analytics"] });
  const visitor = await browserVisitor(env, site.id, page.secret);
  const ledger = await visitorLedger(env, { id: site.id, epoch: 1, shards: 8 }, visitor);
  const taken = {
    rev: 5,
    surface: "handover",
    ...words,
    granted: ["analytics"],
    refused: ["scoring", "personalization"],
  };
  expect(await ledger.receipts(visitor)).toMatchObject([taken]);
  // What was not chosen there is no choice here.
  page.consent = { rev: 5, purposes: ["analytics"] };
  await page.sends(["/"]);
  const unasked = { secret: randomKey(16), consent: { rev: 0, purposes: GRANTED.purposes } };
  const second = await asks(site, { ...unasked, token: await tokenFor(page) }, THERE);
  expect(((await second.json()) as HandedOver).consent).toEqual({ ...GRANTED, rev: 6 });
  expect(await ledger.receipts(visitor)).toMatchObject([taken, { rev: 6, policy: "", granted: [], refused: [] }]);
});

test("I17 B33 an objection to profiling, made here or there, stays one; where there is none, none comes", async () => {
  const site = await siteOf("objecting-along");
  const chosen = { rev: 1, purposes: ["analytics"] };
  for (const [here, there, wanted] of [
    [true, undefined, true],
    [undefined, true, true],
    [undefined, undefined, undefined],
  ] as const) {
    const page = new UserPage(site);
    page.consent = { rev: 2, purposes: ["analytics", "scoring"], objects: here };
    await page.sends(["/"]);
    const token = await tokenFor(page);
    const answer = await asks(site, { secret: randomKey(16), token, consent: { ...chosen, objects: there } }, THERE);
    const { consent } = (await answer.json()) as HandedOver;
    expect(consent).toEqual({ rev: 3, purposes: ["analytics"], ...(wanted ? { objects: true } : {}) });
  }
});
