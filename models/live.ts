import type { Entry } from "./entry.ts";
import type { FeatureState } from "./features.ts";
import type { Campaign } from "./site-config.ts";
import { triggerKey } from "./stage.ts";
import { isActivity } from "./touchpoint-type.ts";
import type { LiveMessage } from "./wire.ts";

/**
 * What an open page under `stream` has not seen of some touchpoints of its visitor, or null where they change nothing for
 * it. `features` are those after them; `on` is the trigger of a live campaign that listens for the stage in which the
 * visitor is by them. A page asks then as it always asks: nothing is decided here.
 */
export function pageNews(
  stream: string,
  entries: readonly Entry[],
  { features, campaigns }: { features: FeatureState; campaigns: readonly Campaign[] },
): Pick<LiveMessage, "features" | "on"> | null {
  const others = entries.filter((entry) => entry.stream !== stream && isActivity(entry.type));
  if (others.length === 0) return null;
  const entered = others.find(({ stage }) => stage !== "" && stage === features.stage);
  const heard = campaigns.find(
    ({ status, trigger }) => status === "live" && trigger.kind === "stage" && trigger.stage === entered?.stage,
  );
  return { features, ...(heard ? { on: triggerKey(heard.trigger) } : {}) };
}
