import { askerOf } from "../access/session.ts";
import { watcherRequest } from "../access/watcher.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { liveMapObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import { isUpgrade } from "../sockets.ts";
import { described } from "./described.ts";
import { askedFor } from "./maps.ts";

/** `GET /api/sites/:site/journeys/:journey/live`: the map over a WebSocket, whenever it changes, at most once a second. */
export const liveMap = new Hono<Bindings>().get(
  "/:site/journeys/:journey/live",
  described({ operationId: "watchMap", summary: "The map over a WebSocket, whenever it changes", answer: "socket" }),
  async (c) => {
    if (!isUpgrade(c.req.raw)) return problem(c, "upgrade-required", "Connect with a WebSocket client.");
    const asked = await askedFor(c);
    if (asked instanceof Response) return asked;
    const { site, journey } = asked;
    const told = watcherRequest(await askerOf(c), c.req.raw);
    try {
      return await callObject(async () => liveMapObject(c.env, site.id, journey.id).fetch(told));
    } catch {
      return problem(c, "unavailable", "Connect again a little later.");
    }
  },
);
