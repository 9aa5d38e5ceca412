import { base64url } from "./keys.ts";

/**
 * A name that says nothing and is nobody else's: 72 random bits in 12 letters and digits. Base64url has a dash and a line
 * too, and a command line takes a name that begins with a dash for an option: two letters stand for them as well.
 */
export function randomId(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(9)))
    .replaceAll("-", "d")
    .replaceAll("_", "l");
}
