import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { type LocalSite, localSite } from "./local-site.ts";
import { STRICT_CSP } from "./surface-page.ts";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};
const CSP = `${STRICT_CSP}; img-src 'self'; form-action 'self'; base-uri 'none'`;

/** Serves the demo shop's own files at the paths that static assets at the edge give them, without Waypost's script. */
export function shopSite(): Promise<LocalSite> {
  return localSite(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://shop");
    const file = pathname === "/" ? "/index.html" : extname(pathname) ? pathname : `${pathname}.html`;
    try {
      const body = await readFile(new URL(`../site${file}`, import.meta.url));
      response.setHeader("content-security-policy", CSP);
      response.setHeader("content-type", TYPES[extname(file)] ?? "text/plain").end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
}
