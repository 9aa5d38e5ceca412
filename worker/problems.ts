import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Refusal } from "../models/touchpoint.ts";
import type { Problem } from "../models/wire.ts";
import type { Env } from "./env.ts";
import { countProblem } from "./events/arrivals.ts";
import { logFailure, logRefusal } from "./log.ts";
import { adviceOn } from "./platform-errors.ts";

/** Stable names of what can go wrong, with the sentence a reader sees first (RFC 9457). */
const PROBLEMS = {
  malformed: [400, "The request does not have the form that it needs"],
  "not-historical": [400, "The batch does not say whether it is historical"],
  "unknown-person": [401, "The token names no visitor: send the secret"],
  unauthorised: [401, "The key or token is missing or wrong"],
  forbidden: [403, "Whoever asks may not do this"],
  "origin-not-allowed": [403, "This origin is not on the site's list"],
  "not-permitted": [403, "The visitor's consent, or the site's own setting, does not permit it"],
  "no-account": [403, "Nobody here is known by this identity"],
  "sign-in-refused": [403, "The sign-in was not accepted"],
  "sign-in-again": [403, "This takes a sign-in of the last hour, in a browser"],
  "device-refused": [403, "The request was refused"],
  "unknown-site": [404, "No site has this key or id"],
  "no-configuration": [404, "The site has no configuration yet"],
  "not-found": [404, "Nothing is here"],
  "last-owner": [409, "A site has at least one owner"],
  "too-many-tokens": [409, "The site has as many tokens as it may"],
  "too-many-invitations": [409, "The site has as many open invitations as it may"],
  "too-many-keys": [409, "The site has as many secrets of keys as it may"],
  "change-state": [409, "The change is in no state for this"],
  "not-approved": [409, "The site's rules ask for more approvals"],
  "too-many-changes": [409, "The site has as many open changes as it may"],
  "key-taken": [409, "The site has other keys, or another site has one of these"],
  "last-identity": [409, "This is the only way in"],
  "invitation-over": [410, "The invitation was used, is over, or was withdrawn"],
  "device-over": [410, "The request was used, or is over"],
  "handover-over": [410, "The token was used, is over, or is for another host or site"],
  "version-changed": [412, "The configuration in force is not the one that this was to replace"],
  "too-large": [413, "The body is larger than this route takes"],
  "unknown-form": [415, "The body's Content-Type is none that this route reads"],
  "upgrade-required": [426, "This route is a WebSocket"],
  "too-many-requests": [429, "Too much at once: wait as long as Retry-After says"],
  unavailable: [503, "Try again a little later"],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;

export type ProblemName = keyof typeof PROBLEMS;

/** Names, not addresses: nothing is served there. */
const PROBLEM_BASE = "https://waypost.dev/problems/";

/** An answer in `application/problem+json`: what is wrong, where, and which bound it broke. */
export function problem(
  c: Context,
  name: ProblemName,
  detail: string,
  place?: { field: string; bound: string },
): Response {
  const [status, title] = PROBLEMS[name];
  if (name !== "unavailable") logRefusal(c, name, status);
  const site = c.get("site") as string | undefined;
  // What a team asks below `/api` is nothing that arrives.
  if (site !== undefined && isOfPages(c)) countProblem(c.env as Env, site, name);
  const body: Problem = { type: PROBLEM_BASE + name, title, status, detail, ...place };
  return c.body(JSON.stringify(body), status, {
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    ...readable(c),
    ...(name === "unavailable" ? { "Retry-After": "5" } : {}),
    ...(name === "upgrade-required" ? { Upgrade: "websocket" } : {}),
  });
}

/** The answer where something failed that may work later: it is logged and counted, and says when to come back. */
export function unavailable(c: Context, error: unknown, detail: string): Response {
  logFailure(c, error, adviceOn(error));
  return problem(c, "unavailable", detail);
}

/** The answer to who sends too much: `waitMs` is when the same request may be taken. Nothing of this one was. */
export function tooMany(c: Context, waitMs: number): Response {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const response = problem(c, "too-many-requests", `Nothing was taken: send it again in ${seconds} s.`);
  response.headers.set("Retry-After", String(seconds));
  return response;
}

/** The answer to a body that was refused at the border. */
export function refused(c: Context, { field, bound }: Refusal): Response {
  const place = field === "" ? "The body" : `“${field}”`;
  return problem(c, "malformed", `${place} must be: ${bound}.`, { field, bound });
}

/**
 * Lets a page read what is wrong with its request, whatever its origin: a page that cannot would take the refusal for a
 * broken line, and send the same thing again. A problem tells nothing of anybody.
 */
function readable(c: Context): Record<string, string> {
  const origin = c.req.header("Origin");
  if (origin === undefined || !isOfPages(c)) return {};
  return { Vary: "Origin", "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After" };
}

/** Whether pages and servers ask this: at the edge's own host, or a site's. What stands further on in a path is anybody's word. */
function isOfPages({ req: { path } }: Context): boolean {
  return path.startsWith("/v1/") || path.startsWith("/_w/v1/");
}
