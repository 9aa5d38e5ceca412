import { parseSync } from "vite";

/** A change of one place in one file. Offsets are UTF-16 units into the file's text. */
export interface Mutant {
  /** Path from the repository's root. */
  file: string;
  start: number;
  end: number;
  replacement: string;
}

/** The file's text with the change made. */
export function mutated({ start, end, replacement }: Mutant, text: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** Each operator's nearest neighbour: the one that only a test at the boundary tells apart. */
const NEIGHBOUR: Record<string, string> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "&&": "||",
  "||": "&&",
};

interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

/** Every comparison, `&&`, `||`, `true`, `false` and `!` of a TypeScript file, flipped one at a time; types are left alone. */
export function flipsOf(file: string, text: string): Mutant[] {
  const { program, errors } = parseSync(file, text, { lang: "ts" });
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const mutants: Mutant[] = [];
  visit(program, (node) => {
    const place = flipOf(node, text);
    if (place) mutants.push({ file, ...place });
  });
  return mutants.sort((a, b) => a.start - b.start);
}

function flipOf(node: Node, text: string): Omit<Mutant, "file"> | null {
  const { type, start, end } = node;
  if (type === "BinaryExpression" || type === "LogicalExpression") {
    const operator = node.operator as string;
    const replacement = NEIGHBOUR[operator];
    if (replacement === undefined) return null;
    const at = text.indexOf(operator, (node.left as Node).end);
    return { start: at, end: at + operator.length, replacement };
  }
  if (type === "UnaryExpression" && node.operator === "!") return { start, end: start + 1, replacement: "" };
  if (type === "Literal" && typeof node.value === "boolean") return { start, end, replacement: String(!node.value) };
  return null;
}

function visit(value: unknown, see: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const one of value) visit(one, see);
  } else if (isNode(value) && !isType(value)) {
    see(value);
    for (const child of Object.values(value)) visit(child, see);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

/** What is erased before anything runs. Expressions that only carry a type beside them are walked through. */
function isType({ type }: Node): boolean {
  return type.startsWith("TS") && !["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"].includes(type);
}
