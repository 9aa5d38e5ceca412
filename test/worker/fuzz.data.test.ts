/** Hostile strings of other people's collections, in every slot of every body: `WAYPOST_DATA=DIR npm run verify:data`. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CollectReply } from "../../models/wire.ts";
import { createSite, type DemoSite, type Edge, randomKey, startEdge } from "../harness/edge.ts";
import { anAsk, post } from "../harness/page-client.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const CORPORA = join(resolve(process.env.WAYPOST_DATA ?? ""), "data", "corpora");
/** A batch holds this many of them, each in a touchpoint of its own. */
const STRINGS_A_BATCH = 100;

let edge: Edge;
let site: DemoSite;
let strings: string[];

beforeAll(async () => {
  edge = await startEdge();
  site = await createSite(edge, "corpora", { ...SMALL_SITE, limits: { touchpointsPerSecond: 100_000 } });
  const naughty = JSON.parse(await readFile(join(CORPORA, "blns.json"), "utf8")) as string[];
  const lists = ["nosql.txt", "open-redirect.txt", "xss-patt.txt"].map((name) => readFile(join(CORPORA, name), "utf8"));
  strings = [...naughty, ...(await Promise.all(lists)).flatMap((text) => text.split("\n"))];
});
afterAll(() => edge.close());

test("W2 each string of the corpora in each slot of a touchpoint: answered, the good one beside it kept (S13)", async () => {
  expect(strings.length).toBeGreaterThan(2_500);
  const now = Date.now();
  const good = { seq: 0, type: "page", name: "good", at: now, url: `${edge.url}/`, props: {} };
  const slots = (text: string) => [
    { ...good, name: text },
    { ...good, url: text },
    { ...good, url: `${edge.url}/${text}` },
    { ...good, type: text },
    { ...good, type: "track", props: { [text]: text, url: text } },
    {
      ...good,
      type: "track",
      name: "Order Completed",
      props: { revenue: text, currency: text, products: [{ name: text }] },
    },
  ];
  let sent = 0;
  for (let from = 0; from < strings.length; from += STRINGS_A_BATCH) {
    const some = strings.slice(from, from + STRINGS_A_BATCH);
    for (let slot = 0; slot < slots("").length; slot++) {
      const stream = randomKey(8);
      const touchpoints = [good, ...some.map((text, i) => ({ ...slots(text)[slot], seq: i + 1 }))];
      const { status, reply } = await post(edge, {
        v: 1,
        site: site.publicKey,
        secret: randomKey(16),
        sentAt: now,
        consent: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
        streams: [{ stream, touchpoints }],
        asks: [anAsk({ on: some[0] as string, model: some[1] ?? "" })],
      });
      expect([from, slot, status]).toEqual([from, slot, 200]);
      const acked = (reply as CollectReply).acked.flatMap(({ seqs }) => seqs);
      const has = (seq: number) => acked.some(([a, b]) => a <= seq && seq <= b);
      // Kept or refused for good, each by its seq: none is sent again.
      expect(touchpoints.filter(({ seq }) => !has(seq))).toEqual([]);
      sent += touchpoints.length;
    }
  }
  console.log(`${strings.length} strings in ${sent} touchpoints`);
});

test("W3 each string of the corpora in each field of a frame and a choice is answered with 4xx, or taken (S13)", async () => {
  const seen = new Set<number>();
  const frame = { v: 1, site: site.publicKey, secret: randomKey(16), sentAt: 0, consent: { rev: 0, purposes: [] } };
  const choice = { ...frame, policy: "p", language: "en", control: "reject" };
  for (const text of strings.filter((_, i) => i % 5 === 0)) {
    for (const field of ["site", "secret", "consent", "streams", "asks"]) {
      seen.add((await post(edge, { ...frame, [field]: text })).status);
    }
    for (const field of ["site", "secret", "policy", "language", "control"]) {
      const body = JSON.stringify({ ...choice, [field]: text });
      seen.add((await fetch(`${edge.url}/v1/consent`, { method: "POST", headers: { Origin: edge.url }, body })).status);
    }
  }
  expect([...seen].sort()).toEqual([200, 400, 404]);
});
