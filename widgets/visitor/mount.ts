import { type ComponentChild, render } from "preact";
import { SHARED_CSS } from "./style.ts";

/** A screen reader hears a live region only where the empty region was there for a moment before its text. */
const ANNOUNCE_AFTER_MS = 150;
/** By then it was spoken; left in place it would be read a second time by whoever reads through the page. */
const ANNOUNCE_FOR_MS = 20_000;

export interface Mounted {
  host: HTMLElement;
  root: ShadowRoot;
  /** Says these sentences once, politely. */
  announce: (...sentences: string[]) => void;
  /** Moves the focus onto the surface; `unmount` and `leave` give it back. */
  enter: () => void;
  /** Gives the focus back to where it was before it came here; does nothing where it is not here. */
  leave: () => void;
  /** Takes the surface away. */
  unmount: () => void;
}

export interface MountRequest {
  /** Names the host element in the page: `data-waypost="banner"`. */
  name: string;
  css: string;
  language: string;
  /** Direction of the language; absent: the page's. */
  dir?: "ltr" | "rtl";
  /**
   * The first or the last thing in the page's tab order. start: the last, but at the top of the page; modal: the last, and
   * no room is kept for it, because it stands above the page.
   */
  place: "first" | "last" | "start" | "modal";
}

/**
 * Puts a surface on the page: a host without role, an open shadow root, styles from constructed sheets. Nothing that
 * a strict CSP or Trusted Types would refuse is used: no style attribute or element, no HTML parsing, no data: URL.
 */
export function mount(view: ComponentChild, { name, css, language, dir, place }: MountRequest): Mounted {
  const host = document.createElement("div");
  host.dataset.waypost = name;
  // Not something that the visitor did on the site: capture leaves it out.
  host.dataset.waypostIgnore = "";
  host.lang = language;
  if (dir) host.dir = dir;
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheetOf(SHARED_CSS), sheetOf(css)];
  render(view, root);
  const status = document.createElement("div");
  status.role = "status";
  root.append(status);

  let cameFrom: EventTarget | null = document.activeElement;
  // Heard on the host only where the focus crosses its border: moves inside a shadow root do not leave it.
  host.addEventListener("focusin", ({ relatedTarget }) => {
    // The preference centre stands above this surface, and was opened from it.
    const isAbove = (relatedTarget as HTMLElement | null)?.dataset.waypost === "centre";
    if (!isAbove) cameFrom = relatedTarget ?? cameFrom;
  });
  const put = () => document.body?.[place === "first" ? "prepend" : "append"](host);
  put();
  // Turbo puts another body in the place of this one at each of its steps.
  const bodies = new MutationObserver(() => host.isConnected || put());
  bodies.observe(document.documentElement, { childList: true });
  const releaseRoom = place === "modal" ? () => {} : reserveRoom(host, place);
  const timers: number[] = [];
  const tell = (afterMs: number, sentences: string[]) =>
    timers.push(window.setTimeout(() => status.replaceChildren(...sentences.map(paragraph)), afterMs));
  const leave = () => {
    if (document.activeElement === host) focusAgain(cameFrom);
  };
  return {
    host,
    root,
    announce: (...sentences) => {
      // The one before is not to empty what is said now.
      timers.forEach(clearTimeout);
      tell(ANNOUNCE_AFTER_MS, sentences);
      tell(ANNOUNCE_FOR_MS, []);
    },
    enter: () => root.querySelector("section")?.focus(),
    leave,
    unmount: () => {
      bodies.disconnect();
      timers.forEach(clearTimeout);
      leave();
      releaseRoom();
      render(null, root);
      host.remove();
    },
  };
}

/** Says a sentence once, politely, when the surface that it is about has gone (A18). */
export function say(sentence: string, { language, dir }: { language: string; dir: "ltr" | "rtl" }): void {
  const { announce, unmount } = mount(null, { name: "status", css: "", language, dir, place: "modal" });
  announce(sentence);
  setTimeout(unmount, ANNOUNCE_FOR_MS);
}

function paragraph(text: string): HTMLElement {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}

function sheetOf(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

/**
 * Room at the end of the page, or at its start, as high as the surface, so that the page can scroll whatever it covers into view, and
 * the browser does so for what gets the focus (A5). A sheet, because a style attribute on <html> is the site's own.
 */
export function reserveRoom(host: HTMLElement, place?: string): () => void {
  const sheet = sheetOf("");
  document.adoptedStyleSheets.push(sheet);
  const side = place === "start" ? place : "end";
  const reserve = () => {
    const px = Math.ceil(host.offsetHeight);
    sheet.replaceSync(`html{scroll-padding-block-${side}:${px}px;padding-block-${side}:${px}px}`);
    // What has the focus already may be under the surface now; what is merely scrolled away is left there.
    const focused = document.activeElement;
    if (focused && covers(host, focused)) focused.scrollIntoView({ block: "nearest" });
  };
  reserve();
  const observer = new ResizeObserver(reserve);
  observer.observe(host);
  return () => {
    observer.disconnect();
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
  };
}

function covers(host: Element, element: Element): boolean {
  const over = host.getBoundingClientRect();
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return element !== host && left >= over.left && right <= over.right && top >= over.top && bottom <= over.bottom;
}

/** To the element that had it, else to the page's first heading: the focus never falls back to the page's start (A14). */
function focusAgain(cameFrom: EventTarget | null): void {
  if (cameFrom instanceof HTMLElement && cameFrom !== document.body && cameFrom.isConnected) {
    // The control went out of the way of a banner, and comes back when that is gone: a moment too late for the focus.
    if (cameFrom.dataset.waypost) cameFrom.hidden = false;
    cameFrom.focus({ preventScroll: true });
    if (document.activeElement === cameFrom) return;
  }
  const heading = document.querySelector<HTMLElement>("main h1") ?? document.querySelector<HTMLElement>("h1, main");
  if (!heading) return;
  if (!heading.hasAttribute("tabindex")) {
    heading.tabIndex = -1;
    heading.addEventListener("blur", () => heading.removeAttribute("tabindex"), { once: true });
  }
  heading.focus({ preventScroll: true });
}
