import { attribute, passedBy, privacyOf } from "./element.ts";
import type { Listen } from "./listen.ts";
import { clickedElement, nameOf } from "./name.ts";
import type { Recorder } from "./recorder.ts";

const PROP = "data-waypost-prop-";

/** Clicks on what can be clicked, heard before the page's own code can stop them. */
export function captureClicks(record: Recorder, listen: Listen): void {
  const onClick = (event: Event) => {
    const path = passedBy(event);
    const privacy = privacyOf(path);
    const element = privacy === "ignore" ? null : clickedElement(path);
    if (!element) return;
    record(
      privacy === "mask"
        ? { type: "click", name: "masked" }
        : { type: "click", name: nameOf(element), props: propsOf(element) },
    );
  };
  listen("click", onClick);
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
