import type { JourneyObject } from "./journey/object.ts";
import type { LedgerObject } from "./ledger/object.ts";
import type { MapObject } from "./map/object.ts";
import type { SiteObject } from "./site/object.ts";

/** What wrangler.toml and the secrets give to the Worker. */
export interface Env {
  JOURNEY: DurableObjectNamespace<JourneyObject>;
  LEDGER: DurableObjectNamespace<LedgerObject>;
  SITE: DurableObjectNamespace<SiteObject>;
  MAP: DurableObjectNamespace<MapObject>;
  /** Keys to sites, and immutable configurations with a pointer to the newest. */
  CONFIG: KVNamespace;
  ASSETS: Fetcher;
  /** Names visitors. Never rotates: journeys would be orphaned. 32 bytes in base64url. */
  ID_KEY: string;
  /** Seals person tokens. 32 bytes in base64url; the one before it opens tokens during a rotation. */
  TOKEN_KEY: string;
  TOKEN_KEY_BEFORE?: string;
  /** Bearer token of `/api/*`. */
  ADMIN_TOKEN: string;
  /** The platform's own count of requests by address; absent: each isolate counts by itself alone. See worker/limits.ts. */
  ADDRESS_LIMIT?: RateLimit;
  /** Jurisdiction in which every object lives, "eu"; absent: wherever is nearest. See worker/objects.ts. */
  DATA_REGION?: string;
  /** Bound in tests alone: a push waits for its answer, so that a test can hold one back. */
  TEST_PUSH_GATE?: Fetcher;
}

export type Bindings = { Bindings: Env };
