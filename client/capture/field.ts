import { scrubText } from "../../models/scrub.ts";
import { attribute, fits, type Privacy, passedBy, privacyOf } from "./element.ts";
import { type Field, fieldNameOf, labelOf } from "./name.ts";

const FIELD = "input:not([type=button],[type=submit],[type=reset],[type=image],[type=hidden]),select,textarea";

/** What is known of a field that was visited: nothing that was typed. */
export interface Visited {
  field: Field;
  /** Null where it stands outside of any. */
  form: HTMLFormElement | null;
  name: string;
  formName: string;
  changed: boolean;
  /** Whether it was told of as filled in. */
  told: boolean;
  /** Time that it had the focus, before now. */
  dwellMs: number;
  /** The last attempt in which it was refused, or -1. */
  refusedIn: number;
}

/** The fields of a page, as events bring them up. */
export class Fields {
  readonly #visited = new WeakMap<EventTarget, Visited>();
  #focused: Visited | null = null;
  #sinceMs = 0;

  /** The field of an event; null for what is no field, and where the page's markup says so. */
  of(event: Event): Visited | null {
    const [target] = event.composedPath();
    const known = target && this.#visited.get(target);
    // With every key that is pressed.
    if (known) return known;
    // Of what gets and loses the focus most is no field.
    if (!(target instanceof Element) || !fits(target, FIELD)) return null;
    const path = passedBy(event);
    const { form } = target as Field;
    const privacy = privacyOf(form ? [form, ...path] : path);
    if (privacy === "ignore") return null;
    const fresh: Visited = {
      field: target as Field,
      form,
      name: privacy === "mask" ? "masked" : fieldNameOf(target as Field),
      formName: form ? formNameOf(form, privacy) : "",
      changed: false,
      told: false,
      dwellMs: 0,
      refusedIn: -1,
    };
    this.#visited.set(target, fresh);
    return fresh;
  }

  /** Whether the focus was not in this field before. */
  enter(visited: Visited): boolean {
    if (visited === this.#focused) return false;
    this.#focused = visited;
    this.#sinceMs = performance.now();
    return true;
  }

  /** The focus goes, or its field is submitted: what was filled in by then, the first time that it is left so. */
  leave(): Visited | null {
    const left = this.#focused;
    if (!left) return null;
    this.#focused = null;
    left.dwellMs += performance.now() - this.#sinceMs;
    if (!left.changed || left.told) return null;
    left.told = true;
    return left;
  }
}

export function formNameOf(form: HTMLFormElement, privacy: Privacy): string {
  if (privacy === "mask") return "masked";
  return scrubText(labelOf(form) || attribute(form, "id") || attribute(form, "name")) || "form";
}
