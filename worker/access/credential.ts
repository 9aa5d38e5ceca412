import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { LIVE_PROTOCOL } from "../../models/wire.ts";
import type { Bindings } from "../env.ts";
import { textOf } from "../keys.ts";
import { isUpgrade, offered } from "../sockets.ts";

/** Before the token in a list of subprotocols. The token is in base64url: not every token is a subprotocol. */
const BEARER = "bearer.";
/** `__Host-`: of this host alone, over https alone, for all paths. */
export const SESSION_COOKIE = "__Host-waypost-session";

/** What a request proves who asks with. `forged`: a session that another site's page sent along. */
export type Credential = { kind: "bearer" | "session"; secret: string } | { kind: "none" | "forged" };

/**
 * A bearer token of the header or, since a browser sends none with a WebSocket, of the subprotocols; else the session's
 * cookie, at the console's own origin alone. A browser sends cookies along whoever made it ask, so what changes anything,
 * and a socket, has to come from a page of the console (S15); reads answer to no other origin.
 */
export function credentialOf(c: Context<Bindings>): Credential {
  const bearer = bearerOf(c);
  if (bearer !== null) return { kind: "bearer", secret: bearer };
  const { CONSOLE_ORIGIN } = c.env;
  const secret = getCookie(c, SESSION_COOKIE);
  if (!secret || !CONSOLE_ORIGIN || new URL(c.req.url).origin !== CONSOLE_ORIGIN) return { kind: "none" };
  const isRead = (c.req.method === "GET" || c.req.method === "HEAD") && !isUpgrade(c.req.raw);
  const isOwn = isRead || c.req.header("Origin") === CONSOLE_ORIGIN;
  return isOwn ? { kind: "session", secret } : { kind: "forged" };
}

function bearerOf(c: Context<Bindings>): string | null {
  const header = c.req.header("Authorization");
  if (header !== undefined) return /^Bearer (.+)$/.exec(header)?.[1] ?? null;
  if (!isUpgrade(c.req.raw)) return null;
  const [protocol, bearer = ""] = offered(c.req.raw);
  return protocol === LIVE_PROTOCOL && bearer.startsWith(BEARER) ? textOf(bearer.slice(BEARER.length)) : null;
}
