import { createScanner, findNodeAtLocation, parseTree } from "jsonc-parser";

const STEP = "  ";

/** A list of a configuration, and what stands over it where it is made. */
export const LISTS = {
  sources: "Systems that tell by webhooks what happens in them.",
  campaigns: "What is shown, to whom and when.",
} as const;

/**
 * A configuration's text with more in one of its lists, as `items` is written, comments included: one item, or several with
 * commas between them. Null where the text is none of an object, or has something else in the place of the list.
 */
export function withListed(text: string, name: keyof typeof LISTS, items: string): string | null {
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (root?.type !== "object") return null;
  const list = findNodeAtLocation(root, [name]);
  if (list && list.type !== "array") return null;
  const block = `\n${indented(items.trim(), STEP.repeat(2))}`;
  if (list) return inserted(text, list.offset + 1, list.children?.length ? `${block},` : `${block}\n${STEP}`);
  const last = root.children?.at(-1);
  const property = `\n\n${STEP}// ${LISTS[name]}\n${STEP}"${name}": [${block}\n${STEP}]`;
  if (!last) return inserted(text, root.offset + 1, `${property}\n`);
  const end = last.offset + last.length;
  const comma = commaAfter(text, end);
  return comma === null ? inserted(text, end, `,${property}`) : inserted(text, comma, property);
}

function inserted(text: string, at: number, more: string): string {
  return text.slice(0, at) + more + text.slice(at);
}

function indented(text: string, indent: string): string {
  return text
    .split("\n")
    .map((line) => (line === "" ? line : indent + line))
    .join("\n");
}

/** The end of the comma that follows, past space and comments, or null. */
function commaAfter(text: string, offset: number): number | null {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset);
  scanner.scan();
  const at = scanner.getTokenOffset();
  return text[at] === "," ? at + 1 : null;
}
