import { autoUpdate } from "@floating-ui/dom";
import type { Placement } from "../../models/content.ts";
import type { Veto } from "../../models/outcome.ts";
import type { Opened } from "./open-campaign.ts";
import { boxOf, homeOf, sightOf } from "./target.ts";

export type TargetVeto = Extract<Veto, "target-gone" | "target-covered">;

/** No event tells that something was covered, or moved by a transform: it is looked at this often. */
const LOOK_EVERY_MS = 250;
/** What passes over a target for less than this, a menu or a message, takes nothing away. */
const COVERED_MS = 1_000;
/** Between target and card, and between card and the window's edge, px. */
const GAP_PX = 10;
const EDGE_PX = 8;
/** Half of the arrow's box; and how far it stays from the card's corners. */
const ARROW_PX = 6;
const CORNER_PX = 18;
/** Of the line round a target. */
const RING_PX = 3;
/** Where neither side has this much room the card lies over a part of its target, and scrolls. */
const HEIGHT_MIN_PX = 120;

/** The card beside its target, an arrow between them, and (of a tour) a line round the target that is ours. */
export const ANCHOR_CSS = `
section{position:relative}
.arrow,.ring{position:fixed;pointer-events:none}
.arrow{inline-size:12px;block-size:12px;rotate:45deg;background:var(--b);border:1px solid color-mix(in srgb,var(--t) 30%,var(--b))}
.ring{box-sizing:content-box;border:3px solid var(--a);border-radius:6px;outline:2px solid var(--b);box-shadow:inset 0 0 0 2px var(--b)}
@media(forced-colors:active){.ring{border-color:Highlight}}
`;

/** Why it cannot stand beside this element now, or null. What is out of view is as good as gone: a tip never scrolls. */
export function vetoOf(target: Element | null): TargetVeto | null {
  const sight = target ? sightOf(target) : "gone";
  if (sight === "seen") return null;
  return sight === "covered" ? "target-covered" : "target-gone";
}

/** Only while there is a target: without it the card is back in its corner. */
const ANCHORED_CSS =
  ":host{padding:0!important;inline-size:max-content!important;max-inline-size:min(22em,100vw - 1em)!important}section{max-block-size:var(--h)}.arrow{}.ring{}";

interface Anchoring {
  target: Element;
  /** Finds the element again that a framework has put in the place of the first. */
  find: () => Element | null;
  placement: Placement | undefined;
  /** Once: it has gone, or was covered for too long. */
  onLost: (veto: TargetVeto) => void;
}

/** Keeps a card beside its target, wherever that goes; out of sight with it. Gives what ends it. */
export function anchor({ host, root, signal }: Opened, { target, find, placement, onLost }: Anchoring): () => void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(ANCHORED_CSS);
  root.adoptedStyleSheets.push(sheet);
  const [card, , arrow, ring] = [...sheet.cssRules].map((rule) => (rule as CSSStyleRule).style) as [
    CSSStyleDeclaration,
    unknown,
    CSSStyleDeclaration,
    CSSStyleDeclaration,
  ];
  let coveredMs = 0;
  let unfollow = () => {};
  let placed = "";
  const place = () => {
    const box = boxOf(target);
    const asked = () =>
      `${[box.x, box.y, box.width, box.height, innerWidth, innerHeight, host.offsetWidth, host.offsetHeight]}`;
    // Most looks find all as it was.
    if (placed === asked()) return;
    card.setProperty("--h", `${innerHeight}px`);
    const { side, roomPx } = sideFor(box, host, sidesFrom(target, placement));
    card.setProperty("--h", `${Math.max(HEIGHT_MIN_PX, roomPx)}px`);
    const { offsetWidth: width, offsetHeight: height } = host;
    const isBeside = side === "left" || side === "right";
    const middleX = box.x + box.width / 2;
    const middleY = box.y + box.height / 2;
    const besideX = side === "left" ? box.x - GAP_PX - width : box.right + GAP_PX;
    const besideY = side === "top" ? box.y - GAP_PX - height : box.bottom + GAP_PX;
    const x = between(EDGE_PX, isBeside ? besideX : middleX - width / 2, innerWidth - width - EDGE_PX);
    const y = between(EDGE_PX, isBeside ? middleY - height / 2 : besideY, innerHeight - height - EDGE_PX);
    card.setProperty("inset", `${y}px auto auto ${x}px`, "important");
    const arrowX = isBeside
      ? side === "left"
        ? x + width
        : x
      : between(x + CORNER_PX, middleX, x + width - CORNER_PX);
    const arrowY = isBeside ? between(y + CORNER_PX, middleY, y + height - CORNER_PX) : side === "top" ? y + height : y;
    arrow.inset = `${arrowY - ARROW_PX}px auto auto ${arrowX - ARROW_PX}px`;
    ring.inset = `${box.y - RING_PX}px auto auto ${box.x - RING_PX}px`;
    ring.inlineSize = `${box.width}px`;
    ring.blockSize = `${box.height}px`;
    placed = asked();
  };
  const follow = (next: Element) => {
    unfollow();
    target = next;
    raise(host, homeOf(next));
    unfollow = autoUpdate({ getBoundingClientRect: () => boxOf(next), contextElement: next }, host, look);
  };
  const stop = () => {
    unfollow();
    clearInterval(timer);
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((other) => other !== sheet);
  };
  const lose = (veto: TargetVeto) => {
    stop();
    onLost(veto);
  };
  const look = () => {
    if (signal.aborted) return;
    const sight = sightOf(target, host);
    if (sight === "gone") {
      const next = find();
      if (!next || next === target || sightOf(next, host) === "gone") lose("target-gone");
      else follow(next);
      return;
    }
    const now = performance.now();
    coveredMs = sight === "covered" ? coveredMs || now : 0;
    if (coveredMs && now - coveredMs > COVERED_MS) return lose("target-covered");
    const hides = sight === "out-of-view" && document.activeElement !== host;
    card.setProperty("visibility", hides ? "hidden" : "visible", "important");
    place();
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  signal.addEventListener("abort", stop);
  follow(target);
  return stop;
}

/** Into its place in the page, and above what the page has opened since. */
export function raise(host: HTMLElement, home: Element): void {
  if (host.parentNode !== home) home.append(host);
  else host.hidePopover?.();
  host.showPopover?.();
}

function between(least: number, value: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}

type Side = "top" | "bottom" | "left" | "right";

/** Where it is to stand, best first: as asked, across from there, then below and above. Along the line as the target's own text runs. */
function sidesFrom(target: Element, placement: Placement = "block-end"): Side[] {
  const isRtl = getComputedStyle(target).direction === "rtl";
  const across: Side[] = placement.startsWith("block")
    ? ["top", "bottom"]
    : isRtl
      ? ["right", "left"]
      : ["left", "right"];
  if (placement.endsWith("end")) across.reverse();
  return [...across, "bottom", "top"];
}

/** The first side that has room for all of the card, else the roomier of above and below; and how high it may be there. */
function sideFor(
  box: DOMRect,
  { offsetWidth, offsetHeight }: HTMLElement,
  sides: Side[],
): { side: Side; roomPx: number } {
  const free = { top: box.top, bottom: innerHeight - box.bottom, left: box.left, right: innerWidth - box.right };
  const roomIn = (side: Side) => free[side] - GAP_PX - EDGE_PX;
  const isBeside = (side: Side) => side === "left" || side === "right";
  const side =
    sides.find((one) => (isBeside(one) ? offsetWidth : offsetHeight) <= roomIn(one)) ??
    (free.top > free.bottom ? "top" : "bottom");
  return { side, roomPx: isBeside(side) ? innerHeight - 2 * EDGE_PX : roomIn(side) };
}
