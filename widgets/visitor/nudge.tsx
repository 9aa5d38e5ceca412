import type { JSX } from "preact";
import type { CampaignRequest, Surface } from "../../models/surface.ts";
import { CloseButton } from "./close-button.tsx";
import { Disclosure } from "./disclosure.tsx";
import { safeLink } from "./link.ts";
import { mount } from "./mount.ts";
import { NUDGE_CSS } from "./nudge-style.ts";

/**
 * What uses Escape itself: while one of these is open or has the focus, Escape is not for us. `:is` because it skips a
 * selector that an older browser does not know, where a plain list would throw.
 */
const MODAL = ":is(dialog[open],[aria-modal=true],:popover-open)";
const ESCAPE_USERS = "select,[type=search],[aria-expanded=true]";

/**
 * Shows a card in the corner of the page. It never takes the focus by itself: F8 goes to it and back, Escape closes
 * it from anywhere that has no use of its own for that key (A20). `onEnded` is called
 * once, after the card is gone, and not by `close()`.
 */
export function show(request: CampaignRequest<"nudge">): Surface {
  const { content, why, text, contentLanguage, language, dir } = request;
  const listening = new AbortController();
  const close = () => {
    if (listening.signal.aborted) return;
    listening.abort();
    mounted.unmount();
  };
  const end = (report: () => void) => {
    if (listening.signal.aborted) return;
    close();
    report();
  };
  const dismiss = () => end(() => request.onEnded("dismissed"));
  const view = (
    <Nudge
      {...{ content, why, text, contentLanguage }}
      base={location.href}
      onDismiss={dismiss}
      onAct={() => end(() => request.onEnded("acted"))}
    />
  );
  const mounted = mount(view, { name: "nudge", css: NUDGE_CSS, language, dir, place: "last" });
  // On window and not while capturing: whatever the page does with the key comes first, and may keep it.
  const onKey = (event: KeyboardEvent) => {
    const inside = document.activeElement === mounted.host;
    if (event.key === "Escape" && (inside || escapeIsFree(event))) dismiss();
    if (event.key === "F8" && !event.defaultPrevented) (inside ? mounted.leave : mounted.enter)();
  };
  window.addEventListener("keydown", onKey, listening);
  mounted.announce(content.title, ...content.body, text.keys);
  return { close };
}

function escapeIsFree(event: KeyboardEvent): boolean {
  const { activeElement } = document;
  return (
    !event.defaultPrevented &&
    !event.isComposing &&
    !document.querySelector(MODAL) &&
    !activeElement?.matches(ESCAPE_USERS)
  );
}

interface NudgeProps {
  content: CampaignRequest<"nudge">["content"];
  why: string[];
  text: CampaignRequest["text"];
  contentLanguage: string;
  base: string;
  onDismiss: () => void;
  onAct: () => void;
}

/** Says that a model wrote the text: to people by the label, to machines in the words of schema.org (B35). */
function Generated({ label }: { label: string }): JSX.Element {
  return (
    <p itemscope itemtype="https://schema.org/CreativeWork">
      <meta itemprop="digitalSourceType" content="https://schema.org/TrainedAlgorithmicMediaDigitalSource" />
      <small>{label}</small>
    </p>
  );
}

function Nudge({ content, why, text, contentLanguage, base, onDismiss, onAct }: NudgeProps): JSX.Element {
  const { title, body, action } = content;
  const href = action && safeLink(action.href, base);
  return (
    <section aria-labelledby="title" tabIndex={-1}>
      <div class="scroll">
        <CloseButton label={text.dismiss} onClose={onDismiss} />
        <div lang={contentLanguage} dir="auto">
          <h2 id="title">{title}</h2>
          {body.map((paragraph, i) => (
            <p key={i}>{paragraph}</p>
          ))}
          {content.generated && <Generated label={content.generated.label} />}
          {href && (
            <a class="action" href={href} onClick={onAct}>
              {action.label}
            </a>
          )}
        </div>
        <Disclosure label={text.why}>
          {/* The edge writes them, in English so far. */}
          <ul lang="en" dir="auto">
            {why.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
          <p>{text.whyDecided}</p>
        </Disclosure>
        <small>{text.keys}</small>
      </div>
    </section>
  );
}
