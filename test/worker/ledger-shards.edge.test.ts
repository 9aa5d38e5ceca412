import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { PublishedConfig } from "../../models/site-config.ts";
import { base64url, browserVisitor, sha256 } from "../../worker/keys.ts";
import { anyLedger, ledgerCount, visitorLedger } from "../../worker/ledger/shards.ts";
import { siteByKey } from "../../worker/sites.ts";
import { ask, createSite, post, randomKey } from "../harness/site-of.ts";

const place = { id: "placed", publicKey: "k", epoch: 1 };

test("G19 a visitor's records are in one ledger for good, however the map has grown, and all ledgers are used", async () => {
  const names = async (site: { shards: number; earlier?: number[] }) =>
    Promise.all(
      Array.from(
        { length: 200 },
        async (_, i) => (await visitorLedger(env, { ...place, ...site }, `visitor-${i}`)).name,
      ),
    );
  const before = await names({ shards: 8 });
  expect(await names({ shards: 16, earlier: [8] })).toEqual(before);
  expect(await names({ shards: 64, earlier: [8, 16, 32] })).toEqual(before);
  expect(new Set(before).size).toBe(8);
  // What an earlier version placed by the grown number is read too.
  expect(ledgerCount({ ...place, shards: 8 })).toBe(8);
  expect(ledgerCount({ ...place, shards: 4, earlier: [8, 16] })).toBe(16);
  expect(anyLedger(env, { ...place, shards: 1 }).name).toBe("placed:0");
});

test("G20 a choice is recorded though the site's object cannot be asked; the next one has its notice kept", async () => {
  const site = await createSite("wordless");
  const { consent } = (await (await ask(`/v1/config/${site.publicKey}`, {})).json()) as PublishedConfig;
  const found = await siteByKey(env, site.publicKey);
  if (!found) throw new Error("the site is there");
  const down = {
    getByName: () => {
      throw new Error("not reached");
    },
  };
  const recorded = async (notice: string, bindings: object) => {
    const secret = randomKey(16);
    const choice = {
      consent: { rev: 1, purposes: ["analytics"] },
      policy: consent.policy,
      language: "en",
      control: "accept",
    };
    const sent = await post("/v1/consent", { v: 1, site: site.publicKey, secret, notice, ...choice }, { bindings });
    const visitor = await browserVisitor(env, site.id, secret);
    const [record] = await (await visitorLedger(env, found, visitor)).receipts(visitor);
    return [sent.status, record?.notice];
  };
  const forged = base64url(await sha256("forged"));
  expect(await recorded(consent.notice, { SITE: down })).toEqual([200, consent.notice]);
  expect(await recorded(forged, { SITE: down })).toEqual([200, ""]);
  expect(await recorded(consent.notice, {})).toEqual([200, consent.notice]);
  expect(await env.SITE.getByName(site.id).notice(consent.notice)).toContain("May we help?");
});
