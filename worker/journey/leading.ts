import type { Env } from "../env.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";

/** The answer of a journey that has become part of another's: ask that one. */
export interface Leads {
  to: string;
}

/** Where one journey asks others from. */
export interface From {
  env: Env;
  site: string;
  /** The visitor whose object asks. */
  self: string;
}

/** The visitor in whose journey a name ends; `self` where that is the one who asks, or any of a ring without an end. */
export async function endOf({ env, site, self }: From, name: string): Promise<string> {
  const seen = new Set<string>();
  let at = name;
  while (at !== self && !seen.has(at)) {
    seen.add(at);
    const to = await callObject(async () => journeyObject(env, site, at).leadsTo());
    if (to === null) break;
    at = to;
  }
  return at;
}

/**
 * Asks the journey in which a name ends by the time that it is asked; null where the way comes round. Who has moved since
 * says so in the turn in which it would have answered, so nothing is ever given to a journey that has gone.
 */
export async function askEnd<T>(
  self: string,
  name: string,
  ask: (visitor: string) => Promise<T | Leads>,
): Promise<{ visitor: string; answer: T } | null> {
  const seen = new Set([self]);
  for (let at = name; !seen.has(at); ) {
    seen.add(at);
    const answer = await ask(at);
    if (!leads(answer)) return { visitor: at, answer };
    at = answer.to;
  }
  return null;
}

function leads(answer: unknown): answer is Leads {
  return typeof answer === "object" && answer !== null && "to" in answer;
}
