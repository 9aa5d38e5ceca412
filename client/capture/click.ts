import { attribute, attributesOf, fits, privacyOf } from "./element.ts";
import { type Link, linkIn, linkProps } from "./link.ts";
import { interactiveIn, isTyped, nameOf, placeOf } from "./name.ts";
import type { EarlyClick, SourceParts } from "./sources.ts";

const PROP = "data-waypost-prop-";

/** A click somewhere on the page, and what was clicked. */
export interface Clicked {
  /** Innermost first. */
  path: readonly Element[];
  /** What a person clicks to make something happen; null on anything else. */
  element: Element | null;
  link: Link | null;
  masked: boolean;
  /** Read when asked for, then kept. */
  name: () => string;
}

/**
 * Clicks on what can be clicked, heard before the page's own code can stop them; a middle button counts that opens a
 * link. `hear` is told of every click on the page, if it is not to be ignored.
 */
export function captureClicks(
  { config, record, listen }: SourceParts,
  early: readonly EarlyClick[],
  hear: (clicked: Clicked, event: MouseEvent) => void,
): void {
  const note = (targets: readonly EventTarget[], perfMs: number): Clicked | null => {
    const clicked = readClick(targets);
    if (config.clicks && clicked?.element) record({ ...touchpointOf(clicked, clicked.element), perfMs });
    return clicked;
  };
  for (const { path, perfMs } of early) note(path, perfMs);
  listen("click", (event) => {
    const clicked = note(event.composedPath(), performance.now());
    if (clicked) hear(clicked, event);
  });
  listen("auxclick", (event) => {
    const path = event.composedPath();
    if (event.button === 1 && linkIn(elementsOf(path))) note(path, performance.now());
  });
}

function elementsOf(path: readonly EventTarget[]): Element[] {
  return path.filter((node) => node instanceof Element);
}

/** Null where the page's markup says so, and where people type. */
function readClick(targets: readonly EventTarget[]): Clicked | null {
  const path = elementsOf(targets);
  const privacy = privacyOf(path);
  if (privacy === "ignore" || path.some(isTyped)) return null;
  const masked = privacy === "mask";
  const element = interactiveIn(path);
  let name: string | undefined;
  return {
    path,
    element,
    link: linkIn(path),
    masked,
    name() {
      name ??= masked ? "masked" : element ? nameOf(element) : placeOf(path);
      return name;
    },
  };
}

/** Markup that names an event makes that event, as if the page's code had called `track`; anything else is a click. */
function touchpointOf({ link, masked, name }: Clicked, element: Element) {
  if (masked) return { type: "click", name: name() } as const;
  const type = fits(element, "[data-waypost-event]") ? ("track" as const) : ("click" as const);
  return { type, name: name(), props: { ...(link && linkProps(link)), ...declaredProps(element) } };
}

/** `data-waypost-prop-plan="pro"` becomes `{plan: "pro"}`. */
export function declaredProps(element: Element): Record<string, string> {
  return Object.fromEntries(
    attributesOf(element)
      .filter((name) => name.startsWith(PROP))
      .map((name) => [name.slice(PROP.length), attribute(element, name)]),
  );
}
