/**
 * `npm run -s integrity -- BASE PUBLIC_KEY`: prints the script element that pins the built tag, so that a browser runs
 * these bytes or none. BASE is where the edge serves its files: https://shop.example/_w
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { integrityOf, pinnedName } from "../../build.ts";

/** The element for the tag in `dist`. Throws, with a sentence for the person who typed the command, where none is built. */
export async function pinnedTag(dist: string, base: string, publicKey: string): Promise<string> {
  const tag = await readFile(join(dist, "waypost.js")).catch(() => {
    throw new Error(`${dist} holds no waypost.js: run npm run build first.`);
  });
  const src = `${base.replace(/\/$/, "")}/${pinnedName(tag)}`;
  return `<script async src="${src}" data-site="${publicKey}" integrity="${integrityOf(tag)}" crossorigin="anonymous"></script>`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [base = "https://EDGE", publicKey = "PUBLIC_KEY"] = process.argv.slice(2);
  try {
    console.log(await pinnedTag(join(import.meta.dirname, "../../dist"), base, publicKey));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
