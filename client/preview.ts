/** `#waypost-preview=TOKEN` in a page's address shows one variant of a campaign to whoever tries it out. */
export const PREVIEW = "waypost-preview=";

/** The token of such a link, "" where there is none. */
export function previewToken(hash: string): string {
  const [, token = ""] = hash.split(PREVIEW);
  return token.split("&")[0] ?? "";
}
