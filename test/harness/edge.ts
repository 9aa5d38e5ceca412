import { createHmac, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, fetch as send } from "miniflare";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { writeWords } from "../../build.ts";
import { buildWorker, type WorkerBundle } from "../../build-worker.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { Problem } from "../../models/wire.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

export interface EdgeKeys {
  ID_KEY: string;
  TOKEN_KEY: string;
  ADMIN_TOKEN: string;
}

export interface EdgeOptions {
  /** Folder of the state on disk; without it, one of its own that `close` deletes. */
  persist?: string;
  port?: number;
  keys?: EdgeKeys;
  /** Folder of files to serve, as build.ts makes it; without it, none but what the edge itself reads. */
  assets?: string;
  /** Answers the push gate: as long as it does not resolve, pushes to the map are held back. */
  pushGate?: () => Promise<void>;
  /** Further variables of the Worker. */
  vars?: Record<string, string>;
  /** Where every request comes from, as the platform tells it; absent: it is not known. */
  place?: { country: string; regionCode?: string };
  /** Origins on this machine that the Worker may ask; all others are refused. */
  allowed?: string[];
  /** Text of an ES module that stands before the Worker, which it finds as `./worker.js`. */
  front?: string;
}

/** The real Worker in workerd, with SQLite on disk: what `wrangler dev` runs, without its watcher. */
export interface Edge {
  url: string;
  keys: EdgeKeys;
  persist: string;
  /** Every request that the Worker tried to make to the outside, and that was refused. */
  outbound: string[];
  pid: () => number;
  api: (method: string, path: string, body?: unknown) => Promise<Response>;
  /** The bucket that history goes to. */
  history: () => ReturnType<Miniflare["getR2Bucket"]>;
  close: () => Promise<void>;
}

export interface DemoSite {
  id: string;
  publicKey: string;
  writeKey: string;
}

export function randomKey(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}

/** The visitor that a browser's secret names, computed apart from the edge: HMAC-SHA-256(ID_KEY, site ‖ NUL ‖ secret). */
export function visitorOf(keys: EdgeKeys, site: string, secret: string): string {
  return createHmac("sha256", Buffer.from(keys.ID_KEY, "base64url")).update(`${site}\0${secret}`).digest("base64url");
}

/** A folder for state: in memory where the machine has such a place, because local objects sync every write to disk. */
export function stateFolder(): Promise<string> {
  return mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "waypost-"));
}

let bundled: Promise<WorkerBundle> | undefined;

/** The Worker as it is deployed; bundled once a process. */
export function bundleWorker(): Promise<WorkerBundle> {
  bundled ??= buildWorker();
  return bundled;
}

export async function startEdge(options: EdgeOptions = {}): Promise<Edge> {
  const keys = options.keys ?? { ID_KEY: randomKey(32), TOKEN_KEY: randomKey(32), ADMIN_TOKEN: randomKey(16) };
  const persist = options.persist ?? (await stateFolder());
  const directory = options.assets ?? (await stateFolder());
  if (!options.assets) await writeWords(directory);
  const outbound: string[] = [];
  const { workerOptions } = unstable_getMiniflareWorkerOptions(`${ROOT}wrangler.toml`);
  const { modulesRules: _, ...bindings } = workerOptions as Record<string, unknown>;
  const { pushGate } = options;
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      ...bindings,
      name: "waypost",
      modules: [
        ...(options.front ? [{ type: "ESModule", path: "front.js", contents: options.front }] : []),
        ...(await bundleWorker()).modules.map(({ path, text }) => ({ type: "ESModule", path, contents: text })),
      ],
      bindings: { ...keys, ...options.vars },
      assets: { ...(bindings.assets as object), directory },
      ...(pushGate
        ? { serviceBindings: { TEST_PUSH_GATE: async () => pushGate().then(() => new Response("go") as never) } }
        : {}),
      outboundService: outboundService(outbound, options.allowed),
      resourcePersistencePath: persist,
      host: "127.0.0.1",
      port: options.port ?? 0,
      cf: options.place ?? false,
      telemetry: { enabled: false },
    } as never),
  );
  const ready = await runtime.ready;
  const url = `http://localhost:${ready.port}`;
  return {
    url,
    keys,
    persist,
    outbound,
    pid: workerdPid,
    api: (method, path, body) =>
      fetch(url + path, {
        method,
        headers: { Authorization: `Bearer ${keys.ADMIN_TOKEN}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    history: () => runtime.getR2Bucket("HISTORY"),
    close: async () => {
      await runtime.dispose();
      if (outbound.length > 0) throw new Error(`the Worker asked for ${outbound.join(", ")}`);
      if (!options.assets) await rm(directory, { recursive: true, force: true });
      if (!options.persist) await rm(persist, { recursive: true, force: true });
    },
  };
}

/** Where everything goes that a Worker sends outside: it is recorded and refused, but to the origins that are allowed. */
export function outboundService(outbound: string[], allowed: string[] = []) {
  return (request: { url: string }) => {
    if (allowed.includes(new URL(request.url).origin)) return send(request as never, { redirect: "manual" }) as never;
    outbound.push(request.url);
    return new Response("outbound requests are refused", { status: 502 }) as never;
  };
}

/** Creates a site with random keys and gives it a configuration, as an owner would. */
export async function createSite(
  edge: Edge,
  id: string,
  config: SiteConfig,
  site: DemoSite = { id, publicKey: randomKey(16), writeKey: randomKey(16) },
): Promise<DemoSite> {
  await expectOk(await edge.api("PUT", `/api/sites/${id}`, site));
  await putConfig(edge, id, config);
  return site;
}

export async function putConfig(edge: Edge, id: string, config: SiteConfig): Promise<void> {
  await expectOk(await edge.api("PUT", `/api/sites/${id}/config`, { ...config, origins: [edge.url] }));
}

async function expectOk(response: Response): Promise<void> {
  if (response.ok) return;
  const { title, detail } = (await response.json()) as Problem;
  throw new Error(`${response.status} ${title}: ${detail}`);
}

/** The newest workerd that this process started. */
export function workerdPid(): number {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const own = pids.filter((pid) => {
    try {
      const [, name, rest] = readFileSync(`/proc/${pid}/stat`, "utf8").match(/\((.*)\) \S (\d+)/) ?? [];
      return name === "workerd" && Number(rest) === process.pid;
    } catch {
      return false;
    }
  });
  const newest = own.map(Number).sort((a, b) => b - a)[0];
  if (newest === undefined) throw new Error("no workerd is running");
  return newest;
}
