import { CompactSign, exportJWK, type JWK } from "jose";
import type { Env } from "../env.ts";
import { base64url, hmac } from "../keys.ts";

/** The DER of a PKCS #8 Ed25519 private key, but for its 32 bytes (RFC 8410). */
const PKCS8_HEAD = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const USE = "\0receipts";
const KID = "receipts";

interface Signer {
  key: CryptoKey;
  public: JWK;
}

const signers = new Map<string, Promise<Signer>>();

/** The key that receipts are signed with: made from ID_KEY, so there is one secret less to keep, and it never changes. */
function signerOf(env: Env): Promise<Signer> {
  const known = signers.get(env.ID_KEY);
  if (known) return known;
  const made = makeSigner(env);
  signers.set(env.ID_KEY, made);
  return made;
}

async function makeSigner(env: Env): Promise<Signer> {
  const seed = await hmac(env, USE);
  const key = await crypto.subtle.importKey("pkcs8", new Uint8Array([...PKCS8_HEAD, ...seed]), "Ed25519", true, [
    "sign",
  ]);
  const { kty, crv, x } = await exportJWK(key);
  return { key, public: { kty, crv, x, kid: KID, alg: "EdDSA", use: "sig" } as JWK };
}

/** Signs a value as a compact JWS: whoever has the public key can tell that this edge has said it, and to the letter. */
export async function sign(env: Env, value: unknown): Promise<string> {
  const { key } = await signerOf(env);
  const text = new TextEncoder().encode(JSON.stringify(value));
  return new CompactSign(text).setProtectedHeader({ alg: "EdDSA", kid: KID }).sign(key);
}

/** The public key as a JWK set. */
export async function publicKeys(env: Env): Promise<{ keys: JWK[] }> {
  return { keys: [(await signerOf(env)).public] };
}

/** A name for somebody in a receipt, from which nobody finds a visitor. */
export async function receiptSubject(env: Env, visitor: string): Promise<string> {
  return base64url(await hmac(env, `\0receipt\0${visitor}`));
}
