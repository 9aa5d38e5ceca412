import type { Context } from "hono";
import { negotiateLanguage } from "../../models/language.ts";
import { privacyRecord } from "../../models/privacy-record.ts";
import { languagesOf } from "../../models/publish-consent.ts";
import type { Bindings } from "../env.ts";
import { historySink } from "../history/sink.ts";
import { Hono } from "../hono.ts";
import { modelRefs } from "../models.ts";
import { pagePolicy, privacyPage } from "../privacy-page.ts";
import { problem } from "../problems.ts";
import { newestConfig, siteByKey } from "../sites.ts";
import { wordsFor } from "../words.ts";

const MAX_AGE_S = 300;

/**
 * `GET /v1/privacy/:key`: what the site keeps of its visitors, why and for how long, made of its configuration and of the
 * code. A page for people, in their language; JSON for whoever asks for it (`Accept`, or `?format=json`).
 */
export const privacy = new Hono<Bindings>().get("/:key", async (c) => {
  const site = await siteByKey(c.env, c.req.param("key"));
  if (!site) return problem(c, "unknown-site", "Check the key in the address: it is that of the script tag.");
  c.set("site", site.id);
  const newest = await newestConfig(c.env, site.id);
  if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${site.id}/config.`);
  const { config } = newest;
  const languages = languagesOf(config.consent);
  const wanted = c.req.query("language") ?? c.req.header("Accept-Language") ?? null;
  const language = negotiateLanguage(wanted, languages);
  const { visitor, privacy } = await wordsFor(c.env, language);
  const hasHistory = historySink(c.env) !== null;
  const record = privacyRecord(config, { language, ours: visitor, models: await modelRefs(), hasHistory });
  const headers = { Vary: "Accept, Accept-Language", "Cache-Control": `private, max-age=${MAX_AGE_S}` };
  if (!wantsPage(c)) return c.json(record, 200, { ...headers, "Access-Control-Allow-Origin": "*" });
  return c.html(privacyPage(record, privacy, languages), 200, {
    ...headers,
    "Content-Language": language,
    "Content-Security-Policy": await pagePolicy(),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  });
});

function wantsPage(c: Context<Bindings>): boolean {
  const accept = c.req.header("Accept") ?? "";
  return c.req.query("format") !== "json" && accept.includes("text/html");
}
