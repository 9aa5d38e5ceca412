import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import * as v from "valibot";
import { fromConsole } from "../access/console-host.ts";
import { enter, type Following } from "../access/entering.ts";
import { backFromProvider, hasOidc, type Sent, sendToProvider } from "../access/oidc.ts";
import { federatedKey } from "../accounts/people.ts";
import { refusalPage } from "../console-page.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { open, seal } from "../keys.ts";
import { problem, unavailable } from "../problems.ts";
import { body, described } from "./described.ts";
import { FOLLOWING, followed } from "./following.ts";

/** Between leaving for the provider and coming back. */
const AWAY_S = 600;
const COOKIE = "__Host-waypost-oidc";
const USE = "oidc";
const ATTRIBUTES = { path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;

const NOT_OURS =
  "The answer does not belong to a sign-in that this browser began in the last 10 minutes. Sign in again.";
const AWAY = "The provider could not be reached. Sign in again a little later.";
const REFUSED = "The provider refused, or its answer could not be verified. Sign in again.";

/** What a browser keeps while it is away: sealed, so that it can be neither read nor made. */
type Kept = [sent: Sent, following: Following | null, expiresAt: number];

/** `/api/sign-in/oidc`: by the code flow, with PKCE, at the provider that the deployment names. */
export const signInOidc = new Hono<Bindings>()
  .post(
    "/",
    described({
      operationId: "startOidcSignIn",
      summary: "Where to send the browser to sign in at the team's provider",
      answer: v.object({ url: v.string() }),
      open: true,
    }),
    fromConsole,
    body(FOLLOWING),
    async (c) => {
      if (!hasOidc(c.env)) return problem(c, "not-found", "No provider is set: see DEPLOY.md.");
      const following = await followed(c, c.req.valid("json"));
      if (following instanceof Response) return following;
      const to = await sendToProvider(c.env, redirectUri(c));
      if (!to) return problem(c, "sign-in-refused", "The provider is not what OIDC_ISSUER says.");
      const kept: Kept = [to.sent, following, Date.now() + AWAY_S * 1000];
      setCookie(c, COOKIE, await seal(c.env, USE, kept), { ...ATTRIBUTES, maxAge: AWAY_S });
      return c.json({ url: to.url });
    },
  )
  .get(
    "/callback",
    described({
      operationId: "finishOidcSignIn",
      summary: "Where the provider sends the browser back to",
      answer: { media: "text/html" },
      open: true,
    }),
    fromConsole,
    async (c) => {
      const kept = await takeKept(c);
      if (!kept) return refusalPage(c, 403, NOT_OURS);
      const [sent, following] = kept;
      const subject = await backFromProvider(c.env, new URL(c.req.url), sent).catch((error: unknown) => {
        unavailable(c, error, AWAY);
        return "away" as const;
      });
      if (subject === "away") return refusalPage(c, 503, AWAY);
      if (!subject) return refusalPage(c, 403, REFUSED);
      const key = federatedKey(subject.issuer, subject.subject);
      const entered = await enter(c, { kind: "oidc", key }, following);
      return "refused" in entered ? refusalPage(c, 403, entered.detail) : c.redirect("/console/");
    },
  );

function redirectUri(c: Context<Bindings>): string {
  return `${c.env.CONSOLE_ORIGIN}/api/sign-in/oidc/callback`;
}

/** What the browser has kept, once. */
async function takeKept(c: Context<Bindings>): Promise<Kept | null> {
  const sealed = getCookie(c, COOKIE);
  if (sealed === undefined) return null;
  deleteCookie(c, COOKIE, ATTRIBUTES);
  const opened = await open(c.env, USE, sealed);
  const kept = opened?.value as Kept | undefined;
  return kept && kept[2] > Date.now() ? kept : null;
}
