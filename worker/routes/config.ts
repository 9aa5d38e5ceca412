import { Hono } from "hono";
import type { Bindings } from "../env.ts";
import { spokenTo } from "../notices.ts";
import { problem } from "../problems.ts";
import { newestConfig, publishedConfig, siteByKey } from "../sites.ts";
import { corsHeaders, originAllowed, originProblem } from "./origins.ts";

/** How long a browser may use a configuration; a later one is named in every collect reply. */
const MAX_AGE_S = 300;

/** `GET /v1/config/:key`: what the page must know before anything else, for its place and in its language. No id, no query, no cookie. */
export const config = new Hono<Bindings>().get("/:key", async (c) => {
  const site = await siteByKey(c.env, c.req.param("key"));
  if (!site) return problem(c, "unknown-site", "Check “data-site” of the script tag.");
  c.set("site", site.id);
  const newest = await newestConfig(c.env, site.id);
  if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${site.id}/config.`);
  if (!originAllowed(c, newest.config.origins, false)) return originProblem(c);
  return c.json(await publishedConfig(newest, spokenTo(c, newest.config.consent)), 200, {
    ...corsHeaders(c),
    Vary: "Origin, Accept-Language",
    "Cache-Control": `private, max-age=${MAX_AGE_S}`,
  });
});
