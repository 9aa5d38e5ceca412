import type { Modules, PageContext, Setting } from "./context.ts";

/** What is loaded by name: modules, and the scoring worker. */
export type ChunkName = keyof Modules | "worker";

/** A file, and the SRI digest of its bytes. */
export interface ChunkFile {
  url: string;
  integrity: string;
}

/** A chunk's own file, then those that it needs with it, as name and SHA-256 in base64. */
export type ChunkFiles = readonly [name: string, sha256: string][];

/** Written in by the build: what comes first. The tag names the digest of the list of all others, and so vouches for them. */
declare const WAYPOST_CHUNKS: Partial<Record<ChunkName, ChunkFiles>> & Record<"digests", ChunkFiles>;

/** The `digests` chunk, made by the build: the chunks that the tag does not list itself. */
export interface DigestsModule {
  default: Record<ChunkName, ChunkFiles>;
}

export type LoadChunk = Pick<PageContext, "load" | "workerFile">;

/**
 * Loads modules whose every byte is known (S5): a `modulepreload` link puts each file into the page's module map under
 * its digest, and `import()` takes it from there, or fails where the digest is another one. (An import map could say the
 * same, but is an inline script: hash policies and Trusted Types refuse it.) A browser without `modulepreload` loads
 * the same files unchecked.
 */
export function createLoadChunk({ base, nonce }: Setting): LoadChunk {
  const filesOf = async (chunk: ChunkName) => WAYPOST_CHUNKS[chunk] ?? (await load("digests")).default[chunk];
  const addressed = ([name, sha256]: ChunkFiles[number]): ChunkFile => ({
    url: `${base}chunks/${name}.js`,
    integrity: `sha256-${sha256}`,
  });
  const load: PageContext["load"] = async (chunk) => {
    const files = await filesOf(chunk);
    const [own] = files as [ChunkFiles[number]];
    const links = files.map((file) => preload(addressed(file), nonce));
    try {
      return await import(addressed(own).url);
    } catch (error) {
      // A page keeps it for good that a file could not be had: the next try is for another address of the same. Never for one
      // of what did come, which would run twice. A file that chunks share has one address: the next page asks for it again.
      own[0] += ".js?";
      throw error;
    } finally {
      for (const link of links) link.remove();
    }
  };
  return { load, workerFile: async () => addressed((await filesOf("worker"))[0] as ChunkFiles[number]) };
}

function preload({ url, integrity }: ChunkFile, nonce: string): HTMLLinkElement {
  const link = document.createElement("link");
  Object.assign(link, { rel: "modulepreload", integrity, nonce, referrerPolicy: "origin", href: url });
  document.head.append(link);
  return link;
}
