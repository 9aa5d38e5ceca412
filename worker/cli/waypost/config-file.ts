import { readFile } from "node:fs/promises";
import {
  applyEdits,
  findNodeAtLocation,
  modify,
  type ParseError,
  parse,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { canonical } from "../../../models/canonical.ts";
import type { SiteConfig } from "../../../models/site-config.ts";
import { visitor as english } from "../../../models/texts/en.ts";
import { isRecord } from "../../../models/touchpoint.ts";
import { parseSiteConfig } from "../../config/parse.ts";
import { CommandError } from "../command-error.ts";
import { whatIsWrong } from "../unreadable.ts";

const FORMAT = { formattingOptions: { insertSpaces: true, tabSize: 2 } };

/** A configuration's file: what it says, and what that means with all defaults. */
export interface ConfigText {
  text: string;
  config: SiteConfig;
}

/** Reads a configuration. Throws `CommandError` with file, line and bound for the first thing that is wrong. */
export async function readConfigFile(path: string): Promise<ConfigText> {
  const read = await readFile(path, "utf8").catch((error) => {
    throw new CommandError(`${path} ${whatIsWrong(error)}`);
  });
  // Some editors begin a file with a mark that is none of JSON's.
  const text = read.replace(/^\u{feff}/u, "");
  return { text, config: configOf(text, path) };
}

/** What a configuration's text means. `path` is for the person. Throws as `readConfigFile`. */
export function configOf(text: string, path: string): SiteConfig {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error)
    throw new CommandError(`${path}:${lineAt(text, error.offset)} is no JSON: ${printParseErrorCode(error.error)}.`);
  const parsed = parseSiteConfig(value, english);
  if (parsed.ok) return parsed.value;
  const { field, bound } = parsed;
  throw new CommandError(`${path}:${lineOf(text, field)} “${field}” must be: ${bound}.`);
}

/** The line of a field, or of the nearest thing around it: what is missing has none. */
function lineOf(text: string, field: string): number {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const steps = field === "" ? [] : field.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  for (let length = steps.length; root && length > 0; length--) {
    const node = findNodeAtLocation(root, steps.slice(0, length));
    if (node) return lineAt(text, node.offset);
  }
  return 1;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/**
 * The text with another configuration in it: what means the same stays as it was written, comments and defaults that were
 * left out included. Lists of another length are written anew. Null where the text cannot be made to mean it.
 */
export function rewritten({ text, config }: ConfigText, next: SiteConfig): string | null {
  const written = edited(text, { before: config, after: next }, []);
  return means(written, next) ? written : null;
}

/** Of a key that stands there twice, the first was edited, and the last counts. */
function means(text: string, config: SiteConfig): boolean {
  const parsed = parseSiteConfig(parse(text, [], { allowTrailingComma: true }), english);
  return parsed.ok && canonical(parsed.value) === canonical(config);
}

interface Change {
  before: unknown;
  after: unknown;
}

function edited(text: string, { before, after }: Change, path: (string | number)[]): string {
  if (canonical(before) === canonical(after)) return text;
  const isSplit = (isRecord(before) && isRecord(after)) || isSameLength(before, after);
  if (!isSplit) return applyEdits(text, modify(text, path, after, FORMAT));
  const [from, to] = [before, after] as [Record<string, unknown>, Record<string, unknown>];
  const keys = new Set([...Object.keys(from), ...Object.keys(to)]);
  const step = (key: string) => (Array.isArray(after) ? Number(key) : key);
  return [...keys].reduce(
    (text, key) => edited(text, { before: from[key], after: to[key] }, [...path, step(key)]),
    text,
  );
}

function isSameLength(before: unknown, after: unknown): boolean {
  return Array.isArray(before) && Array.isArray(after) && before.length === after.length;
}
