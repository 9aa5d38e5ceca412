import type { Context } from "hono";
import { type Parsed, refuse } from "../../models/touchpoint.ts";

/** What a route may be sent, as JSON text whatever its content type says: pages send `text/plain` to avoid a preflight. */
export type Body = Parsed<unknown> | { ok: false; reason: "too-large"; bytesMax: number };

/** Reads a body of at most `bytesMax` bytes as JSON. Reads no further than that, whatever length is claimed. */
export async function readBody(c: Context, bytesMax: number): Promise<Body> {
  const tooLarge = { ok: false, reason: "too-large", bytesMax } as const;
  if (Number(c.req.header("Content-Length") ?? 0) > bytesMax) return tooLarge;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    length += chunk.length;
    if (length > bytesMax) return tooLarge;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  try {
    return { ok: true, value: JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes)) };
  } catch {
    return refuse("malformed", "", "JSON text in UTF-8");
  }
}
