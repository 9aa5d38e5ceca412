import type { Bindings } from "./env.ts";
import { Hono } from "./hono.ts";
import { problem, unavailable } from "./problems.ts";
import { me } from "./routes/me.ts";
import { privacy } from "./routes/privacy.ts";

const routes = new Hono<Bindings>().route("/v1/me", me).route("/v1/privacy", privacy);

/** What visitors ask about themselves, and about a site. A module of its own: see build-worker.ts. */
export const visitors = new Hono<Bindings>()
  .use(async (c, next) => {
    c.set("startedAt", Date.now());
    await next();
  })
  .route("/", routes)
  // The path says whether a page is of this very host: by that an erasure takes the cookie along.
  .route("/_w", routes)
  .notFound((c) => problem(c, "not-found", "No route has this path and method: see worker/README.md."))
  .onError((error, c) => unavailable(c, error, "The edge failed to answer."));
