import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SCHEMES, type SourceConfig, type SourceRule } from "../../models/source-config.ts";
import { visitor as english } from "../../models/texts/en.ts";
import { readWebhook } from "../../models/webhook-mapping.ts";
import { WORKED } from "../../worker/cli/waypost/worked-sources.ts";
import { parseSiteConfig } from "../../worker/config/parse.ts";
import { createSite, type DemoSite, type Edge, startEdge } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { type Sender, senderOf } from "../harness/webhook-sender.ts";

/** A payload as the provider documents it, and what it becomes. */
interface Case {
  name: string;
  payload: unknown;
  touchpoints: Told[];
  ignored?: number;
  refused?: object[];
}
interface Told {
  userId: string;
  messageId: string;
  type: string;
  name: string;
  at: string;
  channel?: string;
  url?: string;
  props: object;
  products?: object[];
}
const FOLDER = join(import.meta.dirname, "../cases/webhooks");
const files = readdirSync(FOLDER).map(
  (file) => JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as { source: string; cases: Case[] },
);

/** The worked mappings, as the edge reads them out of a configuration. */
const read = parseSiteConfig({ ...SMALL_SITE, sources: Object.values(WORKED).map((text) => parse(text)) }, english);
if (!read.ok) throw new Error(JSON.stringify(read));
const sources = read.value.sources as SourceConfig[];
const sourceOf = (id: string) => sources.find((source) => source.id === id) as SourceConfig;

const RULE: SourceRule = { type: "track", name: "Told", userId: ["{user}"], messageId: "{id}" };
const more: SourceConfig[] = (["hubspot-v3", "square", "standard-webhooks", "svix"] as const).map((scheme) => ({
  id: scheme,
  name: scheme,
  channel: "store",
  signature: { scheme },
  rules: [RULE],
}));

let edge: Edge;
let site: DemoSite;
const senders = new Map<string, Sender>();
beforeAll(async () => {
  edge = await startEdge();
  site = await createSite(edge, "hooks", { ...SMALL_SITE, sources: [...sources, ...more] });
  for (const { id, signature } of [...sources, ...more]) {
    const sender = senderOf(signature.scheme as Parameters<typeof senderOf>[0]);
    senders.set(id, sender);
    await keep(id, { secret: sender.secret });
  }
});
afterAll(() => edge.close());

async function keep(id: string, given: object | null): Promise<void> {
  const path = `/api/sites/hooks/sources/${id}/secret`;
  const answer = await edge.api(given ? "PUT" : "DELETE", path, given ?? undefined);
  expect([id, answer.status, await answer.text()]).toEqual([
    id,
    200,
    JSON.stringify({ site: "hooks", source: id, kept: given !== null }),
  ]);
}

interface Sending {
  by?: Sender;
  /** Of signing, ms from now. */
  off?: number;
  /** What is sent in place of what was signed. */
  sent?: string;
  headers?: Record<string, string>;
  below?: string;
}

/** Sends a payload to a source as its provider would. */
async function send(id: string, payload: unknown, { by, off = 0, sent, headers, below = "" }: Sending = {}) {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const url = `${edge.url}${below}/v1/webhooks/${site.publicKey}/${id}`;
  const signed = (by ?? (senders.get(id) as Sender)).headers(body, { url, at: Date.now() + off });
  const answer = await fetch(url, { method: "POST", headers: headers ?? signed, body: sent ?? body });
  const text = await answer.text();
  return { status: answer.status, body: JSON.parse(text), text };
}

/** What a team sees of a user's journey. */
async function timelineOf(userId: string): Promise<{ type: string; name: string; at: number; channel: string }[]> {
  const answer = await edge.api("POST", "/api/sites/hooks/people/find", { userId });
  return answer.ok ? ((await answer.json()) as { timeline: [] }).timeline : [];
}

test("W38 there is a worked mapping for each of the five systems, with payloads of every rule", () => {
  expect(Object.keys(WORKED)).toEqual(["crm-deal", "email", "payments", "support-desk", "till"]);
  expect(files.map(({ source }) => source).sort()).toEqual(Object.keys(WORKED));
  for (const { source, cases } of files) {
    const told = new Set(cases.flatMap(({ touchpoints }) => touchpoints.map(({ name }) => name)));
    expect([source, [...told].sort()]).toEqual([
      source,
      [...new Set(sourceOf(source).rules.map(({ name }) => name))].sort(),
    ]);
  }
});

test.each(files.flatMap(({ source, cases }) => cases.map((one): [string, string, Case] => [source, one.name, one])))(
  "W38 %s: %s",
  (id, _, { payload, touchpoints, ignored = 0, refused = [] }) => {
    const told = readWebhook(sourceOf(id), payload, Date.UTC(2026, 10, 29));
    if (!told.ok) throw new Error(JSON.stringify(told));
    const items = told.value.items.map(({ item: { name, messageId, touchpoint } }) => {
      const { seq: _, at, url, source, ...rest } = touchpoint;
      expect(source).toBe(id);
      return { ...name, messageId, at: new Date(at).toISOString(), ...(url === "" ? {} : { url }), ...rest };
    });
    expect(items).toEqual(touchpoints);
    expect(told.value.ignored).toBe(ignored);
    expect(told.value.refused).toMatchObject(
      refused.map(({ event: index, ...why }: { event?: number }) => ({ index, ...why })),
    );
    expect(told.value.refused).toHaveLength(refused.length);
  },
);

test("W38 the source in worker/README.md is one that an edge takes, and each scheme stands there", () => {
  const readme = readFileSync(join(import.meta.dirname, "../../worker/README.md"), "utf8");
  const text = /<!-- source: rental -->\n```jsonc\n([\s\S]+?)\n```/.exec(readme)?.[1] as string;
  const told = parseSiteConfig({ ...SMALL_SITE, sources: [parse(text)] }, english);
  expect(told).toMatchObject({ ok: true });
  const [rental] = (told.ok && told.value.sources) as [SourceConfig];
  const event = { id: 7, kind: "returned", minutesLate: 20, returnedAt: 1793527200, feeCents: 450 };
  const events = [
    { ...event, customer: { email: "Ann@Example.com" } },
    { ...event, minutesLate: 0 },
  ];
  expect(readWebhook(rental, { branch: "Kiel", events }, Date.now())).toMatchObject({
    ok: true,
    value: {
      ignored: 1,
      refused: [],
      items: [
        {
          item: {
            name: { userId: "ann@example.com" },
            messageId: "rental:7",
            touchpoint: {
              name: "Bike Returned Late",
              channel: "store",
              props: { branch: "Kiel", minutes_late: 20, fee: 4.5 },
            },
          },
        },
      ],
    },
  });
  const listed = /\| `signature\.scheme` \|[\s\S]+?\n\n/.exec(readme)?.[0] ?? "";
  for (const scheme of [...SCHEMES, "hmac-sha256"])
    expect(listed).toMatch(new RegExp(`^\\|.*\`${scheme}\`.* \\|`, "m"));
});

test("W36 W37 every worked payload arrives with its provider's signature in the journey that it names, and sent again it is a repetition", async () => {
  const sent: Told[] = [];
  for (const { source, cases } of files) {
    for (const { name, payload, touchpoints, ignored = 0, refused = [] } of cases) {
      const counts = { accepted: touchpoints.length, duplicates: 0, ignored, refused, more: 0 };
      const first = await send(source, payload);
      expect([name, first.status, first.body]).toMatchObject([name, 200, counts]);
      const again = await send(source, payload);
      expect([name, again.status, again.body]).toMatchObject([
        name,
        200,
        { ...counts, accepted: 0, duplicates: touchpoints.length },
      ]);
      sent.push(...touchpoints);
    }
  }
  const users = [...new Set(sent.map(({ userId }) => userId))];
  for (const user of users) {
    const expected = sent.filter(({ userId }) => userId === user);
    const timeline = await timelineOf(user);
    const seen = timeline.map(({ type, name, at, channel }) => ({
      type,
      name,
      at: new Date(at).toISOString(),
      channel,
    }));
    const told = expected.map(({ type, name, at, channel = "" }) => ({ type, name, at, channel }));
    const byTime = (a: { at: string; name: string }, b: { at: string; name: string }) =>
      a.at === b.at ? a.name.localeCompare(b.name) : a.at.localeCompare(b.at);
    expect([user, seen.sort(byTime)]).toEqual([user, told.sort(byTime)]);
  }
  // Nobody of the repository's examples is there but those that were told.
  expect(await timelineOf("bob")).toEqual([]);
});

test("W36 who has not the source's own secret is told nothing but that, and leaves nothing", async () => {
  const ticket = { type: "zen:event-type:ticket.created", id: "x-1", time: new Date().toISOString() };
  const payload = { ...ticket, detail: { id: "1", requester_id: "4242" } };
  const body = JSON.stringify(payload);
  const stranger = senderOf("zendesk");
  const own = senders.get("support-desk") as Sender;
  const good = own.headers(body, { url: "", at: Date.now() });
  const signature = good["X-Zendesk-Webhook-Signature"] as string;
  const time = good["X-Zendesk-Webhook-Signature-Timestamp"] as string;
  const withSignature = (text: string) => ({ headers: { ...good, "X-Zendesk-Webhook-Signature": text } });
  const forged: [string, Sending][] = [
    ["of somebody else's secret", { by: stranger }],
    [
      "of another source's secret, by its own scheme",
      { headers: (senders.get("till") as Sender).headers(body, { url: "", at: 0 }) },
    ],
    ["over another body", { sent: body.replace("4242", "4243") }],
    ["over the body with a space after it", { sent: `${body} ` }],
    ["five minutes old, and a little", { off: -301_000 }],
    ["of the future", { off: 301_000 }],
    [
      "with a later time",
      { headers: { ...good, "X-Zendesk-Webhook-Signature-Timestamp": new Date(Date.parse(time) + 1).toISOString() } },
    ],
    ["cut off", withSignature(signature.slice(0, -4))],
    ["empty", withSignature("")],
    ["no base64", withSignature("é~~~")],
    ["without its time", { headers: { "X-Zendesk-Webhook-Signature": signature } }],
    ["the secret itself", withSignature(own.secret)],
    ["none at all", { headers: {} }],
    ["a write key's", { headers: { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` } }],
  ];
  const answers = new Set<string>();
  for (const [what, sending] of forged) {
    const { status, text } = await send("support-desk", payload, { ...sending });
    expect([what, status]).toEqual([what, 401]);
    answers.add(text);
  }
  // The same words whatever was wrong: they help nobody to come nearer.
  expect([...answers]).toEqual([expect.stringContaining("npx waypost sources secret")]);
  expect(await timelineOf("zendesk-4242")).toEqual([]);
  expect(await send("support-desk", payload)).toMatchObject({ status: 200, body: { accepted: 1 } });
  expect(await timelineOf("zendesk-4242")).toHaveLength(1);
});

test("W36 SendGrid's signature is of its own key and over its own bytes, in each form that the numbers of one can have", async () => {
  const payload = (id: number) => [
    { event: "open", email: "eve@example.com", sg_event_id: `o${id}`, timestamp: 1793527200 },
  ];
  // The numbers are random: of 40 some have a zero before them, and of 256 one is short.
  for (let id = 0; id < 40; id++)
    expect(await send("email", payload(id))).toMatchObject({ status: 200, body: { accepted: 1 } });
  expect((await send("email", payload(50), { by: senderOf("sendgrid") })).status).toBe(401);
  const own = senders.get("email") as Sender;
  const good = own.headers(JSON.stringify(payload(51)), { url: "", at: Date.now() });
  const name = "X-Twilio-Email-Event-Webhook-Signature";
  for (const wrong of ["MAA=", "MAYCAQECAQE=", randomBytes(64).toString("base64"), `${good[name]}AAAA`]) {
    expect((await send("email", payload(51), { headers: { ...good, [name]: wrong } })).status).toBe(401);
  }
  expect((await send("email", payload(51), { headers: good })).status).toBe(200);
});

test("W36 a scheme that signs the address takes the one that was asked, below /_w too, and no other", async () => {
  for (const id of ["hubspot-v3", "square", "standard-webhooks", "svix"]) {
    for (const below of ["", "/_w"]) {
      const payload = { user: `user-${id}`, id: `${id}${below}` };
      expect([id, below, await send(id, payload, { below })]).toMatchObject([
        id,
        below,
        { status: 200, body: { accepted: 1 } },
      ]);
    }
    expect(await timelineOf(`user-${id}`)).toMatchObject([{ channel: "store" }, { channel: "store" }]);
  }
  const body = JSON.stringify({ user: "user-square", id: "elsewhere" });
  const headers = (senders.get("square") as Sender).headers(body, {
    url: `https://other.example/v1/webhooks/k/s`,
    at: 0,
  });
  expect((await send("square", body, { headers })).status).toBe(401);
});

test("W37 what is no webhook of the site's is named: key, source, form, size, events", async () => {
  const post = async (path: string, body: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(edge.url + path, { method: "POST", body, headers });
    return [answer.status, ((await answer.json()) as { type: string }).type.split("/").at(-1)];
  };
  const other = await createSite(edge, "no-hooks", SMALL_SITE);
  expect(await post(`/v1/webhooks/${"k".repeat(22)}/till`, "{}")).toEqual([404, "unknown-site"]);
  expect(await post("/v1/webhooks/short/till", "{}")).toEqual([404, "unknown-site"]);
  expect(await post(`/v1/webhooks/${other.publicKey}/till`, "{}")).toEqual([404, "not-found"]);
  expect(await post(`/v1/webhooks/${site.publicKey}/none`, "{}")).toEqual([404, "not-found"]);
  expect(await post(`/v1/webhooks/${site.publicKey}/constructor`, "{}")).toEqual([404, "not-found"]);
  const long = JSON.stringify({ a: "x".repeat(1024 * 1024) });
  expect((await send("till", long)).status).toBe(413);
  expect(await send("till", "no JSON")).toMatchObject({
    status: 400,
    body: { field: "", bound: "JSON text in UTF-8" },
  });
  expect(
    (
      await send(
        "email",
        Array.from({ length: 5_001 }, () => ({})),
      )
    ).status,
  ).toBe(413);
  expect(await send("email", [{ event: "bounce" }, 5, {}])).toMatchObject({
    status: 200,
    body: { accepted: 0, duplicates: 0, ignored: 3, refused: [], more: 0 },
  });
  const bad = Array.from({ length: 130 }, () => ({ event: "open", email: "eve@example.com" }));
  const { body } = await send("email", bad);
  expect([body.refused.length, body.more, body.refused[7]]).toEqual([
    100,
    30,
    { event: 7, reason: "malformed", field: "messageId", bound: "what this says: {sg_event_id}" },
  ]);
});

test("W37 somebody who is told by an address alone is a user of that name, whom the site's server joins later", async () => {
  const open = (id: string) => [{ event: "open", email: " Kim@Example.com", sg_event_id: id, timestamp: 1793527200 }];
  expect((await send("email", open("kim-1"))).body.accepted).toBe(1);
  const alias = await fetch(`${edge.url}/v1/alias`, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` },
    body: JSON.stringify({ userId: "kim-17", previousId: "kim@example.com", messageId: "alias-kim" }),
  });
  expect(alias.status).toBe(200);
  expect((await send("email", open("kim-2"))).body.accepted).toBe(1);
  const names = (await timelineOf("kim-17")).map(({ name }) => name);
  expect(names.filter((name) => name === "Email Opened")).toHaveLength(2);
});

test("G52 a secret goes in and never comes out; a new one is taken at once, the one before beside it, or, where it was known to others, no more", async () => {
  const payload = (id: string) => ({ user: "rotated", id });
  const [first, second, third] = [senderOf("svix"), senderOf("svix"), senderOf("svix")];
  const by = async (sender: Sender, id: string) => (await send("svix", payload(id), { by: sender })).status;
  await keep("svix", { secret: first.secret, overlapHours: 0 });
  expect([await by(first, "r1"), await by(second, "r2")]).toEqual([200, 401]);
  await keep("svix", { secret: second.secret });
  expect([await by(first, "r3"), await by(second, "r4")]).toEqual([200, 200]);
  await keep("svix", { secret: third.secret, overlapHours: 0 });
  expect([await by(first, "r5"), await by(second, "r6"), await by(third, "r7")]).toEqual([401, 401, 200]);
  const listed = await (await edge.api("GET", "/api/sites/hooks/sources")).text();
  const { sources: told } = JSON.parse(listed) as { sources: { id: string }[] };
  expect(told.find(({ id }) => id === "svix")).toEqual({
    id: "svix",
    name: "svix",
    scheme: "svix",
    path: `/v1/webhooks/${site.publicKey}/svix`,
    secret: { at: expect.any(Number), previousUntil: null },
  });
  const log = await (await edge.api("GET", "/api/sites/hooks/audit")).text();
  const config = await (await edge.api("GET", "/api/sites/hooks/config")).text();
  for (const { secret } of [first, second, third, ...senders.values()]) {
    for (const text of [listed, log, config]) expect(text).not.toContain(secret);
  }
  const entries = log
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { action: string; subject: string });
  expect(entries.filter(({ action, subject }) => action === "source.keep" && subject === "svix")).toMatchObject([
    { before: { kept: false, previous: false }, after: { kept: true, previous: false } },
    { before: { kept: true, previous: false }, after: { kept: true, previous: false } },
    { before: { kept: true, previous: false }, after: { kept: true, previous: true } },
    { before: { kept: true, previous: true }, after: { kept: true, previous: false } },
  ]);
  await keep("svix", null);
  expect(await by(third, "r8")).toBe(401);
  await keep("svix", { secret: third.secret });
  expect(await by(third, "r8")).toBe(200);
});

test("G52 what can be no secret of its source is refused, with its bound", async () => {
  const put = async (id: string, body: object) => {
    const answer = await edge.api("PUT", `/api/sites/hooks/sources/${encodeURIComponent(id)}/secret`, body);
    return [answer.status, ((await answer.json()) as { field?: string }).field];
  };
  const secret = randomBytes(20).toString("hex");
  expect(await put("till", { secret: "short" })).toEqual([400, "secret"]);
  expect(await put("till", { secret: `${secret} ${secret}` })).toEqual([400, "secret"]);
  expect(await put("till", { secret: "x".repeat(501) })).toEqual([400, "secret"]);
  expect(await put("till", { secret, overlapHours: 169 })).toEqual([400, "overlapHours"]);
  expect(await put("email", { secret })).toEqual([400, "secret"]);
  expect(await put("square", { secret })).toEqual([200, undefined]);
  expect(await put("standard-webhooks", { secret: "whsec_~~~~~~~~~~~~" })).toEqual([400, "secret"]);
  expect(await put("Not An Id", { secret })).toEqual([400, "source"]);
  // Of one that is not published yet nothing is known but its name.
  expect(await put("not-yet", { secret })).toEqual([200, undefined]);
});
