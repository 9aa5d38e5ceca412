import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import type { Bindings } from "../env.ts";
import { problem } from "../problems.ts";

/** Whether the console's own host is asked: nowhere else does anybody sign in. */
export function isAtConsole(c: Context<Bindings>): boolean {
  return new URL(c.req.url).origin === c.env.CONSOLE_ORIGIN;
}

/**
 * Lets what signs people in pass where it comes from a page of the console: another site's page could otherwise sign a
 * browser in as somebody else, and read what is done in it (S15).
 */
export const fromConsole = createMiddleware<Bindings>(async (c, next) => {
  if (!isAtConsole(c))
    return problem(c, "not-found", "People sign in at the console's own address, where there is one.");
  const isOwn = c.req.method === "GET" || c.req.header("Origin") === c.env.CONSOLE_ORIGIN;
  if (!isOwn) return problem(c, "forbidden", "This has to be asked from a page of the console.");
  await next();
});

const SELF = ["'self'"];
const NONE = ["'none'"];

/** `code`: where a page's scripts and styles come from: at the console's host from its own folder, so no other file there runs. */
function policy(code: string[]) {
  return {
    contentSecurityPolicy: {
      defaultSrc: NONE,
      scriptSrc: code,
      styleSrc: code,
      connectSrc: SELF,
      imgSrc: SELF,
      baseUri: NONE,
      formAction: SELF,
      frameAncestors: NONE,
    },
    xFrameOptions: "DENY",
  } as const;
}

/** Two years; on the console's own host for all below it. On a site's own host that would be the site's to say. */
const HSTS = "max-age=63072000";
const ofOthers = secureHeaders({ ...policy(NONE), strictTransportSecurity: HSTS });

let ofConsole: { origin: string; headers: MiddlewareHandler } | undefined;

function consoleHeaders(origin: string): MiddlewareHandler {
  if (ofConsole?.origin !== origin) {
    const strictTransportSecurity = `${HSTS}; includeSubDomains`;
    ofConsole = { origin, headers: secureHeaders({ ...policy([`${origin}/console/`]), strictTransportSecurity }) };
  }
  return ofConsole.headers;
}

const nothing = async () => {};

/** The headers of every answer to a team, refusals among them (S15). */
export const teamHeaders = createMiddleware<Bindings>(async (c, next) => {
  await next();
  // A socket's answer can't be changed.
  if (c.res.status === 101) return;
  await (isAtConsole(c) ? consoleHeaders(new URL(c.req.url).origin) : ofOthers)(c, nothing);
});
