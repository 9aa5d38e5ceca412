import type { Context } from "hono";
import * as v from "valibot";
import { shownPerson } from "../../models/analysis/person-view.ts";
import { UNRECORDED } from "../../models/dry-run.ts";
import { isMeasured } from "../../models/privacy-record.ts";
import { mayHere } from "../access/may-here.ts";
import { whole } from "../config/fields.ts";
import type { DryRunState } from "../dry-run/object.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { dryRunObject, siteObject } from "../objects.ts";
import { callObject, callOnce } from "../platform-errors.ts";
import { problem, refused } from "../problems.ts";
import { newestConfig } from "../sites.ts";
import { askedCampaign } from "./campaigns.ts";
import { wrong } from "./days.ts";
import { body, described } from "./described.ts";

const PEOPLE_DEFAULT = 200;
const PEOPLE_MAX = 500;
const ASKED = v.strictObject({
  people: v.optional(v.pipe(whole(1, PEOPLE_MAX), v.description("Of those who were seen last.")), PEOPLE_DEFAULT),
});

const COUNT = v.number();
const COUNTS = v.record(v.string(), COUNT);
const JOB = v.object({
  campaign: v.string(),
  config: COUNT,
  status: v.picklist(["running", "done", "failed"]),
  startedAt: COUNT,
  endedAt: v.nullable(COUNT),
  people: v.pipe(v.object({ done: COUNT, total: COUNT }), v.description("Gone through, and in all.")),
  shown: v.pipe(COUNT, v.description("People who would have been shown it, were nobody held out.")),
  showings: COUNT,
  perPerson: v.pipe(COUNTS, v.description("People by how often they would have been shown it.")),
  reasons: v.pipe(COUNTS, v.description("Of each moment at which it was considered.")),
  displaced: v.pipe(COUNTS, v.description("Showings of other campaigns that would not have been, by campaign.")),
  examples: v.array(v.object({ person: v.string(), shownAt: v.array(COUNT) })),
});

/** `/api/sites/:site/campaigns/:campaign/dry-run`: who would have seen a campaign, as a job with progress. */
export const dryRun = new Hono<Bindings>()
  .post(
    "/:site/campaigns/:campaign/dry-run",
    described({
      operationId: "startDryRun",
      summary: "Tries a campaign on what was recorded of the people who were seen last; one that is running goes on",
      answer: JOB,
    }),
    body(ASKED),
    async (c) => {
      const asked = await askedCampaign(c);
      if (asked instanceof Response) return asked;
      const { site, campaign, config } = asked;
      if (UNRECORDED.includes(campaign.trigger.kind)) {
        return refused(c, wrong("campaign", `of a trigger that leaves a record: none of ${UNRECORDED.join(", ")}`));
      }
      if (isMeasured(config) || !c.env.HISTORY) {
        return problem(c, "not-permitted", "No touchpoints of people are recorded here.");
      }
      const { people } = c.req.valid("json");
      const version = (await newestConfig(c.env, site.id))?.version ?? 0;
      const job = dryRunObject(c.env, site.id);
      const change = { action: "campaign.dry-run", subject: campaign.id, before: null, after: people };
      await callOnce(async (call) => siteObject(c.env, site.id).note(c.get("actor"), change, call));
      await callObject(async () => job.start({ site, campaign: campaign.id, config: version, people }));
      return answer(c, campaign.id);
    },
  )
  .get(
    "/:site/campaigns/:campaign/dry-run",
    described({ operationId: "readDryRun", summary: "How far a dry run is, and what it has found", answer: JOB }),
    async (c) => {
      const asked = await askedCampaign(c);
      return asked instanceof Response ? asked : answer(c, asked.campaign.id);
    },
  );

async function answer(c: Context<Bindings>, campaign: string): Promise<Response> {
  const { site = "" } = c.req.param() as Record<string, string>;
  const job = dryRunObject(c.env, site);
  const state = (await callObject(async () => job.state(campaign))) as DryRunState | null;
  if (!state) return problem(c, "not-found", "This campaign was not tried in the last 24 hours: POST here to do it.");
  const { config, status, startedAt, endedAt, total, left, sum } = state;
  const { shown, showings, perPerson, reasons, displaced } = sum;
  const isWhole = mayHere(c, "people.identify");
  return c.json({
    campaign,
    config,
    status,
    startedAt,
    endedAt,
    people: { done: total - left.length, total },
    shown,
    showings,
    perPerson,
    reasons,
    displaced,
    examples: sum.examples.map((one) => ({ ...one, person: isWhole ? one.person : shownPerson(one.person) })),
  });
}
