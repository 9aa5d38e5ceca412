import type { PublishedConfig } from "../models/site-config.ts";
import type { Setting } from "./context.ts";

/** `GET v1/config/:key`: no id, no query, no cookie of ours. Rejects where there is none. */
export async function fetchConfig(setting: Setting, cache: RequestCache): Promise<PublishedConfig> {
  const { base, site, credentials } = setting;
  const reply = await fetch(`${base}v1/config/${encodeURIComponent(site)}`, {
    credentials,
    cache,
    referrerPolicy: "origin",
  });
  if (!reply.ok) throw new Error(`status ${reply.status}`);
  return reply.json();
}
