import type { Context } from "hono";
import type { Parsed } from "../../models/touchpoint.ts";
import type { Bindings } from "../env.ts";
import { problem, refused } from "../problems.ts";
import { newestConfig, type Site, siteByKey, type VersionedConfig } from "../sites.ts";
import { readBody } from "./body.ts";
import { corsHeaders, originAllowed, originProblem } from "./origins.ts";

/** A page's post that may be taken: well-formed, for a site that exists, from one of its origins. */
export interface PageRequest<T> {
  value: T;
  site: Site;
  newest: VersionedConfig;
}

/** Reads a page's post, or gives the problem to answer with. Sets the CORS headers of the answer. */
export async function readPageRequest<T extends { site: string }>(
  c: Context<Bindings>,
  bytesMax: number,
  parse: (value: unknown) => Parsed<T>,
): Promise<PageRequest<T> | Response> {
  const body = await readBody(c, bytesMax);
  if (!body.ok && body.reason === "too-large") return problem(c, "too-large", `At most ${body.bytesMax} bytes.`);
  const parsed = body.ok ? parse(body.value) : body;
  if (!parsed.ok) return refused(c, parsed);
  const { value } = parsed;
  const site = await siteByKey(c.env, value.site);
  if (!site) return problem(c, "unknown-site", "Check “data-site” of the script tag.");
  c.set("site", site.id);
  const newest = await newestConfig(c.env, site.id);
  if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${site.id}/config.`);
  if (!originAllowed(c, newest.config.origins, true)) return originProblem(c);
  for (const [name, header] of Object.entries(corsHeaders(c))) c.header(name, header);
  return { value, site, newest };
}
