import type { ComponentChild } from "preact";
import type { CampaignRequest } from "../../models/surface.ts";
import { CARD_CSS } from "./card-style.ts";
import type { End } from "./frame.tsx";
import { type Mounted, type MountRequest, mount, say } from "./mount.ts";
import { themeCss } from "./theme.ts";

/**
 * What uses Escape itself: while one of these is open or has the focus, Escape is not for us. `:is` because it skips a
 * selector that an older browser does not know, where a plain list would throw.
 */
const MODAL = ":is(dialog[open],[aria-modal=true],:popover-open:not([data-waypost]))";
const ESCAPE_USERS = "select,[type=search],[aria-expanded=true]";

interface Opening {
  name: string;
  css?: string;
  place?: MountRequest["place"];
  view: (end: End) => ComponentChild;
  /** What is said of it, politely, once. */
  says: string[];
  /** Escape closes it while it has the focus; "everywhere": also while the page has, where the page has no use for the key. */
  closesBy?: "everywhere";
}

export interface Opened extends Mounted {
  /** Takes it away without a report. */
  close: () => void;
  /** Aborted when it is gone. */
  signal: AbortSignal;
}

/**
 * Puts a campaign on the page, above everything that is there. It never takes the focus by itself: F8 goes to it and
 * back (A20). `onEnded` is called once, after it is gone, and not by `close()`.
 */
export function openCampaign(
  request: CampaignRequest,
  { name, css = "", place = "last", view, says, closesBy }: Opening,
): Opened {
  const { text, theme, language, dir } = request;
  const listening = new AbortController();
  const { signal } = listening;
  const close = () => {
    if (signal.aborted) return;
    listening.abort();
    mounted.unmount();
  };
  const end: End = (how) => {
    if (signal.aborted) return;
    close();
    if (how === "less" || how === "off") say(text[`${how}Said`], request);
    request.onEnded(how);
  };
  const sheets = `${CARD_CSS}${css}${theme ? themeCss(theme) : ""}`;
  const mounted = mount(view(end), { name, css: sheets, language, dir, place });
  const { host } = mounted;
  // The top layer: no z-index of the page is above it, and nothing that the page opened before. Not everywhere there is one.
  host.popover = "manual";
  if (host.isConnected) host.showPopover?.();
  // On window and not while capturing: whatever the page does with the key comes first, and may keep it.
  const onKey = (event: KeyboardEvent) => {
    const inside = document.activeElement === host;
    if (event.isComposing) return;
    if (event.key === "Escape" && (inside || (closesBy && isEscapeFree(event)))) end("dismissed");
    if (event.key === "F8" && !event.defaultPrevented) (inside ? mounted.leave : mounted.enter)();
  };
  window.addEventListener("keydown", onKey, { signal });
  mounted.announce(...says, text.keys);
  return { ...mounted, close, signal };
}

function isEscapeFree({ defaultPrevented }: Event): boolean {
  return !defaultPrevented && !document.querySelector(MODAL) && !document.activeElement?.matches(ESCAPE_USERS);
}
