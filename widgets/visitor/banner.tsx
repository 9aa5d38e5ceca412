import type { JSX } from "preact";
import type { BannerRequest, ConsentGate, Surface } from "../../models/surface.ts";
import { BANNER_CSS } from "./banner-style.ts";
import { CloseButton } from "./close-button.tsx";
import { mount } from "./mount.ts";

/** Asks, unless it came by itself and was answered meanwhile. */
export function show(gate: ConsentGate, byVisitor: boolean): void {
  const { slot, consent, choice } = gate;
  // While the chunk was on its way another tab may have chosen.
  if (!byVisitor && (gate.decided || slot.open)) return;
  slot.open?.close();
  slot.open = openBanner({
    consent,
    signal: gate.signal,
    news: consent.changes[choice?.policy ?? ""]?.news ?? [],
    openedByVisitor: byVisitor,
    onChoice: (granted, control) => gate.choose(granted, control, "banner"),
    onDetail: () => gate.show("preferences", true),
    onClose: () => {
      slot.open = null;
      gate.rest();
    },
  });
}

/**
 * Asks for consent: a bar that is not modal and comes first in the page's tab order. It takes the focus, has a close
 * button and closes on Escape only where the visitor opened it; closing decides nothing. One of `onChoice` and
 * `onClose` is called, once, after the bar is gone and the focus is back; `close()` calls neither.
 */
export function openBanner(request: BannerRequest): Surface {
  const { consent, openedByVisitor } = request;
  const { text } = consent;
  let open = true;
  const end = (report?: () => void) => {
    if (!open) return;
    open = false;
    mounted.unmount();
    report?.();
  };
  const choose = (control: "accept" | "reject") =>
    end(() => request.onChoice(control === "accept" ? consent.purposes : [], control));
  const closeUndecided = () => end(request.onClose);
  const view = <Banner request={request} onChoice={choose} onClose={closeUndecided} />;
  const mounted = mount(view, { name: "banner", css: BANNER_CSS, place: "first", ...consent });
  if (openedByVisitor) {
    mounted.host.addEventListener("keydown", ({ key, isComposing }) => {
      if (key === "Escape" && !isComposing) closeUndecided();
    });
    mounted.enter();
  } else {
    mounted.announce(text.title, text.announced);
  }
  return { close: () => end() };
}

interface BannerProps {
  request: BannerRequest;
  onChoice: (control: "accept" | "reject") => void;
  onClose: () => void;
}

function Banner({ request, onChoice, onClose }: BannerProps): JSX.Element {
  const { consent, signal, news, openedByVisitor, onDetail } = request;
  const { text, purposes } = consent;
  return (
    <section aria-labelledby="title" tabIndex={-1}>
      <div class="scroll">
        {openedByVisitor && <CloseButton label={text.close} onClose={onClose} />}
        <h2 id="title">{text.title}</h2>
        <p>{text.body}</p>
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
        <p>{purposes.map((purpose) => text.names[purpose]).join(" · ")}</p>
        <button type="button" class="why" onClick={onDetail}>
          {text.choose}
        </button>
      </div>
      <div class="choices">
        <button type="button" class="action" onClick={() => onChoice("reject")}>
          {text.reject}
        </button>
        <button type="button" class="action" onClick={() => onChoice("accept")}>
          {text.accept}
        </button>
      </div>
    </section>
  );
}
