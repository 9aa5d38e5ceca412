import { setTimeout as wait } from "node:timers/promises";
import type { ItemResult } from "../../../models/server-item.ts";
import type { Problem } from "../../../models/wire.ts";
import { CommandError } from "../command-error.ts";
import { coversWithout, type ImportLine, type PlannedCall } from "./plan-calls.ts";

/** Further tries in a row that bring nothing new, and the longest wait before the n-th: full jitter below base · 2^(n-1). */
const RETRIES = 8;
const BASE_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
/** An edge that says nothing for this long is taken for gone; what it did is found again by `seq`. */
const TIMEOUT_MS = 60_000;

/** Where the lines go, and under which name. */
export interface ImportTarget {
  /** Origin of the edge, as http://localhost:8787. */
  edge: string;
  writeKey: string;
  /** Name of the source: see `fileStream`. */
  stream: string;
  /** A number 0..1 for the jitter. */
  random?: () => number;
  /** Once it is aborted nothing is tried again. */
  signal?: AbortSignal;
}

type Attempt = { results: ItemResult[] } | { retryAfterMs: number };

/**
 * Sends the lines of one call, and again what came back `unavailable` or not at all. `onResult` hears of every line once it has
 * a final answer. Returns the lines that stayed without one. Throws `CommandError` where no try can help.
 */
export async function sendCall(
  call: PlannedCall,
  target: ImportTarget,
  onResult: (line: number, result: ItemResult) => void,
): Promise<ImportLine[]> {
  const { random = Math.random, signal } = target;
  let left = call.lines;
  let { covers } = call;
  const settled = (line: number, result: ItemResult) => {
    // The next try no longer brings it: what it covers must not take it in.
    if (result.result === "refused") covers = coversWithout(covers, [line]);
    onResult(line, result);
  };
  for (let failures = 0; left.length > 0; ) {
    const attempt = await tryOnce({ lines: left, covers }, target);
    const before = left.length;
    if ("results" in attempt) left = settle(left, attempt.results, settled);
    if (left.length === 0) break;
    failures = left.length < before ? 1 : failures + 1;
    if (failures > RETRIES || signal?.aborted) break;
    const longestMs = Math.min(LONGEST_DELAY_MS, BASE_DELAY_MS * 2 ** (failures - 1));
    const delayMs = ("retryAfterMs" in attempt ? attempt.retryAfterMs : 0) + random() * longestMs;
    const isWaited = await wait(delayMs, true, signal ? { signal } : {}).catch(() => false);
    if (!isWaited) break;
  }
  return left;
}

/** Asks for nothing, to learn whether the edge is there, takes the key and has a configuration. */
export async function checkTarget(target: ImportTarget): Promise<void> {
  let response: Response;
  try {
    response = await post(
      JSON.stringify({ stream: target.stream, batch: [] }),
      target,
      AbortSignal.timeout(TIMEOUT_MS),
    );
  } catch {
    throw new CommandError(`Nothing answers at ${target.edge}. Is it running? (npm start, or --edge URL for another.)`);
  }
  if (response.ok) await response.body?.cancel();
  else if (!mayPass(response.status)) throw await refusal(response, target);
}

async function tryOnce({ lines, covers }: PlannedCall, target: ImportTarget): Promise<Attempt> {
  // Not AbortSignal.timeout: that holds the call, body and all, until the time is over, also where it was answered long before.
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(), TIMEOUT_MS);
  try {
    const head = `{"stream":${JSON.stringify(target.stream)},"covers":${JSON.stringify(covers)},"batch":[`;
    const response = await post(`${head}${lines.map(({ json }) => json).join(",")}]}`, target, silent.signal);
    if (response.ok) return (await response.json()) as { results: ItemResult[] };
    if (!mayPass(response.status)) throw await refusal(response, target);
    const retryAfterS = Number(response.headers.get("Retry-After") ?? 0);
    await response.body?.cancel();
    return { retryAfterMs: Math.min(LONGEST_DELAY_MS, (retryAfterS > 0 ? retryAfterS : 0) * 1000) };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    // The connection was refused, cut or silent: whether the edge took the lines is not known, so they go again.
    return { retryAfterMs: 0 };
  } finally {
    clearTimeout(timer);
  }
}

function post(body: string, { edge, writeKey }: ImportTarget, signal: AbortSignal): Promise<Response> {
  return fetch(`${edge}/v1/import`, {
    method: "POST",
    headers: { Authorization: `Basic ${btoa(`${writeKey}:`)}`, "Content-Type": "application/json" },
    body,
    signal,
  });
}

/** Whether the same call may be taken later: too many calls, or a fault at the edge. */
function mayPass(status: number): boolean {
  return status === 429 || status >= 500;
}

async function refusal(response: Response, { edge }: ImportTarget): Promise<CommandError> {
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  if (response.status === 401) {
    return new CommandError(`${edge} does not know this write key. Check the key, or the site that it is for.`);
  }
  const { title = "", detail = "no further word" } = problem;
  return new CommandError(`${edge} refused the call with ${response.status} ${title}: ${detail}`);
}

/** Tells of each final result and returns the lines that have none. */
function settle(
  lines: readonly ImportLine[],
  results: readonly ItemResult[],
  onResult: (line: number, result: ItemResult) => void,
): ImportLine[] {
  const byIndex = new Map(results.map((result) => [result.index, result]));
  return lines.filter(({ line }, index) => {
    const result = byIndex.get(index);
    if (!result || result.result === "unavailable") return true;
    onResult(line, result);
    return false;
  });
}
