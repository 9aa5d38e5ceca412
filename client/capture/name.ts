import { scrubText } from "../../models/scrub.ts";
import { NAME_MAX } from "../../models/touchpoint.ts";
import { attribute, fits, kindOf } from "./element.ts";

/** What a person clicks to make something happen. Text fields are left out: `form_start` tells of them. */
const INTERACTIVE = [
  "a[href]",
  "button",
  "summary",
  "input:is([type=submit],[type=button],[type=reset],[type=image],[type=checkbox],[type=radio])",
  // Not "option": what a list suggests while somebody types (addresses, names) is theirs.
  ":is([role=button],[role=link],[role^=menuitem],[role=tab],[role=switch],[role=checkbox],[role=radio])",
  // A form tells of itself when it is submitted.
  "[data-waypost-event]:not(form)",
].join();

/** Where people type, and what is never read out. `isContentEditable` is asked beside it: it is inherited. */
const UNREADABLE =
  "input,textarea,select,option,script,style,template,noscript,[contenteditable],[role=textbox],[data-waypost-ignore],[data-waypost-mask]";

const { closest } = Element.prototype;

/** Nodes looked at for one name: a card that is one link can hold a page. */
const NODES_MAX = 200;

/** The innermost interactive element that a click passed, or null. */
export function interactiveIn(path: readonly Element[]): Element | null {
  return path.find((candidate) => fits(candidate, INTERACTIVE)) ?? null;
}

/** Whether people type right into it: an editor, with all that is in it. */
export function isTyped(element: Element): boolean {
  return element instanceof HTMLElement && element.isContentEditable === true;
}

/**
 * What a person would call an element, without anything that was typed: the site's own name for it, else its accessible
 * name, else what kind of thing it is.
 */
export function nameOf(element: Element): string {
  const named =
    attribute(element, "data-waypost-event") ||
    labelOf(element) ||
    controlLabel(element) ||
    textOf(element) ||
    attribute(element, "title") ||
    attribute(element, "role") ||
    element.localName;
  return scrubText(named).slice(0, NAME_MAX);
}

/** The name that the page gives by `aria-labelledby` or `aria-label`, or "". */
export function labelOf(element: Element): string {
  // An element that left the page has neither for its root.
  const root = Node.prototype.getRootNode.call(element) as Partial<Document | ShadowRoot>;
  const labels = attribute(element, "aria-labelledby").split(/\s+/);
  const named = labels.map((id) => (id ? textOf(root.getElementById?.(id) ?? null) : ""));
  return named.join(" ").trim() || attribute(element, "aria-label");
}

/** What a place on the page is called, without its text: by the nearest label round it, else by its kind of element. */
export function placeOf(path: readonly Element[]): string {
  const labelled = path.map((element) => labelOf(element) || attribute(element, "alt")).find(Boolean);
  const [innermost] = path;
  return scrubText(labelled ?? (innermost ? kindOf(innermost) : "")).slice(0, NAME_MAX);
}

/** What a person would call a field: its label, never anything that is in it. */
export function fieldNameOf(field: Field): string {
  const named =
    labelOf(field) || labelsOf(field) || attribute(field, "name") || attribute(field, "id") || field.localName;
  return scrubText(named).slice(0, NAME_MAX);
}

export type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

function labelsOf({ labels }: Field): string {
  return [...(labels ?? [])].map(textOf).join(" ").trim();
}

/** The caption of a push button is its `value` attribute, as the page wrote it; never the property, which a person can change. */
function controlLabel(element: Element): string {
  if (!(element instanceof HTMLInputElement)) return "";
  if (fits(element, "[type=submit],[type=button],[type=reset]")) return attribute(element, "value");
  return attribute(element, "alt") || labelsOf(element);
}

/** The text that can be read in an element, images by their alternative text; nothing where people type. */
function textOf(element: Element | null): string {
  // A label may stand anywhere, so also inside of what is not to be read.
  if (!element || isTyped(element) || closest.call(element, UNREADABLE)) return "";
  const parts: string[] = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) =>
    node instanceof Element && (fits(node, UNREADABLE) || fits(node, "[aria-hidden=true],[hidden]"))
      ? NodeFilter.FILTER_REJECT
      : NodeFilter.FILTER_ACCEPT,
  );
  for (let seen = 0, length = 0; seen < NODES_MAX && length < NAME_MAX && walker.nextNode(); seen++) {
    const node = walker.currentNode;
    const part = node instanceof Text ? node.data : attribute(node as Element, "alt");
    const words = part.trim();
    if (words) parts.push(words);
    length += words.length;
  }
  // Markup divides words as well as what is one: `jane.doe<wbr>@shop.example`.
  const whole = parts.join("");
  return (scrubText(whole) === whole ? parts.join(" ") : whole).trim();
}
