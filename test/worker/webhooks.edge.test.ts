import { env } from "cloudflare:workers";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Actor } from "../../models/access.ts";
import type { SourceConfig } from "../../models/source-config.ts";
import { siteObject } from "../../worker/objects.ts";
import { ask, createSite, randomKey, type SiteOf } from "../harness/site-of.ts";

const INSTALLATION: Actor = { kind: "installation" };
/** Later than any true time that this isolate may have read a source at: its memory goes by age. */
const START = Date.UTC(2096, 10, 29, 12);
const HOUR_MS = 3_600_000;
const SOURCE: SourceConfig = {
  id: "desk",
  name: "Desk",
  channel: "support",
  signature: { scheme: "basic" },
  rules: [{ type: "track", name: "Told", userId: ["{user}"], messageId: "{id}" }],
};
const SECRET = randomKey(24);

let site: SiteOf;
beforeAll(async () => {
  site = await createSite("hooks-edge", { sources: [SOURCE, { ...SOURCE, id: "till" }] });
  for (const source of ["desk", "till"]) await keep(source, SECRET);
});
afterEach(() => {
  vi.useRealTimers();
});

/** As another isolate would: this one hears nothing of it. */
const keep = (source: string, secret: string, overlapMs = 0) =>
  siteObject(env, "hooks-edge").keepSourceSecret(INSTALLATION, source, { secret, overlapMs });

let count = 0;
/** Sends one event that has not been sent before, and gives the answer's status. */
async function send(
  source: string,
  {
    secret = SECRET,
    address,
    events = [{ user: "ann", id: ++count }],
    bindings = {},
  }: { secret?: string; address?: string; events?: object[]; bindings?: Partial<typeof env> } = {},
) {
  const headers = {
    Authorization: `Basic ${btoa(`x:${secret}`)}`,
    ...(address ? { "CF-Connecting-IP": address } : {}),
  };
  const path = `/v1/webhooks/${site.publicKey}/${source}`;
  const answer = await ask(path, { method: "POST", headers, body: JSON.stringify(events) }, bindings);
  return { status: answer.status, retryAfter: answer.headers.get("Retry-After"), body: await answer.json() };
}

test("W37 a webhook of 501 people's events is taken whole: a provider cannot know how many are too many", async () => {
  const events = Array.from({ length: 501 }, (_, i) => ({ user: `many ${i}`, id: `many ${i}` }));
  const nothing = { duplicates: 0, ignored: 0, refused: [], more: 0 };
  expect(await send("desk", { events })).toMatchObject({ status: 200, body: { ...nothing, accepted: 501 } });
});

test("W39 a hundred wrong signatures of an address at a source make it wait there, and nowhere else, nor anybody else", async () => {
  const address = "198.51.100.77";
  const wrong = randomKey(24);
  // No time passes: in each second of it one more wrong one is forgiven.
  vi.useFakeTimers({ now: Date.now(), toFake: ["Date"] });
  expect((await send("desk", { address })).status).toBe(200);
  for (let i = 0; i < 100; i++) expect((await send("desk", { address, secret: wrong })).status).toBe(401);
  const barred = await send("desk", { address });
  expect([barred.status, barred.retryAfter]).toEqual([429, "1"]);
  expect((await send("till", { address })).status).toBe(200);
  expect((await send("desk", { address: "198.51.100.78" })).status).toBe(200);
  const team = await ask("/api/sites/hooks-edge/members", {
    method: "GET",
    headers: { Authorization: `Bearer wpt_hooks-edge_${randomKey(32)}`, "CF-Connecting-IP": address },
  });
  expect(team.status).toBe(401);
});

test("W37 where one event can't be taken all are sent again, and what was taken is a repetition then", async () => {
  const down = {
    JOURNEY: {
      ...env.JOURNEY,
      getByName: (name: string) => {
        const stub = env.JOURNEY.getByName(name);
        const isFirst = asked.size === 0 || asked.has(name);
        if (isFirst) asked.add(name);
        return isFirst ? stub : { collect: () => Promise.reject(new Error("down")) };
      },
    },
  } as unknown as Partial<typeof env>;
  const asked = new Set<string>();
  const events = ["down-1", "down-2"].map((user) => ({ user, id: `${user}-told` }));
  const failed = await send("desk", { events, bindings: down });
  expect([failed.status, failed.retryAfter]).toEqual([503, "5"]);
  const again = await send("desk", { events });
  expect([again.status, again.body]).toEqual([200, { accepted: 1, duplicates: 1, ignored: 0, refused: [], more: 0 }]);
});

test("G52 the secret before is taken as long as was said, to the millisecond", async () => {
  const at = (ms: number) => vi.useFakeTimers({ now: START + ms, toFake: ["Date"] });
  const [first, second] = [randomKey(24), randomKey(24)];
  const secrets = () => siteObject(env, "hooks-edge").sourceSecrets("desk");
  at(0);
  await keep("desk", first);
  await keep("desk", second, HOUR_MS);
  expect(await secrets()).toEqual([second, first]);
  // The same again is no change: the hour goes on.
  at(HOUR_MS - 1);
  await keep("desk", second, HOUR_MS);
  expect(await secrets()).toEqual([second, first]);
  at(HOUR_MS);
  expect(await secrets()).toEqual([second]);
});

test("G52 an isolate that did not hear of a change takes a new secret after 5 s, and one that was taken back for a minute at most", async () => {
  const at = (ms: number) => vi.useFakeTimers({ now: START + 24 * HOUR_MS + ms, toFake: ["Date"] });
  const [first, second] = [randomKey(24), randomKey(24)];
  at(0);
  await keep("till", first);
  at(61_000);
  expect((await send("till", { secret: first })).status).toBe(200);
  await keep("till", second);
  expect((await send("till", { secret: second })).status).toBe(401);
  expect((await send("till", { secret: first })).status).toBe(200);
  at(61_000 + 5_000);
  expect((await send("till", { secret: second })).status).toBe(200);
  expect((await send("till", { secret: first })).status).toBe(401);
  await keep("till", first);
  at(61_000 + 5_000 + 59_999);
  expect((await send("till", { secret: second })).status).toBe(200);
  at(61_000 + 5_000 + 60_000);
  expect((await send("till", { secret: second })).status).toBe(401);
  expect((await send("till", { secret: first })).status).toBe(200);
});

test("G52 forty secrets of sources are kept, of no more names than that", async () => {
  await createSite("hooks-many", {});
  const put = (source: string) =>
    siteObject(env, "hooks-many").keepSourceSecret(INSTALLATION, source, { secret: SECRET, overlapMs: 0 });
  for (let i = 0; i < 40; i++) expect(await put(`s-${i}`)).toBe("done");
  expect([await put("s-40"), await put("s-3"), await put("No Id")]).toEqual(["full", "done", "not-a-source"]);
});

test("G52 the list says whether the host that was asked takes webhooks: the console's own does not, and there none is taken", async () => {
  const list = async (bindings: Partial<typeof env>) => {
    const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
    const answer = await ask("/api/sites/hooks-edge/sources", { method: "GET", headers }, bindings);
    return ((await answer.json()) as { servedHere: boolean }).servedHere;
  };
  const own = { CONSOLE_ORIGIN: "https://edge.example" };
  expect([await list({}), await list({ ...own, CONSOLE_SHARES_HOST: "true" }), await list(own)]).toEqual([
    true,
    true,
    false,
  ]);
  expect((await send("desk", { bindings: own })).status).toBe(404);
});
