import type { Context } from "hono";
import * as v from "valibot";
import type { Role } from "../../models/access.ts";
import { dropSession, ownDigest } from "../access/session.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { accountsObject, siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import { described } from "./described.ts";

const VIA = v.picklist(["passkey", "oidc", "access", "device"]);
const SESSION = v.object({
  account: v.string(),
  name: v.string(),
  sites: v.array(v.object({ site: v.string(), role: v.string() })),
  via: VIA,
});
const LISTED = v.object({
  id: v.string(),
  kind: v.picklist(["browser", "cli"]),
  via: VIA,
  createdAt: v.number(),
  lastSeenAt: v.number(),
  current: v.boolean(),
});

const END = v.object({ ended: v.boolean() });

const OVER = "The session has just ended: sign in again.";
const ENDED = { ended: true };

/** `/api/session`: who is signed in, and the end of it. */
export const session = new Hono<Bindings>()
  .get(
    "/",
    described({ operationId: "readSession", summary: "Who is signed in, and what they are where", answer: SESSION }),
    async (c) => {
      const digest = await ownDigest(c);
      const who = await callObject(async () => accountsObject(c.env).whoIs(digest));
      if (!who) return problem(c, "unauthorised", OVER);
      const { account, via } = who.session;
      const sites = await Promise.all(who.sites.map((site) => roleAt(c, site, account)));
      return c.json({ account, name: who.name, sites: sites.filter((site) => site !== null), via });
    },
  )
  .delete("/", described({ operationId: "signOut", summary: "Ends the session that asks", answer: END }), async (c) => {
    const digest = await ownDigest(c);
    const who = await callObject(async () => accountsObject(c.env).whoIs(digest));
    if (who) await callObject(async () => accountsObject(c.env).endSession(who.session.account, who.session.id));
    dropSession(c);
    return c.json(ENDED);
  });

/** `/api/sessions`: all places where somebody is signed in. */
export const sessions = new Hono<Bindings>()
  .get(
    "/",
    described({
      operationId: "listSessions",
      summary: "Where one is signed in, the newest first",
      answer: v.object({ sessions: v.array(LISTED) }),
    }),
    async (c) => {
      const digest = await ownDigest(c);
      const own = await callObject(async () => accountsObject(c.env).whoIs(digest));
      const all = await callObject(async () => accountsObject(c.env).sessions(accountOf(c)));
      return c.json({ sessions: all.map((one) => ({ ...one, current: one.id === own?.session.id })) });
    },
  )
  .delete(
    "/",
    described({ operationId: "signOutEverywhere", summary: "Ends all sessions of who asks", answer: END }),
    async (c) => {
      await callObject(async () => accountsObject(c.env).endSessions(accountOf(c)));
      dropSession(c);
      return c.json(ENDED);
    },
  )
  .delete(
    "/:id",
    described({ operationId: "endSession", summary: "Ends one session of who asks", answer: END }),
    async (c) => {
      const id = c.req.param("id");
      const isEnded = await callObject(async () => accountsObject(c.env).endSession(accountOf(c), id));
      return isEnded ? c.json(ENDED) : problem(c, "not-found", "None of your sessions has this id.");
    },
  );

/** Of routes that need somebody to have signed in. */
export function accountOf(c: Context<Bindings>): string {
  const actor = c.get("actor");
  if (actor.kind !== "account") throw new Error("a route that needs nobody to have signed in asks who has");
  return actor.account;
}

/** What an account is at a site, by the site's own word; null where it is no member any more. */
async function roleAt(
  c: Context<Bindings>,
  site: string,
  account: string,
): Promise<{ site: string; role: Role } | null> {
  const access = await callObject(async () => siteObject(c.env, site).access({ kind: "account", account }));
  return access ? { site, role: access.role as Role } : null;
}
