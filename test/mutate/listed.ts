import type { Mutant } from "./flips.ts";

/** A rule's own mutation, as models/SPEC.md lists it. */
export interface ListedMutant extends Mutant {
  rule: string;
}

/** Sections of the rules of which every one has a mutation, or says why there is none: touchpoint, consent, journey, decision. */
const SECTIONS = "TCJD";
const RULE = /^- \*\*([A-Z]\d+)\*\*/;
const MUTATION = /^\s*mutation: (\S+): (`+) ?(.+?) ?\2 -> (`+) ?(.+?) ?\4$/;
const NONE = /^\s*mutation: none, .+$/;

/**
 * Reads the mutations that stand below the rules: `mutation: FILE: \`from\` -> \`to\``. `from` occurs exactly once in the
 * file. A rule that no test in Node can hold says `mutation: none, WHY`. What is not so is a fault.
 */
export function listedMutants(
  spec: string,
  read: (file: string) => string,
): { mutants: ListedMutant[]; faults: string[] } {
  const mutants: ListedMutant[] = [];
  const faults: string[] = [];
  const without = new Set<string>();
  let rule = "";
  for (const line of spec.split("\n")) {
    const id = RULE.exec(line)?.[1];
    if (id) {
      rule = id;
      if (SECTIONS.includes(id[0] as string)) without.add(id);
    }
    if (!line.trimStart().startsWith("mutation:")) continue;
    without.delete(rule);
    if (NONE.test(line)) continue;
    const [, file, , from, , to] = MUTATION.exec(line) ?? [];
    if (file === undefined || from === undefined || to === undefined) {
      faults.push(`${rule}: not of the form “mutation: FILE: \`from\` -> \`to\`”: ${line.trim()}`);
      continue;
    }
    const parts = read(file).split(from);
    const start = parts[0]?.length ?? 0;
    if (parts.length === 2) mutants.push({ rule, file, start, end: start + from.length, replacement: to });
    else faults.push(`${rule}: “${from}” occurs ${parts.length - 1} times in ${file}, not once`);
  }
  for (const id of without) faults.push(`${id}: no mutation is listed`);
  return { mutants, faults };
}
