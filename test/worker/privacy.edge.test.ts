import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { ConsentConfig } from "../../models/consent-config.ts";
import type { PrivacyRecord } from "../../models/privacy-record.ts";
import { browserVisitor } from "../../worker/keys.ts";
import { receiptsOf } from "../../worker/ledger/receipts.ts";
import { newestConfig, siteByKey } from "../../worker/sites.ts";
import { ask, createSite, post, randomKey } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const MARKUP = `<img src=x onerror="alert('1')">&`;
const consent: ConsentConfig = {
  ...SMALL_SITE.consent,
  texts: { "en-GB": { purposes: { analytics: "Your way, in British." } } },
  controller: { name: MARKUP, contact: "mail@shop.example", url: "https://shop.example/?a=1&b=2" },
  recipients: [{ name: "Mailer & Sons", purposes: ["analytics"], country: "DE", url: "https://mailer.example/" }],
};
const PAGE = { Accept: "text/html,application/xhtml+xml", "Accept-Language": "en-GB" };

test("G22 B32 the privacy record is a page for people, in the visitor's language, and JSON for machines", async () => {
  const site = await createSite("privacy", { consent });
  const path = `/v1/privacy/${site.publicKey}`;
  const page = await ask(path, { headers: PAGE });
  expect(page.headers.get("Content-Type")).toMatch(/^text\/html/);
  expect([page.headers.get("Content-Language"), page.headers.get("Vary")]).toEqual([
    "en-GB",
    "Accept, Accept-Language",
  ]);
  const html = await page.text();
  expect(html).toContain('<html lang="en-GB" dir="ltr">');
  for (const said of [
    "Your way, in British.",
    "Mailer &amp; Sons",
    "Germany",
    "at most 395 days",
    "mail@shop.example",
  ]) {
    expect(html).toContain(said);
  }
  const json = await ask(path, { headers: { Accept: "*/*" } });
  const record = (await json.json()) as PrivacyRecord;
  expect(record.purposes.map(({ id }) => id)).toEqual(["analytics", "scoring", "personalization"]);
  expect(record.models.map(({ name }) => name)).toEqual(["stall", "intent"]);
  const asked = (await (await ask(`${path}?format=json`, { headers: PAGE })).json()) as PrivacyRecord;
  expect(asked).toEqual({ ...record, language: "en-GB", purposes: asked.purposes });
  expect(await (await ask(`${path}?language=en`, { headers: PAGE })).text()).toContain("Your way through the shop.");
  expect((await ask("/v1/privacy/none", { headers: PAGE })).status).toBe(404);
});

test("S1 nothing that a site writes becomes markup of its privacy page, and the page may run nothing", async () => {
  const site = await createSite("privacy-markup", { consent });
  const page = await ask(`/v1/privacy/${site.publicKey}`, { headers: PAGE });
  const html = await page.text();
  expect(html).not.toContain("<img");
  expect(html).toContain("&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;");
  expect(html).not.toMatch(/<script|style="/);
  const policy = page.headers.get("Content-Security-Policy") ?? "";
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'$/);
  const css = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(css));
  expect(policy).toContain(btoa(String.fromCharCode(...new Uint8Array(digest))));
});

test("B28 a visitor's receipts are of all that they chose, with the exact notice of each, and of nobody else", async () => {
  const site = await createSite("receipts", { consent });
  const published = (await (await ask(`/v1/config/${site.publicKey}`, {})).json()) as {
    consent: { notice: string; policy: string };
  };
  const { notice, policy } = published.consent;
  const secret = randomKey(16);
  const choice = { v: 1, site: site.publicKey, policy, notice, language: "en", surface: "banner" };
  for (const [rev, purposes, control] of [
    [1, ["analytics"], "accept"],
    [2, [], "withdraw"],
  ] as const) {
    const sent = await post("/v1/consent", { ...choice, secret, consent: { rev, purposes }, control });
    expect(sent.status).toBe(200);
  }
  await post("/v1/consent", {
    ...choice,
    secret: randomKey(16),
    consent: { rev: 1, purposes: ["analytics"] },
    control: "accept",
  });
  const found = await siteByKey(env, site.publicKey);
  const newest = await newestConfig(env, site.id);
  if (!found || !newest) throw new Error("the site is there");
  const receipts = await receiptsOf(env, found, newest, await browserVisitor(env, site.id, secret));
  const told = receipts.map((receipt) => {
    const record = receipt["dpv:hasRecordOfActivity"];
    return [record["dpv:hasConsentStatus"]["@id"], record["dpv:hasNotice"]["dct:identifier"]];
  });
  expect(told).toEqual([
    ["dpv:ConsentGiven", notice],
    ["dpv:ConsentWithdrawn", notice],
  ]);
  expect(receipts[0]?.["waypost:notice"]).toMatchObject({ text: { title: "May we help?" } });
  expect(receipts[0]?.["dct:identifier"]).toMatch(/^receipts:\d+:\d+:receipt$/);
  expect(JSON.stringify(receipts)).not.toContain(secret);
});
