import { passedBy, privacyOf } from "./element.ts";
import { placeOf } from "./name.ts";
import type { SourceParts } from "./sources.ts";

/** Copying: from where on the page and how much, never what. */
export function captureCopies({ record, listen }: SourceParts): void {
  listen("copy", (event) => {
    const path = passedBy(event);
    const privacy = privacyOf(path);
    if (privacy === "ignore") return;
    const [field] = path;
    const typed = field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement;
    const characters = typed ? (field.selectionEnd ?? 0) - (field.selectionStart ?? 0) : `${getSelection()}`.length;
    record({ type: "copy", name: privacy === "mask" ? "masked" : placeOf(path), props: { characters } });
  });
}
