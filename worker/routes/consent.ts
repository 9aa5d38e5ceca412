import { Hono } from "hono";
import { type ConsentReply, parseConsent, WIRE_VERSION } from "../../models/wire.ts";
import type { Bindings } from "../env.ts";
import { browserVisitor, sha256 } from "../keys.ts";
import { callObject } from "../platform-errors.ts";
import { problem, refused } from "../problems.ts";
import { newestConfig, type Site, siteByKey } from "../sites.ts";
import { readBody } from "./body.ts";
import { corsHeaders, originAllowed, originProblem } from "./origins.ts";

/** A choice is a few hundred bytes. */
const CONSENT_BYTES_MAX = 4 * 1024;

/** `POST /v1/consent`: a choice goes to the ledger, then to the journey where an id exists. */
export const consent = new Hono<Bindings>().post("/", async (c) => {
  const body = await readBody(c, CONSENT_BYTES_MAX);
  if (!body.ok && body.reason === "too-large") return problem(c, "too-large", `At most ${body.bytesMax} bytes.`);
  const parsed = body.ok ? parseConsent(body.value) : body;
  if (!parsed.ok) return refused(c, parsed);
  const request = parsed.value;
  const site = await siteByKey(c.env, request.site);
  if (!site) return problem(c, "unknown-site", "Check “data-site” of the script tag.");
  const newest = await newestConfig(c.env, site.id);
  if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${site.id}/config.`);
  if (!originAllowed(c, newest.config.origins, true)) return originProblem(c);
  for (const [name, value] of Object.entries(corsHeaders(c))) c.header(name, value);
  const { secret } = request;
  try {
    if (secret === undefined) {
      // No id, so no shard of its own: any one counts it, and the sum is what is asked for.
      const shard = Math.floor(Math.random() * site.shards);
      await callObject(async () => c.env.LEDGER.getByName(ledgerName(site, shard)).countRefusal(request.policy));
    } else {
      const visitor = await browserVisitor(c.env, site.id, secret);
      const shard = (await sha256(`ledger\0${visitor}`))[0] as number;
      await callObject(async () => c.env.LEDGER.getByName(ledgerName(site, shard)).record(visitor, site.id, request));
      await callObject(async () => c.env.JOURNEY.getByName(`${site.id}:${visitor}`).consent(request.consent));
    }
  } catch {
    return problem(c, "unavailable", "The choice is not recorded yet: send it again.");
  }
  return c.json({ v: WIRE_VERSION, recorded: true } satisfies ConsentReply, 200, { "Cache-Control": "no-store" });
});

function ledgerName({ id, shards }: Site, shard: number): string {
  return `${id}:${shard % shards}`;
}
