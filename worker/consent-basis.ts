import type { Context } from "hono";
import { type Signals, type Stamp, withoutChoice } from "../models/consent.ts";
import type { ConsentConfig } from "../models/consent-config.ts";
import { isDoNotTrack, isPrivacyControl } from "../models/privacy-signal.ts";
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
export function judgedStamp(c: Context<Bindings>, stamp: Stamp, consent: ConsentConfig): Stamp {
  if (stamp.rev > 0 || stamp.purposes.length === 0) return stamp;
  const implied = jurisdictionAt(c, consent).mode === "opt-in" ? [] : withoutChoice(consent, signalsOf(c));
  return { ...stamp, purposes: stamp.purposes.filter((purpose) => implied.includes(purpose)) };
}
