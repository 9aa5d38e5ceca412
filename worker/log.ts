import type { Context } from "hono";
import { routePath } from "hono/route";
import type { Env } from "./env.ts";

/**
 * One line of JSON for each failure, and for each kind of refusal in a minute. A field is a name of ours, a number, or a
 * place in our code; none is a text that anybody sent. So no address, URL, id, token or message of an error is ever
 * logged: messages quote what they could not read.
 */
interface LogLine {
  event:
    | "failed"
    | "refused"
    | "retried"
    | "push-failed"
    | "budget-failed"
    | "dry-run-failed"
    | "alarm-failed"
    | "copy-failed"
    | "history-failed"
    | "count-failed"
    | "sign-in-refused";
  /** The pattern of the route, as `/v1/config/:key`. */
  route?: string;
  /** The problem's name, where it is a refusal. */
  problem?: string;
  status?: number;
  site?: string;
  /** Name of the error's class, what its caller does about it, and where it was thrown. */
  error?: string;
  class?: string;
  at?: string;
  ms?: number;
  /** How many refusals of this kind there were since the last line about it. */
  count?: number;
}

/** Where a data point goes, where Analytics Engine is bound. */
type Metrics = Pick<Env, "METRICS">;

/** A kind of refusal is told at once, then at most this often: a flood must not cost a line a request. */
const REFUSAL_EVERY_MS = 60_000;
/** Kinds that are remembered; their number is routes times problems times sites. */
const KINDS_KEPT = 1_000;

/** What happened in this isolate since it started, by event, route and problem: a name of ours, never a site's. */
const counts = new Map<string, number>();
const refusals = new Map<string, { toldAt: number; untold: number }>();

/** The counters of this isolate. */
export function failureCounts(): Record<string, number> {
  return Object.fromEntries(counts);
}

/** A request that could not be answered. `advice`: what the platform's error asks for (worker/platform-errors.ts). */
export function logFailure(c: Context, error: unknown, advice: string): void {
  const line = { event: "failed", ...placeOf(c), status: 503, ...nameOf(error), class: advice } as const;
  count("failed", line.route);
  tell(c.env as Metrics, { ...line, ...tookOf(c) });
}

/** A request that was refused: `problem` is the refusal's stable name. */
export function logRefusal(c: Context, problem: string, status: number): void {
  const place = placeOf(c);
  count("refused", place.route, problem);
  const untold = dueOf([place.route, problem, place.site].join(" "));
  if (untold === null) return;
  const line = { event: "refused", ...place, problem, status, ...tookOf(c) } as const;
  tell(c.env as Metrics, { ...line, count: 1 + untold });
}

/**
 * Why nobody is signed in by what a provider says, in the name that its check has for it: whoever signs in is not told, and
 * a setting that is wrong refuses everybody.
 */
export function logSignIn(env: Metrics, via: "oidc" | "access", why: string): void {
  const name = /^\w{1,60}$/.test(why) ? why : "unknown";
  count("sign-in-refused", via, name);
  const untold = dueOf(["sign-in", via, name].join(" "));
  if (untold !== null) tell(env, { event: "sign-in-refused", problem: via, class: name, count: 1 + untold });
}

/** How many of a kind were not told since its last line, where the next one is due; else null, and it is counted. */
function dueOf(kind: string): number | null {
  const now = Date.now();
  const known = refusals.get(kind);
  if (known && now - known.toldAt < REFUSAL_EVERY_MS) {
    known.untold++;
    return null;
  }
  if (refusals.size >= KINDS_KEPT) refusals.clear();
  refusals.set(kind, { toldAt: now, untold: 0 });
  return known?.untold ?? 0;
}

/** A call of an object that is tried again. */
export function logRetry(error: unknown, advice: string): void {
  count("retried");
  tell({}, { event: "retried", ...nameOf(error), class: advice });
}

/** What failed beside any request: it is tried again by whoever failed. */
export function logBackground(
  env: Metrics,
  event:
    | "push-failed"
    | "alarm-failed"
    | "copy-failed"
    | "history-failed"
    | "count-failed"
    | "budget-failed"
    | "dry-run-failed",
  { site, error }: { site?: string | undefined; error: unknown },
): void {
  count(event);
  tell(env, { event, ...(site === undefined ? {} : { site }), ...nameOf(error) });
}

function count(...names: string[]): void {
  const key = names.join(" ");
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function tell({ METRICS }: Metrics, line: LogLine): void {
  // The platform's logs read a line of JSON as fields, and take the level from the method.
  (line.event.endsWith("refused") ? console.log : console.error)(JSON.stringify(line));
  const { event, route = "", problem = "", error = "", site = "", status = 0, ms = 0 } = line;
  METRICS?.writeDataPoint({
    indexes: [site],
    blobs: [event, route, problem, error, line.class ?? ""],
    doubles: [line.count ?? 1, status, ms],
  });
}

/** The site is one that was found, never what a request claims: see `Bindings`. */
function placeOf(c: Context): { route: string; site?: string } {
  const site = c.get("site") as string | undefined;
  return { route: routePath(c, -1) || "none", ...(site === undefined ? {} : { site }) };
}

function tookOf(c: Context): { ms: number } {
  return { ms: Date.now() - (c.get("startedAt") as number) };
}

/** Class and place of an error, without its words. */
function nameOf(error: unknown): { error: string; at?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const name = /^[A-Za-z]{1,40}$/.exec(error.name)?.[0] ?? "Error";
  // The message comes first in the stack, and may hold lines of its own.
  const { message, stack = "" } = error;
  const frames = stack.includes(message) ? stack.slice(stack.indexOf(message) + message.length) : "";
  const at = /\n\s+at .*?([\w.-]+:\d+:\d+)\)?(?:\n|$)/.exec(frames)?.[1];
  return { error: name, ...(at === undefined ? {} : { at }) };
}
