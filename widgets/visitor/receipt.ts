/** The receipt in the preference centre: asked for by few, so a file of its own and without Preact. */
import type { Purpose } from "../../models/consent.ts";
import type { ReceiptRequest } from "../../models/surface.ts";
import { filled } from "./filled.ts";

/**
 * Shows the visitor's own receipt (B28) in an element that is there for it, to be read and to be kept as a file. Gives
 * the sentence that says what is there.
 */
export function showReceipt(into: Element, { text, language, receipt }: ReceiptRequest): string {
  if (!receipt) {
    into.replaceChildren(paragraph(text.receiptNone));
    return text.receiptNone;
  }
  const { at, granted, refused, file } = receipt;
  const day = new Date(at).toLocaleString(language, { dateStyle: "long", timeStyle: "short" });
  const title = filled(text.receiptOf, day);
  const listed = (sentence: string, purposes: Purpose[]) =>
    purposes.length > 0
      ? [paragraph(filled(sentence, purposes.map((purpose) => text.names[purpose]).join(" · ")))]
      : [];
  const link = document.createElement("a");
  link.className = "why";
  link.textContent = text.download;
  link.download = "receipt.json";
  // A blob's address is in no policy's way: the browser saves it and asks nobody. It goes with the page.
  link.href = URL.createObjectURL(new Blob([file], { type: "application/json" }));
  into.replaceChildren(paragraph(title), ...listed(text.receiptYes, granted), ...listed(text.receiptNo, refused), link);
  return title;
}

function paragraph(text: string): HTMLElement {
  const made = document.createElement("p");
  made.textContent = text;
  return made;
}
