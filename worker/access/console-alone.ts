import type { Context } from "hono";
import type { Bindings } from "../env.ts";

/** What is served at the console's own host. */
const OF_CONSOLE = /^\/(api|console|\.well-known)(\/|$)/;

/**
 * Whether a request is none of the console's, at its host: no page that anybody else has written, and nothing that takes
 * what pages send, shares an origin with a session (S15).
 */
export function isAstray({ env, req }: Context<Bindings>): boolean {
  const { CONSOLE_ORIGIN, CONSOLE_SHARES_HOST } = env;
  if (!CONSOLE_ORIGIN || CONSOLE_SHARES_HOST === "true") return false;
  return req.url.startsWith(`${CONSOLE_ORIGIN}/`) && !OF_CONSOLE.test(req.path);
}
