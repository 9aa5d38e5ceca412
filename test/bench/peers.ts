import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

export const PEERS = ["posthog", "segment", "snowplow"] as const;
export type Peer = (typeof PEERS)[number];

const FOLDER = import.meta.dirname;

/** What a peer is at the version that the lock of this folder names: one script, as a site's bundler makes it. */
export interface PeerScript {
  source: Buffer;
  brotli: Buffer;
}

/** Installs the peers into this folder, and nowhere else, where they are not there in the pinned versions. */
export function installPeers(): void {
  const installed = join(FOLDER, "node_modules/.package-lock.json");
  if (existsSync(installed) && versions(installed) === versions(join(FOLDER, "package-lock.json"))) return;
  const silent = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", ["ci", ...silent], { cwd: FOLDER, stdio: ["ignore", "ignore", "inherit"] });
}

/** Every package with its version, as a lock file lists them. */
function versions(lock: string): string {
  const { packages } = JSON.parse(readFileSync(lock, "utf8")) as { packages: Record<string, { version?: string }> };
  const named = Object.entries(packages).filter(([path]) => path !== "");
  return JSON.stringify(named.map(([path, { version }]) => [path, version]).sort());
}

/** Bundles a peer's entry with the bundler and the options of our own build. */
export async function bundlePeer(peer: Peer): Promise<PeerScript> {
  const { outputFiles } = await build({
    entryPoints: [join(FOLDER, "peers", `${peer}.js`)],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2022",
    legalComments: "none",
    define: { "process.env.NODE_ENV": '"production"' },
    write: false,
    logLevel: "error",
  });
  const source = Buffer.from((outputFiles[0] as { contents: Uint8Array }).contents);
  return { source, brotli: brotliCompressSync(source) };
}
