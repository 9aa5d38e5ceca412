import type { Stamp } from "../../models/consent.ts";
import { scrubUrl } from "../../models/scrub.ts";
import {
  NAME_MAX,
  PROP_KEY_MAX,
  PROP_TEXT_MAX,
  PROPS_MAX,
  type Props,
  type Touchpoint,
} from "../../models/touchpoint.ts";
import type { TouchpointType } from "../../models/touchpoint-type.ts";
import type { PageClock } from "../clock.ts";

/** As many as the edge takes. */
const PRODUCTS_MAX = 50;
/** Together with the longest props this stays below what one request takes, in characters. */
const PRODUCTS_LENGTH_MAX = 30_000;

/** What a source says of one touchpoint. */
export interface Observed {
  type: TouchpointType;
  name: string;
  /** From the page's code, so of any shape: only scalars are kept. */
  props?: unknown;
  /** Where it happened; absent: where the page is. */
  href?: string;
  /** `performance.now()` when it happened; absent: now. */
  perfMs?: number;
}

export type Recorder = (observed: Observed) => void;

interface Recording {
  record: Recorder;
  /** Hands on what was recorded, in this task. */
  drain: () => void;
}

/**
 * Gives touchpoints their place: dense seq from 0, times that do not fall, the page's URL. `record` takes down only what
 * could change; the work on it is done in the next task, because this one belongs to the page. `keep` gets each touchpoint
 * with the stamp under which it was made.
 */
export function createRecorder(
  clock: PageClock,
  consent: { readonly stamp: Stamp },
  keep: (touchpoint: Touchpoint, stamp: Stamp) => void,
): Recording {
  let seq = 0;
  let lastAt = 0;
  let waiting: (() => void)[] = [];
  const drain = () => {
    const tasks = waiting;
    waiting = [];
    for (const task of tasks) task();
  };
  const record = ({ type, name, props, perfMs, href = location.href }: Observed) => {
    const at = Math.max(lastAt, clock(perfMs));
    lastAt = at;
    const kept = scalarsOf(props);
    const products = productsOf(props);
    const { stamp } = consent;
    if (waiting.length === 0) setTimeout(drain);
    waiting.push(() =>
      keep(
        { seq: seq++, type, name: name.slice(0, NAME_MAX), at, url: scrubUrl(href), props: kept, ...products },
        stamp,
      ),
    );
  };
  return { record, drain };
}

/** The list of products as far as a request carries it: which of their fields count the edge says (models/commerce.ts). */
function productsOf(props: unknown): Pick<Touchpoint, "products"> | undefined {
  const list = (props as { products?: unknown } | null | undefined)?.products;
  if (!Array.isArray(list)) return;
  const products = list.slice(0, PRODUCTS_MAX).map(scalarsOf);
  while (JSON.stringify(products).length > PRODUCTS_LENGTH_MAX) products.pop();
  return { products };
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
