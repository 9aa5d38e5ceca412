import type { Campaign } from "./campaign.ts";
import { triggerKey } from "./stage.ts";

/** How long what a server has told waits for its visitor, ms, where the campaign does not say. */
export const WAITS_MS = 7 * 86_400_000;
/** Triggers that wait for one visitor; the first to come gives way. */
const WAITING_MAX = 8;

/** A touchpoint of a server that a campaign is to answer, as soon as a page asks. */
export interface Waiting {
  /** Key of the trigger: `touchpoint.Payment Failed`. */
  on: string;
  /** When the edge heard of it, ms since 1970. */
  at: number;
}

/** What waits after some names of touchpoints that a server has told just now: each once, as of its last time. */
export function withWaiting(
  waiting: readonly Waiting[],
  names: readonly string[],
  { campaigns, now }: { campaigns: readonly Campaign[]; now: number },
): Waiting[] {
  const listened = campaigns.filter(({ status, trigger }) => status === "live" && trigger.kind === "touchpoint");
  const told = listened.filter(({ trigger }) => trigger.kind === "touchpoint" && names.includes(trigger.name));
  return bothWaiting(
    waiting,
    told.map(({ trigger }) => ({ on: triggerKey(trigger), at: now })),
  );
}

/** What waits for one person by two journeys of theirs. */
export function bothWaiting(a: readonly Waiting[], b: readonly Waiting[]): Waiting[] {
  const byKey = new Map<string, number>();
  for (const { on, at } of [...a, ...b]) byKey.set(on, Math.max(at, byKey.get(on) ?? 0));
  const all = [...byKey].map(([on, at]) => ({ on, at }));
  return all.sort((x, y) => x.at - y.at || (x.on < y.on ? -1 : 1)).slice(-WAITING_MAX);
}

/** Whether a campaign's touchpoint waits still. */
export function isWaiting({ trigger }: Campaign, waiting: readonly Waiting[], now: number): boolean {
  if (trigger.kind !== "touchpoint") return false;
  const key = triggerKey(trigger);
  return waiting.some(({ on, at }) => on === key && now - at < (trigger.waitsMs ?? WAITS_MS));
}
