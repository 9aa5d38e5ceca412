import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { JourneyObject } from "../../worker/journey/object.ts";
import { browserVisitor, userVisitor } from "../../worker/keys.ts";
import { readMap } from "../../worker/map/shards.ts";
import { edKey, type Prover, proofOf } from "../harness/proof.ts";
import { ask, createSite, ORIGIN, post, type SiteOf } from "../harness/site-of.ts";
import { touchpointsOf, UserPage } from "../harness/user-page.ts";

let ed: Prover;
beforeAll(async () => {
  ed = await edKey("ed-1");
});
afterEach(() => vi.restoreAllMocks());

const siteOf = (id: string) => createSite(id, { identity: { keys: [ed.key] } });
const tokenOf = (site: SiteOf, user: string) => proofOf(ed, { site: site.id, user });
const stubOf = (site: SiteOf, visitor: string) => env.JOURNEY.getByName(`${site.id}:${visitor}`);
const ownOf = (site: SiteOf, page: UserPage) => browserVisitor(env, site.id, page.secret);
const mapSite = ({ id }: SiteOf) => ({ id, epoch: 1, shards: 8 });
const mapOf = async (site: SiteOf) => (await readMap(env, mapSite(site), { journey: "checkout" })).sum;

/** Touchpoints and visits on the map, once every push has come through. */
async function onMap(site: SiteOf, touchpoints: number) {
  await expect.poll(async () => (await mapOf(site)).touchpoints, { timeout: 5_000 }).toBe(touchpoints);
  const { visits, edges } = await mapOf(site);
  return { visits, edges: Object.fromEntries(Object.entries(edges).map(([key, { count }]) => [key, count])) };
}

/** Lets an object do what it is asked, or nothing, and then fails, once. */
function failsOnce(method: "takeIn" | "letGo" | "forgetGiven", when: "before" | "after"): void {
  const real = JourneyObject.prototype[method] as (...args: unknown[]) => unknown;
  const spy = vi.spyOn(JourneyObject.prototype as unknown as Record<string, () => unknown>, method);
  spy.mockImplementationOnce(async function (this: JourneyObject, ...args: unknown[]) {
    if (when === "after") await real.apply(this, args);
    throw new Error("the object is gone");
  } as never);
}

/** How a call fails; "" where it does not. */
const failing = (call: Promise<unknown>) => call.then(() => "", String);

test.each([
  ["before", "the next batch"],
  ["after", "the next batch"],
  ["before", "the alarm"],
  ["after", "the alarm"],
] as const)(
  "I5 I4 a joining that fails %s the user's journey has taken it is done once, by %s, and the map counts all once",
  async (when, by) => {
    const site = await siteOf(`crash-${when}-${by === "the alarm" ? "alarm" : "batch"}`);
    const page = new UserPage(site);
    await page.sends(["/", "/cart"]);
    failsOnce("takeIn", when);
    const identity = { identity: { user: "ada", token: await tokenOf(site, "ada") } };
    await expect(page.sends(["/pay"], identity)).rejects.toThrow("503");
    const own = await ownOf(site, page);
    await evictDurableObject(stubOf(site, own));
    const user = await userVisitor(env, site.id, "ada");
    if (by === "the alarm") {
      expect(await runDurableObjectAlarm(stubOf(site, own))).toBe(true);
      expect(await touchpointsOf(site, own)).toBe(0);
    } else expect((await page.sends(["/thanks"])).visitor).toBe(user);
    const more = by === "the alarm" ? [] : ["/thanks"];
    // The batch that failed was kept by the page, and comes again.
    expect(await touchpointsOf(site, user)).toBe(3 + more.length);
    const told = await onMap(site, 3 + more.length);
    expect(told.visits).toBe(1);
    expect(told.edges).toMatchObject({ "browse>cart": 1 });
  },
);

test("I8 taken apart again, a browser is itself, counts nothing twice, and its later batches are its own; a failure in between changes nothing", async () => {
  for (const [i, fail] of ([null, "before", "after"] as const).entries()) {
    const site = await siteOf(`apart-${i}`);
    const [phone, laptop] = [new UserPage(site), new UserPage(site)];
    await phone.sends(["/", "/cart"]);
    await laptop.sends(["/"]);
    const { visitor: user = "" } = await phone.identifies("ada", await tokenOf(site, "ada"));
    await laptop.identifies("ada", await tokenOf(site, "ada"));
    expect(await touchpointsOf(site, user)).toBe(5);
    const own = await ownOf(site, phone);
    const call = { site: mapSite(site), visitor: own, config: 1 };
    if (fail) {
      failsOnce("letGo", fail);
      expect(await failing(stubOf(site, own).moveBack(call))).toContain("gone");
      await evictDurableObject(stubOf(site, own));
      await evictDurableObject(stubOf(site, user));
      expect(await runDurableObjectAlarm(stubOf(site, own))).toBe(true);
    } else expect(await stubOf(site, own).moveBack(call)).toBe(true);
    expect([await touchpointsOf(site, own), await touchpointsOf(site, user)]).toEqual([3, 2]);
    // Its page still has the user's token, and is told what it is now.
    expect((await phone.sends(["/pay"])).visitor).toBe(own);
    expect((await laptop.sends(["/pay"])).visitor).toBe(user);
    expect([await touchpointsOf(site, own), await touchpointsOf(site, user)]).toEqual([4, 3]);
    expect((await onMap(site, 7)).visits).toBe(2);
    // And it can be joined again.
    const again = await phone.identifies("ada", await tokenOf(site, "ada"));
    expect([again.identity, again.visitor]).toEqual(["proven", user]);
    expect(await touchpointsOf(site, user)).toBe(8);
    expect((await onMap(site, 8)).visits).toBe(1);
  }
});

test("I8 an owner takes a browser out of a user's journey, and nobody without the owner's token does", async () => {
  const site = await siteOf("owners");
  const page = new UserPage(site);
  await page.sends(["/"]);
  const { visitor: user } = await page.identifies("ada", await tokenOf(site, "ada"));
  const own = await ownOf(site, page);
  const asks = async (token: string) => {
    const headers = { Authorization: `Bearer ${token}` };
    return ask(`/api/sites/${site.id}/visitors/${own}/separate`, { method: "POST", headers, body: "{}" });
  };
  expect((await asks(site.writeKey)).status).toBe(401);
  expect((await page.sends(["/cart"])).visitor).toBe(user);
  expect(await (await asks(env.ADMIN_TOKEN)).json()).toEqual({ separated: true });
  expect((await page.sends(["/cart"])).visitor).toBe(own);
  expect(await touchpointsOf(site, own)).toBe(4);
  expect(await (await asks(env.ADMIN_TOKEN)).json()).toEqual({ separated: false });
});

test("I5 I8 an open page connects again after a joining and a parting, and a browser that was parted hears nothing of the user any more", async () => {
  const site = await siteOf("lines");
  const page = new UserPage(site);
  await page.sends(["/"]);
  const connects = async (token = "") => {
    const headers = { Upgrade: "websocket", Origin: ORIGIN, "Sec-WebSocket-Protocol": `waypost.1, ${token}` };
    const answer = await ask(`/v1/live?site=${site.publicKey}&stream=${page.stream}`, { headers });
    const closed = new Promise<number>((resolve) => {
      answer.webSocket?.accept();
      answer.webSocket?.addEventListener("close", ({ code }) => resolve(code));
    });
    return { status: answer.status, closed };
  };
  const former = page.person;
  const before = await connects(former);
  expect(before.status).toBe(101);
  await page.identifies("ada", await tokenOf(site, "ada"));
  expect(await before.closed).toBe(1012);
  expect((await connects(former)).status).toBe(403);
  const after = await connects(page.person);
  expect(after.status).toBe(101);
  const own = await ownOf(site, page);
  await stubOf(site, own).moveBack({ site: mapSite(site), visitor: own, config: 1 });
  expect(await after.closed).toBe(1012);
  expect((await connects(page.person)).status).toBe(403);
  await page.sends(["/cart"]);
  expect((await connects(page.person)).status).toBe(101);
});

test("I9 each browser's touchpoints are judged by its own choice, and what is done with the whole journey by all of them", async () => {
  const site = await siteOf("choices");
  const [phone, laptop] = [new UserPage(site), new UserPage(site)];
  await phone.sends(["/"]);
  const { visitor: user = "" } = await phone.identifies("ada", await tokenOf(site, "ada"));
  await laptop.identifies("ada", await tokenOf(site, "ada"));
  const asked = async (page: UserPage) => {
    const asks = [
      {
        ask: Math.random().toString(36).slice(2).padEnd(22, "a").slice(0, 22),
        at: Date.now(),
        on: "stall.high",
        score: 0.9,
        model: "m",
      },
    ];
    return (await page.sends(["/pay"], { asks })).decisions[0]?.reason;
  };
  expect(await asked(laptop)).not.toBe("no-consent");
  // The phone withdraws under its own count of choices: the laptop's journey goes on, and nobody is shown anything.
  const withdrawn = { v: 1, site: site.publicKey, secret: phone.secret, consent: { rev: 2, purposes: [] } };
  const told = { policy: "p", language: "en", control: "withdraw" };
  expect((await post("/v1/consent", { ...withdrawn, ...told })).status).toBe(200);
  const before = await touchpointsOf(site, user);
  const refused = await phone.sends(["/cart"]);
  expect(refused.refused.map(({ reason }) => reason)).toEqual(["consent"]);
  expect(refused.consent).toEqual({ rev: 2, purposes: [] });
  expect(await asked(laptop)).toBe("no-consent");
  expect((await laptop.sends(["/"])).consent).toBeUndefined();
  expect(await touchpointsOf(site, user)).toBe(before + 2);
});

test("I10 a server's identify with both ids joins them, its alias renames a user, and every browser follows", async () => {
  const site = await siteOf("servers");
  const page = new UserPage(site);
  const { visitor: own = "" } = await page.sends(["/"]);
  let seq = 0;
  const tells = async (item: object, writeKey = site.writeKey) => {
    const body = { historical: false, stream: "crm", batch: [{ seq: seq++, timestamp: Date.now(), ...item }] };
    const headers = { Authorization: `Basic ${btoa(`${writeKey}:`)}` };
    const answer = await ask("/v1/batch", { method: "POST", headers, body: JSON.stringify(body) });
    return answer.ok ? ((await answer.json()) as { results: { result: string }[] }).results[0]?.result : answer.status;
  };
  const both = { type: "identify", userId: "ada", anonymousId: own, traits: { plan: "pro" } };
  expect(await tells(both, "wrong-key")).toBe(401);
  expect((await page.sends(["/cart"])).visitor).toBe(own);
  expect(await tells(both)).toBe("accepted");
  const ada = await userVisitor(env, site.id, "ada");
  expect((await page.sends(["/cart"])).visitor).toBe(ada);
  expect(await tells({ type: "track", event: "Ticket Opened", userId: "ada" })).toBe("accepted");
  expect(await tells({ type: "alias", userId: "ada-2", previousId: "ada" })).toBe("accepted");
  const renamed = await userVisitor(env, site.id, "ada-2");
  expect((await page.sends(["/pay"])).visitor).toBe(renamed);
  page.person = undefined;
  expect((await page.sends(["/pay"])).visitor).toBe(renamed);
  expect(await tells({ type: "track", event: "Ticket Closed", userId: "ada" })).toBe("accepted");
  expect(await touchpointsOf(site, renamed)).toBe(9);
  expect(await tells({ ...both, anonymousId: "x".repeat(43) })).toBe("refused");
  expect(await tells({ type: "alias", userId: "ada-2" })).toBe("refused");
  expect((await onMap(site, 9)).visits).toBe(1);
});

/** Tells the edge what the site's server knows. */
function serverOf(site: SiteOf) {
  let seq = 0;
  return async (item: object) => {
    const body = { historical: false, stream: "crm", batch: [{ seq: seq++, timestamp: Date.now(), ...item }] };
    const headers = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` };
    const answer = await ask("/v1/batch", { method: "POST", headers, body: JSON.stringify(body) });
    return ((await answer.json()) as { results: { result: string }[] }).results[0]?.result;
  };
}

/** What happens to three users and two browsers: a name is another's, a browser is a user's, or is only used. */
type Naming = { kind: "alias" | "identify"; from: number; to: number };

/** Where each name leads to, by the plainest means: the reference that the edge is held to. */
class Leading {
  readonly #next = new Map<string, string>();
  readonly #hasJoined = new Set<string>();

  end(name: string): string {
    const next = this.#next.get(name);
    return next === undefined ? name : this.end(next);
  }

  joins(name: string, to: string): void {
    const [from, end] = [this.end(name), this.end(to)];
    if (from === end) return;
    // Whom others have become part of goes on with all of them; a single browser goes alone.
    this.#next.set(this.#hasJoined.has(name) ? from : name, end);
    this.#hasJoined.add(end);
  }
}

const NAMINGS: fc.Arbitrary<Naming[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("alias" as const), from: fc.nat(4), to: fc.nat(4) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("identify" as const), from: fc.nat(1), to: fc.nat(4) }) },
  ),
  { minLength: 5, maxLength: 8 },
);

test("I19 I5 whatever is named whose in which order, a chain or a ring, every browser has one journey, and nothing is lost or counted twice", async () => {
  let [run, renamed] = [0, 0];
  const property = fc.asyncProperty(NAMINGS, async (namings) => {
    const site = await siteOf(`named-${run++}`);
    const tells = serverOf(site);
    const pages = [new UserPage(site), new UserPage(site)];
    const leading = new Leading();
    const ids = new Map<string, string>();
    for (const i of [0, 1, 2, 3, 4]) ids.set(`user-${i}`, await userVisitor(env, site.id, `user-${i}`));
    for (const [i, page] of pages.entries()) ids.set(`page-${i}`, await ownOf(site, page));
    let sent = 0;
    for (const { kind, from, to } of namings) {
      if (kind === "alias") {
        const item = { type: "alias", userId: `user-${to}`, previousId: `user-${from}` };
        expect(await tells(item)).toBe("accepted");
        leading.joins(`user-${from}`, `user-${to}`);
      } else {
        const page = pages[from] as UserPage;
        const reply = await page.identifies(`user-${to}`, await tokenOf(site, `user-${to}`));
        expect(reply.identity).toBe("proven");
        leading.joins(`page-${from}`, `user-${to}`);
      }
      sent++;
      for (const [i, page] of pages.entries()) {
        // With its token, and by its secret alone.
        if (sent % 2 === 0) page.person = undefined;
        const { visitor } = await page.sends(["/cart"]);
        expect(visitor ?? "").toBe(ids.get(leading.end(`page-${i}`)));
        sent++;
        if (leading.end(`page-${i}`) !== `page-${i}`) renamed++;
      }
    }
    const kept = await Promise.all([...ids.values()].map((id) => touchpointsOf(site, id)));
    expect(kept.reduce((sum, count) => sum + count, 0)).toBe(sent);
  });
  await fc.assert(property, { numRuns: 2 });
  expect(renamed).toBeGreaterThan(2);
});

test("I19 a chain of ten names leads to its end, again and again, and what is parted from its end is itself", async () => {
  const site = await siteOf("long-chain");
  const tells = serverOf(site);
  const page = new UserPage(site);
  await page.sends(["/"]);
  await page.identifies("u0", await tokenOf(site, "u0"));
  const early = page.person;
  for (let i = 0; i < 10; i++)
    expect(await tells({ type: "alias", userId: `u${i + 1}`, previousId: `u${i}` })).toBe("accepted");
  const end = await userVisitor(env, site.id, "u10");
  for (const person of [early, undefined, early]) {
    page.person = person;
    // A page sends again what was answered with 503.
    const reply = await page.sends(["/cart"]).catch(() => page.sends(["/cart"]));
    expect(reply.visitor).toBe(end);
  }
  expect(await touchpointsOf(site, end)).toBe(15);
  const own = await ownOf(site, page);
  expect(await stubOf(site, own).moveBack({ site: mapSite(site), visitor: own, config: 1 })).toBe(true);
  expect((await page.sends(["/pay"])).visitor).toBe(own);
  expect([await touchpointsOf(site, own), await touchpointsOf(site, end)]).toEqual([6, 10]);
});

test("I19 two names that become each other's at the same time are one journey or stay two, and both are answered", async () => {
  const site = await siteOf("ring");
  const [one, two] = [new UserPage(site), new UserPage(site)];
  await one.identifies("ada", await tokenOf(site, "ada"));
  await two.identifies("bob", await tokenOf(site, "bob"));
  const [ada, bob] = [await userVisitor(env, site.id, "ada"), await userVisitor(env, site.id, "bob")];
  const call = { site: mapSite(site), config: 1 };
  await Promise.all([
    stubOf(site, ada).moveTo({ ...call, visitor: ada }, bob),
    stubOf(site, bob).moveTo({ ...call, visitor: bob }, ada),
  ]);
  const ends = [(await one.sends(["/cart"])).visitor, (await two.sends(["/cart"])).visitor];
  expect([ada, bob]).toContain(ends[0]);
  expect([ada, bob]).toContain(ends[1]);
  expect((await touchpointsOf(site, ada)) + (await touchpointsOf(site, bob))).toBe(4);
});

test("I19 a ring that an earlier version has left is opened by the first who comes along", async () => {
  const site = await siteOf("old-ring");
  const page = new UserPage(site);
  await page.identifies("ada", await tokenOf(site, "ada"));
  const [ada, bob] = [await userVisitor(env, site.id, "ada"), await userVisitor(env, site.id, "bob")];
  await serverOf(site)({ type: "track", event: "Ticket Opened", userId: "bob" });
  for (const [from, to] of [
    [ada, bob],
    [bob, ada],
  ] as const) {
    const moved = { to, merge: `old-${to.slice(0, 6)}`, at: Date.now(), done: true };
    await runInDurableObject(stubOf(site, from), ({ store }) => {
      const kept = store.load();
      store.write({ ...kept, state: { ...kept.state, moved } }, null);
    });
    await evictDurableObject(stubOf(site, from));
  }
  const reply = await page.sends(["/cart"]).catch(() => page.sends(["/cart"]));
  expect([ada, bob]).toContain(reply.visitor);
  expect((await page.sends(["/pay"])).visitor).toBe(reply.visitor);
});

const givenIn = (site: SiteOf, visitor: string) =>
  runInDurableObject(stubOf(site, visitor), (_, { storage }: DurableObjectState) =>
    [...storage.kv.list({ prefix: "given/" })].map(([key]) => key),
  );

test("I8 what was given back is forgotten once it has arrived, also where that could not be said at once", async () => {
  for (const fail of ["before", "after"] as const) {
    const site = await siteOf(`forgets-${fail}`);
    const page = new UserPage(site);
    await page.sends(["/"]);
    const { visitor: user = "" } = await page.identifies("ada", await tokenOf(site, "ada"));
    const own = await ownOf(site, page);
    const call = { site: mapSite(site), visitor: own, config: 1 };
    failsOnce("letGo", "after");
    expect(await failing(stubOf(site, own).moveBack(call))).toContain("gone");
    // It has not arrived yet: it is kept, however often the alarm rings.
    await runDurableObjectAlarm(stubOf(site, user));
    expect(await givenIn(site, user)).toHaveLength(1);
    failsOnce("forgetGiven", fail);
    await runDurableObjectAlarm(stubOf(site, own));
    expect(await touchpointsOf(site, own)).toBe(2);
    if (fail === "before") expect(await givenIn(site, user)).toHaveLength(1);
    expect(await runDurableObjectAlarm(stubOf(site, user))).toBe(true);
    expect(await givenIn(site, user)).toEqual([]);
    expect((await page.sends(["/pay"])).visitor).toBe(own);
    expect(await touchpointsOf(site, own)).toBe(3);
  }
});

test("I8 I9 a withdrawal while a browser is taken out of a user's journey is its own, and makes it no part of that again", async () => {
  const site = await siteOf("withdrawn-apart");
  const page = new UserPage(site);
  await page.sends(["/"]);
  const { visitor: user = "" } = await page.identifies("ada", await tokenOf(site, "ada"));
  const own = await ownOf(site, page);
  const call = { site: mapSite(site), visitor: own, config: 1 };
  for (const [when, rev, purposes] of [
    ["before", 2, ["analytics"]],
    ["after", 3, []],
  ] as const) {
    failsOnce("letGo", when);
    expect(await failing(stubOf(site, own).moveBack(call))).toContain("gone");
    const choice = { v: 1, site: site.publicKey, secret: page.secret, consent: { rev, purposes } };
    expect((await post("/v1/consent", { ...choice, policy: "p", language: "en", control: "withdraw" })).status).toBe(
      200,
    );
    const parts = await runInDurableObject(stubOf(site, user), ({ store }) => store.load().state.devices ?? []);
    const stands = when === "before" ? [[own, rev]] : [];
    expect(parts.flatMap(({ visitor, stamp, parted }) => (parted ? [] : [[visitor, stamp?.rev]]))).toEqual(stands);
  }
  expect(await runDurableObjectAlarm(stubOf(site, own))).toBe(true);
  const reply = await page.sends(["/cart"]);
  expect(reply.consent).toEqual({ rev: 3, purposes: [] });
  expect(reply.refused.map(({ reason }) => reason)).toEqual(["consent"]);
});

test.each([
  ["taken in", 0],
  ["not taken in, for want of room", 1],
] as const)(
  "I5 I9 a withdrawal while a browser becomes part of a user's journey counts for it, also where it is %s",
  async (_, refusals) => {
    const site = await siteOf(`withdrawn-joining-${refusals}`);
    const page = new UserPage(site);
    await page.sends(["/"]);
    failsOnce("takeIn", "before");
    const identity = { identity: { user: "ada", token: await tokenOf(site, "ada") } };
    expect(await failing(page.sends(["/pay"], identity))).toContain("503");
    const choice = { v: 1, site: site.publicKey, secret: page.secret, consent: { rev: 2, purposes: [] } };
    expect((await post("/v1/consent", { ...choice, policy: "p", language: "en", control: "withdraw" })).status).toBe(
      200,
    );
    if (refusals > 0) vi.spyOn(JourneyObject.prototype, "takeIn").mockResolvedValueOnce(false);
    const [own, user] = [await ownOf(site, page), await userVisitor(env, site.id, "ada")];
    expect(await runDurableObjectAlarm(stubOf(site, own))).toBe(true);
    const { devices = [] } = await runInDurableObject(stubOf(site, user), ({ store }) => store.load().state);
    expect(devices.map(({ visitor, stamp }) => [visitor, stamp?.rev])).toEqual(refusals > 0 ? [] : [[own, 2]]);
    const reply = await page.sends(["/cart"]);
    expect(reply.refused.map(({ reason }) => reason)).toEqual(["consent"]);
    expect(reply.consent).toEqual({ rev: 2, purposes: [] });
    expect(reply.visitor ?? "").toBe(refusals > 0 ? own : user);
  },
);
