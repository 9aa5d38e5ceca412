import { afterAll, beforeAll, expect, test } from "vitest";
import type { MapView } from "../../models/analysis/graph.ts";
import type { ItemResult } from "../../models/server-item.ts";
import type { Problem } from "../../models/wire.ts";
import { createSite, type DemoSite, type Edge, startEdge, visitorOf } from "../harness/edge.ts";
import { pageClient } from "../harness/page-client.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { waitFor } from "../harness/wait-for.ts";

let edge: Edge;
let site: DemoSite;

beforeAll(async () => {
  edge = await startEdge();
  site = await createSite(edge, "demo", SMALL_SITE);
});
afterAll(() => edge.close());

async function postBatch(own: DemoSite, body: unknown, writeKey = own.writeKey) {
  const response = await fetch(`${edge.url}/v1/batch`, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${writeKey}:`)}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as { results: ItemResult[] } & Problem };
}

const item = (anonymousId: string, seq: number, path: string, more: object = {}) => ({
  anonymousId,
  seq,
  type: "page",
  timestamp: new Date(Date.UTC(2020, 0, 1, 12, seq)).toISOString(),
  properties: { url: `https://shop.example${path}` },
  ...more,
});

const mapOf = async (id: string) =>
  (await (await edge.api("GET", `/api/sites/${id}/journeys/checkout/map`)).json()) as MapView;

test("W5 a historical batch of many visitors answers for each item, and its event times are the clock", async () => {
  const own = await createSite(edge, "history", SMALL_SITE);
  const batch = [
    item("ann", 0, "/"),
    item("bob", 0, "/cart"),
    item("ann", 1, "/cart", { type: "track", event: "Product Added" }),
    item("ann", 2, "/cart"),
    item("bob", 1, "/pay", { timestamp: "yesterday" }),
    item("", 0, "/"),
    item("bob", 2, "/pay", { type: "outcome" }),
  ];
  const { status, body } = await postBatch(own, { historical: true, stream: "file-digest", batch });
  expect(status).toBe(200);
  expect(body.results.map((r) => r.result)).toEqual([
    "accepted",
    "accepted",
    "accepted",
    "accepted",
    "refused",
    "refused",
    "refused",
  ]);
  expect(body.results.slice(4).map((r) => r.result === "refused" && r.field)).toEqual([
    "timestamp",
    "anonymousId",
    "type",
  ]);
  const map = await waitFor(
    () => mapOf(own.id),
    (seen) => seen.touchpoints === 4,
  );
  expect(map.edges).toMatchObject([{ from: "browse", to: "cart", count: 1, meanMs: 2 * 60_000 }]);
  const again = await postBatch(own, { historical: true, stream: "file-digest", batch: batch.slice(0, 4) });
  expect(again.body.results.map((r) => r.result)).toEqual(Array(4).fill("duplicate"));
  const other = await postBatch(own, { historical: true, stream: "another-file", batch: batch.slice(0, 1) });
  expect(other.body.results.map((r) => r.result)).toEqual(["accepted"]);
});

test("W7 visitors of one file who turn out to be one user lose nothing, however they are joined, and a second replay changes nothing", async () => {
  const own = await createSite(edge, "joined", SMALL_SITE);
  const batch = [
    item("phone", 0, "/"),
    item("phone", 1, "/cart"),
    item("laptop", 0, "/"),
    item("laptop", 1, "/cart"),
    item("phone", 2, "/", { type: "identify", userId: "ada" }),
    item("laptop", 2, "/", { type: "identify", userId: "ada" }),
    { ...item("", 0, "/pay"), anonymousId: undefined, userId: "ada" },
    item("phone", 3, "/", { type: "alias", previousId: "a.", userId: "ada" }),
    item("laptop", 3, "/", { type: "alias", previousId: "a..", userId: "ada" }),
  ];
  const sent = { historical: true, stream: "one-file", batch };
  const results = async () => (await postBatch(own, sent)).body.results.map((r) => r.result);
  expect(await results()).toEqual(Array(9).fill("accepted"));
  const map = await waitFor(
    () => mapOf(own.id),
    (seen) => seen.touchpoints === 9,
  );
  expect(map.visits).toBe(1);
  expect(await results()).toEqual(Array(9).fill("duplicate"));
});

test("W5 a batch that does not say whether it is historical, names no stream, or has over 100 visitors is refused with the field", async () => {
  const batch = [item("ann", 0, "/")];
  const many = Array.from({ length: 101 }, (_, i) => item(`v${i}`, 0, "/"));
  expect((await postBatch(site, { stream: "s", batch })).body).toMatchObject({ status: 400, field: "historical" });
  expect((await postBatch(site, { historical: true, batch })).body).toMatchObject({ status: 400, field: "stream" });
  expect((await postBatch(site, { historical: true, stream: "s", batch: {} })).body).toMatchObject({ field: "batch" });
  expect((await postBatch(site, { historical: true, stream: "s", batch: many })).body).toMatchObject({
    field: "batch",
    bound: "items of at most 100 visitors",
  });
  expect((await postBatch(site, { historical: true, stream: "s", batch: many.slice(0, 100) })).status).toBe(200);
});

test("S8 a write key that is wrong, or another kind of key, opens nothing", async () => {
  const batch = { historical: true, stream: "s", batch: [item("ann", 0, "/")] };
  for (const key of ["", "wrong", site.publicKey, edge.keys.ADMIN_TOKEN]) {
    expect((await postBatch(site, batch, key)).status).toBe(401);
  }
  const none = await fetch(`${edge.url}/v1/batch`, { method: "POST", body: JSON.stringify(batch) });
  expect(none.status).toBe(401);
});

test("I2 a server cannot speak for a browser's visitor by sending the secret as anonymousId", async () => {
  const own = await createSite(edge, "apart", SMALL_SITE);
  const client = pageClient(edge, own);
  await client.send(["/"]);
  await postBatch(own, { historical: true, stream: "s", batch: [item(client.secret, 0, "/")] });
  const map = await waitFor(
    () => mapOf(own.id),
    (seen) => seen.touchpoints === 2,
  );
  expect(map.visits).toBe(2);
});

test("I2 a server speaks for a browser's visitor by the id that a reply gave out, and for nobody by an id that nobody has", async () => {
  const own = await createSite(edge, "basis", SMALL_SITE);
  const client = pageClient(edge, own);
  const { reply } = await client.send(["/"]);
  expect(reply.visitor).toBe(visitorOf(edge.keys, own.id, client.secret));
  const batch = [item(reply.visitor as string, 0, "/cart"), item("n".repeat(43), 0, "/")];
  for (const historical of [true, false]) {
    const { body } = await postBatch(own, { historical, stream: `s${historical}`, batch });
    expect(body.results.map((r) => (r.result === "refused" ? r.reason : r.result))).toEqual([
      "accepted",
      "unknown-visitor",
    ]);
  }
  const map = await waitFor(
    () => mapOf(own.id),
    (seen) => seen.touchpoints === 3,
  );
  // Two of them happened years ago.
  expect(map.visits).toBe(2);
});
