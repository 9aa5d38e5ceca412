import type { Plugin } from "vite";

const LAZY = /\bimport\(\s*"(\.[^"]+)"\s*\)/g;

/**
 * In the tests that share one isolate, modules of the Worker that are read when first asked for are read at its start. There
 * an `import()` is a call over a line that objects share: an object that waits for another's goes on as that one, and may
 * not use its own storage. As they are deployed, in modules of their own, they are read in the tests of `startEdge`.
 */
export function eagerImports(): Plugin {
  return {
    name: "waypost-eager-imports",
    transform(code, id) {
      if (!id.includes("/worker/") || id.includes("/worker/cli/") || id.includes("node_modules")) return;
      const paths: string[] = [];
      const eager = code.replace(LAZY, (_, path: string) => `Promise.resolve(lazy${paths.push(path) - 1})`);
      if (/\bimport\(/.test(eager)) throw new Error(`${id} reads a module in a way that is not known here`);
      if (paths.length === 0) return;
      const imports = paths.map((path, i) => `import * as lazy${i} from ${JSON.stringify(path)};`);
      // On one line with what was first, so that every line keeps its number.
      return { code: imports.join(" ") + eager, map: null };
    },
  };
}
