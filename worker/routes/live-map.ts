import type { Context } from "hono";
import { LIVE_PROTOCOL } from "../../models/wire.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { sameSecret, textOf } from "../keys.ts";
import { liveMapObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import { isUpgrade, offered } from "../sockets.ts";
import { askedFor } from "./maps.ts";

/** Before the token in a list of subprotocols. The token is in base64url: not every token is a subprotocol. */
const BEARER = "bearer.";

/** `GET /api/sites/:site/journeys/:journey/live`: the map over a WebSocket, whenever it changes, at most once a second. */
export const liveMap = new Hono<Bindings>().get("/:site/journeys/:journey/live", async (c) => {
  const token = tokenOf(c);
  if (token === null || !(await sameSecret(token, c.env.ADMIN_TOKEN))) {
    return problem(c, "unauthorised", `Send the admin token as “Authorization: Bearer …”, or as “${BEARER}…”.`);
  }
  if (!isUpgrade(c.req.raw)) return problem(c, "upgrade-required", "Connect with a WebSocket client.");
  const asked = await askedFor(c);
  if (asked instanceof Response) return asked;
  const { site, journey } = asked;
  try {
    return await callObject(async () => liveMapObject(c.env, site.id, journey.id).fetch(c.req.raw));
  } catch {
    return problem(c, "unavailable", "Connect again a little later.");
  }
});

/** The bearer token of the header or, since a browser sends none with a WebSocket, of the subprotocols. */
function tokenOf(c: Context<Bindings>): string | null {
  const header = c.req.header("Authorization")?.match(/^Bearer (.+)$/)?.[1];
  if (header !== undefined) return header;
  const [protocol, bearer = ""] = offered(c.req.raw);
  return protocol === LIVE_PROTOCOL && bearer.startsWith(BEARER) ? textOf(bearer.slice(BEARER.length)) : null;
}
