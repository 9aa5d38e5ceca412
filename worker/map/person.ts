import { base64url, sha256 } from "../keys.ts";

const PERSON_BYTES = 16;

/** The digest that a person's pseudonym on the map is the beginning of: found from a visitor id alone, and never the other way. */
export function personDigest(visitor: string): Promise<Uint8Array> {
  return sha256(`map\0${visitor}`);
}

/** A person's pseudonym, 22 characters, from their digest. */
export function personName(digest: Uint8Array): string {
  return base64url(digest.subarray(0, PERSON_BYTES));
}

/** A visitor's pseudonym on the map and in the history. */
export async function personOf(visitor: string): Promise<string> {
  return personName(await personDigest(visitor));
}
