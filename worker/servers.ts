import type { Bindings } from "./env.ts";
import { Hono } from "./hono.ts";
import { problem, unavailable } from "./problems.ts";
import { cloudEventsRoute } from "./servers/cloud-events.ts";
import { importRoute } from "./servers/import.ts";
import { segment } from "./servers/segment.ts";
import { webhooks } from "./servers/webhooks.ts";

/** What a site's servers tell, below `/v1`. A module of its own, as worker/api.ts is: a page asks for none of it. */
export const servers = new Hono<Bindings>()
  .use(async (c, next) => {
    c.set("startedAt", Date.now());
    await next();
  })
  .route("/v1", segment)
  .route("/v1", webhooks)
  .route("/v1", cloudEventsRoute)
  .route("/v1", importRoute)
  .notFound((c) => problem(c, "not-found", "No route has this path and method: see worker/README.md."))
  .onError((error, c) => unavailable(c, error, "The edge failed to answer."));
