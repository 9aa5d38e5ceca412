import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../config/sources");

/** The worked mappings by their ids: each the text of a file, with its comments. The npm package has them inside: build-package.ts. */
export const WORKED: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(".jsonc"))
    .sort()
    .map((file) => [file.replace(".jsonc", ""), readFileSync(join(FOLDER, file), "utf8")]),
);
