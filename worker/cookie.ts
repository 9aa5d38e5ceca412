import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { permits, type Stamp } from "../models/consent.ts";
import { isBelow } from "../models/host.ts";
import { isSecret } from "../models/identity.ts";
import type { Bindings } from "./env.ts";
import { heldAt } from "./journey/reach.ts";
import { browserVisitor, open, seal } from "./keys.ts";
import { type Site, siteCall, type VersionedConfig } from "./sites.ts";

/**
 * The cookie of a first-party install: a second copy of the visitor's secret, because some browsers empty what scripts
 * have stored after 7 days (DESIGN §5). Sealed, so it says nothing to whom it is sent on the site's host; set only with
 * a batch that `analytics` permits, never renewed by a visit, cleared by a withdrawal and by `reset()`.
 */
export interface KeptCookie {
  secret: string;
  /** Seconds since 1970 at which it ends. */
  untilS: number;
  /** Whether it was sealed with the key that seals now. */
  isCurrent: boolean;
}

/** 13 months: as long as a journey is kept (B32). */
const AGE_S = 395 * 86_400;
/** A browser takes a cookie of this name from its own host alone, over TLS, for every path. */
const HOST_NAME = "__Host-waypost";
/** The name where the site shares it among the hosts of its `cookieDomain`. */
const DOMAIN_NAME = "waypost";
const USE = "cookie";

/** A page's request, and the site that it is for. */
export interface Asked {
  site: Site;
  newest: VersionedConfig;
}

/** Whether the page is of the very host that it asks, below `/_w`: elsewhere a cookie of ours would be a third party's. */
function isFirstParty(c: Context<Bindings>): boolean {
  const { hostname, pathname } = new URL(c.req.url);
  const site = c.req.header("Sec-Fetch-Site") ?? "same-origin";
  if (site !== "same-origin" || !pathname.startsWith("/_w/")) return false;
  const origin = c.req.header("Origin");
  return origin !== undefined && URL.canParse(origin) && new URL(origin).hostname === hostname;
}

/** The cookie that came with a first-party request, or null where there is none that is this site's and still good. */
export async function keptCookie(c: Context<Bindings>, asked: Asked): Promise<KeptCookie | null> {
  if (!isFirstParty(c)) return null;
  const sealed = getCookie(c, placeOf(c, asked).name);
  const opened = sealed === undefined ? null : await open(c.env, USE, sealed);
  if (!opened) return null;
  const [site, secret, untilS] = opened.value as [string, string, number];
  return site === asked.site.id && isSecret(secret) && untilS * 1000 > Date.now()
    ? { secret, untilS, isCurrent: opened.isCurrent }
    : null;
}

/** Answers with the cookie for a secret, unless the browser has that very one. */
export async function keepSecret(
  c: Context<Bindings>,
  asked: Asked,
  { secret, kept }: { secret: string; kept: KeptCookie | null },
): Promise<void> {
  if (!isFirstParty(c)) return;
  const same = kept?.secret === secret ? kept : null;
  if (same?.isCurrent) return;
  const nowS = Math.floor(Date.now() / 1000);
  const untilS = same?.untilS ?? nowS + AGE_S;
  const { name, domain } = placeOf(c, asked);
  const sealed = await seal(c.env, USE, [asked.site.id, secret, untilS]);
  setCookie(c, name, sealed, { ...ATTRIBUTES, ...domain, maxAge: untilS - nowS });
}

/** Answers that the browser forget the cookie; `surely` also where none came with the request. */
export function forgetCookie(c: Context<Bindings>, asked: Asked, surely: boolean): void {
  if (!isFirstParty(c)) return;
  const { name, domain } = placeOf(c, asked);
  if (surely || getCookie(c, name) !== undefined) setCookie(c, name, "", { ...ATTRIBUTES, ...domain, maxAge: 0 });
  // From before the site named a domain.
  if (name !== HOST_NAME && getCookie(c, HOST_NAME) !== undefined) {
    setCookie(c, HOST_NAME, "", { ...ATTRIBUTES, maxAge: 0 });
  }
}

/**
 * The stamp under which the visitor of an earlier secret goes on with what was chosen now, or null where nothing goes
 * on: their journey is gone, or was withdrawn. Their choices count on from the last that the journey holds.
 */
export async function takenOver(
  c: Context<Bindings>,
  { site, newest }: Asked,
  { secret, chosen }: { secret: string; chosen: Stamp },
): Promise<Stamp | null> {
  const visitor = await browserVisitor(c.env, site.id, secret);
  const held = await heldBy(c, { site, newest }, visitor);
  if (!permits(held, "analytics")) return null;
  // An objection stays until it is taken back, wherever it was made (B33).
  const objects = held.objects || chosen.objects;
  const isSame = held.purposes.join() === chosen.purposes.join() && held.objects === objects;
  return isSame ? held : { rev: held.rev + 1, purposes: chosen.purposes, ...(objects ? { objects } : {}) };
}

/** The choice that a visitor's journey holds, wherever it is by now. */
export async function heldBy(c: Context<Bindings>, { site, newest }: Asked, visitor: string): Promise<Stamp> {
  return heldAt(c.env, { visitor, device: null }, { site: siteCall(site), config: newest.version });
}

const ATTRIBUTES = { path: "/", httpOnly: true, secure: true, sameSite: "Lax" } as const;

function placeOf(c: Context<Bindings>, { newest }: Asked): { name: string; domain: { domain?: string } } {
  const { cookieDomain } = newest.config;
  return cookieDomain !== undefined && isBelow(new URL(c.req.url).hostname, cookieDomain)
    ? { name: DOMAIN_NAME, domain: { domain: cookieDomain } }
    : { name: HOST_NAME, domain: {} };
}
