import type { Context } from "hono";
import { refuse } from "../../models/touchpoint.ts";
import type { Bindings } from "../env.ts";
import { type Body, bytesOf, jsonOf, readBytes } from "../routes/body.ts";

/** A body as it came, or why there is none. */
type Bytes = { ok: true; value: Uint8Array } | Exclude<Body, { ok: true }>;

/**
 * Reads a server's body of at most `bytesMax` bytes, unpacked where `Content-Encoding` says gzip: the bound is on what
 * comes out, and nothing beyond it is unpacked.
 */
export async function readServerBytes(c: Context<Bindings>, bytesMax: number): Promise<Bytes> {
  const encoding = (c.req.header("Content-Encoding") ?? "identity").trim().toLowerCase();
  if (encoding !== "gzip" && encoding !== "identity") return refuse("malformed", "Content-Encoding", "gzip, or none");
  const { body } = c.req.raw;
  const isPacked = encoding === "gzip" && body !== null;
  try {
    const unpacked = isPacked ? body.pipeThrough(new DecompressionStream("gzip")) : null;
    const bytes = unpacked ? await bytesOf(unpacked, bytesMax) : await readBytes(c, bytesMax);
    return bytes ? { ok: true, value: bytes } : { ok: false, reason: "too-large", bytesMax };
  } catch (error) {
    if (isPacked) return refuse("malformed", "", "gzip, as Content-Encoding says");
    throw error;
  }
}

/** The same as JSON. */
export async function readServerBody(c: Context<Bindings>, bytesMax: number): Promise<Body> {
  const bytes = await readServerBytes(c, bytesMax);
  return bytes.ok ? jsonOf(bytes.value) : bytes;
}
