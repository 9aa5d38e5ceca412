/**
 * Reads the choice from a consent tool that speaks IAB TCF, for sites that ask for it (B38). We make no TC string and no
 * `__tcfapi`: only a registered tool may. Nothing is granted before it says that a choice is there, on each page anew.
 */
import { grantable, type Purpose } from "../models/consent.ts";
import type { Gate } from "./gate.ts";
import { storedChoice } from "./stored.ts";

/**
 * TCF's purposes that have to be consented to for each of ours. 1: store and read on the device; 5: make profiles for
 * content; 6: choose content by them; 8: measure content; 10: develop and improve services. It knows none for `sharing`
 * that is not bound to a registered vendor, so that is never granted by it.
 */
const NEEDED: Partial<Record<Purpose, readonly number[]>> = {
  analytics: [1, 8],
  scoring: [1, 5],
  personalization: [1, 6],
  improvement: [1, 10],
};
const LOOK_EVERY_MS = 500;
/** By then there is no consent tool, or it is not one of these. */
const LOOKS_MAX = 60;

interface TcData {
  eventStatus?: string;
  cmpStatus?: string;
  gdprApplies?: boolean;
  purpose?: { consents?: Record<string, boolean> };
}
type TcfApi = (command: string, version: number, callback: (data: TcData | null, success: boolean) => void) => void;

/** Listens to the tool, once it is there. Ends with the page. */
export function show(gate: Gate): void {
  let looks = 0;
  const look = () => {
    const { __tcfapi: api } = window as unknown as { __tcfapi?: TcfApi };
    if (typeof api === "function") api("addEventListener", 2, (data, success) => hear(gate, data, success));
    else if (++looks < LOOKS_MAX) setTimeout(look, LOOK_EVERY_MS);
  };
  look();
}

function hear(gate: Gate, data: TcData | null, success: boolean): void {
  // While it asks, what it said before may not be what it will say.
  const isChoice = data?.eventStatus === "tcloaded" || data?.eventStatus === "useractioncomplete";
  // Where the GDPR does not apply its string says nothing of consent: nothing is read out of it.
  if (!data || !success || data.cmpStatus === "error" || !isChoice || data.gdprApplies === false) return;
  const { purposes: offered } = gate.consent;
  const consents = data.purpose?.consents ?? {};
  const said = grantable(offered.filter((purpose) => NEEDED[purpose]?.every((number) => consents[number] === true)));
  const isFirst = !gate.choice;
  gate.choice ??= storedChoice();
  const { choice } = gate;
  if (choice?.own && data.eventStatus === "tcloaded") {
    // What it remembers from before may only deny more of what was chosen here since. It answers no new terms and renews no
    // old ones, so that the choice stays one of here, on later pages too.
    const purposes = choice.purposes.filter((purpose) => said.includes(purpose));
    if (purposes.length < choice.purposes.length) gate.note({ ...choice, purposes }, "api");
    else if (isFirst) gate.take(choice, null);
  } else if (!gate.decided || said.join() !== choice?.purposes.join()) gate.choose(said, "api");
  else if (isFirst) gate.take(choice, null);
}
