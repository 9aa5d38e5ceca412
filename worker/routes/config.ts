import type { Context } from "hono";
import { pageText, textIn } from "../../models/publish-consent.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { type Spoken, speechOf, spokenTo } from "../notices.ts";
import { problem } from "../problems.ts";
import { newestConfig, publishedConfig, siteByKey, type VersionedConfig } from "../sites.ts";
import { corsHeaders, originAllowed, originProblem } from "./origins.ts";

/** How long a browser may use a configuration; a later one is named in every collect reply. */
const MAX_AGE_S = 300;

/** What a page is told, for its place and in its language. No id, no query, no cookie. */
export const config = new Hono<Bindings>()
  /** What it must know before anything else. */
  .get("/:key", (c) => answer(c, (newest, spoken) => publishedConfig(c.env, newest, spoken)))
  /** The words of the surfaces that come later than the first layer. */
  .get("/:key/text", (c) => words(c, pageText))
  /** The words of what visitors may do with their own data. */
  .get("/:key/text/data", (c) => words(c, (...from) => textIn(...from).data))
  /** The words that stand round what a campaign shows. */
  .get("/:key/text/campaign", (c) => words(c, (...from) => textIn(...from).campaign));

function words(c: Context<Bindings>, of: (...from: Parameters<typeof pageText>) => object): Promise<Response> {
  return answer(c, async ({ config }, spoken) => of(config.consent, await speechOf(c.env, spoken)));
}

async function answer(
  c: Context<Bindings>,
  say: (newest: VersionedConfig, spoken: Spoken) => Promise<object>,
): Promise<Response> {
  const site = await siteByKey(c.env, c.req.param("key") ?? "");
  if (!site) return problem(c, "unknown-site", "Check “data-site” of the script tag.");
  c.set("site", site.id);
  const newest = await newestConfig(c.env, site.id);
  if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${site.id}/config.`);
  if (!originAllowed(c, newest.config.origins, false)) return originProblem(c);
  return c.json(await say(newest, spokenTo(c, newest.config.consent)), 200, {
    ...corsHeaders(c),
    Vary: "Origin, Accept-Language",
    "Cache-Control": `private, max-age=${MAX_AGE_S}`,
  });
}
