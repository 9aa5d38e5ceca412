import type { Context } from "hono";
import type { ConsentMode } from "../models/consent.ts";
import type { ConsentConfig } from "../models/consent-config.ts";
import { negotiateLanguage } from "../models/language.ts";
import { languagesOf, noticeText, type Speech } from "../models/publish-consent.ts";
import { type Jurisdiction, jurisdictionOf } from "../models/region.ts";
import type { Bindings, Env } from "./env.ts";
import { base64url, sha256 } from "./keys.ts";
import { logBackground } from "./log.ts";
import { siteObject } from "./objects.ts";
import { callObject } from "./platform-errors.ts";
import { wordsFor } from "./words.ts";

/** How a site speaks to a visitor: by where they are, and in which language. */
export type Spoken = Pick<Speech, "mode" | "language">;

/** A notice, found by what it says. */
export interface Notice {
  /** SHA-256 of the text, base64url. */
  hash: string;
  text: string;
}

/** Notices of configurations that this isolate holds. Configurations are immutable, so it is enough to make each once. */
const made = new WeakMap<ConsentConfig, Map<string, Promise<Notice>>>();

/** The mode of the place that a request comes from, and why. */
export function jurisdictionAt(c: Context<Bindings>, consent: ConsentConfig): Jurisdiction {
  const cf = c.req.raw.cf as IncomingRequestCfProperties | undefined;
  return jurisdictionOf(consent, { country: cf?.country, subdivision: cf?.regionCode });
}

/** Mode and language for whoever asks. */
export function spokenTo(c: Context<Bindings>, consent: ConsentConfig): Spoken {
  const language = negotiateLanguage(c.req.header("Accept-Language") ?? null, languagesOf(consent));
  return { mode: jurisdictionAt(c, consent).mode, language };
}

/** With the words that we have for it. Rejects where they cannot be read. */
export async function speechOf(env: Env, spoken: Spoken): Promise<Speech> {
  const { visitor } = await wordsFor(env, spoken.language);
  return { ...spoken, ours: visitor };
}

/** The exact notice of a mode and language. */
export function noticeOf(env: Env, consent: ConsentConfig, spoken: Spoken): Promise<Notice> {
  const known = made.get(consent) ?? new Map<string, Promise<Notice>>();
  made.set(consent, known);
  const key = `${spoken.mode} ${spoken.language}`;
  const notice = known.get(key) ?? speechOf(env, spoken).then((speech) => makeNotice(noticeText(consent, speech)));
  known.set(key, notice);
  notice.catch(() => known.delete(key));
  return notice;
}

async function makeNotice(text: string): Promise<Notice> {
  return { hash: base64url(await sha256(text)), text };
}

/** Every notice that a configuration may show: each mode that some place has, in each language. */
export function noticesOf(env: Env, consent: ConsentConfig): Promise<Notice[]> {
  const modes = new Set<ConsentMode>(["opt-in", consent.mode, ...(consent.regions ?? []).map(({ mode }) => mode)]);
  const spoken = [...modes].flatMap((mode) => languagesOf(consent).map((language) => ({ mode, language })));
  return Promise.all(spoken.map((one) => noticeOf(env, consent, one)));
}

/** Notices that this isolate knows to be kept by their site: `site hash`. */
const kept = new Set<string>();
const KEPT_MAX = 1_000;

/**
 * The hash, if the notice is one of the site's, else "". Those that a configuration may show were kept when it was
 * applied, unless this Worker is newer and says things in other words: then they are kept now, before a record names one.
 */
export async function keptNotice(
  env: Env,
  { site, consent }: { site: string; consent: ConsentConfig },
  hash: string,
): Promise<string> {
  if (hash === "" || kept.has(`${site} ${hash}`)) return hash;
  const own = (await noticesOf(env, consent)).find((notice) => notice.hash === hash);
  const object = () => siteObject(env, site);
  try {
    if (own) await callObject(async () => object().keepNotices([own]));
    else if ((await callObject(async () => object().notice(hash))) === null) return "";
  } catch (error) {
    // A choice does not wait for its words: the next one that names them has them kept.
    logBackground(env, "copy-failed", { site, error });
    return own ? hash : "";
  }
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.add(`${site} ${hash}`);
  return hash;
}
