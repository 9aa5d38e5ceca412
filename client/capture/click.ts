import { attribute, privacyOf } from "./element.ts";
import { clickedElement, nameOf } from "./name.ts";
import type { EarlyClick, SourceParts } from "./sources.ts";

const PROP = "data-waypost-prop-";

/** Clicks on what can be clicked, heard before the page's own code can stop them. */
export function captureClicks({ record, listen }: SourceParts, early: readonly EarlyClick[]): void {
  const note = (path: EventTarget[], perfMs: number) => {
    const passed = path.filter((node) => node instanceof Element);
    const privacy = privacyOf(passed);
    const element = privacy === "ignore" ? null : clickedElement(passed);
    if (!element) return;
    record(
      privacy === "mask"
        ? { type: "click", name: "masked", perfMs }
        : { type: "click", name: nameOf(element), props: propsOf(element), perfMs },
    );
  };
  for (const { path, perfMs } of early) note(path, perfMs);
  listen("click", (event) => note(event.composedPath(), performance.now()));
}

/** `data-waypost-prop-plan="pro"` becomes `{plan: "pro"}`. */
function propsOf(element: Element): object {
  return Object.fromEntries(
    element
      .getAttributeNames()
      .filter((name) => name.startsWith(PROP))
      .map((name) => [name.slice(PROP.length), attribute(element, name)]),
  );
}
