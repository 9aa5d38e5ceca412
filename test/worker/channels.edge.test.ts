import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { MapView } from "../../models/analysis/graph.ts";
import type { PersonView } from "../../models/analysis/person-view.ts";
import type { Stage } from "../../models/site-config.ts";
import { userVisitor } from "../../worker/keys.ts";
import { journeyObject } from "../../worker/objects.ts";
import { permutations } from "../harness/permutations.ts";
import { edKey, type Prover, proofOf } from "../harness/proof.ts";
import { ask, createSite, ORIGIN, randomKey, type SiteOf } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { UserPage } from "../harness/user-page.ts";

const MINUTE = 60_000;
const STAGES: Stage[] = [
  { id: "mail", name: "Reads our mail", match: { type: "track", name: "Email Opened" } },
  { id: "browse", name: "Browses", match: { path: "/" } },
  { id: "cart", name: "Has a basket", match: { path: "/cart" } },
  { id: "chat", name: "Asks us", match: { type: "track", name: "Chat Opened" } },
  { id: "bought", name: "Buys", match: { type: "track", name: "Order Completed" } },
];
/** The half hour of one person in four of the site's systems; nothing of it may lie in the future. */
const BEGAN = Date.now() - 3 * 3_600_000;
const PHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";

interface Person {
  site: SiteOf;
  user: string;
  page: UserPage;
  stream: string;
  /** Of the page's proof: of the site's own key, or of nobody's. */
  token: string;
}

/** What each system sends, by itself. */
const SENDINGS: ((person: Person) => Promise<unknown>)[] = [
  (of) => tells(of, "Email Opened", 0, { channel: "email", source: "mailer", context: { userAgent: PHONE } }),
  (of) => browses(of, 0, "/", 2),
  (of) => browses(of, 1, "/cart", 5, { identity: { user: of.user, token: of.token } }),
  (of) => tells(of, "Chat Opened", 9, { channel: "support", source: "helpdesk" }),
  (of) => tells(of, "Chat Closed", 14, { channel: "support", source: "helpdesk" }),
  (of) =>
    tells(of, "Order Completed", 20, {
      channel: "store",
      source: "till",
      properties: { order_id: "A-17", revenue: 49.9, currency: "EUR" },
    }),
];

async function tells({ site, user }: Person, event: string, minute: number, more: object): Promise<void> {
  const item = { userId: user, event, messageId: `${event} ${minute}`, timestamp: BEGAN + minute * MINUTE, ...more };
  const headers = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` };
  const response = await ask("/v1/track", { method: "POST", headers, body: JSON.stringify(item) });
  expect(await response.json()).toMatchObject({ accepted: 1 });
}

/** With the secret each time: a batch that comes late does not know what the page was told since. */
async function browses({ page, stream }: Person, seq: number, path: string, minute: number, more: object = {}) {
  page.person = undefined;
  const at = BEGAN + minute * MINUTE;
  const touchpoint = { seq, type: "page", name: "", at, url: ORIGIN + path, props: {} };
  await page.posts({ streams: [{ stream, touchpoints: [touchpoint] }], ...more });
}

async function personIn(site: SiteOf, user: string, by: Prover): Promise<Person> {
  const token = await proofOf(by, { site: site.id, user });
  return { site, user, page: new UserPage(site), stream: "one-laptop-", token };
}

async function journeyOf({ site, user }: Person) {
  const stub = journeyObject(env, site.id, await userVisitor(env, site.id, user));
  const { state } = (await stub.own()) as { state: { folded: { ring: object[]; touchpoints: number; late: number } } };
  return state.folded;
}

const asOwner = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };

async function mapOf({ id }: SiteOf): Promise<MapView> {
  const response = await ask(`/api/sites/${id}/journeys/channels/map`, { headers: asOwner });
  return (await response.json()) as MapView;
}

const journeys = [{ id: "channels", name: "Across channels", stages: STAGES, goal: "bought" }];
const edgesOf = ({ edges }: MapView) => edges.map(({ from, to, count, meanMs }) => [from, to, count, meanMs]);

test("I4 J12 one person in mail, shop, support and store is one journey, and the map is the same, in whatever order it arrives", async () => {
  const by = await edKey("k");
  const change = { journeys, campaigns: [], identity: { keys: [by.key] } };
  const site = await createSite("four-channels", { ...SMALL_SITE, origins: [ORIGIN], ...change });
  // Every sixth of the 720: each thing comes first, and each comes last. All of them: test/models/channels.node.test.ts.
  const orders = permutations(SENDINGS).filter((_, i) => i % 6 === Math.floor(i / 6) % 6);
  const people = await Promise.all(orders.map((_, i) => personIn(site, `user ${i}`, by)));
  const waiting = [...orders.entries()];
  const arrive = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      for (const send of next[1]) await send(people[next[0]] as Person);
    }
  };
  await Promise.all(Array.from({ length: 12 }, arrive));

  const count = orders.length;
  expect(count).toBe(120);
  for (const end of [0, -1]) expect(new Set(orders.map((order) => order.at(end))).size).toBe(6);
  const journeysSeen = new Set(await Promise.all(people.map(async (one) => JSON.stringify(await journeyOf(one)))));
  expect(journeysSeen.size).toBe(1);
  await expect.poll(async () => (await mapOf(site)).touchpoints, { timeout: 20_000 }).toBe(6 * count);
  const map = await mapOf(site);
  expect([map.visits, map.goals, map.late]).toEqual([count, count, 0]);
  expect(edgesOf(map)).toEqual([
    ["browse", "cart", count, 3 * MINUTE],
    ["cart", "chat", count, 4 * MINUTE],
    ["chat", "bought", count, 11 * MINUTE],
    ["mail", "browse", count, 2 * MINUTE],
  ]);
  expect(map.paths).toEqual([{ stages: ["mail", "browse", "cart", "chat", "bought"], visits: count }]);
  expect([map.orders.count, map.orders.amounts.EUR?.toFixed(2)]).toEqual([count, (49.9 * count).toFixed(2)]);

  const found = await ask(`/api/sites/${site.id}/people/find`, {
    method: "POST",
    headers: asOwner,
    body: JSON.stringify({ userId: "user 40" }),
  });
  const { timeline, user, context } = (await found.json()) as PersonView;
  expect(timeline.map(({ type, name, path, channel, source }) => [type, name || path, channel, source])).toEqual([
    ["track", "Order Completed", "store", "till"],
    ["track", "Chat Closed", "support", "helpdesk"],
    ["track", "Chat Opened", "support", "helpdesk"],
    ["page", "/cart", "", ""],
    ["page", "/", "", ""],
    ["track", "Email Opened", "email", "mailer"],
  ]);
  expect(user).toEqual({ proven: true, devices: 1 });
  // The visit began on the phone.
  expect(context).toMatch(/^mobile\/Safari\/iOS\//);
}, 120_000);

test("I4 without a proof the browser stays its own, and the two are two journeys on the map", async () => {
  const [by, nobody] = await Promise.all([edKey("k"), edKey("k")]);
  const change = { journeys, campaigns: [], identity: { keys: [by.key] } };
  const site = await createSite("four-apart", { ...SMALL_SITE, origins: [ORIGIN], ...change });
  const person = await personIn(site, `user ${randomKey(8)}`, nobody);
  for (const send of SENDINGS) await send(person);
  expect((await journeyOf(person)).touchpoints).toBe(4);
  await expect.poll(async () => (await mapOf(site)).touchpoints).toBe(6);
  const map = await mapOf(site);
  expect([map.visits, map.goals]).toEqual([2, 1]);
  expect(edgesOf(map)).toEqual([
    ["browse", "cart", 1, 3 * MINUTE],
    ["chat", "bought", 1, 11 * MINUTE],
    ["mail", "chat", 1, 9 * MINUTE],
  ]);
});
