import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { PersonView } from "../../models/analysis/person-view.ts";
import type { Problem } from "../../models/wire.ts";
import { readMap } from "../../worker/map/shards.ts";
import { ask, createSite, randomKey, type SiteOf } from "../harness/site-of.ts";

const CHROME =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36";

interface Answer extends Problem {
  success: boolean;
  accepted: number;
  duplicates: number;
  excluded: number;
  refused: { index: number; reason: string; field: string; bound: string }[];
}

async function post(site: SiteOf, call: string, body: unknown, headers: Record<string, string> = {}) {
  const basic = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` };
  const sent = body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await ask(`/v1/${call}`, { method: "POST", headers: { ...basic, ...headers }, body: sent });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}

async function personOf(site: SiteOf, userId: string): Promise<PersonView> {
  const response = await ask(`/api/sites/${site.id}/people/find`, {
    method: "POST",
    headers: { Authorization: `Bearer ${env.ADMIN_TOKEN}` },
    body: JSON.stringify({ userId }),
  });
  return (await response.json()) as PersonView;
}

async function packed(text: string): Promise<Uint8Array> {
  const stream = new Response(text).body?.pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const track = (event: string, more: object = {}) => ({ type: "track", event, userId: "ada", ...more });
const sumOf = async ({ id }: SiteOf) => {
  const parts = await readMap(env, { id, epoch: 1, shards: 8 }, { journey: "checkout" });
  return { touchpoints: parts.sum.touchpoints, bots: parts.beside.bot ?? 0, internal: parts.beside.internal ?? 0 };
};

test("W11 each call of the Segment API has its own address, and its kind is in the journey with the SDK that told it", async () => {
  const site = await createSite("segment-calls");
  const context = { library: { name: "analytics-go" } };
  const own = { userId: "ada", context };
  for (const [call, body] of Object.entries({
    track: { event: "Plan Chosen" },
    page: { properties: { url: "https://shop.example/cart" } },
    screen: { name: "Welcome" },
    identify: { traits: { plan: "pro" } },
    group: { groupId: "acme" },
  })) {
    const { status, body: answer } = await post(site, call, { ...body, ...own });
    expect([call, status, answer]).toEqual([
      call,
      200,
      { success: true, accepted: 1, duplicates: 0, excluded: 0, refused: [] },
    ]);
  }
  const { timeline } = await personOf(site, "ada");
  expect(timeline.map(({ type, channel, source }) => [type, channel, source]).sort()).toEqual([
    ["group", "", "analytics-go"],
    ["identify", "", "analytics-go"],
    ["page", "", "analytics-go"],
    ["screen", "app", "analytics-go"],
    ["track", "", "analytics-go"],
  ]);
  expect((await post(site, "alias", { previousId: "ada", userId: "ada.b" })).body.accepted).toBe(1);
  const joined = await personOf(site, "ada.b");
  expect([joined.touchpoints, joined.user]).toEqual([6, { proven: true, devices: 1 }]);
});

/** One call of each SDK that posts its batches as an import, in the form that its source writes. `at`: by its own clock. */
const SDK_CALLS = (at: number) => {
  const [iso, later] = [at, at + 1_000].map((time) => new Date(time).toISOString()) as [string, string];
  const seen = { type: "track", event: "Plan Chosen", properties: { plan: "pro" } };
  return {
    "analytics-ruby": {
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: {
        sentAt: later,
        batch: [
          {
            ...{ anonymousId: null, context: { library: { name: "analytics-ruby", version: "2.5.0" } } },
            ...{ integrations: null, messageId: "ruby-1", timestamp: iso, userId: "ruby", options: null, ...seen },
          },
        ],
      },
    },
    "analytics-java": {
      headers: { "Content-Type": "application/json; charset=UTF-8" },
      body: {
        batch: [{ ...seen, messageId: "java-1", timestamp: iso, userId: "java", integrations: {} }],
        sentAt: later,
        context: { library: { name: "analytics-java", version: "3.5.2" } },
        sequence: 7,
      },
    },
    "Analytics.NET": {
      headers: { "Content-Type": "application/json" },
      body: {
        ...{ messageId: "batch-1", sentAt: later.replace("Z", "4567+00:00"), context: null },
        batch: [
          {
            ...{ anonymousId: null, messageId: "net-1", timestamp: iso.replace("Z", "4567+00:00"), userId: "net" },
            ...{
              context: { library: { name: "Analytics.NET", version: "3.8.1" } },
              integrations: { all: true },
              ...seen,
            },
          },
        ],
      },
    },
  };
};

test("W29 the SDKs that post their batches as an import are read and answered as all others, also packed, by either address", async () => {
  const site = await createSite("segment-import");
  const taken = { success: true, accepted: 1, duplicates: 0, excluded: 0, refused: [] };
  // An hour ahead of the edge: as of any batch the times are put right by `sentAt`.
  const calls = SDK_CALLS(Date.now() + 3_600_000);
  for (const [sdk, { headers, body }] of Object.entries(calls)) {
    const first = await post(site, "import", body, headers);
    expect([sdk, first.status, first.body]).toEqual([sdk, 200, taken]);
    const again = await post(site, "import/", await packed(JSON.stringify(body)), {
      ...headers,
      "Content-Encoding": "gzip",
    });
    expect([sdk, again.status, again.body]).toEqual([sdk, 200, { ...taken, accepted: 0, duplicates: 1 }]);
    expect((await post(site, "batch", body, headers)).body).toMatchObject({ accepted: 0, duplicates: 1 });
    const { timeline } = await personOf(site, body.batch[0]?.userId as string);
    expect(timeline.map(({ type, name, source }) => [type, name, source])).toEqual([["track", "Plan Chosen", sdk]]);
    expect(Math.abs((timeline[0]?.at as number) - Date.now())).toBeLessThan(60_000);
  }
  const many = Array.from({ length: 130 }, (_, i) => track("Seen", { userId: `user ${i}`, messageId: `m${i}` }));
  const json = { "Content-Type": "application/json" };
  expect((await post(site, "import", { batch: many }, json)).body).toMatchObject({ accepted: 130, refused: [] });
  // The twin: what says that it is an import, and not of what, is none of theirs.
  const nameless = await post(site, "import", { covers: [[0, 9]], batch: [{ ...track("In"), seq: 0 }] }, json);
  expect([nameless.status, nameless.body.field]).toEqual([400, "stream"]);
  expect((await post(site, "import", { historical: true, batch: [] }, json)).body.field).toBe("stream");
});

test("W11 the write key is the user of Basic authorization, whose name has no case, whatever the password is", async () => {
  const site = await createSite("segment-key");
  const sent = (Authorization: string) => post(site, "track", track("In"), { Authorization });
  for (const scheme of ["Basic", "basic", "BASIC"]) {
    expect((await sent(`${scheme} ${btoa(`${site.writeKey}:any`)}`)).status).toBe(200);
  }
  for (const wrong of ["", "basic", `Bearer ${btoa(`${site.writeKey}:`)}`, `basic ${btoa("wrong:")}`]) {
    expect((await sent(wrong)).status).toBe(401);
  }
});

test("W8 what comes again by its id is counted once, in one call and in the next; without an id each is a new one", async () => {
  const site = await createSite("segment-again");
  const batch = [track("A", { messageId: "1" }), track("B", { messageId: "2" }), track("A", { messageId: "1" })];
  expect((await post(site, "batch", { batch })).body).toMatchObject({ accepted: 2, duplicates: 1 });
  expect((await post(site, "batch", { batch })).body).toMatchObject({ accepted: 0, duplicates: 3 });
  expect((await post(site, "track", { ...track("A"), messageId: "1" })).body).toMatchObject({ duplicates: 1 });
  for (const _ of [1, 2]) expect((await post(site, "track", track("C"))).body).toMatchObject({ accepted: 1 });
  // Another person's call of the same id is another call.
  expect((await post(site, "track", track("A", { messageId: "1", userId: "bob" }))).body.accepted).toBe(1);
  expect((await personOf(site, "ada")).touchpoints).toBe(4);
});

test("W8 W13 5,000 items of one visitor are taken in one call, and none twice when it comes again", async () => {
  const site = await createSite("segment-heavy");
  const batch = Array.from({ length: 5_000 }, (_, i) => track("Beat", { messageId: `${i}` }));
  // What cannot be given at once is 503 until it is: an SDK sends the same again.
  const settled = async () => {
    for (;;) {
      const answer = await post(site, "batch", { batch });
      if (answer.status === 200) return answer.body;
    }
  };
  await settled();
  expect(await settled()).toMatchObject({ accepted: 0, duplicates: 5_000 });
  expect((await personOf(site, "ada")).touchpoints).toBe(5_000);
});

test("W8 W17 a device that changes its user takes along what it has sent: sent again it is counted nowhere twice", async () => {
  const site = await createSite("segment-shared");
  const dev = (type: string, id: string, more: object = {}) => ({ type, anonymousId: "dev", messageId: id, ...more });
  const one = dev("track", "m1", { event: "Of the first" });
  for (const call of [dev("identify", "i1", { userId: "u1" }), one, dev("identify", "i2", { userId: "u2" })]) {
    expect((await post(site, "batch", { batch: [call] })).body.accepted).toBe(1);
  }
  expect((await post(site, "batch", { batch: [one] })).body).toMatchObject({ accepted: 0, duplicates: 1 });
  const names = async (user: string) => (await personOf(site, user)).timeline.map(({ name }) => name).sort();
  expect(await names("u1")).toEqual(["Of the first", "u1"]);
  expect(await names("u2")).toEqual(["u2"]);

  const other = (type: string, id: string, more: object = {}) => ({ ...dev(type, id, more), anonymousId: "other" });
  const batch = [
    other("identify", "i3", { userId: "u3" }),
    other("track", "m3", { event: "Of the third" }),
    other("identify", "i4", { userId: "u4" }),
    other("track", "m4", { event: "Of the fourth" }),
  ];
  expect((await post(site, "batch", { batch })).body.accepted).toBe(4);
  expect([await names("u3"), await names("u4")]).toEqual([
    ["Of the third", "u3"],
    ["Of the fourth", "u4"],
  ]);
});

test("W11 people are numbered by some, and what one did is theirs, whoever the device is", async () => {
  const site = await createSite("segment-numbers");
  const batch = [track("Paid", { userId: 42, messageId: 1 }), track("Paid", { userId: 42, anonymousId: "dev" })];
  expect((await post(site, "batch", { batch })).body).toMatchObject({ accepted: 2, refused: [] });
  expect((await personOf(site, "42")).touchpoints).toBe(2);
});

test("W13 a bad item is refused alone, by its place, field and bound, and the rest of the batch is taken", async () => {
  const site = await createSite("segment-partial");
  const batch = [
    track("Good"),
    { ...track("x".repeat(129)) },
    7,
    track("Nobody's", { userId: undefined }),
    track("When", { timestamp: "yesterday" }),
    track("Good too"),
  ];
  const { status, body } = await post(site, "batch", { batch });
  expect([status, body.success, body.accepted]).toEqual([200, true, 2]);
  expect(body.refused.map(({ index, field }) => [index, field])).toEqual([
    [1, "name"],
    [2, ""],
    [3, "anonymousId"],
    [4, "timestamp"],
  ]);
});

test("W13 a call of a thousand visitors is taken whole: an SDK cannot know how many are too many", async () => {
  const site = await createSite("segment-many");
  const batch = Array.from({ length: 230 }, (_, i) => track("Seen", { userId: `user ${i}`, messageId: `${i}` }));
  expect((await post(site, "batch", { batch })).body).toMatchObject({ accepted: 230, refused: [] });
});

test("W13 bodies are bounded as they come out of gzip, and what is no gzip, or packed otherwise, is refused", async () => {
  const site = await createSite("segment-gzip");
  const gzip = { "Content-Encoding": "gzip" };
  const sized = (bytes: number, frame: object, put: (note: string) => object) => {
    const room = bytes - JSON.stringify({ ...frame, ...put("") }).length;
    return JSON.stringify({ ...frame, ...put("x".repeat(room)) });
  };
  const batchOf = (bytes: number) => sized(bytes, { batch: [track("In")] }, (note) => ({ note }));
  expect((await post(site, "batch", await packed(batchOf(512_000)), gzip)).body).toMatchObject({ accepted: 1 });
  expect((await post(site, "batch", await packed(batchOf(512_001)), gzip)).status).toBe(413);
  const oneOf = (bytes: number) => new TextEncoder().encode(sized(bytes, track("In"), (note) => ({ note })));
  expect((await post(site, "track", oneOf(32_768))).status).toBe(200);
  expect((await post(site, "track", oneOf(32_769))).status).toBe(413);
  const wrong = await post(site, "batch", { batch: [] }, gzip);
  expect([wrong.status, wrong.body.bound]).toEqual([400, "gzip, as Content-Encoding says"]);
  const other = await post(site, "batch", { batch: [] }, { "Content-Encoding": "br" });
  expect([other.status, other.body.field]).toEqual([400, "Content-Encoding"]);
  // 4 MB of zeros in 4 KB: no more of it is unpacked than may be.
  expect((await post(site, "batch", await packed("0".repeat(4_000_000)), gzip)).status).toBe(413);
});

test("W15 Z1 robots are counted and in no journey, the site's own people are told by their address, and the browser is read", async () => {
  const site = await createSite("segment-context", { internal: { ips: ["192.0.2.0/24"] } });
  const seen = (userId: string, context: object) => ({
    type: "page",
    userId,
    properties: { url: "https://shop.example/" },
    context,
  });
  const batch = [
    seen("guest", { userAgent: CHROME, locale: "de-DE", ip: "203.0.113.9" }),
    seen("staff", { userAgent: CHROME, ip: "192.0.2.77" }),
    seen("robot", { userAgent: "Googlebot/2.1 (+http://www.google.com/bot.html)" }),
  ];
  expect((await post(site, "batch", { batch })).body).toMatchObject({ accepted: 2, excluded: 1 });
  await expect.poll(() => sumOf(site)).toEqual({ touchpoints: 1, bots: 1, internal: 1 });
  const guest = await personOf(site, "guest");
  expect(guest.context).toBe("desktop/Chrome/Windows/de-DE/");
  expect(JSON.stringify(guest)).not.toContain("203.0.113.9");
  expect((await personOf(site, "robot")).person).toBeUndefined();
});

test("W15 a visitor who has refused analytics by the server's own consent manager is in no journey", async () => {
  const site = await createSite("segment-consent");
  const consent = (analytics: boolean) => ({ consent: { categoryPreferences: { analytics } } });
  const batch = [
    track("No", { userId: "no", context: consent(false) }),
    track("Yes", { userId: "yes", context: consent(true) }),
  ];
  const { body } = await post(site, "batch", { batch });
  expect(body).toMatchObject({ accepted: 1, refused: [{ index: 0, reason: "consent" }] });
  expect((await personOf(site, "no")).person).toBeUndefined();
  expect((await personOf(site, "yes")).touchpoints).toBe(1);
});

test("U5 what a site's servers send too fast is answered 429 with Retry-After, and nothing of it is taken", async () => {
  const site = await createSite("segment-fast");
  // Robots: they are counted before anything else, and make no journey.
  const batch = Array.from({ length: 2_000 }, () => track("Beat", { context: { userAgent: "Googlebot/2.1" } }));
  let answer = await post(site, "batch", { batch });
  let taken = 0;
  while (answer.status === 200 && taken < 60_000) {
    taken += answer.body.excluded;
    answer = await post(site, "batch", { batch });
  }
  expect(answer.status).toBe(429);
  expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThanOrEqual(1);
  expect(taken).toBeGreaterThanOrEqual(50_000);
});

test("S8 no call is taken without the write key, whatever its address", async () => {
  const site = await createSite("segment-keys");
  for (const call of ["batch", "track", "cloudevents"]) {
    for (const writeKey of ["", site.publicKey, randomKey(16)]) {
      expect((await post({ ...site, writeKey }, call, track("In"))).status).toBe(401);
    }
  }
});

const event = {
  specversion: "1.0",
  id: "7",
  source: "/crm",
  type: "deal.won",
  userid: "ada",
  channel: "crm",
  data: { amount: 900 },
};

test("W16 events in structured, batched and binary mode are taken, once each", async () => {
  const site = await createSite("cloud-events");
  const form = (type: string) => ({ "Content-Type": type });
  const one = await post(site, "cloudevents", event, form("application/cloudevents+json; charset=utf-8"));
  expect(one.body).toEqual({ success: true, accepted: 1, duplicates: 0, excluded: 0, refused: [] });
  const events = [event, { ...event, id: "8" }, { ...event, source: "/other" }, { ...event, id: "" }];
  const many = await post(site, "cloudevents", events, form("application/cloudevents-batch+json"));
  expect(many.body).toMatchObject({ accepted: 2, duplicates: 1, refused: [{ index: 3, field: "id" }] });
  const binary = {
    ...form("application/json"),
    "ce-specversion": "1.0",
    "ce-id": "9",
    "ce-source": "/crm",
    "ce-type": "deal%20lost",
    "ce-userid": "ada",
  };
  expect((await post(site, "cloudevents", { reason: "price" }, binary)).body).toMatchObject({ accepted: 1 });
  const { timeline } = await personOf(site, "ada");
  expect(timeline.map(({ type, name, channel, source }) => [type, name, channel, source]).sort()).toEqual([
    ["track", "deal lost", "", "/crm"],
    ["track", "deal.won", "crm", "/crm"],
    ["track", "deal.won", "crm", "/crm"],
    ["track", "deal.won", "crm", "/other"],
  ]);
  expect((await post(site, "cloudevents", event, form("text/xml"))).body.field).toBe("Content-Type");
});
