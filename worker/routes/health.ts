import type { Context } from "hono";
import type { Bindings, Env } from "../env.ts";
import { Hono } from "../hono.ts";
import { failureCounts, logFailure } from "../log.ts";
import { siteObject } from "../objects.ts";
import { adviceOn } from "../platform-errors.ts";
import { VERSION } from "../version.ts";
import { wordsFor } from "../words.ts";

/** Without one of these nothing is answered rightly. Of a secret only its presence is told. */
const REQUIRED = [
  "JOURNEY",
  "LEDGER",
  "SITE",
  "MAP",
  "LIVE_MAP",
  "ACCOUNTS",
  "EVENTS",
  "CONFIG",
  "ASSETS",
  "ID_KEY",
  "TOKEN_KEY",
  "ADMIN_TOKEN",
] as const satisfies (keyof Env)[];
const OPTIONAL = [
  "TOKEN_KEY_BEFORE",
  "DATA_REGION",
  "HISTORY",
  "HISTORY_PIPELINE",
  "ADDRESS_LIMIT",
  "METRICS",
] as const satisfies (keyof Env)[];

/** How long each check waits. */
const CHECK_MS = 2_000;
/** What was found is told again for this long: anybody may ask, and an answer costs a read and a call. */
const FOUND_FOR_MS = 5_000;
/** No site's id: those begin with a letter or digit. The object keeps nothing, so it costs nothing. */
const NO_SITE = "~health";

/** What is not well, by check: KV, one object for all, and whether the assets are those of the Worker. */
type Found = { checkedAt: number; failing: Record<string, string> };
const found = new WeakMap<Env, Found>();

/** `GET /v1/health`: whether the edge is well, for those who run it. 503 names what fails. */
export const health = new Hono<Bindings>().get("/", async (c) => {
  const { env } = c;
  const known = found.get(env);
  const now = Date.now();
  const { failing, checkedAt } = known && now - known.checkedAt < FOUND_FOR_MS ? known : await look(c, now);
  const isWell = Object.keys(failing).length === 0;
  const bindings = Object.fromEntries([...REQUIRED, ...OPTIONAL].map((name) => [name, isBound(env, name)]));
  const body = { status: isWell ? "ok" : "failing", version: VERSION, failing, checkedAt, bindings };
  const headers = { "Cache-Control": "no-store", ...(isWell ? {} : { "Retry-After": "5" }) };
  return c.json({ ...body, counts: failureCounts() }, isWell ? 200 : 503, headers);
});

async function look(c: Context<Bindings>, now: number): Promise<Found> {
  const { env } = c;
  const checks = {
    kv: () => env.CONFIG.get("health"),
    object: async () => siteObject(env, NO_SITE).site(),
    words: () => wordsFor(env, "en"),
  };
  const missing = REQUIRED.filter((name) => !isBound(env, name)).map((name) => [name, "not bound"] as const);
  const results = await Promise.all(Object.entries(checks).map(async ([name, check]) => [name, await fails(c, check)]));
  const failing = Object.fromEntries([...missing, ...results.filter(([, word]) => word !== null)]);
  const looked = { checkedAt: now, failing };
  found.set(env, looked);
  return looked;
}

/** What is wrong in a few words of ours, or null. A check that waits too long is left to itself. */
async function fails(c: Context<Bindings>, check: () => Promise<unknown>): Promise<string | null> {
  const late = `no answer within ${CHECK_MS} ms`;
  const ended = new AbortController();
  try {
    const timer = scheduler.wait(CHECK_MS, { signal: ended.signal }).then(
      () => late,
      () => null,
    );
    return await Promise.race([check().then(() => null), timer]);
  } catch (error) {
    logFailure(c, error, adviceOn(error));
    return "failed";
  } finally {
    ended.abort();
  }
}

function isBound(env: Env, name: keyof Env): boolean {
  return env[name] !== undefined && env[name] !== "";
}
