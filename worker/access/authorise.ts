import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import { type Actor, may, type Role } from "../../models/access.ts";
import { isSiteId } from "../../models/read-field.ts";
import type { Bindings, Env } from "../env.ts";
import { base64url, sameSecret, sha256 } from "../keys.ts";
import { noteFailure, waitAfterFailures } from "../limits.ts";
import { accountsObject, siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem, tooMany } from "../problems.ts";
import { credentialOf } from "./credential.ts";
import { NEEDED } from "./routes.ts";
import { tokenSite } from "./token.ts";

/**
 * Lets those pass who may: who they are, and what their site permits, is read anew with every request, so what was taken
 * away is gone with the next one (S18). Another site is answered as one that does not exist (S17). Sets `actor`, and `role`
 * where a site was asked for.
 */
export const authorise = createMiddleware<Bindings>(async (c, next) => {
  const route = routeOf(c);
  if (route === null) return next();
  const needed = NEEDED[route];
  if (needed === undefined) return problem(c, "forbidden", `Nobody may: ${route} has no row in the table of routes.`);
  const site = c.req.path.split("/sites/")[1]?.split("/")[0] ?? "";
  if (needed === "anyone") return next();
  const actor = await actorOf(c, site);
  if (actor instanceof Response) return actor;
  c.set("actor", actor);
  if (isSiteId(site)) c.set("site", site);
  if (needed === "signed-in") {
    return actor.kind === "account" ? next() : problem(c, "forbidden", "This is for people who have signed in.");
  }
  if (actor.kind === "installation") {
    c.set("role", "owner");
    return next();
  }
  if (needed === "installation") return problem(c, "forbidden", "This needs the token of the installation.");
  const access = await callObject(async () => siteObject(c.env, site).access(actor));
  // Whether such a site exists is nobody's business but its members'.
  if (!access) {
    noteFailure(addressOf(c));
    return problem(c, "unknown-site", "There is no such site, or you are not a member of it.");
  }
  const isPermitted = may(access.role, needed) && (access.scopes?.includes(needed) ?? true);
  if (!isPermitted) {
    const who = access.scopes ? "This token" : `Your role here, ${access.role},`;
    return problem(c, "forbidden", `${who} does not permit “${needed}”.`);
  }
  c.set("role", access.role as Role);
  if (access.scopes) c.set("scopes", access.scopes);
  await next();
});

/**
 * The route that will answer, as the table names it: `GET /api/sites/:site`, for HEAD too, which its handler answers. Null
 * where nothing but middleware, `ALL …*`, has matched: then nothing will.
 */
function routeOf(c: Context): string | null {
  const route = matchedRoutes(c).findLast(({ method, path }) => method !== "ALL" || !path.endsWith("*"));
  return route ? `${route.method} ${route.path}` : null;
}

function addressOf(c: Context): string | undefined {
  return c.req.header("CF-Connecting-IP");
}

/** Who asks, or the answer to whom we do not know. Whoever has shown too many wrong credentials is asked of no object. */
async function actorOf(c: Context<Bindings>, site: string): Promise<Actor | Response> {
  const credential = credentialOf(c);
  if (credential.kind === "forged") return problem(c, "forbidden", "This has to be asked from a page of the console.");
  const unknown = () => problem(c, "unauthorised", "Sign in, or send “Authorization: Bearer …” with a token.");
  if (!("secret" in credential)) return unknown();
  const { kind, secret } = credential;
  if (kind === "bearer" && (await sameSecret(secret, c.env.ADMIN_TOKEN))) return { kind: "installation" };
  const waitMs = waitAfterFailures(addressOf(c));
  if (waitMs > 0) return tooMany(c, waitMs);
  const actor = await holderOf(c.env, site, { kind, secret });
  if (actor) return actor;
  noteFailure(addressOf(c));
  return unknown();
}

async function holderOf(
  env: Env,
  site: string,
  { kind, secret }: { kind: "bearer" | "session"; secret: string },
): Promise<Actor | null> {
  const digest = base64url(await sha256(secret));
  const named = tokenSite(secret);
  if (kind === "bearer" && named !== null) {
    // A token of one site is nothing at another, and no object is asked for what it can't know.
    return named === site ? callObject(async () => siteObject(env, site).tokenActor(digest)) : null;
  }
  const account = await callObject(async () => accountsObject(env).accountOf(digest, kind));
  return account === null ? null : { kind: "account", account };
}
