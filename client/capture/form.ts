import { type StruggleDetector, struggleDetector } from "../../models/friction.ts";
import type { TouchpointType } from "../../models/touchpoint-type.ts";
import { declaredProps } from "./click.ts";
import { attribute, fits, passedBy, privacyOf } from "./element.ts";
import { Fields, formNameOf, type Visited } from "./field.ts";
import type { Field } from "./name.ts";
import type { SourceParts } from "./sources.ts";

/** Of these people go through several to find what they want. */
const PICKED =
  "[type=checkbox],[type=radio],[type=range],[type=color],[type=file],[type=search],[role=searchbox],select";

/**
 * A field that is refused within this time (ms) of a click on something, or of a submission, was refused to a person.
 * Pages also ask for validity with every key, and show nothing.
 */
const ATTEMPT_MS = 1_000;

/** A form that was started in this view and not submitted. */
interface Begun {
  fields: Set<Visited>;
  last: Visited;
  abandoned: boolean;
}

/** What visitors do with forms, and with fields outside of any. Of what was typed nothing is read. */
export class Forms {
  readonly #parts: SourceParts;
  readonly #struggling: StruggleDetector<Field> | null;
  readonly #fields = new Fields();
  readonly #begun = new Map<HTMLFormElement, Begun>();
  /** Shadow roots that are listened to. */
  readonly #roots = new WeakSet<EventTarget>();
  #attempt = 0;
  #attemptMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SourceParts) {
    const { config, listen, atEnding } = parts;
    const { struggle } = config.friction;
    this.#parts = parts;
    this.#struggling = struggle ? struggleDetector(struggle) : null;
    listen("focusin", (event) => this.#onFocus(event));
    listen("focusout", () => this.#leave());
    listen("input", (event) => this.#onInput(event));
    listen("invalid", (event) => this.#onInvalid(event));
    listen("submit", (event) => this.#onSubmit(event));
    listen("pageshow", ({ persisted }) => persisted && this.#begun.clear());
    atEnding((why) => {
      this.#leave();
      this.#abandon();
      if (why === "view") this.#begun.clear();
      return {};
    });
  }

  /** Something was clicked that could send a form. */
  tried(): void {
    this.#attempt++;
    this.#attemptMs = performance.now();
  }

  #tell(type: TouchpointType, name: string, props: object): void {
    if (this.#parts.config.forms) this.#parts.record({ type, name, props });
  }

  #onFocus(event: Event): void {
    this.#hearInside(event);
    const visited = this.#fields.of(event);
    if (!visited || !this.#fields.enter(visited)) return;
    const { field } = visited;
    if (!fits(field, PICKED)) this.#tellStruggle(visited, this.#struggling?.focused(field));
  }

  #leave(): void {
    const left = this.#fields.leave();
    if (left) this.#tell("form_field", left.name, { ...formOf(left), dwellMs: Math.round(left.dwellMs) });
  }

  #onInput(event: Event): void {
    const visited = this.#fields.of(event);
    if (!visited) return;
    visited.changed = true;
    // Where the focus came before these listeners did.
    this.#fields.enter(visited);
    const { form } = visited;
    if (!form) return;
    const begun = this.#begun.get(form);
    if (begun) {
      begun.last = visited;
      begun.fields.add(visited);
    } else {
      this.#begun.set(form, { fields: new Set([visited]), last: visited, abandoned: false });
      this.#tell("form_start", visited.formName, {});
    }
  }

  #onInvalid(event: Event): void {
    const visited = this.#fields.of(event);
    if (!visited || visited.refusedIn === this.#attempt) return;
    if (performance.now() - this.#attemptMs > ATTEMPT_MS) return;
    visited.refusedIn = this.#attempt;
    this.#tell("form_error", visited.name, { ...formOf(visited), why: refusal(visited.field.validity) });
    this.#tellStruggle(visited, this.#struggling?.refused(visited.field));
  }

  #tellStruggle(visited: Visited, why: string | null | undefined): void {
    const { name } = visited;
    if (why) this.#parts.record({ type: "form_struggle", name, props: { ...formOf(visited), why } });
  }

  #onSubmit(event: Event): void {
    this.tried();
    this.#leave();
    const [form] = event.composedPath();
    if (!(form instanceof HTMLFormElement)) return;
    this.#begun.delete(form);
    const privacy = privacyOf([form, ...passedBy(event)]);
    if (privacy === "ignore") return;
    this.#tell("form_submit", formNameOf(form, privacy), {});
    const declared = attribute(form, "data-waypost-event");
    if (declared && privacy === "open") this.#tell("track", declared, declaredProps(form));
  }

  #abandon(): void {
    for (const [form, begun] of this.#begun) {
      // Closed with its dialog: whether it was sent, nobody saw.
      if (!form.isConnected) this.#begun.delete(form);
      const { last, fields, abandoned } = begun;
      begun.abandoned = true;
      if (!abandoned) this.#tell("form_abandon", last.formName, { field: last.name, fields: fields.size });
    }
  }

  /** Submissions and refusals do not leave a shadow root: they are heard in each that has a field. */
  #hearInside(event: Event): void {
    for (const root of event.composedPath()) {
      if (!(root instanceof ShadowRoot) || this.#roots.has(root)) continue;
      this.#roots.add(root);
      this.#parts.listen("submit", (inner) => this.#onSubmit(inner), root);
      this.#parts.listen("invalid", (inner) => this.#onInvalid(inner), root);
    }
  }
}

function formOf({ form, formName }: Visited): object {
  return form ? { form: formName } : {};
}

/** The first thing that is wrong, by the name that browsers give it: "valueMissing". */
function refusal(validity: ValidityState): string {
  for (const why in validity) if (validity[why as keyof ValidityState]) return why;
  return "";
}
