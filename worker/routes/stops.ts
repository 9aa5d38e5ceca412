import type { Context } from "hono";
import * as v from "valibot";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import { forgetNewest } from "../sites.ts";
import { body, described } from "./described.ts";

export const STOPPED = v.object({
  stopped: v.array(v.object({ campaign: v.string(), version: v.number(), at: v.number(), by: v.string() })),
  site: v.nullable(v.object({ at: v.number(), by: v.string() })),
});
const NOTHING = v.strictObject({});

/** `POST …/stop` and `…/resume`: for when something is wrong, without waiting for approvals or copies. */
export const stops = new Hono<Bindings>()
  .post(
    "/:site/stop",
    described({
      operationId: "stopSite",
      summary: "Shows no campaign to anybody, within five seconds, nor what is published until the site is resumed",
      answer: STOPPED,
    }),
    body(NOTHING),
    (c) => set(c, "stop"),
  )
  .post(
    "/:site/resume",
    described({ operationId: "resumeSite", summary: "Lets every campaign that was stopped go on", answer: STOPPED }),
    body(NOTHING),
    (c) => set(c, "resume"),
  )
  .post(
    "/:site/campaigns/:campaign/stop",
    described({
      operationId: "stopCampaign",
      summary: "Shows a campaign to nobody, within five seconds",
      answer: STOPPED,
    }),
    body(NOTHING),
    (c) => set(c, "stop"),
  )
  .post(
    "/:site/campaigns/:campaign/resume",
    described({ operationId: "resumeCampaign", summary: "Lets a campaign that was stopped go on", answer: STOPPED }),
    body(NOTHING),
    (c) => set(c, "resume"),
  );

async function set(c: Context<Bindings>, what: "stop" | "resume"): Promise<Response> {
  const { site = "", campaign = null } = c.req.param() as Record<string, string>;
  const stopped = await callObject(async () => siteObject(c.env, site)[what](c.get("actor"), campaign));
  if (!stopped) {
    return campaign === null
      ? problem(c, "unknown-site", "There is no such site.")
      : problem(c, "not-found", "The configuration in force has no such campaign.");
  }
  forgetNewest(site);
  return c.json(stopped);
}
