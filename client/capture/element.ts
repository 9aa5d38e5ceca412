/**
 * Reading elements of a page that is not ours. A form's own properties can be shadowed by its controls (`<input
 * name=getAttribute>`, S7), so nothing is called on an element that the prototype can be asked instead.
 */
const { getAttribute, getAttributeNames, matches } = Element.prototype;

export function attribute(element: Element, name: string): string {
  return getAttribute.call(element, name)?.trim() ?? "";
}

export function attributesOf(element: Element): string[] {
  return getAttributeNames.call(element);
}

/** What kind of element it is: "button". */
export function kindOf(element: Element): string {
  return Reflect.get(Element.prototype, "localName", element);
}

export function fits(element: Element, selector: string): boolean {
  return matches.call(element, selector);
}

/** The elements that an event passed, innermost first, those in open shadow roots included. */
export function passedBy(event: Event): Element[] {
  return event.composedPath().filter((node) => node instanceof Element);
}

export type Privacy = "ignore" | "mask" | "open";

/** What the site's markup says of an event: both marks hold for everything inside, and "ignore" wins. */
export function privacyOf(path: readonly Element[]): Privacy {
  if (path.some((element) => fits(element, "[data-waypost-ignore]"))) return "ignore";
  return path.some((element) => fits(element, "[data-waypost-mask]")) ? "mask" : "open";
}
