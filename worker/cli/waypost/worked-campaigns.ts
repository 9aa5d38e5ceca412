import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../config/campaigns");

/** The worked campaigns by the names of their files: each the text of a list, with its comments. The npm package has them inside. */
export const WORKED_CAMPAIGNS: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync(FOLDER)
    .filter((file) => file.endsWith(".jsonc"))
    .sort()
    .map((file) => [file.replace(".jsonc", ""), readFileSync(join(FOLDER, file), "utf8")]),
);
