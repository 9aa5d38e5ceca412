import { createScanner, findNodeAtLocation, parseTree } from "jsonc-parser";

const STEP = "  ";

/**
 * A configuration's text with one source more, as its own text is written, comments included. Null where the text is none of
 * an object, or has something else in the place of `sources`.
 */
export function withSource(text: string, source: string): string | null {
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (root?.type !== "object") return null;
  const list = findNodeAtLocation(root, ["sources"]);
  if (list && list.type !== "array") return null;
  const block = `\n${indented(source.trim(), STEP.repeat(2))}`;
  if (list) return inserted(text, list.offset + 1, list.children?.length ? `${block},` : `${block}\n${STEP}`);
  const last = root.children?.at(-1);
  const property = `\n\n${STEP}// Systems that tell by webhooks what happens in them.\n${STEP}"sources": [${block}\n${STEP}]`;
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
