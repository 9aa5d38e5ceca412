import { base64url } from "../keys.ts";

/** A name that says nothing and is nobody else's: 72 random bits in base64url, which an address can hold as it is. */
export function randomId(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(9)));
}
