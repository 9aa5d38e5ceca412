import type { Context } from "hono";
import { isAstray } from "./access/console-alone.ts";
import type { Bindings } from "./env.ts";
import { Hono } from "./hono.ts";
import { limitByAddress } from "./limits.ts";
import { problem, unavailable } from "./problems.ts";
import { collect } from "./routes/collect.ts";
import { config } from "./routes/config.ts";
import { consent } from "./routes/consent.ts";
import { gpcSupport } from "./routes/gpc-support.ts";
import { handover } from "./routes/handover.ts";
import { health } from "./routes/health.ts";
import { live } from "./routes/live.ts";

export { AccountsObject } from "./accounts/object.ts";
export { BudgetObject } from "./budget/object.ts";
export { DryRunObject } from "./dry-run/object.ts";
export { EventsObject } from "./events/object.ts";
export { JourneyObject } from "./journey/object.ts";
export { LedgerObject } from "./ledger/object.ts";
export { LiveMapObject } from "./map/live.ts";
export { MapObject } from "./map/object.ts";
export { SiteObject } from "./site/object.ts";

/** Answered by worker/servers.ts. */
const OF_SERVERS = "batch track page screen identify group alias import import/ cloudevents webhooks/:key/:source"
  .split(" ")
  .map((path) => `/v1/${path}`);

/** What a page, a server and a team can ask. Files come from the assets, and reach this only below `/_w`. */
const routes = new Hono<Bindings>()
  .use("/v1/config/*", limitByAddress("call"))
  .use("/v1/privacy/*", limitByAddress("call"))
  .use("/v1/collect", limitByAddress("call"))
  .use("/v1/live", limitByAddress("call"))
  .use("/v1/handover", limitByAddress("call"))
  .use("/v1/consent", limitByAddress("choice"))
  .use("/v1/me", limitByAddress("choice"))
  .use("/v1/me/*", limitByAddress("choice"))
  .route("/v1/config", config)
  .route("/v1/collect", collect)
  .route("/v1/consent", consent)
  .route("/v1/health", health)
  .route("/v1/live", live)
  .route("/v1/handover", handover)
  .all("/v1/me", ofVisitors)
  .all("/v1/me/*", ofVisitors)
  .all("/v1/privacy/*", ofVisitors)
  // What servers tell, what visitors ask about themselves, and the team's half, are read when somebody first asks for them: a cold start that serves a page goes without.
  .on("POST", OF_SERVERS, limitByAddress("call"), ofServers)
  .all("/api/*", async (c) => {
    const { api } = await import("./api.ts");
    return api.fetch(withoutPrefix(c.req.raw), c.env);
  });

const app = new Hono<Bindings>()
  .use(async (c, next) => {
    c.set("startedAt", Date.now());
    if (isAstray(c)) return ofConsole(c);
    return next();
  })
  .route("/", routes)
  // The console's files, with the headers that files of a page do without.
  .on(["GET", "HEAD"], ["/console", "/console/*"], ofConsole)
  // On the site's own host this path is routed here beside `/_w/*` (DEPLOY.md).
  .route("/.well-known/gpc.json", gpcSupport)
  // The first-party install: the Worker is routed at `/_w/*` of the site's own host.
  .route("/_w", routes)
  .get("/_w/console/*", (c) => problem(c, "not-found", "The console has a host of its own: see DEPLOY.md."))
  .get("/_w/*", (c) => c.env.ASSETS.fetch(withoutPrefix(c.req.raw)))
  .notFound((c) => problem(c, "not-found", "No route has this path and method: see worker/README.md."))
  .onError((error, c) => unavailable(c, error, "The edge failed to answer."));

async function ofServers(c: Context<Bindings>): Promise<Response> {
  const { servers } = await import("./servers.ts");
  return servers.fetch(withoutPrefix(c.req.raw), c.env);
}

async function ofVisitors(c: Context<Bindings>): Promise<Response> {
  const { visitors } = await import("./visitors.ts");
  return visitors.fetch(c.req.raw, c.env);
}

async function ofConsole(c: Context<Bindings>): Promise<Response> {
  const { consoleFiles } = await import("./console.ts");
  return consoleFiles.fetch(c.req.raw, c.env);
}

/** A request as it would be on a host of the edge's own. */
function withoutPrefix(request: Request): Request {
  const url = new URL(request.url);
  if (!url.pathname.startsWith("/_w/")) return request;
  url.pathname = url.pathname.slice("/_w".length);
  return new Request(url, request);
}

export default app;
