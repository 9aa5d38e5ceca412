/**
 * The element that a selector finds; ` >>> ` goes on inside what the part before it has found: an open shadow root, or a
 * frame of the same origin. Null where there is none, and for what is no selector.
 */
export function findTarget(selector: string): Element | null {
  let root: ParentNode | null = document;
  let found: Element | null = null;
  try {
    for (const part of selector.split(" >>> ")) {
      found = root?.querySelector(part) ?? null;
      // Of a frame of another origin the browser gives no document.
      root = found && (found.shadowRoot ?? (found as Partial<HTMLIFrameElement>).contentDocument ?? null);
    }
    return found;
  } catch {
    return null;
  }
}
