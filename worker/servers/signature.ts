import type { SourceSignature } from "../../models/source-config.ts";
import { type KeyForm, keyFormOf, type SignatureClaim } from "../../models/webhook-signature.ts";
import { fromBase64url, sameSecret, textOf } from "../keys.ts";

const utf8 = new TextEncoder();
/** Bytes of each of the two numbers of a signature over P-256. */
const P256_BYTES = 32;

/** Whether one of a source's secrets has made a claim's signature over the body. Compared by the platform, in constant time. */
export async function isSigned(
  claim: SignatureClaim,
  body: Uint8Array<ArrayBuffer>,
  secrets: readonly string[],
): Promise<boolean> {
  const signatures = claim.signatures.flatMap((text) => signatureBytes(text, claim) ?? []);
  const signed = claim.around.map(({ before, after }) => joined(utf8.encode(before), body, utf8.encode(after)));
  for (const secret of secrets) {
    const key = await keyOf(secret, claim.key);
    if (!key) continue;
    const algorithm = claim.algorithm === "hmac-sha256" ? "HMAC" : { name: "ECDSA", hash: "SHA-256" };
    for (const signature of signatures) {
      for (const text of signed) if (await crypto.subtle.verify(algorithm, key, signature, text)) return true;
    }
  }
  return false;
}

/** Whether the password of Basic authorization is one of a source's secrets. The user may be any. */
export async function isPassword(authorization: string | undefined, secrets: readonly string[]): Promise<boolean> {
  const text = textOf(authorization?.match(/^Basic ([\w+/=]+)$/i)?.[1] ?? "") ?? "";
  const password = text.slice(text.indexOf(":") + 1);
  for (const secret of secrets) if (text.includes(":") && (await sameSecret(password, secret))) return true;
  return false;
}

/** Whether a text can be the secret of a source that signs so. */
export async function isSecretFor(signature: SourceSignature, secret: string): Promise<boolean> {
  return (await keyOf(secret, keyFormOf(signature))) !== null;
}

/** Null for what is no such key. */
async function keyOf(secret: string, form: KeyForm): Promise<CryptoKey | null> {
  const bytes = form === "text" ? utf8.encode(secret) : fromBase64url(secret.replace(/^whsec_/, ""));
  if (!bytes || bytes.length === 0) return null;
  if (form !== "spki") {
    return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  }
  try {
    return await crypto.subtle.importKey("spki", bytes, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  } catch {
    return null;
  }
}

function signatureBytes(text: string, { algorithm, encoding }: SignatureClaim): Uint8Array<ArrayBuffer> | null {
  const bytes = encoding === "hex" ? fromHex(text) : fromBase64url(text);
  return bytes && algorithm === "ecdsa-p256" ? fromDer(bytes) : bytes;
}

function fromHex(text: string): Uint8Array<ArrayBuffer> | null {
  return /^(?:[\da-f]{2})+$/i.test(text)
    ? Uint8Array.from(text.match(/../g) as string[], (byte) => Number.parseInt(byte, 16))
    : null;
}

/**
 * The two numbers of an ECDSA signature side by side, as WebCrypto takes them, of their form in ASN.1 (RFC 3279, 2.2.3); null
 * for anything else. Numbers there have a zero before them where they would be negative, and none where they are short.
 */
function fromDer(bytes: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const [sequence, length] = bytes;
  if (sequence !== 0x30 || length !== bytes.length - 2) return null;
  const sides = new Uint8Array(2 * P256_BYTES);
  let at = 2;
  for (const end of [P256_BYTES, 2 * P256_BYTES]) {
    const [integer, size = 0] = bytes.subarray(at);
    const number = bytes.subarray(at + 2, at + 2 + size);
    if (integer !== 0x02 || number.length !== size) return null;
    const digits = number.subarray(number.findIndex((byte) => byte !== 0));
    if (digits.length > P256_BYTES) return null;
    sides.set(digits, end - digits.length);
    at += 2 + size;
  }
  return at === bytes.length ? sides : null;
}

function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
