import { logRetry } from "./log.ts";

/**
 * What a caller of a Durable Object does about an error: try again now, come back later, or give up. Read from the
 * properties that the platform sets (developers.cloudflare.com/durable-objects/best-practices/error-handling) and, where
 * an error has lost them on its way through another object, from the sentences that its troubleshooting page lists.
 * Tried in workerd: an aborted object gives `remote` and `durableObjectReset` without `retryable`.
 */
interface PlatformError {
  retryable?: boolean;
  overloaded?: boolean;
  durableObjectReset?: boolean;
  name?: string;
  message?: string;
}

export type Advice = "retry-now" | "retry-later" | "give-up";

/** The object went away, or was not reached: the next one may be there already. */
const GONE = [
  "Network connection lost",
  "Cannot resolve Durable Object due to transient issue on remote node",
  "Durable Object reset because its code was updated",
  "Durable Object storage operation exceeded timeout which caused object to be reset",
  "Internal error while starting up Durable Object storage caused object to be reset",
  "Internal error in Durable Object storage caused object to be reset",
];
/** More calls would make it worse: objects that are overloaded, and accounts that are. */
const TOO_MUCH = ["Durable Object is overloaded", "Your account is generating too much load on Durable Objects"];

/** Whether the same call may succeed at once, on a new stub. Not for overload, and not for what our own code threw. */
export function shouldRetryNow(error: unknown): boolean {
  const { retryable, durableObjectReset } = platformErrorOf(error);
  return !shouldRetryLater(error) && (retryable === true || durableObjectReset === true || says(error, GONE));
}

/** Whether the caller has to be sent away for a while: 503 with Retry-After, at once. */
export function shouldRetryLater(error: unknown): boolean {
  return platformErrorOf(error).overloaded === true || says(error, TOO_MUCH);
}

/** Whether the same call will fail the same way: a bug. The page keeps its batch, and a later version may take it. */
export function shouldGiveUp(error: unknown): boolean {
  return !shouldRetryNow(error) && !shouldRetryLater(error);
}

/** The one of the three that holds, as logs name it. */
export function adviceOn(error: unknown): Advice {
  if (shouldRetryLater(error)) return "retry-later";
  return shouldRetryNow(error) ? "retry-now" : "give-up";
}

function platformErrorOf(error: unknown): PlatformError {
  return typeof error === "object" && error !== null ? (error as PlatformError) : {};
}

/** The platform's own errors are plain ones; a TypeError that says the same is of our making. */
function says(error: unknown, sentences: readonly string[]): boolean {
  const { name, message } = platformErrorOf(error);
  return name === "Error" && sentences.some((sentence) => message?.startsWith(sentence) === true);
}

/** Tries in all, and the longest wait before the n-th further one: full jitter below base · 2^n. */
const TRIES = 3;
const BASE_DELAY_MS = 100;

/** What `callObject` asks of the world. */
export interface Chance {
  /** 0 to 1, without 1. */
  random: () => number;
  wait: (ms: number) => Promise<void>;
}

const CHANCE: Chance = { random: Math.random, wait: (ms) => scheduler.wait(ms) };

/**
 * Calls an object, at most three times and only where trying again at once can help. `call` takes a new stub each time,
 * because a stub stays broken after an error. What is called has to be idempotent, since an answer may be lost: what is not
 * by itself is called by `callOnce`. Throws the last error.
 */
export async function callObject<T>(call: () => Promise<T>, { random, wait }: Chance = CHANCE): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await call();
    } catch (error) {
      if (tried === TRIES || !shouldRetryNow(error)) throw error;
      logRetry(error, adviceOn(error));
      await wait(random() * BASE_DELAY_MS * 2 ** (tried - 1));
    }
  }
}

/** `callObject` for what changes something once: `call` has the same id with each try, and the object knows it again. */
export function callOnce<T>(call: (id: string) => Promise<T>): Promise<T> {
  const id = crypto.randomUUID();
  return callObject(() => call(id));
}
