import type { Action, Actor, Role } from "../models/access.ts";
import type { AccountsObject } from "./accounts/object.ts";
import type { BudgetObject } from "./budget/object.ts";
import type { DryRunObject } from "./dry-run/object.ts";
import type { EventsObject } from "./events/object.ts";
import type { HistoryPipeline } from "./history/pipeline-sink.ts";
import type { JourneyObject } from "./journey/object.ts";
import type { LedgerObject } from "./ledger/object.ts";
import type { LiveMapObject } from "./map/live.ts";
import type { MapObject } from "./map/object.ts";
import type { SiteObject } from "./site/object.ts";

/** What wrangler.toml and the secrets give to the Worker. */
export interface Env {
  JOURNEY: DurableObjectNamespace<JourneyObject>;
  LEDGER: DurableObjectNamespace<LedgerObject>;
  SITE: DurableObjectNamespace<SiteObject>;
  MAP: DurableObjectNamespace<MapObject>;
  LIVE_MAP: DurableObjectNamespace<LiveMapObject>;
  ACCOUNTS: DurableObjectNamespace<AccountsObject>;
  EVENTS: DurableObjectNamespace<EventsObject>;
  BUDGET: DurableObjectNamespace<BudgetObject>;
  DRY_RUN: DurableObjectNamespace<DryRunObject>;
  /** Keys to sites, and immutable configurations with a pointer to the newest. */
  CONFIG: KVNamespace;
  ASSETS: Fetcher;
  /** Where history goes, as Parquet. Absent: no history is kept. */
  HISTORY?: R2Bucket;
  /** Seconds after which a shard writes what it has for the history; absent: 900. Less is fresher, and more objects. */
  HISTORY_AFTER_S?: string;
  /** How long what arrives is counted by an isolate before the site's object hears of it, ms; absent: 5,000. */
  TALLY_AFTER_MS?: string;
  /** Takes history instead of the bucket. See worker/history/sink.ts. */
  HISTORY_PIPELINE?: HistoryPipeline;
  /** Names visitors. Never rotates: journeys would be orphaned. 32 bytes in base64url. */
  ID_KEY: string;
  /** Seals person tokens. 32 bytes in base64url; the one before it opens tokens during a rotation. */
  TOKEN_KEY: string;
  TOKEN_KEY_BEFORE?: string;
  /** Origin of the console, where people sign in: best a host of its own. Absent: nobody can, and tokens alone are taken. */
  CONSOLE_ORIGIN?: string;
  /** "true" where pages and batches share the console's host, on one machine; absent: nothing but the console is there. */
  CONSOLE_SHARES_HOST?: string;
  /** An OpenID provider of the team's, where people may sign in, and this console's registration with it. */
  OIDC_ISSUER?: string;
  OIDC_CLIENT_ID?: string;
  OIDC_CLIENT_SECRET?: string;
  /** Cloudflare Access before the console: `https://TEAM.cloudflareaccess.com`, and the application's audience tag. */
  ACCESS_TEAM?: string;
  ACCESS_AUD?: string;
  /** Bearer token of the installation itself: creates sites, and may do everything. */
  ADMIN_TOKEN: string;
  /** The platform's own count of requests by address; absent: each isolate counts by itself alone. See worker/limits.ts. */
  ADDRESS_LIMIT?: RateLimit;
  /** Jurisdiction in which every object lives, "eu"; absent: wherever is nearest. See worker/objects.ts. */
  DATA_REGION?: string;
  /** One data point a failure or kind of refusal, where Analytics Engine is bound: see worker/log.ts. */
  METRICS?: AnalyticsEngineDataset;
  /** Bound in tests alone: a push waits for its answer, so that a test can hold one back. */
  TEST_PUSH_GATE?: Fetcher;
}

/**
 * `site`: the id of a site that was found, for logs; what a request only claims is never put there. `actor`, `role` and,
 * of an API token, `scopes`: below `/api`, as worker/access/authorise.ts sets them.
 */
export type Bindings = {
  Bindings: Env;
  Variables: { startedAt: number; site?: string; actor: Actor; role: Role; scopes?: Action[] };
};
