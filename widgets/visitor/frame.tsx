import type { ComponentChildren, JSX, TargetedEvent } from "preact";
import type { NudgeContent } from "../../models/content.ts";
import type { CampaignRequest, Ending } from "../../models/surface.ts";
import { CloseButton } from "./close-button.tsx";
import { Disclosure } from "./disclosure.tsx";
import { safeLink } from "./link.ts";

export type End = (how: Ending) => void;

interface Framed {
  request: CampaignRequest;
  /** What the site says at the top of it. */
  says: Partial<NudgeContent>;
  end: End;
  /** Only its first line is shown. */
  folded?: boolean;
  children?: ComponentChildren;
}

/** What stands round every kind: close button, the site's message, why it is here, and how to have less of it. */
export function Frame(framed: Framed): JSX.Element {
  const { text } = framed.request;
  return (
    <section aria-labelledby="title" tabIndex={-1}>
      <div class="scroll">
        <Inside {...framed} />
        {!framed.folded && <small class="keys">{text.keys}</small>}
      </div>
    </section>
  );
}

/** The same without the region round it, for what is a dialog. */
export function Inside({ request, says, end, folded, children }: Framed): JSX.Element {
  const { text, why } = request;
  const { title, body = [], image, action, generated } = says;
  const href = action && safeLink(action.href, location.href);
  return (
    <>
      <CloseButton label={text.dismiss} onClose={() => end("dismissed")} />
      <div {...spoken(request)}>
        {title && <h2 id="title">{title}</h2>}
        {image && (
          <img
            key={image.src}
            alt={image.alt}
            loading="lazy"
            decoding="async"
            referrerpolicy="no-referrer"
            onError={hide}
            // Last: what stands behind it would come too late for the request.
            src={image.src}
          />
        )}
        {body.map((paragraph, i) => (
          <p key={i}>{paragraph}</p>
        ))}
        {generated && <Generated label={generated.label} />}
      </div>
      {children}
      {href && (
        <a class="action" href={href} {...spoken(request)} onClick={() => end("acted")}>
          {action.label}
        </a>
      )}
      {!folded && <Options {...{ text, why, end }} />}
    </>
  );
}

/** A picture that cannot be had: its room goes to the text. */
function hide({ currentTarget }: TargetedEvent<HTMLElement>): void {
  currentTarget.hidden = true;
}

/** Why it is here, and the two ways to have less of it: each says what it does before it does it. */
function Options({ text, why, end }: Pick<CampaignRequest, "text" | "why"> & { end: End }): JSX.Element {
  return (
    <Disclosure label={text.why}>
      {/* The edge writes them, in English so far. */}
      <ul lang="en" dir="auto">
        {why.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
      <p>{text.whyDecided}</p>
      {(["less", "off"] as const).map((how) => (
        <>
          <p id={how}>{text[`${how}Means`]}</p>
          <button type="button" class="quiet" aria-describedby={how} onClick={() => end(how)}>
            {text[how]}
          </button>
        </>
      ))}
    </Disclosure>
  );
}

/** For an element that holds the site's own words: they may be in another language than ours, and run the other way. */
export function spoken({ contentLanguage }: CampaignRequest): { lang: string; dir: "auto" } {
  return { lang: contentLanguage, dir: "auto" };
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
