import type { Mutant } from "./flips.ts";

/** A flip that changes nothing which anybody could observe, and why. Lines are compared without their indentation. */
export interface Equivalent {
  file: string;
  line: string;
  becomes: string;
  why: string;
}

/** The line that a mutant changes, before and after, and its number from 1. */
export function lineOf(
  { start, end, replacement }: Mutant,
  text: string,
): { number: number; line: string; becomes: string } {
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const next = text.indexOf("\n", end);
  const to = next < 0 ? text.length : next;
  const becomes = text.slice(from, start) + replacement + text.slice(end, to);
  return { number: text.slice(0, from).split("\n").length, line: text.slice(from, to).trim(), becomes: becomes.trim() };
}

/** The entry that speaks of a mutant, if one does. */
export function equivalentFor(entries: readonly Equivalent[], mutant: Mutant, text: string): Equivalent | undefined {
  const { line, becomes } = lineOf(mutant, text);
  return entries.find((e) => e.file === mutant.file && e.line === line && e.becomes === becomes);
}
