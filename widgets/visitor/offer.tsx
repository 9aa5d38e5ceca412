import { Component, createRef, type JSX } from "preact";
import type { CampaignRequest, Surface } from "../../models/surface.ts";
import { type End, Frame, Inside, spoken } from "./frame.tsx";
import { safeLink } from "./link.ts";
import { openCampaign } from "./open-campaign.ts";

const CSS = `
dialog{position:fixed;inset:0;margin:auto;padding:1.25em;inline-size:min(30em,100% - 1em);max-inline-size:none;block-size:fit-content;max-block-size:calc(100dvh - 1em);overflow:auto;overscroll-behavior:contain;background:var(--b);color:var(--t);border:1px solid color-mix(in srgb,var(--t) 30%,var(--b));border-radius:var(--r)}
dialog::backdrop{background:#0009}
dialog [role=status]{position:static;clip-path:none}
.code{display:flex;flex-wrap:wrap;align-items:center;gap:.5em .75em;margin-block:.75em}
code{font:600 1.125em/1.4 ui-monospace,monospace;padding:.4em .75em;border:2px dashed;border-radius:calc(var(--r)/2);user-select:all}
.person{display:inline-block;color:inherit;padding-block:.5em}
`;

/**
 * Shows a small card; its button opens the offer itself, a modal dialog, because one comes on the visitor's own press
 * alone (A22). Copying the code tells `onActed` and leaves it open.
 */
export function show(request: CampaignRequest<"offer">): Surface {
  // While the dialog is modal nothing outside can take the focus back.
  const shut = () => opened.root.querySelector("dialog")?.close();
  const opened = openCampaign(request, {
    name: "offer",
    css: CSS,
    view: (end) => (
      <Offer
        request={request}
        end={(how) => {
          shut();
          end(how);
        }}
      />
    ),
    says: [request.content.title],
    closesBy: "everywhere",
  });
  return {
    close: () => {
      shut();
      opened.close();
    },
  };
}

/** What is pressed in a modal dialog is for nothing that stands behind it. */
function keep(event: Event): void {
  event.stopPropagation();
}

interface OfferProps {
  request: CampaignRequest<"offer">;
  end: End;
}

class Offer extends Component<OfferProps, { opened: boolean; said: string }> {
  override state = { opened: false, said: "" };

  #dialog = createRef<HTMLDialogElement>();
  #code = createRef<HTMLElement>();
  #acted = false;

  override componentDidUpdate(): void {
    const { current } = this.#dialog;
    if (!current || current.open) return;
    current.showModal();
    const title = current.querySelector("h2") as HTMLElement;
    title.tabIndex = -1;
    title.focus();
  }

  async #copy(code: string): Promise<void> {
    const { text, onActed } = this.props.request;
    try {
      await navigator.clipboard.writeText(code);
      this.setState({ said: text.copied });
    } catch {
      // No permission, or an address without TLS: it is selected, so that the visitor's own key copies it.
      getSelection()?.selectAllChildren(this.#code.current as Node);
      this.setState({ said: text.selected });
    }
    if (!this.#acted) onActed?.();
    this.#acted = true;
  }

  override render({ request, end }: OfferProps, { opened, said }: { opened: boolean; said: string }): JSX.Element {
    const { content, text } = request;
    const { title, code, terms, contest } = content;
    const personHref = contest && safeLink(contest.href, location.href);
    if (!opened) {
      return (
        <Frame request={request} says={{ title }} end={end}>
          <button type="button" class="action" onClick={() => this.setState({ opened: true })}>
            {text.see}
          </button>
        </Frame>
      );
    }
    const onCancel = (event: Event) => {
      event.preventDefault();
      end("dismissed");
    };
    return (
      <dialog aria-labelledby="title" ref={this.#dialog} onCancel={onCancel} onKeyDown={keep}>
        <Inside request={request} says={content} end={end}>
          {code && (
            <p class="code">
              {text.code}
              <code {...spoken(request)} ref={this.#code}>
                {code}
              </code>
              <button type="button" class="quiet" onClick={() => this.#copy(code)}>
                {text.copy}
              </button>
            </p>
          )}
          <p role="status">{said}</p>
          {terms && <small {...spoken(request)}>{terms}</small>}
          {personHref && (
            <a class="person" href={personHref} {...spoken(request)}>
              {contest.label}
            </a>
          )}
        </Inside>
      </dialog>
    );
  }
}
