import {
  NAME_MAX,
  PROP_KEY_MAX,
  PROP_TEXT_MAX,
  PROPS_MAX,
  type Props,
  type Touchpoint,
  type TouchpointType,
} from "../../models/touchpoint.ts";
import type { PageClock } from "../clock.ts";
import { scrubUrl } from "../scrub.ts";

/** What a source says of one touchpoint. */
export interface Observed {
  type: TouchpointType;
  name: string;
  /** From the page's code, so of any shape: only scalars are kept. */
  props?: unknown;
  /** `performance.now()` when it happened; absent: now. */
  perfMs?: number;
}

export type Recorder = (observed: Observed) => void;

/** Gives touchpoints their place: dense seq from 0, times that do not fall, the page's URL. */
export function createRecorder(clock: PageClock, keep: (touchpoint: Touchpoint) => void): Recorder {
  let seq = 0;
  let lastAt = 0;
  return ({ type, name, props, perfMs }) => {
    lastAt = Math.max(lastAt, clock.at(perfMs));
    keep({
      seq: seq++,
      type,
      name: name.slice(0, NAME_MAX),
      at: lastAt,
      url: scrubUrl(location.href),
      props: scalarsOf(props),
    });
  };
}

/** Clipped here, because the edge would refuse the whole touchpoint. */
function scalarsOf(value: unknown): Props {
  if (typeof value !== "object" || value === null) return {};
  const kept: Props = {};
  for (const [key, prop] of Object.entries(value).slice(0, PROPS_MAX)) {
    if (key.length > PROP_KEY_MAX) continue;
    if (typeof prop === "string") kept[key] = prop.slice(0, PROP_TEXT_MAX);
    else if (prop === null || typeof prop === "boolean" || Number.isFinite(prop)) kept[key] = prop;
  }
  return kept;
}
