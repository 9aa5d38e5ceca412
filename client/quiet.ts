/**
 * Quiet moments: nothing comes up while one of these rules holds (A20). Each says for how long it will, ms: 0 where it does
 * not, `Infinity` where only an event ends it.
 */

/** Whoever pressed a key this recently in a field is typing. */
const TYPING_MS = 2_000;
/** A view is looked at first. */
const ARRIVING_MS = 2_000;
/** Who has just sent something away is not sent the next. */
const DISMISSED_MS = 30_000;
/** What the rules judge by; times are `performance.now()`. */
interface Moment {
  nowMs: number;
  lastKeyMs: number;
  viewedMs: number;
  dismissedMs: number;
  isComposing: boolean;
  /** What has the focus, also inside shadow roots and frames of the same origin. */
  focus: Element | null;
}

type Rule = (moment: Moment) => number;

/** In a field, with a key pressed just now. */
export const typing: Rule = ({ focus, lastKeyMs, nowMs }) => (isEditable(focus) ? lastKeyMs + TYPING_MS - nowMs : 0);

/** In a field of a card or a password, or in a frame of another origin, as those who take payments use. */
export const paying: Rule = ({ focus }) =>
  focus?.matches("[autocomplete^=cc- i],[autocomplete*=' cc-' i],[type=password],iframe") ? Infinity : 0;

/** While an input method makes a text of keys. */
export const composing: Rule = ({ focus, isComposing }) =>
  // Where the field was taken away with the text in it, nobody is told that this ended.
  isComposing && focus?.localName !== "body" ? Infinity : 0;

/** At the beginning of a view. */
export const arriving: Rule = ({ viewedMs, nowMs }) => viewedMs + ARRIVING_MS - nowMs;

/** After something of ours was dismissed on this page. */
export const dismissed: Rule = ({ dismissedMs, nowMs }) => dismissedMs + DISMISSED_MS - nowMs;

const FIELD = "textarea,select,input:not([type=button],[type=submit],[type=checkbox],[type=radio])";

function isEditable(element: Element | null): boolean {
  // What stands in a frame is no HTMLElement of this window.
  return !!element && ((element as HTMLElement).isContentEditable || element.matches(FIELD));
}

/** Selectors that an older browser does not know are skipped inside `:is`. */
const OPEN = ":is(:modal,:fullscreen,:popover-open,[aria-modal=true])";

/**
 * A dialog of the site, a popover or full screen: nothing is laid over it, wherever its shadow root is if it has the focus.
 * What we show ourselves is a popover too, and counts where the visitor is in it.
 */
export function hasOpenDialog(focus: Element | null): boolean {
  const theirs = `${OPEN}:not([data-waypost])`;
  if ([...document.querySelectorAll(theirs)].some((dialog) => dialog.checkVisibility())) return true;
  for (let node = focus; node; node = ((node.getRootNode() as Partial<ShadowRoot>).host as Element | undefined) ?? null)
    if (node.closest(OPEN)) return true;
  return false;
}
