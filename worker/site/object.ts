import type { Actor } from "../../models/access.ts";
import { type Bucket, take } from "../../models/bucket.ts";
import { LOOK_COST, LOOK_RATE, type Spent, siteRate } from "../../models/limits.ts";
import { isSiteId } from "../../models/read-field.ts";
import { base64url, sha256 } from "../keys.ts";
import type { Link } from "../ledger/store.ts";
import type { Notice } from "../notices.ts";
import { KV, type Site } from "../sites.ts";
import { ChangeObject, INSTALLATION } from "./change-object.ts";
import type { Anchor } from "./proof.ts";

/** Shards of a new site's map: fixed, because a person's row must be found again (DESIGN §4). */
const SHARDS = 8;

const HIDDEN_EVENTS = "hidden-events";
/** Events that a team has said something of: more than there can be at once. */
const HIDDEN_EVENTS_MAX = 1_000;
/** Secrets of keys: several times as many as a configuration lists. */
const SECRETS_MAX = 20;
/** What a key may be called that no configuration lists yet: an address of mail is none. */
const KID = /^[\w.-]{1,64}$/;
/** People whose looks are counted. */
const LOOKERS_KEPT = 1_000;
const identityKey = (kid: string) => `identity/${kid}`;
/** Sources whose secrets are kept: twice as many as a configuration lists. */
const SOURCES_MAX = 40;
const sourceKey = (source: string) => `source/${source}`;

/** What is kept of a source: its secret since when, ms since 1970, and until when the one before is taken as well. */
interface SourceSecret {
  secret: string;
  at: number;
  previous?: { secret: string; until: number };
}

/** What a team sees of sources' secrets. */
export interface SourcesKept {
  publicKey: string;
  kept: Record<string, { at: number; previousUntil: number | null }>;
}

/**
 * One a site: the authority for its keys and configuration. KV gets copies that every place can read fast; whoever does
 * not find one there asks here.
 */
export class SiteObject extends ChangeObject {
  /** What may still be spent, by kind. In memory alone: a restart fills the buckets, and costs no row a lease. */
  #buckets = new Map<Spent, Bucket>();
  /** What each person may still look at, in memory alone. */
  readonly #looks = new Map<string, Bucket>();

  /**
   * Creates the site, or, where it exists with these keys, answers as before. Null where it has others, or one of them is
   * another site's: a key names one site for good.
   */
  create(id: string, publicKey: string, writeKey: string, actor: Actor = INSTALLATION): Promise<Site | null> {
    return this.ctx.blockConcurrencyWhile(async () => {
      const digest = base64url(await sha256(writeKey));
      const entries = [KV.publicKey(publicKey), KV.writeKey(digest)];
      const holders = await Promise.all(entries.map((key) => this.env.CONFIG.get<Site>(key, "json")));
      const stored = this.stored() ?? {
        site: { id, publicKey, shards: SHARDS, epoch: 1 },
        writeKeyDigest: digest,
        version: 0,
        minimums: {},
      };
      const { site, writeKeyDigest } = stored;
      const hasOthers = site.publicKey !== publicKey || writeKeyDigest !== digest;
      if (hasOthers || holders.some((holder) => holder && holder.id !== id)) return null;
      const entry = { action: "site.create", subject: id, before: null, after: { shards: site.shards } };
      if (!this.stored()) this.audited(actor, entry, () => this.store(stored));
      for (const key of entries) await this.env.CONFIG.put(key, JSON.stringify(site));
      return site;
    });
  }

  /**
   * Opens a new epoch of the map with this many shards, for people who come from now on; null where there is no site.
   * Throws where KV does not take it: then it is to be asked again.
   */
  async grow(shards: number, actor: Actor = INSTALLATION): Promise<Site | null> {
    const { grown, error } = await this.ctx.blockConcurrencyWhile(() => this.#grow(shards, actor));
    if (error) throw error;
    return grown;
  }

  /** An error is an answer: one that is thrown in here would reset the object. */
  async #grow(shards: number, actor: Actor): Promise<{ grown: Site | null; error?: unknown }> {
    const stored = this.stored();
    if (!stored) return { grown: null };
    const { site, writeKeyDigest } = stored;
    const earlier = [...(site.earlier ?? []), site.shards];
    // Growing twice to the same is growing once: the answer may have been lost, or KV may not have heard of it.
    const grown: Site = site.shards === shards ? site : { ...site, shards, epoch: site.epoch + 1, earlier };
    const told = ({ epoch, shards }: Site) => ({ epoch, shards });
    const entry = { action: "site.grow", subject: site.id, before: told(site), after: told(grown) };
    if (grown !== site) this.audited(actor, entry, () => this.store({ ...stored, site: grown }));
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

  /**
   * Keeps the secret of an HS256 key, or takes it back (null). The log names the key: so it is one that the configuration
   * lists, or an id. What is so already is no change.
   */
  keepIdentitySecret(actor: Actor, kid: string, secret: string | null): "done" | "no-site" | "not-a-key" | "full" {
    if (!this.stored()) return "no-site";
    const key = identityKey(kid);
    const kept = this.identitySecret(kid);
    if (kept === secret) return "done";
    const isListed = this.newest()?.config.identity?.keys.some((one) => one.kid === kid) ?? false;
    if (kept === null && !isListed && !KID.test(kid)) return "not-a-key";
    const count = [...this.ctx.storage.kv.list({ prefix: identityKey("") })].length;
    if (kept === null && count >= SECRETS_MAX) return "full";
    const change = {
      action: "key.keep",
      subject: kid,
      before: { kept: kept !== null },
      after: { kept: secret !== null },
    };
    this.audited(actor, change, () => {
      if (secret === null) this.ctx.storage.kv.delete(key);
      else this.ctx.storage.kv.put(key, secret);
    });
    return "done";
  }

  /** The secrets that a source may sign with: none, one, or while it is replaced two. For the Worker alone: no route answers with them. */
  sourceSecrets(source: string): string[] {
    const kept = this.#sourceSecret(source);
    if (!kept) return [];
    return kept.previous ? [kept.secret, kept.previous.secret] : [kept.secret];
  }

  /** Whose secrets are kept, by source; null where there is no site. */
  sources(): SourcesKept | null {
    const stored = this.stored();
    if (!stored) return null;
    const ids = [...this.ctx.storage.kv.list({ prefix: sourceKey("") })].map(([key]) =>
      key.slice(sourceKey("").length),
    );
    const told = ids.map((id) => {
      const { at = 0, previous } = this.#sourceSecret(id) ?? {};
      return [id, { at, previousUntil: previous?.until ?? null }];
    });
    return { publicKey: stored.site.publicKey, kept: Object.fromEntries(told) };
  }

  /**
   * Keeps the secret of a source, or takes it back (null). The one before is taken for `overlapMs` more. The log names the
   * source: so it is an id. What is so already is no change.
   */
  keepSourceSecret(
    actor: Actor,
    source: string,
    given: { secret: string; overlapMs: number } | null,
  ): "done" | "no-site" | "not-a-source" | "full" {
    if (!this.stored()) return "no-site";
    if (!isSiteId(source)) return "not-a-source";
    const kept = this.#sourceSecret(source);
    const before = { kept: kept !== null, previous: kept?.previous !== undefined };
    const isSame = kept?.secret === given?.secret;
    if (isSame && !(before.previous && given?.overlapMs === 0)) return "done";
    const count = [...this.ctx.storage.kv.list({ prefix: sourceKey("") })].length;
    if (kept === null && count >= SOURCES_MAX) return "full";
    const now = Date.now();
    const previous =
      kept && given && given.overlapMs > 0 ? { secret: kept.secret, until: now + given.overlapMs } : undefined;
    const after = { kept: given !== null, previous: previous !== undefined };
    this.audited(actor, { action: "source.keep", subject: source, before, after }, () => {
      if (given === null) this.ctx.storage.kv.delete(sourceKey(source));
      else {
        const next: SourceSecret = { secret: given.secret, at: now, ...(previous ? { previous } : {}) };
        this.ctx.storage.kv.put(sourceKey(source), JSON.stringify(next));
      }
    });
    return "done";
  }

  #sourceSecret(source: string): SourceSecret | null {
    const text = this.ctx.storage.kv.get<string>(sourceKey(source));
    if (text === undefined) return null;
    const { previous, ...kept } = JSON.parse(text) as SourceSecret;
    return previous && Date.now() < previous.until ? { ...kept, previous } : kept;
  }

  /** Counts a look at somebody, by the person who looks: 0, or how long they have to wait, ms. */
  lookAt(actor: Actor): number {
    const who = actor.kind === "installation" ? actor.kind : actor.account;
    const { bucket, waitMs } = take(this.#looks.get(who), { least: LOOK_COST }, { rate: LOOK_RATE, now: Date.now() });
    this.#looks.delete(who);
    if (this.#looks.size >= LOOKERS_KEPT) this.#looks.delete(this.#looks.keys().next().value as string);
    this.#looks.set(who, bucket);
    return waitMs;
  }

  /**
   * Gives an isolate a block of what the site may spend: `least`, or up to `most` where there is as much. `given` 0 means
   * that there is not enough, and `waitMs` when there will be.
   */
  lease(kind: Spent, wanted: { least: number; most: number }): { given: number; waitMs: number } {
    this.limits ??= this.newest()?.config ?? {};
    const rate = siteRate(kind, this.limits);
    const { bucket, given, waitMs } = take(this.#buckets.get(kind), wanted, { rate, now: Date.now() });
    this.#buckets.set(kind, bucket);
    return { given, waitMs };
  }

  /** Keeps notices whose words are those of another version of this Worker than the one that applied them. */
  keepNotices(notices: Notice[]): void {
    this.proof.keepNotices(notices);
  }

  /** The exact text of a notice, or null where it is none of the site's. */
  notice(hash: string): string | null {
    return this.proof.notice(hash);
  }

  /** Notices after a hash, at most `limit`. */
  notices(after: string, limit: number): Notice[] {
    return this.proof.notices(after, limit);
  }

  /** Notes, once a day, where a chain of the ledger ended. */
  anchor(shard: number, head: Link): void {
    this.proof.anchor(Date.now(), shard, head);
  }

  /** Where the chains ended, day by day, the first day first. */
  anchors(): Anchor[] {
    return this.proof.anchors();
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
    // The latest word stands last; the first of too many goes.
    const { [key]: _, ...others } = before;
    const kept = Object.fromEntries([...Object.entries(others), [key, hidden]].slice(-HIDDEN_EVENTS_MAX));
    this.audited(actor, change, () => this.ctx.storage.kv.put(HIDDEN_EVENTS, JSON.stringify(kept)));
  }

  /** The site as it was created, or null. */
  site(): Site | null {
    return this.stored()?.site ?? null;
  }
}
