import type { Actor } from "../../models/access.ts";
import { type Bucket, take } from "../../models/bucket.ts";
import type { Policy } from "../../models/consent-config.ts";
import { type Spent, siteRate } from "../../models/limits.ts";
import { materialOf, policyText } from "../../models/publish-consent.ts";
import type { Campaign, SiteConfig } from "../../models/site-config.ts";
import { base64url, sha256 } from "../keys.ts";
import type { Link } from "../ledger/store.ts";
import { logBackground } from "../log.ts";
import { type Notice, noticesOf } from "../notices.ts";
import { KV, type Site, type VersionedConfig } from "../sites.ts";
import { type Anchor, Proof } from "./proof.ts";
import { TeamObject } from "./team-object.ts";

/** Shards of a new site's map: fixed, because a person's row must be found again (DESIGN §4). */
const SHARDS = 8;
/** Versions of the configuration that the object keeps, a row each: what KV may lag behind by, and more. */
const VERSIONS_KEPT = 10;
/** Until copies that KV refused are put again, and at most this often where somebody misses one. */
const COPY_AGAIN_MS = 60_000;

const HIDDEN_EVENTS = "hidden-events";
const identityKey = (kid: string) => `identity/${kid}`;
const versionKey = (version: number) => `config/${version}`;
/** Policies whose choices may go on, and whose refusals are counted apart: who chose under an older one is asked anew. */
const POLICIES_KEPT = 20;

interface Stored {
  site: Site;
  writeKeyDigest: string;
  version: number;
  minimums: Record<string, number>;
  /** Newest first; absent where no configuration was applied since this is kept. */
  former?: Policy[];
  /** The same from an earlier version, which kept no more than their hashes. */
  policies?: string[];
}

/** A configuration that was applied, or the version in force where that is not the one it was to replace. */
export type Applied = VersionedConfig | { conflict: number };

/**
 * One a site: the authority for its keys and configuration. KV gets copies that every place can read fast; whoever does
 * not find one there asks here.
 */
export class SiteObject extends TeamObject {
  /** When KV was last given copies, ms since 1970; 0 after a start. */
  #copiedAt = 0;
  /** What may still be spent, by kind. In memory alone: a restart fills the buckets, and costs no row a lease. */
  #buckets = new Map<Spent, Bucket>();
  readonly #proof = new Proof(this.ctx.storage.sql);
  /** Read once from the stored configuration. */
  #limits: Pick<SiteConfig, "limits"> | undefined;

  #stored(): Stored | undefined {
    const text = this.ctx.storage.kv.get<string>("site");
    return text === undefined ? undefined : (JSON.parse(text) as Stored);
  }

  #store(stored: Stored): void {
    this.ctx.storage.kv.put("site", JSON.stringify(stored));
  }

  /**
   * Creates the site, or, where it exists with these keys, answers as before. Null where it has others, or one of them is
   * another site's: a key names one site for good.
   */
  create(id: string, publicKey: string, writeKey: string): Promise<Site | null> {
    return this.ctx.blockConcurrencyWhile(async () => {
      const digest = base64url(await sha256(writeKey));
      const entries = [KV.publicKey(publicKey), KV.writeKey(digest)];
      const holders = await Promise.all(entries.map((key) => this.env.CONFIG.get<Site>(key, "json")));
      const stored = this.#stored() ?? {
        site: { id, publicKey, shards: SHARDS, epoch: 1 },
        writeKeyDigest: digest,
        version: 0,
        minimums: {},
      };
      const { site, writeKeyDigest } = stored;
      const hasOthers = site.publicKey !== publicKey || writeKeyDigest !== digest;
      if (hasOthers || holders.some((holder) => holder && holder.id !== id)) return null;
      this.#store(stored);
      for (const key of entries) await this.env.CONFIG.put(key, JSON.stringify(site));
      return site;
    });
  }

  /**
   * Makes a checked configuration the newest; null where the site does not exist. With `over`, only where that is the
   * version in force (0: none). A campaign that is paused or gone stops at once. One at a time: the pointer must not fall
   * back to the version of a slower call.
   */
  async apply(config: SiteConfig, over: number | null = null): Promise<Applied | null> {
    const notices = await noticesOf(this.env, config.consent);
    return this.ctx.blockConcurrencyWhile(async () => {
      const policy = base64url((await sha256(policyText(config.consent))).subarray(0, 12));
      const stored = this.#stored();
      if (!stored) return null;
      if (over !== null && over !== stored.version) return { conflict: stored.version };
      const version = stored.version + 1;
      const { policies: _, ...kept } = stored;
      const replaced = this.newest();
      const earlier = formerOf(stored, replaced).filter((one) => one.policy !== policy);
      const former = [{ policy, material: materialOf(config.consent) }, ...earlier].slice(0, POLICIES_KEPT);
      const versioned: VersionedConfig = { version, policy, former, config };
      const minimums = stoppedBy(replaced?.config.campaigns ?? [], config.campaigns, stored.minimums);
      this.ctx.storage.transactionSync(() => {
        this.#store({ ...kept, version, minimums, former });
        this.ctx.storage.kv.put(versionKey(version), JSON.stringify(versioned));
        this.#proof.keepNotices(notices);
        if (version > VERSIONS_KEPT) this.ctx.storage.kv.delete(versionKey(version - VERSIONS_KEPT));
      });
      this.#limits = config;
      await this.#copy([versioned]);
      return versioned;
    });
  }

  /** The newest configuration, or null where there is none. */
  newest(): VersionedConfig | null {
    return this.#version(this.#stored()?.version ?? 0);
  }

  /**
   * A version for somebody who did not find it in KV, or did not find the pointer (null); null where it is not kept.
   * KV gets it anew, so that the next one finds it there.
   */
  missed(version: number | null): Promise<VersionedConfig | null> {
    return this.ctx.blockConcurrencyWhile(async () => {
      const newest = this.newest();
      const found = version === null ? newest : this.#version(version);
      const isDue = Date.now() - this.#copiedAt >= COPY_AGAIN_MS;
      if (newest && found && isDue) await this.#copy(found.version === newest.version ? [newest] : [found, newest]);
      return found;
    });
  }

  /** Copies that KV refused are put again. */
  override async alarm(): Promise<void> {
    await this.ctx.blockConcurrencyWhile(async () => {
      const newest = this.newest();
      if (newest) await this.#copy([newest]);
    });
  }

  #version(version: number): VersionedConfig | null {
    const text = this.ctx.storage.kv.get<string>(versionKey(version));
    return text === undefined ? null : (JSON.parse(text) as VersionedConfig);
  }

  /**
   * Puts versions into KV, and the pointer to the newest, which is the last of them. Never throws: what KV does not take
   * stands here, and is put again by the alarm.
   */
  async #copy(versions: readonly VersionedConfig[]): Promise<void> {
    const id = this.#stored()?.site.id as string;
    this.#copiedAt = Date.now();
    try {
      for (const one of versions) await this.env.CONFIG.put(KV.config(id, one.version), JSON.stringify(one));
      await this.env.CONFIG.put(KV.newest(id), JSON.stringify(versions.at(-1)?.version));
    } catch (error) {
      logBackground(this.env, "copy-failed", { site: id, error });
      await this.ctx.storage.setAlarm(Date.now() + COPY_AGAIN_MS);
    }
  }

  /**
   * Opens a new epoch of the map with this many shards, for people who come from now on; null where there is no site.
   * Throws where KV does not take it: then it is to be asked again.
   */
  async grow(shards: number): Promise<Site | null> {
    const { grown, error } = await this.ctx.blockConcurrencyWhile(() => this.#grow(shards));
    if (error) throw error;
    return grown;
  }

  /** An error is an answer: one that is thrown in here would reset the object. */
  async #grow(shards: number): Promise<{ grown: Site | null; error?: unknown }> {
    const stored = this.#stored();
    if (!stored) return { grown: null };
    const { site, writeKeyDigest } = stored;
    const earlier = [...(site.earlier ?? []), site.shards];
    // Growing twice to the same is growing once: the answer may have been lost, or KV may not have heard of it.
    const grown: Site = site.shards === shards ? site : { ...site, shards, epoch: site.epoch + 1, earlier };
    this.#store({ ...stored, site: grown });
    try {
      for (const key of [KV.publicKey(site.publicKey), KV.writeKey(writeKeyDigest)]) {
        await this.env.CONFIG.put(key, JSON.stringify(grown));
      }
      return { grown };
    } catch (error) {
      return { grown, error };
    }
  }

  /** The secret of an HS256 key, or null where none was given. For the Worker alone: no route answers with it. */
  identitySecret(kid: string): string | null {
    return this.ctx.storage.kv.get<string>(identityKey(kid)) ?? null;
  }

  /** Keeps the secret of an HS256 key, or takes it back (null). False where there is no site. */
  keepIdentitySecret(actor: Actor, kid: string, secret: string | null): boolean {
    if (!this.#stored()) return false;
    const key = identityKey(kid);
    const before = this.ctx.storage.kv.get(key) !== undefined;
    const change = { action: "key.keep", subject: kid, before: { kept: before }, after: { kept: secret !== null } };
    this.audited(actor, change, () => {
      if (secret === null) this.ctx.storage.kv.delete(key);
      else this.ctx.storage.kv.put(key, secret);
    });
    return true;
  }

  minimumVersions(): Record<string, number> {
    return this.#stored()?.minimums ?? {};
  }

  /**
   * Gives an isolate a block of what the site may spend: `least`, or up to `most` where there is as much. `given` 0 means
   * that there is not enough, and `waitMs` when there will be.
   */
  lease(kind: Spent, wanted: { least: number; most: number }): { given: number; waitMs: number } {
    this.#limits ??= this.newest()?.config ?? {};
    const rate = siteRate(kind, this.#limits);
    const { bucket, given, waitMs } = take(this.#buckets.get(kind), wanted, { rate, now: Date.now() });
    this.#buckets.set(kind, bucket);
    return { given, waitMs };
  }

  /** Keeps notices whose words are those of another version of this Worker than the one that applied them. */
  keepNotices(notices: Notice[]): void {
    this.#proof.keepNotices(notices);
  }

  /** The exact text of a notice, or null where it is none of the site's. */
  notice(hash: string): string | null {
    return this.#proof.notice(hash);
  }

  /** Notices after a hash, at most `limit`. */
  notices(after: string, limit: number): Notice[] {
    return this.#proof.notices(after, limit);
  }

  /** Notes, once a day, where a chain of the ledger ended. */
  anchor(shard: number, head: Link): void {
    this.#proof.anchor(Date.now(), shard, head);
  }

  /** Where the chains ended, day by day, the first day first. */
  anchors(): Anchor[] {
    return this.#proof.anchors();
  }

  /** Which events a team has hidden (true), or has shown though the catalogue hides them (false), by key. */
  hiddenEvents(): Record<string, boolean> {
    return JSON.parse(this.ctx.storage.kv.get<string>(HIDDEN_EVENTS) ?? "{}") as Record<string, boolean>;
  }

  /** Hides an event from lists, or shows it again. The log names it by `id`: a name is a text. What is so already is no change. */
  hideEvent(actor: Actor, { key, id }: { key: string; id: string }, hidden: boolean): void {
    const before = this.hiddenEvents();
    if ((before[key] ?? null) === hidden) return;
    const change = { action: "event.hide", subject: id, before: before[key] ?? null, after: hidden };
    this.audited(actor, change, () =>
      this.ctx.storage.kv.put(HIDDEN_EVENTS, JSON.stringify({ ...before, [key]: hidden })),
    );
  }

  /** The site as it was created, or null. */
  site(): Site | null {
    return this.#stored()?.site ?? null;
  }
}

/** The policies until now. Of what an earlier version stored, the one in force alone says what it was. */
function formerOf({ former, policies = [] }: Stored, replaced: VersionedConfig | null): Policy[] {
  return (
    former ??
    policies.map((policy) =>
      policy === replaced?.policy ? { policy, material: materialOf(replaced.config.consent) } : { policy },
    )
  );
}

/** Least versions that may still be shown, after the campaigns `after` have replaced `before`. */
function stoppedBy(
  before: readonly Campaign[],
  after: readonly Campaign[],
  minimums: Record<string, number>,
): Record<string, number> {
  const live = new Set(after.filter((c) => c.status === "live").map((c) => c.id));
  const stopped = [...before, ...after].filter((c) => !live.has(c.id));
  const next = { ...minimums };
  for (const { id, version } of stopped) next[id] = Math.max(next[id] ?? 0, version + 1);
  for (const { id, version } of after) if (live.has(id)) next[id] = version;
  return next;
}
