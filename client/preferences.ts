/** The preferences chunk: loaded when somebody wants to choose in detail, or to change a choice. */
import type { PageText } from "../models/texts/visitor-text.ts";
import { fetchText } from "./fetch-text.ts";
import type { Gate } from "./gate.ts";

/** One at a time, also while its chunk and words are on their way. */
let isOpen = false;

/**
 * Opens the preference centre above whatever stands on the page. A banner under it stays, unless a choice is made.
 * Rejects where its words or its chunk cannot be had; then nothing is open and nothing has changed.
 */
export async function show(gate: Gate): Promise<void> {
  if (isOpen) return;
  isOpen = true;
  try {
    const { load, setting } = gate.parts;
    const { consent, choice } = gate;
    const [{ openCentre }, text] = await Promise.all([load("centre"), fetchText<PageText>(setting)]);
    const under = gate.slot.open;
    const surface = openCentre({
      consent,
      text,
      signal: gate.signal,
      news: consent.changes[choice?.policy ?? ""]?.news ?? [],
      granted: gate.stamp.purposes,
      objects: gate.stamp.objects ?? false,
      privacyHref: `${setting.base}v1/privacy/${encodeURIComponent(setting.site)}?language=${consent.language}`,
      onChoice: (granted, control) => gate.choose(granted, control, "centre"),
      onObject: (objects) => {
        // The centre stays open: nothing else in it was decided.
        const { slot, held, secret } = gate;
        const { open } = slot;
        slot.open = null;
        // No other choice than before, and not a newer one; nor a first one, under which an earlier visitor would go on. Where
        // nothing is kept there is no journey that could hear of it.
        const act = { ...held, rev: held.rev || 1, objects: objects || undefined };
        gate.note(act, secret ? "object" : null, "centre");
        slot.open = open;
      },
      onClose: () => {
        isOpen = false;
        gate.slot.open = under;
      },
      onData: async (into, hears) => (await load("ownReceipt")).showOwnData(into, gate, text, hears),
    });
    gate.slot.open = {
      close: () => {
        isOpen = false;
        surface.close();
        under?.close();
      },
    };
  } catch (error) {
    isOpen = false;
    throw error;
  }
}
