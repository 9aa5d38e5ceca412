const numbers = new WeakMap<Node, number>();
let numbered = 0;

/** What of the page's text is selected, told apart but not read; "" where nothing is. */
export function selection(): string {
  const selected = getSelection();
  if (selected?.type !== "Range") return "";
  const { anchorNode, anchorOffset, focusNode, focusOffset } = selected;
  return [numberOf(anchorNode), anchorOffset, numberOf(focusNode), focusOffset].join();
}

function numberOf(node: Node | null): number {
  if (!node) return 0;
  const number = numbers.get(node) ?? ++numbered;
  numbers.set(node, number);
  return number;
}
