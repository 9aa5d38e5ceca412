import type { Context } from "hono";
import { type Signals, type Stamp, withoutChoice } from "../models/consent.ts";
import type { ConsentConfig } from "../models/consent-config.ts";
import { isMeasured } from "../models/privacy-record.ts";
import { isDoNotTrack, isPrivacyControl } from "../models/privacy-signal.ts";
import type { SiteConfig } from "../models/site-config.ts";
import type { Touchpoint } from "../models/touchpoint.ts";
import type { ParsedCollect } from "../models/wire.ts";
import type { Bindings } from "./env.ts";
import { jurisdictionAt } from "./notices.ts";

/** What the browser says by itself with every request. */
export function signalsOf(c: Context<Bindings>): Signals {
  return { gpc: isPrivacyControl(c.req.header("Sec-GPC")), dnt: isDoNotTrack(c.req.header("DNT")) };
}

/**
 * The stamp that a batch is judged by. One with a choice behind it (rev 1 and up) is its own; without one the page's word
 * is not enough: it grants what the mode of the place permits, without what the browser's signals deny (B16, B17).
 */
function judgedStamp(c: Context<Bindings>, stamp: Stamp, consent: ConsentConfig): Stamp {
  if (stamp.rev > 0 || stamp.purposes.length === 0) return stamp;
  const implied = jurisdictionAt(c, consent).mode === "opt-in" ? [] : withoutChoice(consent, signalsOf(c));
  return { ...stamp, purposes: stamp.purposes.filter((purpose) => implied.includes(purpose)) };
}

/** Touchpoints that say who somebody is. */
const NAMING = ["identify", "group", "alias"];

/** Whether a touchpoint says who somebody is: exempt measurement takes none, from a page or a server (B32). */
export function isName({ type }: Pick<Touchpoint, "type">): boolean {
  return NAMING.includes(type);
}

/** Why it is not taken. */
export const NO_NAME = {
  reason: "consent",
  field: "type",
  bound: "no name, with the preset “audience-measurement”",
} as const;

/**
 * A page's batch as the edge takes it: with the stamp that it is judged by, and, of exempt measurement, without what says
 * who somebody is (B32).
 */
export function judgedBatch(c: Context<Bindings>, batch: ParsedCollect, config: SiteConfig): ParsedCollect {
  const judged = { ...batch, consent: judgedStamp(c, batch.consent, config.consent) };
  if (!isMeasured(config)) return judged;
  return {
    ...judged,
    streams: batch.streams.map((one) => ({ ...one, touchpoints: one.touchpoints.filter((t) => !isName(t)) })),
    refused: [
      ...batch.refused,
      ...batch.streams.flatMap(({ stream, touchpoints }) =>
        touchpoints.filter(isName).map(({ seq }) => ({ stream, seq, ...NO_NAME })),
      ),
    ],
  };
}
