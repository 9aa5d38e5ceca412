import { type Context, Hono } from "hono";
import { mapView } from "../../models/analysis/graph.ts";
import { isSiteKey } from "../../models/identity.ts";
import { isSiteId, parseSiteConfig } from "../../models/publish.ts";
import { isRecord } from "../../models/touchpoint.ts";
import type { Bindings } from "../env.ts";
import { sameSecret } from "../keys.ts";
import { mapSum } from "../map/shards.ts";
import { siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem, refused } from "../problems.ts";
import { forgetNewest, newestConfig } from "../sites.ts";
import { readBody } from "./body.ts";

/** A whole configuration: 20 campaigns of texts stay far below. */
const CONFIG_BYTES_MAX = 512 * 1024;
const NO_STORE = { "Cache-Control": "no-store" };

/** `/api/sites/*`: for those who run a site. Bearer token. */
export const sites = new Hono<Bindings>()
  .use(async (c, next) => {
    const token = c.req.header("Authorization")?.match(/^Bearer (.+)$/)?.[1];
    if (token === undefined || !(await sameSecret(token, c.env.ADMIN_TOKEN))) {
      return problem(c, "unauthorised", "Send “Authorization: Bearer …” with the admin token.");
    }
    await next();
  })
  .put("/:site", async (c) => {
    const id = c.req.param("site");
    const body = await readJson(c);
    if (body instanceof Response) return body;
    const { publicKey, writeKey } = isRecord(body) ? body : {};
    if (!isSiteId(id)) return refused(c, wrong("site", "1 to 40 of a-z, 0-9 and -, not beginning with -"));
    if (!isSiteKey(publicKey)) return refused(c, wrong("publicKey", "16 random bytes in base64url"));
    if (!isSiteKey(writeKey)) return refused(c, wrong("writeKey", "16 random bytes in base64url"));
    const site = await callObject(async () => siteObject(c.env, id).create(id, publicKey, writeKey));
    return site
      ? c.json(site, 200, NO_STORE)
      : problem(c, "key-taken", "Keys are fixed at creation, and each is of one site alone.");
  })
  .put("/:site/config", async (c) => {
    const id = c.req.param("site");
    const body = await readJson(c);
    if (body instanceof Response) return body;
    const parsed = parseSiteConfig(body);
    if (!parsed.ok) return refused(c, parsed);
    const applied = await callObject(async () => siteObject(c.env, id).apply(parsed.value));
    if (!applied) return problem(c, "unknown-site", `Create it with PUT /api/sites/${id}.`);
    forgetNewest(id);
    const { version, policy } = applied;
    return c.json({ site: id, version, policy }, 200, NO_STORE);
  })
  .get("/:site/journeys/:journey/map", async (c) => {
    const { site: id, journey: journeyId } = c.req.param();
    const site = await callObject(async () => siteObject(c.env, id).site());
    if (!site) return problem(c, "unknown-site", `Create it with PUT /api/sites/${id}.`);
    const newest = await newestConfig(c.env, id);
    const journey = newest?.config.journeys.find((j) => j.id === journeyId);
    if (!journey) return problem(c, "not-found", `The site's configuration has no journey “${journeyId}”.`);
    return c.json(mapView(await mapSum(c.env, site, journeyId), journey), 200, NO_STORE);
  });

async function readJson(c: Context): Promise<unknown> {
  const body = await readBody(c, CONFIG_BYTES_MAX);
  if (body.ok) return body.value;
  return body.reason === "too-large" ? problem(c, "too-large", `At most ${body.bytesMax} bytes.`) : refused(c, body);
}

function wrong(field: string, bound: string) {
  return { ok: false, reason: "malformed", field, bound } as const;
}
