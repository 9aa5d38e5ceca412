/** The preferences chunk: loaded when somebody wants to choose in detail, or to change a choice. */
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
    const [{ openCentre }, text] = await Promise.all([load("centre"), fetchText(setting)]);
    const under = gate.slot.open;
    const surface = openCentre({
      consent,
      text,
      signal: gate.signal,
      news: consent.changes[choice?.policy ?? ""]?.news ?? [],
      granted: gate.stamp.purposes,
      objects: gate.stamp.objects ?? false,
      privacyHref: `${setting.base}v1/privacy/${encodeURIComponent(setting.site)}?language=${consent.language}`,
      onChoice: (granted, control) => gate.choose(granted, control, { surface: "centre" }),
      onObject: (objects) => {
        // The centre stays open: nothing else in it was decided.
        const open = gate.slot.open;
        gate.slot.open = null;
        gate.choose(gate.stamp.purposes, "object", { surface: "centre", objects });
        gate.slot.open = open;
      },
      onClose: () => {
        isOpen = false;
        gate.slot.open = gate.decided ? null : under;
        if (gate.decided) under?.close();
      },
      onReceipt: async (into) => (await load("ownReceipt")).showOwnReceipt(into, gate, text),
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
