import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Purpose } from "../../models/consent.ts";
import { base64url, sha256 } from "../../worker/keys.ts";

const choice = (rev: number, purposes: Purpose[]) => ({
  v: 1,
  site: "key",
  consent: { rev, purposes },
  policy: "policy-hash",
  language: "en",
  control: "accept" as const,
});

test("B24 a record says what was granted, when, by which control, for which texts, and names nobody", async () => {
  const ledger = env.LEDGER.getByName("b24");
  await ledger.record("visitor-id", "demo", choice(1, ["analytics"]));
  const { records } = await ledger.read();
  expect(records).toMatchObject([
    {
      site: "demo",
      rev: 1,
      granted: ["analytics"],
      policy: "policy-hash",
      language: "en",
      control: "accept",
      previous: "",
    },
  ]);
  expect(Math.abs((records[0]?.at ?? 0) - Date.now())).toBeLessThan(10_000);
  expect(JSON.stringify(records)).not.toContain("visitor-id");
});

test("B25 each record holds the hash of the one before, across restarts and when many come at once", async () => {
  const ledger = env.LEDGER.getByName("b25");
  await Promise.all([1, 2, 3].map((rev) => ledger.record(`visitor-${rev}`, "demo", choice(rev, ["analytics"]))));
  await evictDurableObject(ledger);
  await ledger.record("visitor-4", "demo", choice(1, []));
  const { records } = await ledger.read();
  expect(records).toHaveLength(4);
  for (const [i, record] of records.entries()) {
    const before = records[i - 1];
    expect(record.previous).toBe(before ? base64url(await sha256(JSON.stringify(before))) : "");
  }
});

test("B24 the same choice sent twice is one record, a later one another of the same subject", async () => {
  const ledger = env.LEDGER.getByName("twice");
  await ledger.record("v", "demo", choice(1, ["analytics"]));
  await ledger.record("v", "demo", choice(1, ["analytics"]));
  await ledger.record("v", "demo", choice(2, []));
  const { records } = await ledger.read();
  expect(records.map((r) => [r.rev, r.granted])).toEqual([
    [1, ["analytics"]],
    [2, []],
  ]);
  expect(records[0]?.subject).toBe(records[1]?.subject);
});

test("B29 a refusal is counted by day, and nothing else of it is kept", async () => {
  const ledger = env.LEDGER.getByName("refusals");
  await ledger.countRefusal("policy-hash");
  await ledger.countRefusal("policy-hash");
  const { records, refusals } = await ledger.read();
  expect(records).toEqual([]);
  expect(refusals).toEqual([{ day: new Date().toISOString().slice(0, 10), policy: "policy-hash", count: 2 }]);
});
