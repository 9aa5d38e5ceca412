import type { JSX } from "preact";
import type { BannerRequest, Surface } from "../../models/surface.ts";
import { BANNER_CSS } from "./banner-style.ts";
import { BANNER_WORDS, type BannerWords } from "./banner-words.ts";
import { CloseButton } from "./close-button.tsx";
import { Disclosure } from "./disclosure.tsx";
import { mount } from "./mount.ts";
import { wordsIn } from "./words.ts";

/**
 * Asks for consent: a bar that is not modal and comes first in the page's tab order. It takes the focus, has a close
 * button and closes on Escape only where the visitor opened it; closing decides nothing. One of `onChoice` and
 * `onClose` is called, once, after the bar is gone and the focus is back; `close()` calls neither.
 */
export function openBanner(request: BannerRequest): Surface {
  const words = wordsIn(BANNER_WORDS, request.language);
  let open = true;
  const close = () => {
    if (open) mounted.unmount();
    open = false;
  };
  const choose = (control: "accept" | "reject") => {
    if (!open) return;
    close();
    request.onChoice(control === "accept" ? request.offered : [], control);
  };
  const closeUndecided = () => {
    if (!open) return;
    close();
    request.onClose();
  };
  const view = <Banner request={request} words={words} onChoice={choose} onClose={closeUndecided} />;
  const mounted = mount(view, { name: "banner", css: BANNER_CSS, language: request.language, place: "first" });
  if (request.openedByVisitor) {
    mounted.host.addEventListener("keydown", ({ key, isComposing }) => {
      if (key === "Escape" && !isComposing) closeUndecided();
    });
    mounted.enter();
  } else {
    mounted.announce(request.text.title, words.announced);
  }
  return { close };
}

interface BannerProps {
  request: BannerRequest;
  words: BannerWords;
  onChoice: (control: "accept" | "reject") => void;
  onClose: () => void;
}

function Banner({ request, words, onChoice, onClose }: BannerProps): JSX.Element {
  const { text, offered, granted, gpc, openedByVisitor } = request;
  return (
    <section aria-labelledby="title" tabIndex={-1}>
      <div class="scroll">
        {openedByVisitor && <CloseButton label={words.closeWithoutChoice} onClose={onClose} />}
        <h2 id="title">{text.title}</h2>
        <p>{text.body}</p>
        {gpc && <p>{text.gpcHonoured}</p>}
        {granted && (
          <p>{granted.length ? words.acceptedBefore.replace("{reject}", () => text.reject) : words.rejectedBefore}</p>
        )}
        <Disclosure label={words.purposes}>
          <ul>
            {offered.map((purpose) => (
              <li key={purpose}>
                {text.purposes[purpose] + (granted ? ` (${granted.includes(purpose) ? words.on : words.off})` : "")}
              </li>
            ))}
          </ul>
        </Disclosure>
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
