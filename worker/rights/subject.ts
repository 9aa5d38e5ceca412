import type { Context } from "hono";
import { devicesOf } from "../../models/devices.ts";
import { type Claims, isSecret, isUserId, provesUser } from "../../models/identity.ts";
import type { Bindings, Env } from "../env.ts";
import type { Place } from "../journey/joining.ts";
import { follow } from "../journey/reach.ts";
import type { Kept } from "../journey/store.ts";
import { browserVisitor, userVisitor } from "../keys.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import { originAllowed, originProblem } from "../routes/origins.ts";
import { newestConfig, type Site, siteByKey, siteCall, type VersionedConfig } from "../sites.ts";

/** Who asks for their rights, and has proven to be it. */
export interface Subject {
  site: Site;
  newest: VersionedConfig;
  /** The visitor that the secret or the proof names. */
  visitor: string;
}

/** One journey of a person, with what is kept in it. */
export interface PersonJourney {
  visitor: string;
  kept: Kept;
}

/**
 * The person who asks: by the browser's own secret, `Authorization: Waypost SECRET`, or as a user by a proof of the site's
 * server, `Authorization: Bearer JWT`; never by a bare id, of which there is no parameter. Else the problem to answer with.
 */
export async function subjectOf(c: Context<Bindings>): Promise<Subject | Response> {
  const site = await siteByKey(c.env, c.req.query("site") ?? "");
  if (!site) return problem(c, "unknown-site", "Name the site's public key: “?site=…”.");
  c.set("site", site.id);
  const newest = await newestConfig(c.env, site.id);
  if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${site.id}/config.`);
  if (!originAllowed(c, newest.config.origins, false)) return originProblem(c);
  const visitor = await visitorOf(c, { site, newest });
  return visitor === null
    ? problem(
        c,
        "unauthorised",
        "Send “Authorization: Waypost …” with the browser's secret, or “Bearer …” with a proof.",
      )
    : { site, newest, visitor };
}

async function visitorOf(c: Context<Bindings>, { site, newest }: Omit<Subject, "visitor">): Promise<string | null> {
  const [, scheme, value = ""] = /^(Waypost|Bearer) (\S+)$/.exec(c.req.header("Authorization") ?? "") ?? [];
  if (scheme === "Waypost") return isSecret(value) ? browserVisitor(c.env, site.id, value) : null;
  if (scheme !== "Bearer") return null;
  const { claimsOf } = await import("../claims.ts");
  const claims = await claimsOf(c.env, { site, newest }, value);
  const user = claims?.sub;
  return isUserId(user) && provesUser(claims as Claims, user, Date.now() / 1000)
    ? userVisitor(c.env, site.id, user)
    : null;
}

/**
 * All journeys of a person: the one that a visitor's leads to, first; then those that became part of it, and the
 * visitor's own.
 */
export async function journeysOf(env: Env, { site, newest, visitor }: Subject): Promise<PersonJourney[]> {
  const main = await keptBy(env, { site, newest, visitor });
  const names = devicesOf(main.kept.state).map((device) => device.visitor);
  const others = [...new Set([...names, visitor])].filter((name) => name !== main.visitor);
  const rest = await Promise.all(others.map(async (name) => ({ visitor: name, kept: await ownOf(env, site, name) })));
  return [main, ...rest];
}

/** What the journey holds to which a visitor's leads. */
async function keptBy(env: Env, { site, newest, visitor: of }: Subject): Promise<PersonJourney> {
  const call = { site: siteCall(site), config: newest.version };
  const ask = async ({ visitor }: Place) =>
    (await callObject(async () => journeyObject(env, site.id, visitor).known({ ...call, visitor }))) as Kept | Place;
  const movedOf = (known: Kept | Place) => ("visitor" in known ? known : null);
  const { answer, place } = await follow({ env, ...call }, { visitor: of, device: null }, { ask, movedOf });
  return { visitor: place.visitor, kept: answer as Kept };
}

/** What is left in the very journey of a visitor, wherever it leads. */
export async function ownOf(env: Env, site: Site, visitor: string): Promise<Kept> {
  return (await callObject(async () => journeyObject(env, site.id, visitor).own())) as Kept;
}
