import { isStreamId } from "../../models/identity.ts";
import { LIVE_PROTOCOL } from "../../models/wire.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { openPerson } from "../keys.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem, refused } from "../problems.ts";
import { newestConfig, siteByKey } from "../sites.ts";
import { isUpgrade, offered } from "../sockets.ts";
import { originAllowed, originProblem } from "./origins.ts";

/**
 * `GET /v1/live?site=KEY&stream=STREAM`: a WebSocket between an open page and its visitor's journey. The person token is
 * the second subprotocol that the page offers: an address would be written into logs.
 */
export const live = new Hono<Bindings>().get("/", async (c) => {
  const request = c.req.raw;
  if (!isUpgrade(request)) return problem(c, "upgrade-required", "Connect with a WebSocket client.");
  const { site: key = "", stream = "", after = "0" } = c.req.query();
  if (!isStreamId(stream)) return refused(c, wrong("stream", "11 characters of base64url"));
  if (!/^\d{1,15}$/.test(after)) return refused(c, wrong("after", "milliseconds since 1970"));
  const site = await siteByKey(c.env, key);
  if (!site) return problem(c, "unknown-site", "Check “data-site” of the script tag.");
  const newest = await newestConfig(c.env, site.id);
  if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${site.id}/config.`);
  if (!originAllowed(c, newest.config.origins, true)) return originProblem(c);
  const [protocol, token = ""] = offered(request);
  const person = protocol === LIVE_PROTOCOL ? await openPerson(c.env, token) : null;
  if (person?.site !== site.id) {
    return problem(c, "unknown-person", `Offer the subprotocols “${LIVE_PROTOCOL}” and the token of a collect reply.`);
  }
  const device = person.device ?? "";
  const query = new URLSearchParams({ site: site.id, config: String(newest.version), stream, after, device });
  const told = new Request(`https://journey/?${query}`, request);
  try {
    const answer = await callObject(async () => journeyObject(c.env, site.id, person.visitor).fetch(told));
    return answer.status === 403 ? problem(c, "not-permitted", "“analytics” is not granted.") : answer;
  } catch {
    return problem(c, "unavailable", "Connect again a little later.");
  }
});

function wrong(field: string, bound: string) {
  return { ok: false, reason: "malformed", field, bound } as const;
}
