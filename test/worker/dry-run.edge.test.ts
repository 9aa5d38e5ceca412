import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { CampaignOf } from "../../models/campaign.ts";
import { ask, batchOf, createSite, ORIGIN, post, randomKey, type SiteOf } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [HELP] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];
const { stages: _, ...ANYWHERE } = HELP;
const LIVE: CampaignOf<"nudge"> = { ...ANYWHERE, id: "live", holdout: 0, trigger: { kind: "stage", stage: "cart" } };
const DRAFT: CampaignOf<"nudge"> = { ...LIVE, id: "draft", status: "draft", priority: 1 };
const SEEN: CampaignOf<"nudge"> = { ...LIVE, id: "seen", trigger: { kind: "exit" } };

async function api(site: SiteOf, method: string, path: string, body?: object) {
  const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
  const answer = await ask(`/api/sites/${site.id}${path}`, init);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const job = (site: SiteOf, campaign: string) => api(site, "GET", `/campaigns/${campaign}/dry-run`);

test("D46 D47 a dry run over what is recorded, as a job with progress: who, how often, and what would have given way", async () => {
  const site = await createSite("dry-run", { campaigns: [LIVE, DRAFT, SEEN] });
  const consent = { rev: 1, purposes: ["analytics", "personalization"] };
  const secrets = Array.from({ length: 25 }, () => randomKey(16));
  for (const secret of secrets)
    expect((await post("/v1/collect", batchOf(site, 2, { secret, consent }))).status).toBe(200);
  const indexed = async () => (await api(site, "GET", "/journeys/checkout/people?limit=500")).body.people as object[];
  await expect.poll(async () => (await indexed()).length, { timeout: 30_000 }).toBe(25);
  expect((await job(site, "draft")).status).toBe(404);
  const started = await api(site, "POST", "/campaigns/draft/dry-run", {});
  expect(started.body).toMatchObject({ campaign: "draft", people: { total: 25 } });
  const done = async () => (await job(site, "draft")).body;
  await expect.poll(async () => (await done()).status, { timeout: 60_000 }).toBe("done");
  const found = await done();
  expect(found).toMatchObject({
    people: { done: 25, total: 25 },
    shown: 25,
    showings: 25,
    perPerson: { "1": 25 },
    reasons: { chosen: 25 },
    displaced: { live: 25 },
  });
  expect(found.examples).toHaveLength(20);
  // Nothing was shown to anybody, and nothing counted.
  expect((await api(site, "GET", "/campaigns/live/counts")).body.total).toEqual([]);
  const [first] = secrets;
  const headers = { Origin: ORIGIN, Authorization: `Waypost ${first}` };
  for (const secret of secrets.slice(0, 24)) {
    const auth = { ...headers, Authorization: `Waypost ${secret}` };
    expect((await ask(`/v1/me?site=${site.publicKey}`, { method: "DELETE", headers: auth })).status).toBe(200);
  }
  // Who was erased since is nobody's example, and stands nowhere in what is kept of it.
  const examples = (await done()).examples as { person: string }[];
  expect(examples.length).toBeLessThanOrEqual(1);
  const stored = await runInDurableObject(env.DRY_RUN.getByName("dry-run"), (_, { storage }: DurableObjectState) =>
    JSON.stringify([...storage.kv.list()]),
  );
  expect((found.examples as { person: string }[]).filter(({ person }) => stored.includes(person))).toEqual(examples);
});

test("D46 what a page alone sees can't be tried on a record, and bounds are said", async () => {
  const site = await createSite("dry-run-not", { campaigns: [LIVE, SEEN] });
  expect((await api(site, "POST", "/campaigns/seen/dry-run", {})).body).toMatchObject({
    status: 400,
    field: "campaign",
  });
  expect((await api(site, "POST", "/campaigns/gone/dry-run", {})).status).toBe(404);
  expect((await api(site, "POST", "/campaigns/live/dry-run", { people: 501 })).body).toMatchObject({ field: "people" });
  expect((await api(site, "POST", "/campaigns/live/dry-run", { people: 1 })).body).toMatchObject({
    people: { total: 0 },
  });
});
