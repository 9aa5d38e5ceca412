import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MapView } from "../../models/analysis/graph.ts";
import type { Problem } from "../../models/wire.ts";
import { createSite, type DemoSite, type Edge, putConfig, randomKey, startEdge } from "../harness/edge.ts";
import { anAsk, pageClient, post } from "../harness/page-client.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { waitFor } from "../harness/wait-for.ts";

let edge: Edge;
let site: DemoSite;

beforeAll(async () => {
  edge = await startEdge();
  site = await createSite(edge, "demo", {
    ...SMALL_SITE,
    campaigns: SMALL_SITE.campaigns.map((c) => ({ ...c, holdout: 0 })),
  });
});
afterAll(() => edge.close());

async function mapOf(id: string): Promise<MapView> {
  return (await (await edge.api("GET", `/api/sites/${id}/journeys/checkout/map`)).json()) as MapView;
}

async function emptySite(id: string): Promise<DemoSite> {
  return createSite(edge, id, SMALL_SITE);
}

test("J6 J12 two visitors' batches become the map, and a batch sent again changes nothing (S11)", async () => {
  const own = await emptySite("map-of-two");
  const one = pageClient(edge, own);
  await one.send(["/", "/cart"]);
  await one.send(["/pay"]);
  const two = pageClient(edge, own);
  const batch = { streams: [{ stream: two.stream, touchpoints: touchpointsAt(["/cart", "/pay/card"]) }] };
  for (let i = 0; i < 3; i++) expect((await two.send([], batch)).reply.acked[0]?.seqs).toEqual([[0, 1]]);
  const map = await waitFor(
    () => mapOf(own.id),
    (seen) => seen.touchpoints === 5,
  );
  expect(map.visits).toBe(2);
  expect(map.edges.map((e) => [e.from, e.to, e.count])).toEqual([
    ["cart", "pay", 2],
    ["browse", "cart", 1],
  ]);
  expect(map.stages.map((s) => [s.id, s.starts, s.ends])).toEqual([
    ["browse", 1, 0],
    ["cart", 1, 0],
    ["pay", 0, 2],
    ["done", 0, 0],
  ]);
});

function touchpointsAt(paths: string[], at = Date.now()) {
  return paths.map((path, seq) => ({ seq, type: "page" as const, name: "", at, url: edge.url + path, props: {} }));
}

test("W2 one bad touchpoint is refused with its place and its bound, the others are kept", async () => {
  const client = pageClient(edge, site);
  const [good] = touchpointsAt(["/"]);
  const { status, reply } = await client.send([], {
    streams: [{ stream: client.stream, touchpoints: [good, { ...good, seq: 1, name: "n".repeat(129) }] as never }],
  });
  expect(status).toBe(200);
  expect(reply.refused).toEqual([
    { stream: client.stream, seq: 1, reason: "too-long", field: "name", bound: "at most 128 characters" },
  ]);
  expect(reply.acked.flatMap((a) => a.seqs)).toEqual([
    [0, 0],
    [1, 1],
  ]);
});

test("W6 one bad ask is left out with its place, and the ask and the touchpoint beside it are taken", async () => {
  const client = pageClient(edge, site);
  const ask = anAsk();
  const { status, reply } = await client.send(["/"], { asks: [anAsk({ score: 2 }), ask] });
  expect(status).toBe(200);
  expect(reply.decisions.map((d) => d.ask)).toEqual([ask.ask]);
  expect(reply.refused).toEqual([
    { stream: "", seq: -1, reason: "out-of-range", field: "asks.0.score", bound: "0 to 1, or null" },
  ]);
  expect(reply.acked).toEqual([{ stream: client.stream, seqs: [[0, 0]] }]);
});

test("W3 a frame that is broken is refused whole, and the answer says where (RFC 9457)", async () => {
  const frame = { v: 1, site: site.publicKey, secret: randomKey(16), sentAt: 0, consent: { rev: 0, purposes: [] } };
  const broken: [unknown, string][] = [
    ["{", ""],
    [[], ""],
    [{ ...frame, site: 1 }, "site"],
    [{ ...frame, secret: "short" }, "secret"],
    [{ ...frame, secret: undefined }, "secret"],
    [{ ...frame, person: 5 }, "person"],
    [{ ...frame, sentAt: -1 }, "sentAt"],
    [{ ...frame, sentAt: 0.5 }, "sentAt"],
    [{ ...frame, consent: null }, "consent"],
    [{ ...frame, streams: {} }, "streams"],
    [{ ...frame, streams: [{ stream: "?", touchpoints: [] }] }, "streams.0.stream"],
    [{ ...frame, streams: [{ stream: randomKey(8) }] }, "streams.0.touchpoints"],
    [{ ...frame, streams: Array.from({ length: 17 }, () => ({ stream: randomKey(8), touchpoints: [] })) }, "streams"],
    [{ ...frame, streams: [{ stream: randomKey(8), touchpoints: Array(501).fill(0) }] }, "streams"],
    [{ ...frame, asks: {} }, "asks"],
    [{ ...frame, asks: Array.from({ length: 9 }, () => anAsk()) }, "asks"],
  ];
  for (const [body, field] of broken) {
    const { status, reply } = await post(edge, body);
    const problem = reply as unknown as Problem;
    expect([status, problem.type, problem.field]).toEqual([400, "https://waypost.dev/problems/malformed", field]);
    expect(problem.bound).toBeTypeOf("string");
  }
  expect((await post(edge, { ...frame, streams: [], asks: [] })).status).toBe(200);
});

test("W3 whatever is sent, the edge answers 200 or 4xx, never 5xx (S13)", async () => {
  const frame = { v: 1, site: site.publicKey, secret: randomKey(16), sentAt: 0, consent: { rev: 0, purposes: [] } };
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(
      fc.jsonValue(),
      fc.constantFrom("streams", "asks", "consent", "sentAt", "person"),
      async (value, field) => {
        seen.add((await post(edge, { ...frame, [field]: value })).status);
      },
    ),
    { numRuns: 100 },
  );
  expect([...seen].filter((status) => status >= 500)).toEqual([]);
  expect(seen.has(400)).toBe(true);
});

test("W3 a key that is none names no site, however long it is", async () => {
  for (const site of ["x", "x".repeat(600), "../config/demo", "x".repeat(22)]) {
    const frame = { v: 1, site, secret: randomKey(16), sentAt: 0, consent: { rev: 0, purposes: [] } };
    expect((await post(edge, frame)).status).toBe(404);
    expect((await fetch(`${edge.url}/v1/config/${encodeURIComponent(site)}`)).status).toBe(404);
  }
});

test("W4 a body over 256 KiB is refused, however it is sent", async () => {
  const { status } = await post(edge, `{"site":"${"x".repeat(256 * 1024)}"}`);
  expect(status).toBe(413);
});

test("S8 an origin that is not on the site's list gets 403, and nothing is kept", async () => {
  const own = await emptySite("origins");
  const { host } = new URL(edge.url);
  const client = pageClient(edge, own);
  const body = { v: 1, site: own.publicKey, secret: client.secret, sentAt: Date.now() };
  const stamp = { consent: { rev: 1, purposes: ["analytics"] }, asks: [] };
  const streams = [{ stream: client.stream, touchpoints: touchpointsAt(["/"]) }];
  for (const origin of [
    "https://evil.example",
    "null",
    `https://${host}`,
    `${edge.url}.evil.example`,
    `${edge.url}0`,
    edge.url.toUpperCase(),
  ]) {
    expect((await post(edge, { ...body, ...stamp, streams }, origin)).status).toBe(403);
  }
  const noOrigin = await fetch(`${edge.url}/v1/collect`, {
    method: "POST",
    body: JSON.stringify({ ...body, ...stamp, streams }),
  });
  expect(noOrigin.status).toBe(403);
  expect((await mapOf(own.id)).touchpoints).toBe(0);
  expect((await post(edge, { ...body, ...stamp, streams })).status).toBe(200);
  await waitFor(
    () => mapOf(own.id),
    (map) => map.touchpoints === 1,
  );
});

test("S14 an allowed origin is echoed to the letter, without credentials", async () => {
  const response = await fetch(`${edge.url}/v1/config/${site.publicKey}`, { headers: { Origin: edge.url } });
  expect(response.headers.get("Access-Control-Allow-Origin")).toBe(edge.url);
  expect(response.headers.get("Vary")).toContain("Origin");
  expect(response.headers.get("Access-Control-Expose-Headers")).toBe("Retry-After");
  expect(response.headers.get("Access-Control-Allow-Credentials")).toBe(null);
  expect(response.headers.get("Cache-Control")).toBe("private, max-age=300");
  expect(response.headers.get("Set-Cookie")).toBe(null);
});

test("S14 a page can read what is wrong with its request, whatever its origin, and the console's answers never", async () => {
  const headers = { Origin: "https://elsewhere.example" };
  const refused = await fetch(`${edge.url}/v1/collect`, { method: "POST", headers, body: "{" });
  expect([refused.status, refused.headers.get("Access-Control-Allow-Origin")]).toEqual([400, headers.Origin]);
  const console = await fetch(`${edge.url}/api/sites/demo/config`, { method: "PUT", headers });
  expect([console.status, console.headers.get("Access-Control-Allow-Origin")]).toEqual([401, null]);
});

test("I1 the reply's token names the same visitor; one that nothing opens asks for the secret again", async () => {
  const own = await emptySite("tokens");
  const client = pageClient(edge, own);
  const { person } = (await client.send(["/"])).reply;
  expect(person).not.toContain(client.secret);
  const { secret: _, ...frame } = { v: 1, site: own.publicKey, secret: "", sentAt: Date.now(), asks: [] };
  const consent = { rev: 1, purposes: ["analytics"] };
  const next = { stream: client.stream, touchpoints: touchpointsAt(["/", "/cart"]) };
  const known = await post(edge, { ...frame, consent, person, streams: [next] });
  expect([known.status, known.reply.person]).toEqual([200, person]);
  const map = await waitFor(
    () => mapOf(own.id),
    (seen) => seen.touchpoints === 2,
  );
  expect(map.visits).toBe(1);
  for (const wrong of ["", "x", `${person.slice(0, -2)}AA`, (await pageClient(edge, site).send(["/"])).reply.person]) {
    const refused = await post(edge, { ...frame, consent, person: wrong, streams: [next] });
    expect([refused.status, (refused.reply as unknown as Problem).type]).toEqual([
      401,
      "https://waypost.dev/problems/unknown-person",
    ]);
  }
  const both = await post(edge, { ...frame, consent, person: "x", secret: client.secret, streams: [next] });
  expect(both.status).toBe(200);
});

test("F4 a page whose clock is an hour ahead is told of its features by that clock", async () => {
  const client = pageClient(edge, site);
  await client.send(["/"]);
  const ahead = 3_600_000;
  const now = Date.now();
  const streams = [{ stream: randomKey(8), touchpoints: touchpointsAt(["/pay"], now + ahead) }];
  const { reply } = await client.send([], { streams, sentAt: now + ahead });
  expect(reply.features?.stage).toBe("pay");
  expect(Math.abs((reply.features?.lastAt ?? 0) - (now + ahead))).toBeLessThan(1000);
});

test("D12 a batch with an ask gets its decision, and the same one when it is sent again", async () => {
  const client = pageClient(edge, site);
  const ask = anAsk();
  const touchpoints = touchpointsAt(["/cart", "/pay"], Date.now() - 25_000);
  const batch = { streams: [{ stream: client.stream, touchpoints }], asks: [ask] };
  const first = (await client.send([], batch)).reply.decisions;
  const again = (await client.send([], batch)).reply.decisions;
  expect(first).toMatchObject([
    { ask: ask.ask, verdict: "show", campaign: "help", content: { title: "Need a hand?" } },
  ]);
  expect(again[0]?.reservation).toBe(first[0]?.reservation);
  const other = (await client.send([], { ...batch, asks: [anAsk()] })).reply.decisions;
  expect(other).toMatchObject([{ verdict: "none", reason: "capped" }]);
});

test("D3 a campaign that was paused stops at the next ask, and is not in what pages read", async () => {
  const own = await emptySite("pausing");
  const asked = async () => {
    const client = pageClient(edge, own);
    const touchpoints = touchpointsAt(["/pay"], Date.now() - 25_000);
    const streams = [{ stream: client.stream, touchpoints }];
    return (await client.send([], { streams, asks: [anAsk()] })).reply.decisions[0]?.reason;
  };
  const campaign = { ...SMALL_SITE.campaigns[0], holdout: 0 } as (typeof SMALL_SITE.campaigns)[number];
  await putConfig(edge, own.id, { ...SMALL_SITE, campaigns: [campaign] });
  expect(await asked()).toBe("chosen");
  await putConfig(edge, own.id, { ...SMALL_SITE, campaigns: [{ ...campaign, status: "paused" }] });
  expect(await asked()).toBe("paused");
  const config = await (await fetch(`${edge.url}/v1/config/${own.publicKey}`)).text();
  expect(JSON.parse(config).triggers).toEqual([]);
  for (const secret of ["holdout", "cap", "audience", "content"]) expect(config).not.toContain(`"${secret}"`);
});

test("C3 the edge tells a page of a later choice, and takes nothing against it (B15, B16)", async () => {
  const own = await emptySite("later-choice");
  const client = pageClient(edge, own);
  await client.send(["/"]);
  const consent = { rev: 2, purposes: [] };
  const choice = {
    v: 1,
    site: own.publicKey,
    secret: client.secret,
    consent,
    policy: "p",
    language: "en",
    control: "withdraw",
  };
  const posted = await fetch(`${edge.url}/v1/consent`, {
    method: "POST",
    headers: { Origin: edge.url },
    body: JSON.stringify(choice),
  });
  expect(await posted.json()).toEqual({ v: 1, recorded: true });
  const { reply } = await client.send(["/cart"]);
  expect(reply.consent).toEqual(consent);
  expect(reply.refused.map((r) => r.reason)).toEqual(["consent"]);
  expect(
    (
      await waitFor(
        () => mapOf(own.id),
        (map) => map.touchpoints > 0,
      )
    ).touchpoints,
  ).toBe(1);
});
