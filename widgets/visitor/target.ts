/** Where an element of the page is, and whether a visitor sees it: through open shadow roots and frames of the same origin. */

/** out-of-view: it can be scrolled to. */
export type Sight = "seen" | "out-of-view" | "covered" | "gone";

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The first element that a selector finds; ` >>> ` goes on inside the shadow root or the frame that was found. */
export function findTarget(selector: string): Element | null {
  let scope: ParentNode | null | undefined = document;
  let found: Element | null = null;
  try {
    for (const part of selector.split(" >>> ")) {
      found = scope?.querySelector(part) ?? null;
      scope = found?.shadowRoot ?? (found as HTMLIFrameElement | null)?.contentDocument;
    }
    return found;
  } catch {
    // No selector that this browser knows.
    return null;
  }
}

/** Its box in the viewport of our own document. */
export function boxOf(element: Element): DOMRect {
  return outwards(element, element.getBoundingClientRect());
}

/** The frame that an element's document is in; null in our own document. */
function frameOf(element: Element): HTMLElement | null {
  return (element.ownerDocument.defaultView?.frameElement as HTMLElement | null | undefined) ?? null;
}

function outwards(element: Element, box: DOMRect): DOMRect {
  const frame = isOurs(element) ? null : frameOf(element);
  return frame ? outwards(frame, inFrame(frame, box)) : box;
}

/** `ownerDocument` is the browser's own, where our `document` may be a proxy. */
function isOurs(element: Element): boolean {
  return element.ownerDocument.defaultView === window;
}

/** A box in a frame's viewport, as the document around it has it; a frame may be scaled. */
function inFrame(frame: HTMLElement, { x, y, width, height }: DOMRect): DOMRect {
  const outer = frame.getBoundingClientRect();
  const { paddingLeft, paddingTop } = getComputedStyle(frame);
  const scale = outer.width / frame.offsetWidth || 1;
  const left = frame.clientLeft + Number.parseFloat(paddingLeft);
  const top = frame.clientTop + Number.parseFloat(paddingTop);
  return new DOMRect(outer.x + (left + x) * scale, outer.y + (top + y) * scale, width * scale, height * scale);
}

/** Whether a visitor sees it. `host`: ours, which may stand over it. */
export function sightOf(element: Element, host?: Element, box = element.getBoundingClientRect()): Sight {
  const view = element.ownerDocument.defaultView;
  const isDrawn = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  if (!view || !isDrawn || box.width * box.height === 0) return "gone";
  const part = visiblePart(element, box, view);
  const [width, height] = [part.right - part.left, part.bottom - part.top];
  if (width <= 0 || height <= 0) return "out-of-view";
  const points = [
    [0.5, 0.5],
    [0.25, 0.25],
    [0.75, 0.25],
    [0.25, 0.75],
    [0.75, 0.75],
  ] as const;
  const seen = points.filter(([x, y]) => isOnTop(element, part.left + width * x, part.top + height * y, host));
  if (seen.length < 3) return "covered";
  const frame = isOurs(element) ? null : frameOf(element);
  return frame ? sightOf(frame, host, inFrame(frame, new DOMRect(part.left, part.top, width, height))) : "seen";
}

/** What neither the viewport nor an ancestor that scrolls or clips cuts off. */
function visiblePart(element: Element, box: DOMRect, view: Window): Box {
  let part: Box = { left: 0, top: 0, right: view.innerWidth, bottom: view.innerHeight };
  const cut = ({ left, top, right, bottom }: Box) => {
    part = {
      left: Math.max(part.left, left),
      top: Math.max(part.top, top),
      right: Math.min(part.right, right),
      bottom: Math.min(part.bottom, bottom),
    };
  };
  cut(box);
  let { position } = getComputedStyle(element);
  for (let parent = parentOf(element); parent && position !== "fixed"; parent = parentOf(parent)) {
    const style = getComputedStyle(parent);
    // An absolute box is cut by what it is placed in, not by what stands between.
    if (position === "absolute" && style.position === "static") continue;
    // The root's and the body's overflow are the viewport's.
    if (style.overflow !== "visible" && parentOf(parent)?.parentElement) cut(parent.getBoundingClientRect());
    position = style.position;
  }
  return part;
}

/** The element around it as it is drawn: a slot's before its host's. */
function parentOf(element: Element): Element | null {
  return element.assignedSlot ?? element.parentElement ?? (element.getRootNode() as Partial<ShadowRoot>).host ?? null;
}

/** Whether what is hit there is the element or inside it; one without `pointer-events` is never hit, but what holds it is. */
function isOnTop(element: Element, x: number, y: number, host?: Element): boolean {
  let hit: Element | undefined;
  let scope: DocumentOrShadowRoot | null = element.ownerDocument;
  while (scope) {
    const inside: Element | undefined = scope.elementsFromPoint(x, y).find((one) => one !== host);
    if (!inside || inside === hit) break;
    hit = inside;
    scope = hit.shadowRoot;
  }
  if (!hit || holds(element, hit)) return !!hit;
  return getComputedStyle(element).pointerEvents === "none" && holds(hit, element);
}

function holds(outer: Element, inner: Element | null): boolean {
  for (let one = inner; one; one = parentOf(one)) if (one === outer) return true;
  return false;
}

/**
 * Where a card has to be in the page so that it can be pressed: inside the modal dialog that its target is in, because all
 * else is inert, or inside its popover, which a press outside would close.
 */
export function homeOf(target: Element): Element {
  for (let one: Element | null = target; one; one = parentOf(one) ?? (isOurs(one) ? null : frameOf(one))) {
    if (isOurs(one) && !("host" in one.getRootNode()) && one.matches(":is(:modal,:popover-open)")) return one;
  }
  return document.body;
}
