import type { Context } from "hono";
import { problem } from "../problems.ts";

/**
 * Whether a page of this origin may speak for the site: equal to an allowed origin, to the letter. `required`: a
 * browser always names its origin in a POST; a same-origin GET names none. (A client that is no browser can forge it.)
 */
export function originAllowed(c: Context, origins: readonly string[], required: boolean): boolean {
  const origin = c.req.header("Origin");
  return origin === undefined ? !required : origins.includes(origin);
}

export function originProblem(c: Context): Response {
  return problem(c, "origin-not-allowed", "Add the page's origin to “origins” of the site's configuration.");
}

/** CORS for an allowed origin: echoed to the letter, never with credentials. A page may read how long to wait. */
export function corsHeaders(c: Context): Record<string, string> {
  const origin = c.req.header("Origin");
  if (origin === undefined) return { Vary: "Origin" };
  return { Vary: "Origin", "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "Retry-After" };
}
