import type { Context } from "hono";
import type { Bindings } from "../env.ts";

/** What is served at the console's own host. */
const OF_CONSOLE = /^\/(api|console|\.well-known)(\/|$)/;

/**
 * Whether a request is none of the console's, at its host: no page that anybody else has written, and nothing that takes
 * what pages send, shares an origin with a session (S15).
 */
export function isAstray(c: Context<Bindings>): boolean {
  return isConsoleAlone(c) && !OF_CONSOLE.test(c.req.path);
}

/** Whether a request came to the host of the console, and nothing else is served there. */
export function isConsoleAlone({ env, req }: Context<Bindings>): boolean {
  const { CONSOLE_ORIGIN, CONSOLE_SHARES_HOST } = env;
  return Boolean(CONSOLE_ORIGIN) && CONSOLE_SHARES_HOST !== "true" && req.url.startsWith(`${CONSOLE_ORIGIN}/`);
}
