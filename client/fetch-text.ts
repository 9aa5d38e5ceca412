import type { Setting } from "./context.ts";

/**
 * `GET v1/config/:key/text`: every word of the surfaces that come later than the first layer, in the language of the
 * configuration; with `part`, the words that come by themselves. No id, no query, no cookie of ours. Rejects where they
 * cannot be had.
 */
export async function fetchText<Text>(
  { base, site, credentials }: Setting,
  part: "" | "/data" | "/campaign" = "",
): Promise<Text> {
  const reply = await fetch(`${base}v1/config/${encodeURIComponent(site)}/text${part}`, {
    credentials,
    referrerPolicy: "origin",
  });
  if (!reply.ok) throw new Error(`status ${reply.status}`);
  return reply.json();
}
