import { setTimeout as wait } from "node:timers/promises";
import type { ItemResult } from "../../models/server-item.ts";
import type { Problem } from "../../models/wire.ts";
import { CommandError } from "./command-error.ts";
import type { FileEvent } from "./event-file.ts";

/** Further tries in a row that bring nothing new, and the longest wait before the n-th: full jitter below base · 2^(n-1). */
const RETRIES = 8;
const BASE_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
/** An edge that says nothing for this long is taken for gone; what it did is found again by `seq`. */
const TIMEOUT_MS = 60_000;

/** Where the events go, and under which name. */
export interface BatchTarget {
  /** Origin of the edge, as http://localhost:8787. */
  edge: string;
  writeKey: string;
  /** Name of the source: see `EventFile.digest`. */
  stream: string;
  /** A number 0..1 for the jitter. */
  random?: () => number;
}

type Attempt = { results: ItemResult[] } | { retryAfterMs: number };

/**
 * Sends events in one call, and again what came back `unavailable` or not at all. `onResult` hears of every event once
 * it has a final answer. Returns the events that stayed without one. Throws `CommandError` where no try can help.
 */
export async function sendEvents(
  events: readonly FileEvent[],
  target: BatchTarget,
  onResult: (event: FileEvent, result: ItemResult) => void,
): Promise<FileEvent[]> {
  const random = target.random ?? Math.random;
  let left = [...events];
  for (let failures = 0; left.length > 0; ) {
    const attempt = await tryOnce(left, target);
    const before = left.length;
    if ("results" in attempt) left = settle(left, attempt.results, onResult);
    if (left.length === 0) break;
    failures = left.length < before ? 1 : failures + 1;
    if (failures > RETRIES) break;
    const longestMs = Math.min(LONGEST_DELAY_MS, BASE_DELAY_MS * 2 ** (failures - 1));
    await wait(("retryAfterMs" in attempt ? attempt.retryAfterMs : 0) + random() * longestMs);
  }
  return left;
}

/** Asks for nothing, to learn whether the edge is there, takes the key and has a configuration. */
export async function checkTarget(target: BatchTarget): Promise<void> {
  let response: Response;
  try {
    response = await post([], target);
  } catch {
    throw new CommandError(`Nothing answers at ${target.edge}. Is it running? (npm start, or --edge URL for another.)`);
  }
  if (response.ok) await response.body?.cancel();
  else if (!mayPass(response.status)) throw await refusal(response, target);
}

async function tryOnce(events: readonly FileEvent[], target: BatchTarget): Promise<Attempt> {
  try {
    const response = await post(events, target);
    if (response.ok) return (await response.json()) as { results: ItemResult[] };
    if (!mayPass(response.status)) throw await refusal(response, target);
    const retryAfterS = Number(response.headers.get("Retry-After") ?? 0);
    await response.body?.cancel();
    return { retryAfterMs: Math.min(LONGEST_DELAY_MS, (retryAfterS > 0 ? retryAfterS : 0) * 1000) };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    // The connection was refused, cut or silent: whether the edge took the events is not known, so they go again.
    return { retryAfterMs: 0 };
  }
}

function post(events: readonly FileEvent[], { edge, writeKey, stream }: BatchTarget): Promise<Response> {
  return fetch(`${edge}/v1/batch`, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${writeKey}:`)}`, "Content-Type": "application/json" },
    body: `{"historical":true,"stream":${JSON.stringify(stream)},"batch":[${events.map((e) => e.json).join(",")}]}`,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

/** Whether the same call may be taken later: too many calls, or a fault at the edge. */
function mayPass(status: number): boolean {
  return status === 429 || status >= 500;
}

async function refusal(response: Response, { edge }: BatchTarget): Promise<CommandError> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  if (response.status === 401) {
    return new CommandError(`${edge} does not know this write key. Check --write-key, or the site that it is for.`);
  }
  const { title = "", detail = "no further word" } = problem;
  return new CommandError(`${edge} refused the call with ${response.status} ${title}: ${detail}`);
}

/** Tells of each final result and returns the events that have none. */
function settle(
  events: readonly FileEvent[],
  results: readonly ItemResult[],
  onResult: (event: FileEvent, result: ItemResult) => void,
): FileEvent[] {
  const byIndex = new Map(results.map((result) => [result.index, result]));
  return events.filter((event, index) => {
    const result = byIndex.get(index);
    if (!result || result.result === "unavailable") return true;
    onResult(event, result);
    return false;
  });
}
