import { browserName, isVisitorId, serverName, userName } from "../models/identity.ts";
import type { Env } from "./env.ts";

const utf8 = new TextEncoder();
/** AES-GCM's own nonce length: 96 random bits, fine for 2^32 tokens under one key. */
const NONCE_BYTES = 12;

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** The bytes of a base64url text, or null where it is none. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

/** The UTF-8 text that stands in base64url, or null where none does. */
export function textOf(base64: string): string | null {
  const bytes = fromBase64url(base64);
  return bytes && new TextDecoder().decode(bytes);
}

export async function sha256(text: string): Promise<Uint8Array> {
  return sha256OfBytes(utf8.encode(text));
}

export async function sha256OfBytes(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Imported keys, by their text: importing costs more than using. Lives as long as the isolate. */
const imported = new Map<string, Promise<CryptoKey>>();

function hmacKey(text: string): Promise<CryptoKey> {
  return importOnce(text, { name: "HMAC", hash: "SHA-256" }, ["sign"]);
}

function sealKey(text: string): Promise<CryptoKey> {
  return importOnce(text, { name: "AES-GCM" }, ["encrypt", "decrypt"]);
}

function importOnce(
  text: string,
  algorithm: { name: string; hash?: string },
  usages: ("sign" | "encrypt" | "decrypt")[],
): Promise<CryptoKey> {
  const cached = imported.get(algorithm.name + text);
  if (cached) return cached;
  const bytes = fromBase64url(text);
  if (bytes?.length !== 32)
    throw new Error("ID_KEY and TOKEN_KEY are 32 random bytes in base64url: set them as secrets");
  const key = crypto.subtle.importKey("raw", bytes, algorithm, false, usages);
  imported.set(algorithm.name + text, key);
  return key;
}

/** HMAC-SHA-256(ID_KEY, text). What is no visitor begins with NUL: no name of a visitor does. */
export async function hmac(env: Env, text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", await hmacKey(env.ID_KEY), utf8.encode(text)));
}

async function visitorId(env: Env, name: string): Promise<string> {
  return base64url(await hmac(env, name));
}

/** The visitor that a browser's secret names on a site: 43 characters, the only form that is stored. */
export function browserVisitor(env: Env, site: string, secret: string): Promise<string> {
  return visitorId(env, browserName(site, secret));
}

/** The visitor that a server's `anonymousId` names on a site. */
export function serverVisitor(env: Env, site: string, anonymousId: string): Promise<string> {
  return visitorId(env, serverName(site, anonymousId));
}

/** The journey of a user whom the site knows. */
export function userVisitor(env: Env, site: string, userId: string): Promise<string> {
  return visitorId(env, userName(site, userId));
}

/** What is kept of a visitor who was erased: found again by whoever knows visitor and key, and by nobody else. */
export function tombstoneName(env: Env, visitor: string): Promise<string> {
  // No name of a visitor begins with NUL.
  return visitorId(env, `\0tombstone\0${visitor}`);
}

/** Who a token is for. `epoch` is the map's: a token of an earlier one is read as any other. */
export interface Person {
  visitor: string;
  site: string;
  epoch: number;
  /** The browser's own visitor, where the journey is a user's: choices are each browser's. */
  device?: string | null;
}

/** A token that is good for collect only. The page can't read it, and nobody can make one without TOKEN_KEY. */
export function sealPerson(env: Env, { visitor, site, epoch, device }: Person): Promise<string> {
  return seal(env, "", device ? [visitor, site, epoch, device] : [visitor, site, epoch]);
}

/** The person of a token, or null where no key of ours opens it. `isCurrent`: sealed with the key that seals now. */
export async function openPerson(env: Env, token: string): Promise<OpenedPerson | null> {
  const key = `${env.TOKEN_KEY} ${env.TOKEN_KEY_BEFORE} ${token}`;
  const known = openedPeople.get(key);
  if (known) return known;
  const opened = await open(env, "", token);
  if (!opened) return null;
  const [visitor, site, epoch, device] = opened.value as [string, string, number, string?];
  if (!isVisitorId(visitor)) return null;
  const person = { visitor, site, epoch, ...(device ? { device } : {}), isCurrent: opened.isCurrent };
  if (openedPeople.size >= OPENED_KEPT) openedPeople.clear();
  openedPeople.set(key, person);
  return person;
}

type OpenedPerson = Person & { isCurrent: boolean };

/** Tokens that this isolate has opened: a page comes back with the same one every few seconds, and opening one costs as much as parsing its batch. */
const openedPeople = new Map<string, OpenedPerson>();
const OPENED_KEPT = 2_000;

/** Seals a value for one `use`: what was sealed for another does not open in its place. base64url. */
export async function seal(env: Env, use: string, value: unknown): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const algorithm = { name: "AES-GCM", iv, additionalData: utf8.encode(use) };
  const text = utf8.encode(JSON.stringify(value));
  const sealed = await crypto.subtle.encrypt(algorithm, await sealKey(env.TOKEN_KEY), text);
  const bytes = new Uint8Array(NONCE_BYTES + sealed.byteLength);
  bytes.set(iv);
  bytes.set(new Uint8Array(sealed), NONCE_BYTES);
  return base64url(bytes);
}

/** What was sealed for this use, or null where no key of ours opens it. `isCurrent`: sealed with the key that seals now. */
export async function open(
  env: Env,
  use: string,
  sealed: string,
): Promise<{ value: unknown; isCurrent: boolean } | null> {
  const bytes = fromBase64url(sealed);
  if (!bytes || bytes.length <= NONCE_BYTES) return null;
  const iv = bytes.subarray(0, NONCE_BYTES);
  const algorithm = { name: "AES-GCM", iv, additionalData: utf8.encode(use) };
  for (const key of [env.TOKEN_KEY, env.TOKEN_KEY_BEFORE]) {
    if (key === undefined) continue;
    try {
      const opened = await crypto.subtle.decrypt(algorithm, await sealKey(key), bytes.subarray(NONCE_BYTES));
      return { value: JSON.parse(new TextDecoder().decode(opened)), isCurrent: key === env.TOKEN_KEY };
    } catch {
      // another key's, or nobody's
    }
  }
  return null;
}

/** Whether two secrets are equal, in a time that does not tell where they differ. */
export async function sameSecret(a: string, b: string): Promise<boolean> {
  const [x, y] = await Promise.all([sha256(a), sha256(b)]);
  return crypto.subtle.timingSafeEqual(x, y);
}
