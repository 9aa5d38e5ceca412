import type { Bindings } from "./env.ts";
import { Hono } from "./hono.ts";
import { limitByAddress } from "./limits.ts";
import { problem, unavailable } from "./problems.ts";
import { batch } from "./routes/batch.ts";
import { collect } from "./routes/collect.ts";
import { config } from "./routes/config.ts";
import { consent } from "./routes/consent.ts";
import { consentProof } from "./routes/consent-proof.ts";
import { gpcSupport } from "./routes/gpc-support.ts";
import { handover } from "./routes/handover.ts";
import { health } from "./routes/health.ts";
import { identityKeys } from "./routes/identity-keys.ts";
import { live } from "./routes/live.ts";
import { liveMap } from "./routes/live-map.ts";
import { maps } from "./routes/maps.ts";
import { me } from "./routes/me.ts";
import { privacy } from "./routes/privacy.ts";
import { sites } from "./routes/sites.ts";
import { visitors } from "./routes/visitors.ts";

export { JourneyObject } from "./journey/object.ts";
export { LedgerObject } from "./ledger/object.ts";
export { LiveMapObject } from "./map/live.ts";
export { MapObject } from "./map/object.ts";
export { SiteObject } from "./site/object.ts";

/** What a page, a server and a team can ask. Files come from the assets, and reach this only below `/_w`. */
const routes = new Hono<Bindings>()
  .use("/v1/config/*", limitByAddress("call"))
  .use("/v1/privacy/*", limitByAddress("call"))
  .use("/v1/collect", limitByAddress("call"))
  .use("/v1/batch", limitByAddress("call"))
  .use("/v1/live", limitByAddress("call"))
  .use("/v1/handover", limitByAddress("call"))
  .use("/v1/consent", limitByAddress("choice"))
  .use("/v1/me", limitByAddress("choice"))
  .use("/v1/me/*", limitByAddress("choice"))
  .route("/v1/config", config)
  .route("/v1/privacy", privacy)
  .route("/v1/collect", collect)
  .route("/v1/consent", consent)
  .route("/v1/batch", batch)
  .route("/v1/health", health)
  .route("/v1/live", live)
  .route("/v1/me", me)
  .route("/v1/handover", handover)
  // Before those that read no token but a header's: a browser can send none with a WebSocket.
  .route("/api/sites", liveMap)
  .route("/api/sites", identityKeys)
  .route("/api/sites", visitors)
  .route("/api/sites", consentProof)
  .route("/api/sites", sites)
  .route("/api/sites", maps);

const app = new Hono<Bindings>()
  .use(async (c, next) => {
    c.set("startedAt", Date.now());
    await next();
  })
  .route("/", routes)
  // On the site's own host this path is routed here beside `/_w/*` (DEPLOY.md).
  .route("/.well-known/gpc.json", gpcSupport)
  // The first-party install: the Worker is routed at `/_w/*` of the site's own host.
  .route("/_w", routes)
  .get("/_w/*", (c) => {
    const url = new URL(c.req.url);
    url.pathname = url.pathname.slice("/_w".length);
    return c.env.ASSETS.fetch(new Request(url, c.req.raw));
  })
  .notFound((c) => problem(c, "not-found", "No route has this path and method: see worker/README.md."))
  .onError((error, c) => unavailable(c, error, "The edge failed to answer."));

export default app;
