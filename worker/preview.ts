import type { Preview } from "../models/answer.ts";
import { isRecord } from "../models/touchpoint.ts";
import type { Ask } from "../models/wire.ts";
import type { Env } from "./env.ts";
import { open, seal } from "./keys.ts";

/** Long enough to hand a link round a team, and to try it on a telephone. */
export const PREVIEW_MS = 24 * 3_600_000;
/** What a page finds in its address: a fragment, which no server is sent. */
export const PREVIEW_MARK = "waypost-preview";
const USE = "preview";

/** What a link says: for one site, and until when, ms since 1970. */
interface Sealed extends Preview {
  site: string;
  until: number;
}

/** The token of a link that shows a variant of a campaign to whoever opens it. It can show, and nothing else. */
export function sealPreview(env: Env, sealed: Sealed): Promise<string> {
  return seal(env, USE, sealed);
}

/** By ask: what the links of a batch show, as far as they are ours, of this site and not over. */
export async function openPreviews(env: Env, site: string, asks: readonly Ask[]): Promise<Record<string, Preview>> {
  const now = Date.now();
  const found: Record<string, Preview> = {};
  for (const { ask, preview } of asks) {
    const opened = preview === undefined ? null : await open(env, USE, preview);
    if (!opened || !isRecord(opened.value)) continue;
    const { campaign, variant, site: of, until } = opened.value as unknown as Sealed;
    if (of === site && until > now) found[ask] = { campaign, variant };
  }
  return found;
}
