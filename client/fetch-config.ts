import type { PublishedConfig } from "../models/site-config.ts";
import type { Setting } from "./context.ts";

/** `GET v1/config/:key`: no id, no query, no cookie of ours. Rejects where there is none, with the answer if one came. */
export async function fetchConfig(setting: Setting, cache: RequestCache): Promise<PublishedConfig> {
  // The key is the site's own, in base64url: what is none is answered 404, as it is.
  const reply = await fetch(`${setting.base}v1/config/${setting.site}`, {
    referrerPolicy: "origin",
    credentials: setting.credentials,
    cache,
  });
  if (!reply.ok) throw reply;
  return reply.json();
}
