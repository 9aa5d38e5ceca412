import { openAPIRouteHandler } from "hono-openapi";
import { authorise } from "./access/authorise.ts";
import { teamHeaders } from "./access/console-host.ts";
import type { Bindings } from "./env.ts";
import { Hono } from "./hono.ts";
import { limitByAddress } from "./limits.ts";
import { problem, unavailable } from "./problems.ts";
import { accountsAudit, audit } from "./routes/audit.ts";
import { campaigns } from "./routes/campaigns.ts";
import { changes } from "./routes/changes.ts";
import { consentProof } from "./routes/consent-proof.ts";
import { device } from "./routes/device.ts";
import { dryRun } from "./routes/dry-run.ts";
import { events } from "./routes/events.ts";
import { identityKeys } from "./routes/identity-keys.ts";
import { invitations } from "./routes/invitations.ts";
import { liveMap } from "./routes/live-map.ts";
import { maps } from "./routes/maps.ts";
import { members } from "./routes/members.ts";
import { OPENAPI } from "./routes/openapi.ts";
import { passkeys } from "./routes/passkeys.ts";
import { people } from "./routes/people.ts";
import { schemas } from "./routes/schemas.ts";
import { session, sessions } from "./routes/session.ts";
import { signIn } from "./routes/sign-in.ts";
import { signInAccess } from "./routes/sign-in-access.ts";
import { signInOidc } from "./routes/sign-in-oidc.ts";
import { signInPasskey } from "./routes/sign-in-passkey.ts";
import { siteHealth } from "./routes/site-health.ts";
import { sites } from "./routes/sites.ts";
import { sourceSecrets } from "./routes/source-secrets.ts";
import { stops } from "./routes/stops.ts";
import { tokens } from "./routes/tokens.ts";
import { versions } from "./routes/versions.ts";
import { visitors } from "./routes/visitors.ts";

/** What a team can ask, below `/api`. A module of its own: see build-worker.ts. */
export const api = new Hono<Bindings>()
  .use(async (c, next) => {
    c.set("startedAt", Date.now());
    await next();
    // A socket's answer can't be changed, and is kept by nobody.
    if (c.res.status !== 101) c.header("Cache-Control", "no-store");
  })
  .use(teamHeaders)
  // Whoever has not signed in is counted by their address: guessing is slow.
  .use("/api/sign-in/*", limitByAddress("choice"))
  .use("/api/invitations/*", limitByAddress("choice"))
  .use("/api/device/*", limitByAddress("choice"))
  .post("/api/device", limitByAddress("device"))
  .use("/api/sites/*", limitByAddress("team"))
  .use(authorise)
  .route("/api/schemas", schemas)
  .route("/api/sign-in", signIn)
  .route("/api/sign-in/passkey", signInPasskey)
  .route("/api/sign-in/oidc", signInOidc)
  .route("/api/sign-in/access", signInAccess)
  .route("/api/invitations", invitations)
  .route("/api/session", session)
  .route("/api/sessions", sessions)
  .route("/api/passkeys", passkeys)
  .route("/api/device", device)
  .route("/api/audit", accountsAudit)
  .route("/api/sites", audit)
  .route("/api/sites", members)
  .route("/api/sites", tokens)
  .route("/api/sites", liveMap)
  .route("/api/sites", identityKeys)
  .route("/api/sites", sourceSecrets)
  .route("/api/sites", visitors)
  .route("/api/sites", consentProof)
  .route("/api/sites", events)
  .route("/api/sites", people)
  .route("/api/sites", siteHealth)
  .route("/api/sites", changes)
  .route("/api/sites", versions)
  .route("/api/sites", stops)
  .route("/api/sites", campaigns)
  .route("/api/sites", dryRun)
  .route("/api/sites", sites)
  .route("/api/sites", maps)
  .notFound((c) => problem(c, "not-found", "No route has this path and method: see worker/README.md."))
  .onError((error, c) => unavailable(c, error, "The edge failed to answer."));

// Made from the routes above and their schemas, once an isolate.
api.get("/api/openapi.json", openAPIRouteHandler(api, OPENAPI));
