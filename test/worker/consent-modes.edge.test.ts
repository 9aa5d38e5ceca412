import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { ConsentConfig } from "../../models/consent-config.ts";
import type { PublishedConfig } from "../../models/site-config.ts";
import type { CollectReply } from "../../models/wire.ts";
import app from "../../worker/index.ts";
import { base64url, browserVisitor, sha256 } from "../../worker/keys.ts";
import { batchOf, createSite, ORIGIN, randomKey, type SiteOf } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const REGIONS: ConsentConfig = {
  ...SMALL_SITE.consent,
  mode: "notice",
  regions: [
    { countries: ["US"], subdivisions: ["CA"], mode: "opt-out" },
    { countries: ["DE"], mode: "opt-in" },
  ],
  texts: { "en-GB": { title: "Shall we help?" } },
};

interface From {
  country?: string;
  regionCode?: string;
  headers?: Record<string, string>;
}

/** Asks as a browser at a place does; without `country` the platform does not know where it is. */
function asked(path: string, { country, regionCode, headers = {} }: From, body?: unknown): Promise<Response> {
  const cf = country === undefined ? {} : { country, regionCode };
  const init = {
    headers: { Origin: ORIGIN, ...headers },
    cf,
    ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
  };
  return Promise.resolve(app.fetch(new Request(`https://edge.example${path}`, init as RequestInit), env));
}

async function consentAt(site: SiteOf, from: From): Promise<PublishedConfig["consent"]> {
  return ((await (await asked(`/v1/config/${site.publicKey}`, from)).json()) as PublishedConfig).consent;
}

test("G13 the mode is that of the place that the request comes from, and opt-in where nobody knows it", async () => {
  const site = await createSite("modes", { consent: REGIONS });
  const modeAt = async (from: From) => (await consentAt(site, from)).mode;
  expect(await modeAt({ country: "US", regionCode: "CA" })).toBe("opt-out");
  expect(await modeAt({ country: "US", regionCode: "TX" })).toBe("notice");
  expect(await modeAt({ country: "DE", regionCode: "BE" })).toBe("opt-in");
  expect(await modeAt({ country: "US" })).toBe("opt-in");
  expect(await modeAt({})).toBe("opt-in");
});

test("G14 a page reads one language's words, the one that its browser wants, and a cache tells them apart", async () => {
  const site = await createSite("tongues", { consent: REGIONS });
  const british = await consentAt(site, { headers: { "Accept-Language": "en-GB,en;q=0.5" } });
  expect([british.language, british.text.title]).toEqual(["en-GB", "Shall we help?"]);
  const own = await consentAt(site, { headers: { "Accept-Language": "nl" } });
  expect([own.language, own.text.title]).toEqual(["en", "May we help?"]);
  expect(own.languages).toEqual(["en", "en-GB"]);
  expect(JSON.stringify(own)).not.toContain("Shall we");
  const answer = await asked(`/v1/config/${site.publicKey}`, {});
  expect(answer.headers.get("Vary")).toContain("Accept-Language");
});

test("G12 a page reads the hash of its very notice: another by mode and by language", async () => {
  const site = await createSite("notices", { consent: REGIONS });
  const hashes = [
    await consentAt(site, { country: "DE" }),
    await consentAt(site, { country: "FR" }),
    await consentAt(site, { country: "DE", headers: { "Accept-Language": "en-GB" } }),
  ].map(({ notice }) => notice);
  expect(new Set(hashes).size).toBe(3);
  for (const hash of hashes) expect(hash).toMatch(/^[\w-]{43}$/);
  expect((await consentAt(site, { country: "DE" })).notice).toBe(hashes[0]);
});

const sha = async (text: string) => base64url(await sha256(text));

test("G9 after a change the page reads what is new since each earlier policy, also of one that was stored before it was kept", async () => {
  const site = await createSite("changes");
  const put = async (change: Partial<ConsentConfig>) => {
    const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
    const body = JSON.stringify({ ...SMALL_SITE, consent: { ...SMALL_SITE.consent, ...change } });
    const request = new Request(`https://edge.example/api/sites/${site.id}/config`, { method: "PUT", headers, body });
    expect((await app.fetch(request, env)).status).toBe(200);
    return consentAt(site, {});
  };
  const first = await consentAt(site, {});
  // As an earlier version stored it: hashes alone, of which the newest is of the configuration in force.
  const old = await sha("old");
  await runInDurableObject(env.SITE.getByName(site.id), async (_, { storage }) => {
    const { former: __, ...stored } = JSON.parse(storage.kv.get("site") as string);
    storage.kv.put("site", JSON.stringify({ ...stored, policies: [first.policy, old] }));
  });
  const longer = await put({ retentionDays: 500 });
  expect(longer.changes).toEqual({
    [first.policy]: { purposes: [], recipients: [], longer: true, goesOn: false, news: [expect.any(String)] },
  });
  expect(longer.holds).toEqual([]);
  const reworded = await put({ retentionDays: 500, text: { title: "Other words" } });
  expect([reworded.policy, reworded.changes]).toEqual([longer.policy, longer.changes]);
  expect(reworded.notice).not.toBe(longer.notice);
  const shorter = await put({ retentionDays: 20 });
  expect(shorter.holds.toSorted()).toEqual([first.policy, longer.policy].toSorted());
  expect(shorter.changes).toEqual({});
});

/** What the journey has after a batch of three page views that is stamped without a choice. */
async function takenOf(site: SiteOf, from: From, purposes = ["analytics", "scoring"]) {
  const secret = randomKey(16);
  const batch = batchOf(site, 3, { secret, consent: { rev: 0, purposes } });
  const answer = await asked("/v1/collect", from, batch);
  const { refused } = (await answer.json()) as CollectReply;
  const visitor = await browserVisitor(env, site.id, secret);
  return runInDurableObject(env.JOURNEY.getByName(`${site.id}:${visitor}`), ({ store }) => {
    const { state } = store.load();
    return {
      status: answer.status,
      kept: state.folded.ring.length,
      held: state.consent.purposes,
      refused: refused.length,
    };
  });
}

test("G16 B16 B6 without a choice the edge takes what the place's mode permits, and nothing where a yes is needed or nobody knows the place", async () => {
  const site = await createSite("implied", { consent: REGIONS });
  const taken = { status: 200, kept: 3, held: ["analytics", "scoring"], refused: 0 };
  const dropped = { status: 200, kept: 0, held: [], refused: 3 };
  expect(await takenOf(site, { country: "US", regionCode: "CA" })).toEqual(taken);
  expect(await takenOf(site, { country: "FR" })).toEqual(taken);
  expect(await takenOf(site, { country: "DE" })).toEqual(dropped);
  expect(await takenOf(site, {})).toEqual(dropped);
  expect(await takenOf(site, { country: "FR" }, ["analytics", "sharing"])).toMatchObject({ held: ["analytics"] });
});

test("B17 B19 where no choice was made Sec-GPC of exactly 1 takes away what the site says, and no other value does", async () => {
  const everywhere: ConsentConfig = { ...REGIONS, regions: [], purposes: ["analytics", "sharing"] };
  const all = await createSite("gpc-all", { consent: everywhere, campaigns: [] });
  const sharing = await createSite("gpc-sharing", {
    consent: { ...everywhere, gpc: "sharing", dnt: true },
    campaigns: [],
  });
  const held = async (site: SiteOf, headers: Record<string, string>) =>
    (await takenOf(site, { country: "US", headers }, ["analytics", "sharing"])).held;
  for (const value of ["0", '"1"', "true", ""]) {
    expect([value, await held(all, { "Sec-GPC": value })]).toEqual([value, ["analytics", "sharing"]]);
  }
  for (const value of ["1", "1, 0"]) {
    expect([value, await held(all, { "Sec-GPC": value })]).toEqual([value, []]);
    expect([value, await held(sharing, { "Sec-GPC": value })]).toEqual([value, ["analytics"]]);
  }
  expect(await held(all, { DNT: "1" })).toEqual(["analytics", "sharing"]);
  expect(await held(sharing, { DNT: "1" })).toEqual(["analytics"]);
});
