import { isAtConsole, teamHeaders } from "./access/console-host.ts";
import type { Bindings } from "./env.ts";
import { Hono } from "./hono.ts";
import { problem, unavailable } from "./problems.ts";

/** Assets are for every page of the web; the console's files are for its own alone. */
const OF_ASSETS = ["Access-Control-Allow-Origin", "Cross-Origin-Resource-Policy"];

/** The console's files, on its own host alone. A module of its own, as worker/api.ts is. */
export const consoleFiles = new Hono<Bindings>()
  .use(teamHeaders)
  .get("/console", (c) => (isAtConsole(c) ? c.redirect("/console/", 301) : problem(c, "not-found", "Nothing is here.")))
  .get("/console/*", async (c) => {
    if (!isAtConsole(c)) return problem(c, "not-found", "The console has a host of its own: see DEPLOY.md.");
    const found = await c.env.ASSETS.fetch(c.req.raw);
    const headers = new Headers(found.headers);
    for (const name of OF_ASSETS) headers.delete(name);
    // Their names stay, so a browser asks each time whether they are still the same.
    headers.set("Cache-Control", "no-cache");
    return new Response(found.body, { status: found.status, headers });
  })
  .notFound((c) => {
    const nothing = problem(c, "not-found", "Nothing is here.");
    // A page that sends its batch here is told nothing.
    nothing.headers.delete("Access-Control-Allow-Origin");
    return nothing;
  })
  .onError((error, c) => unavailable(c, error, "The edge failed to answer."));
