/** The permanent control: on every page, so without Preact and in a file of its own. */
import type { ConsentGate } from "../../models/surface.ts";

/**
 * A small pair of buttons in the corner at the start of the line. The second is there while something is granted: so that
 * withdrawing takes one action, as giving did (B14). Both are 44 px high at the browser's own text size.
 */
const CSS = `
:host{all:initial!important;position:fixed!important;z-index:2147483646!important;inset-block-end:var(--waypost-control-block-end,0px)!important;inset-inline-start:var(--waypost-control-inline-start,0px)!important;
box-sizing:border-box!important;max-inline-size:100%!important;padding:.25em!important;font:var(--waypost-font-size,medium)/1.3 var(--waypost-font,system-ui,sans-serif)!important;
--b:var(--waypost-control-background,var(--waypost-background,#fff));--t:var(--waypost-control-text,var(--waypost-text,#1b2127));--r:var(--waypost-radius,12px)}
:host([hidden]){display:none!important}
@media(prefers-color-scheme:dark){:host{--b:var(--waypost-control-background,var(--waypost-background,#1d2228));--t:var(--waypost-control-text,var(--waypost-text,#f1f3f5))}}
@media(forced-colors:active){:host{--b:Canvas;--t:CanvasText}}
@media print{:host{display:none!important}}
div:first-child{display:flex;flex-wrap:wrap;color:var(--t);background:var(--b);border:1px solid color-mix(in srgb,var(--t) 45%,var(--b));border-radius:var(--r)}
button{font:inherit;font-size:.8125em;color:inherit;background:none;border:0;border-radius:var(--r);cursor:pointer;padding:.25em .9em;min-block-size:3.385em;min-inline-size:3.385em;overflow-wrap:anywhere}
button+button{text-decoration:underline;text-underline-offset:.2em}
button:hover{text-decoration:underline}
button:focus-visible{outline:3px solid var(--t);outline-offset:-4px}
[hidden]{display:none!important}
[role=status]{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
`;
/** Left in place it would be read a second time by whoever reads through the page. */
const SAID_FOR_MS = 20_000;

/** What may stand at the end of the page, across all of it where it is narrow. */
const CARDS = ["nudge", "offer", "survey", "checklist", "tour", "announcement"]
  .map((name) => `[data-waypost=${name}]`)
  .join();

/** The one of this page, told anew what holds. */
let update: (() => void) | undefined;

/**
 * Puts the control on the page, once; later it only takes up what holds then. It goes out of the way of a banner, and
 * stands on top of a nudge that takes the whole width.
 */
export function show(gate: ConsentGate): void {
  update ??= putOnPage(gate);
  update();
}

function putOnPage(gate: ConsentGate): () => void {
  const { text, language, dir } = gate.consent;
  const host = document.createElement("div");
  host.dataset.waypost = "control";
  host.dataset.waypostIgnore = "";
  host.lang = language;
  host.dir = dir;
  // So that a dialog which it opened can give the focus back to it.
  const root = host.attachShadow({ mode: "open", delegatesFocus: true });
  const lift = new CSSStyleSheet();
  root.adoptedStyleSheets = [sheetOf(CSS), lift];
  const box = document.createElement("div");
  box.role = "region";
  box.ariaLabel = text.control;
  const status = document.createElement("div");
  status.role = "status";
  const withdraw = button(text.withdraw, () => {
    open.focus();
    gate.choose([], "withdraw", "control");
    status.textContent = text.saved;
    setTimeout(() => status.replaceChildren(), SAID_FOR_MS);
  });
  const open = button(text.control, () => void gate.open(true));
  box.append(open, withdraw);
  root.append(box, status);
  const room = new CSSStyleSheet();
  let card: HTMLElement | null = null;
  const sizes = new ResizeObserver(() => settle());
  const settle = () => {
    if (!host.isConnected) document.body?.append(host);
    host.hidden = document.querySelector("[data-waypost=banner]") !== null;
    const shown = document.querySelector<HTMLElement>(CARDS);
    if (shown !== card) {
      if (card) sizes.unobserve(card);
      if (shown) sizes.observe(shown);
      card = shown;
    }
    const box = shown?.getBoundingClientRect();
    const { left, right, top, height } = box && box.bottom >= innerHeight ? box : new DOMRect(0, innerHeight);
    const isInTheWay = left < host.offsetWidth && right > innerWidth - host.offsetWidth;
    lift.replaceSync(isInTheWay ? `:host{inset-block-end:${Math.ceil(height)}px!important}` : "");
    // Room at the end of the page for all that stands there, so that nothing with the focus is hidden (A5).
    const px = host.hidden ? 0 : Math.ceil(innerHeight - Math.min(host.getBoundingClientRect().top, top));
    room.replaceSync(px > 0 ? `html{scroll-padding-block-end:${px}px;padding-block-end:${px}px}` : "");
    // The last sheet counts: a nudge that came later has put its own behind this one.
    const others = document.adoptedStyleSheets.filter((sheet) => sheet !== room);
    document.adoptedStyleSheets = host.hidden ? others : [...others, room];
  };
  settle();
  // Surfaces are children of the body; a framework may put another body in its place.
  const watched = new MutationObserver(() => {
    watch();
    settle();
  });
  const watch = () => {
    watched.observe(document.documentElement, { childList: true });
    if (document.body) watched.observe(document.body, { childList: true });
  };
  watch();
  sizes.observe(host);
  window.addEventListener("resize", settle);
  return () => {
    withdraw.hidden = gate.stamp.purposes.length === 0;
  };
}

function sheetOf(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

function button(label: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", onClick);
  return made;
}
