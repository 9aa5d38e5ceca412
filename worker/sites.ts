import type { Policy } from "../models/consent-config.ts";
import { isSiteKey } from "../models/identity.ts";
import { published } from "../models/publish.ts";
import { publishedConsent } from "../models/publish-consent.ts";
import type { ModelRef, PublishedConfig, ScoreName, SiteConfig } from "../models/site-config.ts";
import type { Env } from "./env.ts";
import { logBackground } from "./log.ts";
import { modelRefs } from "./models.ts";
import { noticeOf, type Spoken, speechOf } from "./notices.ts";
import { siteObject } from "./objects.ts";
import { callObject } from "./platform-errors.ts";

/** What is known of a site without asking its object. Written once, at creation. */
export interface Site {
  id: string;
  publicKey: string;
  /** Map shards are fixed at creation; growth opens a new epoch. */
  shards: number;
  epoch: number;
  /** How many shards each earlier epoch had, the first one's first. */
  earlier?: number[];
}

/** What an object is told of its site with each call. */
export type SiteCall = Pick<Site, "id" | "epoch" | "shards" | "earlier">;

export function siteCall({ id, epoch, shards, earlier }: Site): SiteCall {
  return earlier ? { id, epoch, shards, earlier } : { id, epoch, shards };
}

/** One immutable version of a site's configuration. */
export interface VersionedConfig {
  version: number;
  policy: string;
  /** This and former policies, newest first; absent in what an earlier version stored. */
  former?: Policy[];
  config: SiteConfig;
}

/** How old what an isolate remembers may be. */
const POINTER_MAX_AGE_MS = 60_000;
const MINIMUMS_MAX_AGE_MS = 5_000;

/** Configurations that an isolate remembers, of all sites and versions. */
const CONFIGS_KEPT = 100;

interface Aged<T> {
  value: T;
  readAt: number;
}

/** Memory of this isolate. Configurations are immutable, so only the pointer to the newest grows old. */
const sites = new Map<string, Aged<Site>>();
const newest = new Map<string, Aged<number>>();
const configs = new Map<string, VersionedConfig>();
const minimums = new Map<string, Aged<Record<string, number>>>();

export const KV = {
  publicKey: (key: string) => `key/${key}`,
  writeKey: (digest: string) => `write/${digest}`,
  newest: (site: string) => `config/${site}`,
  config: (site: string, version: number) => `config/${site}/${version}`,
} as const;

async function remember<T>(
  memory: Map<string, Aged<T>>,
  { key, maxAgeMs }: { key: string; maxAgeMs: number },
  read: () => Promise<T | null>,
): Promise<T | null> {
  const known = memory.get(key);
  if (known && Date.now() - known.readAt < maxAgeMs) return known.value;
  const value = await read();
  if (value !== null) memory.set(key, { value, readAt: Date.now() });
  return value;
}

/** The site of a public key, or null. What has not the form of a key is no question for KV, which refuses long ones. */
export async function siteByKey(env: Env, publicKey: string): Promise<Site | null> {
  if (!isSiteKey(publicKey)) return null;
  return remember(sites, { key: publicKey, maxAgeMs: POINTER_MAX_AGE_MS }, () =>
    env.CONFIG.get<Site>(KV.publicKey(publicKey), "json"),
  );
}

/** The site of a secret write key's digest, or null. */
export function siteByWriteKey(env: Env, digest: string): Promise<Site | null> {
  return remember(sites, { key: `write ${digest}`, maxAgeMs: POINTER_MAX_AGE_MS }, () =>
    env.CONFIG.get<Site>(KV.writeKey(digest), "json"),
  );
}

/** The newest configuration that this isolate knows of, at most 60 s old, or null where there is none. */
export async function newestConfig(env: Env, site: string): Promise<VersionedConfig | null> {
  const version = await remember(newest, { key: site, maxAgeMs: POINTER_MAX_AGE_MS }, () => newestVersion(env, site));
  return version === null ? null : configVersion(env, site, version);
}

/** What the pointer in KV says, or, where there is none, the site object. */
async function newestVersion(env: Env, site: string): Promise<number | null> {
  const pointer = await fromKv<number>(env, site, KV.newest(site));
  if (pointer !== null) return pointer;
  const found = await missed(env, site, null);
  if (found) remembered(site, found);
  return found?.version ?? null;
}

/** A value of KV, or null where it is not there, or KV fails: both are mended by asking the site object. */
async function fromKv<T>(env: Env, site: string, key: string): Promise<T | null> {
  try {
    return await env.CONFIG.get<T>(key, "json");
  } catch (error) {
    logBackground(env, "copy-failed", { site, error });
    return null;
  }
}

async function missed(env: Env, site: string, version: number | null): Promise<VersionedConfig | null> {
  return (await callObject(async () => siteObject(env, site).missed(version))) as VersionedConfig | null;
}

function remembered(site: string, found: VersionedConfig): void {
  if (configs.size >= CONFIGS_KEPT) configs.clear();
  configs.set(KV.config(site, found.version), found);
}

/** One version, or null where neither KV nor the site object has it. KV may lag behind by minutes: the object is asked then. */
export async function configVersion(env: Env, site: string, version: number): Promise<VersionedConfig | null> {
  const key = KV.config(site, version);
  const known = configs.get(key);
  if (known) return known;
  const config = (await fromKv<VersionedConfig>(env, site, key)) ?? (await missed(env, site, version));
  if (config) remembered(site, config);
  return config;
}

/** After a change in this isolate: the next reader sees it at once. */
export function forgetNewest(site: string): void {
  newest.delete(site);
  minimums.delete(site);
}

/** Least versions of campaigns that may still be shown, at most 5 s old: a stopped campaign does not wait for KV. */
export async function minimumVersions(env: Env, site: string): Promise<Record<string, number>> {
  const read = await remember(minimums, { key: site, maxAgeMs: MINIMUMS_MAX_AGE_MS }, () =>
    callObject(async () => siteObject(env, site).minimumVersions()),
  );
  return read ?? {};
}

/** What pages may read of a configuration, from one place and in one language. */
export async function publishedConfig(env: Env, versioned: VersionedConfig, spoken: Spoken): Promise<PublishedConfig> {
  const { version, policy, former = [], config } = versioned;
  const { hash: notice } = await noticeOf(env, config.consent, spoken);
  const consent = publishedConsent(config.consent, await speechOf(env, spoken), { policy, notice, former });
  const models: Record<ScoreName, ModelRef> = await modelRefs();
  return published(config, { version, consent, models });
}
