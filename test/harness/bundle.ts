import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Built, sizesOf } from "../../build.ts";
import { built } from "./built.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** A build, and what can be asked of it. Entries are source files, as `client/tag.ts`. */
export interface TestBundle extends Built {
  /** The output file made from an entry. */
  outputOf: (entry: string) => string;
  /** An output with all that it imports statically: what must arrive before it runs. */
  withStatic: (path: string) => Set<string>;
  /** Bytes of some entries with all that they import statically, each file once. */
  bytesOf: (kind: "gzip" | "brotli", ...entries: string[]) => number;
}

export async function testBundle(): Promise<TestBundle> {
  const made = await built();
  const outputOf = (entry: string) => {
    const path = Object.keys(made.outputs).find((output) => made.outputs[output]?.entryPoint === entry);
    if (!path) throw new Error(`${entry} was not bundled`);
    return path;
  };
  const collect = (path: string, seen: Set<string>) => {
    if (seen.has(path)) return seen;
    seen.add(path);
    for (const { path: imported, kind } of made.outputs[path]?.imports ?? []) {
      if (kind === "import-statement") collect(imported, seen);
    }
    return seen;
  };
  const withStatic = (path: string) => collect(path, new Set());
  return {
    ...made,
    outputOf,
    withStatic,
    bytesOf: (kind, ...entries) => {
      const paths = new Set(entries.flatMap((entry) => [...withStatic(outputOf(entry))]));
      return [...paths].reduce((sum, path) => sum + sizesOf(readFileSync(resolve(ROOT, path)))[kind], 0);
    },
  };
}
