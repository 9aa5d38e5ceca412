/** `count` random bytes as base64url without padding: 8 give 11 characters, 16 give 22. */
export function randomId(count: 8 | 16): string {
  const bytes = crypto.getRandomValues(new Uint8Array(count));
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=/g, "");
}
