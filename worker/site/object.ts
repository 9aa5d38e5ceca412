import { DurableObject } from "cloudflare:workers";
import { policyText } from "../../models/publish.ts";
import type { Campaign, SiteConfig } from "../../models/site-config.ts";
import type { Env } from "../env.ts";
import { base64url, sha256 } from "../keys.ts";
import { KV, type Site, type VersionedConfig } from "../sites.ts";

/** Shards of a new site's map: fixed, because a person's row must be found again (DESIGN §4). */
const SHARDS = 8;

interface Stored {
  site: Site;
  writeKeyDigest: string;
  version: number;
  minimums: Record<string, number>;
}

/** One a site: the authority for its keys and configuration. KV gets copies that every place can read fast. */
export class SiteObject extends DurableObject<Env> {
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
   * Makes a checked configuration the newest; null where the site does not exist. A campaign that is paused or gone
   * stops at once. One at a time: the pointer must not fall back to the version of a slower call.
   */
  apply(config: SiteConfig): Promise<VersionedConfig | null> {
    return this.ctx.blockConcurrencyWhile(async () => {
      const policy = base64url((await sha256(policyText(config.consent))).subarray(0, 12));
      const stored = this.#stored();
      if (!stored) return null;
      const { id } = stored.site;
      const version = stored.version + 1;
      const versioned: VersionedConfig = { version, policy, config };
      const before = this.ctx.storage.kv.get<string>("config");
      const replaced = before === undefined ? [] : (JSON.parse(before) as SiteConfig).campaigns;
      const minimums = stoppedBy(replaced, config.campaigns, stored.minimums);
      this.ctx.storage.transactionSync(() => {
        this.#store({ ...stored, version, minimums });
        this.ctx.storage.kv.put("config", JSON.stringify(config));
      });
      await this.env.CONFIG.put(KV.config(id, version), JSON.stringify(versioned));
      await this.env.CONFIG.put(KV.newest(id), JSON.stringify(version));
      return versioned;
    });
  }

  /** Opens a new epoch of the map with this many shards, for people who come from now on; null where there is no site. */
  grow(shards: number): Promise<Site | null> {
    return this.ctx.blockConcurrencyWhile(async () => {
      const stored = this.#stored();
      if (!stored) return null;
      const { site, writeKeyDigest } = stored;
      // Growing twice to the same is growing once: the answer may have been lost.
      if (site.shards === shards) return site;
      const grown: Site = { ...site, shards, epoch: site.epoch + 1, earlier: [...(site.earlier ?? []), site.shards] };
      this.#store({ ...stored, site: grown });
      for (const key of [KV.publicKey(site.publicKey), KV.writeKey(writeKeyDigest)]) {
        await this.env.CONFIG.put(key, JSON.stringify(grown));
      }
      return grown;
    });
  }

  minimumVersions(): Record<string, number> {
    return this.#stored()?.minimums ?? {};
  }

  /** The site as it was created, or null. */
  site(): Site | null {
    return this.#stored()?.site ?? null;
  }
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
