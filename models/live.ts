import type { Campaign } from "./campaign.ts";
import type { Entry } from "./entry.ts";
import type { FeatureState } from "./features.ts";
import { triggerKey } from "./stage.ts";
import { isActivity } from "./touchpoint-type.ts";
import type { LiveMessage } from "./wire.ts";

/** What a stream brought last that was no history: when the edge received it, and the last stage in it and when that was. ms since 1970. */
interface Lately {
  at: number;
  stage: string;
  stagedAt: number;
}

/** By stream, in the order of their coming. */
export type LatelyByStream = Record<string, Lately>;

/** Streams that a page can have missed something of; of others, the most silent, it hears with the next. */
const LATELY_MAX = 8;

interface Told {
  features: FeatureState;
  campaigns: readonly Campaign[];
  /** What waits for the visitor: see `announced`. */
  waits: string | null;
}

type News = Pick<LiveMessage, "features" | "on">;

/**
 * What an open page under `stream` has not seen of some touchpoints of its visitor, or null where they change nothing for
 * it. `features` are those after them; `on` is the trigger that waits for the visitor, else that of a live campaign that
 * listens for the stage in which the visitor is by them. A page asks then as it always asks: nothing is decided here.
 */
export function pageNews(stream: string, entries: readonly Entry[], told: Told): News | null {
  const others = entries.filter((entry) => entry.stream !== stream && isActivity(entry.type));
  return others.length > 0 ? newsOf(others, told) : null;
}

/**
 * The same of what the edge received after `after`, ms since 1970, whenever it happened: a server may tell of something
 * later than of what came after it.
 */
export function missedNews(
  stream: string,
  { lately, after }: { lately: LatelyByStream; after: number },
  told: Told,
): News | null {
  const others = Object.entries(lately).filter(([of, { at }]) => of !== stream && at > after);
  const staged = others.filter(([, { stagedAt }]) => stagedAt > after).map(([, { stage }]) => ({ stage }));
  return others.length > 0 ? newsOf(staged, told) : null;
}

function newsOf(entries: readonly Pick<Entry, "stage">[], { features, campaigns, waits }: Told): News {
  const entered = entries.find(({ stage }) => stage !== "" && stage === features.stage);
  const heard = campaigns.find(
    ({ status, trigger }) => status === "live" && trigger.kind === "stage" && trigger.stage === entered?.stage,
  );
  const on = waits ?? (heard ? triggerKey(heard.trigger) : null);
  return { features, ...(on === null ? {} : { on }) };
}

/** Remembers what came just now for pages that have no line at the moment. */
export function withLately(lately: LatelyByStream, entries: readonly Entry[], at: number): LatelyByStream {
  const next = { ...lately };
  for (const { stream, stage, type } of entries) {
    if (!isActivity(type)) continue;
    const { stage: before = "", stagedAt = 0 } = next[stream] ?? {};
    delete next[stream];
    next[stream] = stage === "" ? { at, stage: before, stagedAt } : { at, stage, stagedAt: at };
  }
  return Object.fromEntries(Object.entries(next).slice(-LATELY_MAX));
}
