import type { Context } from "hono";
import { type Parsed, refuse } from "../../models/touchpoint.ts";

/** What a route may be sent, as JSON text whatever its content type says: pages send `text/plain` to avoid a preflight. */
export type Body = Parsed<unknown> | { ok: false; reason: "too-large"; bytesMax: number };

/** Reads a body of at most `bytesMax` bytes as JSON. Reads no further than that, whatever length is claimed. */
export async function readBody(c: Context, bytesMax: number): Promise<Body> {
  const tooLarge = { ok: false, reason: "too-large", bytesMax } as const;
  const claimed = Number(c.req.header("Content-Length") ?? Number.NaN);
  if (claimed > bytesMax) return tooLarge;
  // A body has the length that it claims, or the platform ends it: read at once, for half of what reading it in parts costs.
  if (claimed >= 0) return parsed(new Uint8Array(await c.req.raw.arrayBuffer()));
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
  return parsed(bytes);
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function parsed(bytes: Uint8Array): Body {
  try {
    return { ok: true, value: JSON.parse(utf8.decode(bytes)) };
  } catch {
    return refuse("malformed", "", "JSON text in UTF-8");
  }
}
