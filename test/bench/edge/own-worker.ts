import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { workerdPid } from "../../harness/edge.ts";

const PLAIN =
  "export default { async fetch(request) { await request.arrayBuffer(); return new Response(null, { status: 204 }); } }";

/** A Worker of the bench's own in a workerd of its own. */
export interface OwnWorker {
  url: string;
  pid: number;
  close: () => Promise<void>;
}

/** Starts a Worker that is one module; `more` are further options of Miniflare. */
export async function startOwnWorker(module: string, more: object = {}): Promise<OwnWorker> {
  const runtime = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: "ESModule", path: "own.js", contents: module }],
      compatibilityDate: "2026-10-30",
      host: "127.0.0.1",
      cf: false,
      telemetry: { enabled: false },
      ...more,
    } as never),
  );
  const { href } = await runtime.ready;
  return { url: href, pid: workerdPid(), close: () => runtime.dispose() };
}

/** The control: reads a body and answers 204. */
export function startPlainWorker(): Promise<OwnWorker> {
  return startOwnWorker(PLAIN);
}
