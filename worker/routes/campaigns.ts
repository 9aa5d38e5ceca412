import type { Context } from "hono";
import * as v from "valibot";
import { drawsOnBudget, hasPool } from "../../models/budget.ts";
import { ARMS, type Campaign } from "../../models/campaign.ts";
import { addMoments, type CampaignDay, countsOfCampaign } from "../../models/campaign-counts.ts";
import { addCount } from "../../models/contribution.ts";
import { isStopped } from "../../models/decision.ts";
import { dayName } from "../../models/history.ts";
import { isWebAddress } from "../../models/read-field.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import { triggerKey } from "../../models/stage.ts";
import { type BudgetState, CODES_MAX } from "../budget/object.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { readCampaignDays } from "../map/shards.ts";
import { budgetObject, siteObject } from "../objects.ts";
import { callObject, callOnce } from "../platform-errors.ts";
import { PREVIEW_MARK, PREVIEW_MS, sealPreview } from "../preview.ts";
import { problem, refused } from "../problems.ts";
import { minimumVersions, newestConfig, type Site } from "../sites.ts";
import { askedDays, wrong } from "./days.ts";
import { body, described, query } from "./described.ts";

/** Codes that one call may bring. */
const CODES_A_CALL = 5_000;
const CODES_BYTES_MAX = 512 * 1024;
const CODE = v.pipe(v.string("a code"), v.regex(/^\S{1,64}$/, "1 to 64 characters without spaces"));
const CODES = v.strictObject({
  codes: v.pipe(
    v.array(CODE, "a list"),
    v.minLength(1, "1 code at least"),
    v.maxLength(CODES_A_CALL, `at most ${CODES_A_CALL} codes a call`),
  ),
});
const PREVIEWED = v.strictObject({
  variant: v.optional(v.string()),
  url: v.pipe(v.string("the page that shows it"), v.check(isWebAddress, "an http or https address")),
});

const COUNT = v.number();
const BUDGET = v.object({
  limit: v.pipe(v.nullable(COUNT), v.description("Showings in all; null: as many as there are codes.")),
  codes: COUNT,
  open: v.pipe(COUNT, v.description("Given out, and not known yet to be shown.")),
  spent: COUNT,
  left: COUNT,
});
const LISTED = v.object({
  id: v.string(),
  version: COUNT,
  name: v.string(),
  kind: v.string(),
  status: v.string(),
  stopped: v.boolean(),
  trigger: v.string(),
  arms: v.array(v.string()),
  holdout: COUNT,
  goals: v.array(v.string()),
  hasBudget: v.boolean(),
});
const MOMENTS = v.object({ n: COUNT, sumY: COUNT, sumYY: COUNT, sumX: COUNT, sumXX: COUNT, sumXY: COUNT });
const VERSIONS = v.array(
  v.object({
    version: COUNT,
    arms: v.array(
      v.object({
        arm: v.string(),
        people: COUNT,
        goals: v.record(v.string(), MOMENTS),
        outcomes: v.record(v.string(), COUNT),
      }),
    ),
    reasons: v.record(v.string(), COUNT),
  }),
);
const COUNTS = v.object({
  campaign: v.string(),
  total: VERSIONS,
  days: v.array(v.object({ day: v.string(), versions: VERSIONS })),
});

/** `/api/sites/:site/campaigns`: what each is, what it did, what is left of it, and how it looks. */
export const campaigns = new Hono<Bindings>()
  .get(
    "/:site/campaigns",
    described({
      operationId: "listCampaigns",
      summary: "The campaigns in force, in the order in which they are judged",
      answer: v.object({ campaigns: v.array(LISTED) }),
    }),
    async (c) => {
      const asked = await askedSite(c);
      if (asked instanceof Response) return asked;
      const minimums = await minimumVersions(c.env, asked.site.id);
      const ordered = asked.config.campaigns.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
      return c.json({ campaigns: ordered.map((campaign) => listed(campaign, minimums)) });
    },
  )
  .get(
    "/:site/campaigns/:campaign/counts",
    described({
      operationId: "readCampaignCounts",
      summary: "What a campaign did: people by arm and goal, as sums, and how often it was chosen, or why not",
      answer: COUNTS,
    }),
    query(v.object({ from: v.optional(v.string()), to: v.optional(v.string()), segment: v.optional(v.string()) })),
    async (c) => {
      const asked = await askedSite(c);
      if (asked instanceof Response) return asked;
      const { site, config } = asked;
      const part = askedDays(c, config);
      if (part instanceof Response) return part;
      // One that is over, or was taken out, has counts still.
      const campaign = c.req.param("campaign");
      const { id: journey } = config.journeys[0] as Journey;
      const days = await readCampaignDays(c.env, site, { journey, ...part });
      const versions = days.map(([day, of]) => ({ day: dayName(day), versions: countsOfCampaign(of, campaign) }));
      const total = countsOfCampaign(sumOf(days.map(([, of]) => of)), campaign);
      if (total.length === 0 && !config.campaigns.some(({ id }) => id === campaign)) return noCampaign(c);
      return c.json({ campaign, total, days: versions.filter((one) => one.versions.length > 0) });
    },
  )
  .get(
    "/:site/campaigns/:campaign/budget",
    described({ operationId: "readBudget", summary: "What is left of a campaign's budget", answer: BUDGET }),
    async (c) => {
      const asked = await askedCampaign(c);
      return asked instanceof Response ? asked : c.json(await budgetOf(c, asked));
    },
  )
  .post(
    "/:site/campaigns/:campaign/codes",
    described({
      operationId: "addCodes",
      summary: "Adds codes to the list of an offer; those that are there already change nothing",
      answer: BUDGET,
    }),
    body(CODES, CODES_BYTES_MAX),
    async (c) => {
      const asked = await askedCampaign(c);
      if (asked instanceof Response) return asked;
      const { site, campaign } = asked;
      if (!hasPool(campaign)) return refused(c, wrong("codes", "of an offer whose code is {pool: true}"));
      const budget = budgetObject(c.env, site.id, campaign.id);
      const before = (await callObject(async () => budget.state())).codes;
      const { codes } = c.req.valid("json");
      if (before + codes.length > CODES_MAX) return refused(c, wrong("codes", `at most ${CODES_MAX} of a campaign`));
      const after = await callObject(async () => budget.addCodes(codes));
      const change = { action: "campaign.codes", subject: campaign.id, before, after };
      if (after !== before)
        await callOnce(async (call) => siteObject(c.env, site.id).note(c.get("actor"), change, call));
      return c.json(await budgetOf(c, asked));
    },
  )
  .post(
    "/:site/campaigns/:campaign/preview",
    described({
      operationId: "previewCampaign",
      summary: "A link that shows a variant to whoever opens it, without counting anything",
      answer: v.object({ url: v.string(), variant: v.string(), until: COUNT }),
    }),
    body(PREVIEWED),
    async (c) => {
      const asked = await askedCampaign(c);
      if (asked instanceof Response) return asked;
      const { site, campaign } = asked;
      const arms = armsOf(campaign);
      const { variant = arms[0] as string, url } = c.req.valid("json");
      if (!arms.includes(variant)) return refused(c, wrong("variant", `one of ${arms.join(", ")}`));
      const until = Date.now() + PREVIEW_MS;
      const token = await sealPreview(c.env, { campaign: campaign.id, variant, site: site.id, until });
      const change = { action: "campaign.preview", subject: campaign.id, before: null, after: variant };
      await callOnce(async (call) => siteObject(c.env, site.id).note(c.get("actor"), change, call));
      const page = new URL(url);
      page.hash = `${PREVIEW_MARK}=${token}`;
      return c.json({ url: page.href, variant, until });
    },
  );

interface Asked {
  site: Site;
  config: SiteConfig;
}

/** The site that an address names, with what is in force; or the problem to answer with. */
export async function askedSite(c: Context<Bindings>): Promise<Asked | Response> {
  const { site: id = "" } = c.req.param() as Record<string, string>;
  const site = (await callObject(async () => siteObject(c.env, id).site())) as Site | null;
  if (!site) return problem(c, "unknown-site", `Create it with PUT /api/sites/${id}.`);
  const newest = await newestConfig(c.env, id);
  if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${id}/config.`);
  return { site, config: newest.config };
}

/** The same with the campaign that it names. */
export async function askedCampaign(c: Context<Bindings>): Promise<(Asked & { campaign: Campaign }) | Response> {
  const asked = await askedSite(c);
  if (asked instanceof Response) return asked;
  const { campaign: id } = c.req.param() as Record<string, string>;
  const campaign = asked.config.campaigns.find((one) => one.id === id);
  return campaign ? { ...asked, campaign } : noCampaign(c);
}

function noCampaign(c: Context<Bindings>): Response {
  return problem(c, "not-found", "The configuration in force has no such campaign.");
}

function listed(campaign: Campaign, minimums: Record<string, number>) {
  const { id, version, name, kind, status, trigger, holdout, goals } = campaign;
  return {
    id,
    version,
    name,
    kind,
    status,
    stopped: status === "live" && isStopped(campaign, minimums),
    trigger: triggerKey(trigger),
    arms: [...armsOf(campaign), ARMS.holdout],
    holdout,
    goals: goals?.map((goal) => goal.id) ?? ["goal"],
    hasBudget: drawsOnBudget(campaign),
  };
}

/** Arms that are shown something. */
function armsOf({ variants = [] }: Campaign): string[] {
  return variants.length > 0 ? variants.map(({ id }) => id) : [ARMS.treated];
}

async function budgetOf(c: Context<Bindings>, { site, campaign }: Asked & { campaign: Campaign }) {
  const state = (await callObject(async () => budgetObject(c.env, site.id, campaign.id).state())) as BudgetState;
  const bound = Math.min(
    campaign.budget ?? Number.POSITIVE_INFINITY,
    hasPool(campaign) ? state.codes : Number.POSITIVE_INFINITY,
  );
  return {
    ...state,
    limit: campaign.budget ?? null,
    left: Number.isFinite(bound) ? Math.max(0, bound - state.open - state.spent) : 0,
  };
}

function sumOf(days: readonly CampaignDay[]): CampaignDay {
  const sum = { moments: {}, tallies: {} as Record<string, number> };
  for (const { moments, tallies = {} } of days) {
    addMoments(sum.moments, moments, 1);
    for (const [key, count] of Object.entries(tallies)) addCount(sum.tallies, key, count);
  }
  return sum;
}
