import { Component, createRef, type JSX } from "preact";
import { grantable, type Purpose } from "../../models/consent.ts";
import type { CentreRequest, Surface } from "../../models/surface.ts";
import { CENTRE_CSS } from "./centre-style.ts";
import { CloseButton } from "./close-button.tsx";
import { filled } from "./filled.ts";
import { mount, say } from "./mount.ts";

type Choose = (granted: Purpose[], control: "accept" | "reject" | "save") => void;

/**
 * The preference centre: a modal dialog with a switch for each purpose. Nothing that is pressed in it holds before one of
 * its three buttons, the objection apart. One of `onChoice` and `onClose` is called, once, after it is gone and the focus
 * is back; `close()` calls neither.
 */
export function openCentre(request: CentreRequest<Element>): Surface {
  let open = true;
  const end = (report?: () => void, sentence?: string) => {
    if (!open) return;
    open = false;
    dialog.close();
    mounted.unmount();
    if (sentence) say(sentence, request.consent);
    report?.();
  };
  const choose: Choose = (granted, control) => end(() => request.onChoice(granted, control), request.text.saved);
  const closeUnsaved = () => end(request.onClose);
  const view = <Centre request={request} onChoice={choose} onClose={closeUnsaved} />;
  const mounted = mount(view, { name: "centre", css: CENTRE_CSS, place: "modal", ...request.consent });
  const dialog = mounted.root.querySelector("dialog") as HTMLDialogElement;
  dialog.showModal();
  mounted.root.querySelector("h2")?.focus();
  return { close: () => end() };
}

/** Escape closes this dialog, and nothing that stands behind it. */
function keepEscape(event: KeyboardEvent): void {
  if (event.key === "Escape") event.stopPropagation();
}

/** A purpose that is nothing by itself. */
function needsAnalytics(purpose: Purpose): boolean {
  return grantable([purpose]).length === 0;
}

interface CentreProps {
  request: CentreRequest<Element>;
  onChoice: Choose;
  onClose: () => void;
}

interface CentreState {
  granted: readonly Purpose[];
  objects: boolean;
  /** Said politely inside the dialog: outside it nothing is heard while it is open. */
  said: string;
  /** Whether the visitor's own data is shown; null while it is on its way. */
  shown: boolean | null;
}

class Centre extends Component<CentreProps, CentreState> {
  override state: CentreState = {
    granted: this.props.request.granted,
    objects: this.props.request.objects,
    said: "",
    shown: false,
  };

  #data = createRef<HTMLDivElement>();

  /** Opens and closes what is known. Where it cannot be had, that is said, and the next press tries again. */
  async #toggleData(): Promise<void> {
    const into = this.#data.current;
    const { text, onData } = this.props.request;
    if (!into || this.state.shown === null) return;
    const shown = !this.state.shown;
    const say = (said: string) => this.setState({ said });
    this.setState({ shown: null, said: "" });
    into.replaceChildren();
    try {
      if (shown) await onData(into, { say, ended: () => this.setState({ granted: [] }) });
      this.setState({ shown });
    } catch {
      into.textContent = text.failed;
      this.setState({ shown: false, said: text.failed });
    }
  }

  #turn(purpose: Purpose, on: boolean): void {
    const others = this.state.granted.filter((one) => one !== purpose);
    // What needs `analytics` goes off with it; nothing comes on with another (B11).
    this.setState({ granted: grantable(on ? [...others, purpose] : others) });
  }

  #object(objects: boolean): void {
    const { request } = this.props;
    this.setState({ objects, said: objects ? request.text.objected : request.text.saved });
    request.onObject(objects);
  }

  override render(
    { request, onChoice, onClose }: CentreProps,
    { granted, objects, said, shown }: CentreState,
  ): JSX.Element {
    const { text, consent, signal, news } = request;
    const { purposes, recipients, retentionDays } = consent;
    const onCancel = (event: Event) => {
      event.preventDefault();
      onClose();
    };
    return (
      <dialog aria-labelledby="title" onCancel={onCancel} onKeyDown={keepEscape}>
        <div class="head">
          <h2 id="title" tabIndex={-1}>
            {text.control}
          </h2>
          <CloseButton label={text.close} onClose={onClose} />
        </div>
        <div class="scroll">
          {signal && <p>{text[`${signal}Honoured`]}</p>}
          {news.length > 0 && (
            <>
              <h3>{text.changed}</h3>
              <ul>
                {news.map((sentence) => (
                  <li key={sentence}>{sentence}</li>
                ))}
              </ul>
            </>
          )}
          <fieldset aria-labelledby="title">
            {purposes.map((purpose) => (
              <div class="purpose" key={purpose}>
                <label for={purpose}>{text.names[purpose]}</label>
                <input
                  type="checkbox"
                  role="switch"
                  id={purpose}
                  aria-describedby={`about-${purpose}`}
                  checked={granted.includes(purpose)}
                  aria-checked={granted.includes(purpose)}
                  disabled={needsAnalytics(purpose) && !granted.includes("analytics")}
                  onChange={({ currentTarget }) => this.#turn(purpose, currentTarget.checked)}
                />
                <p id={`about-${purpose}`}>
                  {text.purposes[purpose]}
                  {needsAnalytics(purpose) && ` ${filled(text.needs, text.names.analytics)}`}
                </p>
              </div>
            ))}
          </fieldset>
          <p>
            {recipients.length > 0 && `${filled(text.recipients, recipients.map(({ name }) => name).join(", "))}. `}
            {filled(text.kept, `${retentionDays}`)}
          </p>
          <section aria-labelledby="objection">
            <h3 id="objection">{text.objection}</h3>
            <p>{objects ? text.objected : text.objectionMeans}</p>
            <button type="button" class="quiet" onClick={() => this.#object(!objects)}>
              {objects ? text.takeBack : text.object}
            </button>
          </section>
          <button type="button" class="why" aria-expanded={!!shown} onClick={() => this.#toggleData()}>
            {text.ownData}
          </button>
          <div class="data" ref={this.#data} />
          <a class="why" href={request.privacyHref} target="_blank" rel="noreferrer">
            {text.privacy}
          </a>
        </div>
        <div class="choices">
          <button type="button" class="action" onClick={() => onChoice([...granted], "save")}>
            {text.save}
          </button>
          <button type="button" class="action" onClick={() => onChoice([], "reject")}>
            {text.rejectAll}
          </button>
          <button type="button" class="action" onClick={() => onChoice([...purposes], "accept")}>
            {text.acceptAll}
          </button>
        </div>
        <div role="status">{said}</div>
      </dialog>
    );
  }
}
