import type { PageText } from "../models/texts/visitor-text.ts";
import type { Setting } from "./context.ts";

/**
 * `GET v1/config/:key/text`: every word of the surfaces that come later than the first layer, in the language of the
 * configuration. No id, no query, no cookie of ours. Rejects where they cannot be had.
 */
export async function fetchText({ base, site, credentials }: Setting): Promise<PageText> {
  const reply = await fetch(`${base}v1/config/${encodeURIComponent(site)}/text`, {
    credentials,
    referrerPolicy: "origin",
  });
  if (!reply.ok) throw new Error(`status ${reply.status}`);
  return reply.json();
}
