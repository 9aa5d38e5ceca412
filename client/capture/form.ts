import { scrubText } from "../scrub.ts";
import { attribute, passedBy, privacyOf } from "./element.ts";
import { labelOf } from "./name.ts";
import type { SourceParts } from "./sources.ts";

/** `form_start` at the first input into a form, `form_submit` at each submission. Of what was typed nothing is read. */
export function captureForms({ record, listen }: SourceParts): void {
  const started = new WeakSet<Element>();
  const tell = (type: "form_start" | "form_submit", form: HTMLFormElement, event: Event) => {
    const path: Element[] = [form, ...passedBy(event)];
    const privacy = privacyOf(path);
    if (privacy !== "ignore") record({ type, name: privacy === "mask" ? "masked" : formName(form) });
  };
  const onInput = (event: Event) => {
    const form = (event.composedPath()[0] as { form?: unknown } | undefined)?.form;
    if (!(form instanceof HTMLFormElement) || started.has(form)) return;
    started.add(form);
    tell("form_start", form, event);
  };
  const onSubmit = (event: Event) => {
    const form = event.composedPath()[0];
    if (form instanceof HTMLFormElement) tell("form_submit", form, event);
  };
  listen("input", onInput);
  listen("submit", onSubmit);
}

function formName(form: HTMLFormElement): string {
  return scrubText(labelOf(form) || attribute(form, "id") || attribute(form, "name")) || "form";
}
