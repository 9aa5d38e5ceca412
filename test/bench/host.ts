import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { brotliCompressSync, constants, gunzipSync } from "node:zlib";

export interface Asked {
  method: string;
  /** Path and query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Answer {
  status: number;
  type?: string;
  headers?: Record<string, string>;
  bytes: Buffer;
  /** The bytes as they travel, where they were compressed beforehand. */
  brotli?: Buffer;
}

/** One request that was made, and what became of it. */
interface Taken {
  method: string;
  path: string;
  /** The body as text, unpacked from what the peers wrap it in. */
  text: string;
  /** 0 where the connection was cut. */
  status: number;
  /** Whether it is something for the collector: an event, or a choice. */
  collect: boolean;
  /** Bytes of the answer's body as they travelled, and whether it was a script. */
  wireBytes: number;
  script: boolean;
}

/** "lose-reply": the collector gets what is sent, and the page never hears of it. */
type Fault = "none" | "down" | "lose-reply";

/** A site's own host: pages, scripts and the collector of one contender, compressed as a real one would. */
export interface Host {
  url: string;
  taken: Taken[];
  fault: Fault;
  /** Whether the collector has an event of this name, and in how many requests it came. */
  has: (name: string) => boolean;
  times: (name: string) => number;
  close: () => Promise<void>;
}

export interface Backend {
  /** What stands in the head of each page. */
  head: string;
  /** Null: a page of the site. Rejects never. */
  answer: (asked: Asked) => Promise<Answer | null>;
  /** Whether a request is answered by the collector, and so by nobody while that is down. */
  isCollect: (asked: Asked) => boolean;
}

export async function startHost(backend: Backend, pageFor: (path: string, head: string) => string): Promise<Host> {
  const compressed = new Map<string, Buffer>();
  const host: Host = {
    url: "",
    taken: [],
    fault: "none",
    has: (name) => host.times(name) > 0,
    times: (name) =>
      host.taken.filter(({ collect, status, text }) => collect && status >= 200 && status < 300 && text.includes(name))
        .length,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  async function serve(asked: Asked, response: ServerResponse): Promise<void> {
    const { fault } = host;
    const collect = backend.isCollect(asked);
    const taken = { method: asked.method, path: asked.path, text: textOf(asked.body), collect };
    const isCut = collect && fault === "down";
    const answer = isCut ? null : ((await backend.answer(asked)) ?? page(asked));
    const script = /javascript/.test(answer?.type ?? "");
    if (!answer || (collect && fault === "lose-reply")) {
      host.taken.push({ ...taken, status: answer?.status ?? 0, wireBytes: 0, script });
      response.destroy();
      return;
    }
    const bytes = wireBytes(asked.path, answer);
    host.taken.push({ ...taken, status: answer.status, wireBytes: bytes.length, script });
    const headers = { ...answer.headers, "content-type": answer.type ?? "text/plain", ...ISOLATED };
    response.writeHead(answer.status, { ...headers, ...(isPacked(answer) ? { "content-encoding": "br" } : {}) });
    response.end(bytes);
  }

  function page({ path }: Asked): Answer {
    const html = pageFor(path, backend.head);
    return { status: 200, type: "text/html; charset=utf-8", bytes: Buffer.from(html) };
  }

  /** Compressed once a path: what has a path here never changes, pages apart. */
  function wireBytes(path: string, answer: Answer): Buffer {
    if (!isPacked(answer)) return answer.bytes;
    if (answer.brotli) return answer.brotli;
    const known = /json|html/.test(answer.type ?? "") ? undefined : compressed.get(path);
    const bytes = known ?? pack(answer.bytes);
    compressed.set(path, bytes);
    return bytes;
  }

  const server = createServer((request, response) => {
    const { method = "GET", url: path = "/", headers } = request;
    buffer(request)
      .then((body) => serve({ method, path, headers, body }, response))
      .catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  host.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return host;
}

/** With these a page's clock tells 5 µs apart instead of 100. */
const ISOLATED = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

function isPacked({ type = "", bytes }: Answer): boolean {
  return bytes.length > 0 && /javascript|json|html|wasm|onnx|octet-stream/.test(type);
}

/** At its best for scripts, quickly for what is megabytes large. */
function pack(bytes: Buffer): Buffer {
  const quality = bytes.length > 1_000_000 ? 5 : 11;
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
}

/** A body as text: as it is, gzipped, or as base64 in a form field (`data=`). */
function textOf(body: Buffer): string {
  if (body[0] === 0x1f && body[1] === 0x8b) return gunzipSync(body).toString();
  const text = body.toString();
  if (!text.startsWith("data=")) return text;
  return Buffer.from(decodeURIComponent(text.slice(5).split("&")[0] ?? ""), "base64").toString();
}
