import type { Context } from "hono";
import { type Parsed, refuse } from "../../models/touchpoint.ts";

/** What a route may be sent, as JSON text whatever its content type says: pages send `text/plain` to avoid a preflight. */
export type Body = Parsed<unknown> | { ok: false; reason: "too-large"; bytesMax: number };

/** Reads a body of at most `bytesMax` bytes as JSON. */
export async function readBody(c: Context, bytesMax: number): Promise<Body> {
  const bytes = await readBytes(c, bytesMax);
  return bytes ? jsonOf(bytes) : { ok: false, reason: "too-large", bytesMax };
}

/** A body as it came, or null where it has more than `bytesMax` bytes. Reads no further than that, whatever length is claimed. */
export async function readBytes(c: Context, bytesMax: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const claimed = Number(c.req.header("Content-Length") ?? Number.NaN);
  if (claimed > bytesMax) return null;
  // A body has the length that it claims, or the platform ends it: read at once, for half of what reading it in parts costs.
  if (claimed >= 0) return new Uint8Array(await c.req.raw.arrayBuffer());
  return bytesOf(c.req.raw.body, bytesMax);
}

/** All that a stream brings, or null where that is more than `bytesMax`: then no more of it is read. */
export async function bytesOf(
  stream: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream ?? []) {
    length += chunk.length;
    if (length > bytesMax) return null;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** What the bytes of a body say as JSON. */
export function jsonOf(bytes: Uint8Array): Parsed<unknown> {
  try {
    return { ok: true, value: JSON.parse(utf8.decode(bytes)) };
  } catch {
    return refuse("malformed", "", "JSON text in UTF-8");
  }
}
