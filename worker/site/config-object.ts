import { type Action, type Actor, actorName, may } from "../../models/access.ts";
import { canonical } from "../../models/canonical.ts";
import { type Signature, type Standing, UNGOVERNED } from "../../models/change.ts";
import { configDiff, toldPaths } from "../../models/config-diff.ts";
import { type FieldRefusal, refusedField } from "../../models/config-fields.ts";
import type { Policy } from "../../models/consent-config.ts";
import { materialOf, policyText } from "../../models/publish-consent.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import {
  allStopped,
  minimumsAfter,
  type SiteStop,
  type Stop,
  shownStops,
  standingStops,
  stopsWith,
} from "../../models/stops.ts";
import type { AuditChange } from "../audit/log.ts";
import { base64url, sha256 } from "../keys.ts";
import { logBackground } from "../log.ts";
import { type Notice, noticesOf } from "../notices.ts";
import { KV, type Site, type VersionedConfig } from "../sites.ts";
import { Proof } from "./proof.ts";
import { TeamObject } from "./team-object.ts";
import { type VersionEntry, Versions } from "./versions.ts";

/** Versions of the configuration that the object keeps, a row each: what KV may lag behind by, and what a team goes back to. */
const VERSIONS_KEPT = 50;
/** Until copies that KV refused are put again, and at most this often where somebody misses one. */
const COPY_AGAIN_MS = 60_000;
/** Policies whose choices may go on, and whose refusals are counted apart: who chose under an older one is asked anew. */
const POLICIES_KEPT = 20;
/** Campaigns that stay stopped, the last that were: more than a site can have in years. */
const STOPS_KEPT = 1_000;
/** Paths of what was changed that an entry of the audit log names; the rest is a number. */
const PATHS_TOLD = 50;

const versionKey = (version: number) => `config/${version}`;

export interface Stored {
  site: Site;
  writeKeyDigest: string;
  version: number;
  minimums: Record<string, number>;
  /** Campaigns that were stopped by hand, in whatever version is in force by now; absent: none. */
  stops?: Stop[];
  /** Since when all of the site is stopped; absent: it is not. */
  siteStop?: SiteStop;
  /** Newest first; absent where no configuration was applied since this is kept. */
  former?: Policy[];
  /** The same from an earlier version, which kept no more than their hashes. */
  policies?: string[];
}

/** What a team sees of stops. */
export interface Stopped {
  /** Of what is in force, and of what has gone. */
  stopped: Stop[];
  /** Null: single campaigns alone. */
  site: SiteStop | null;
}

/** What takes time to make of a configuration, and is made before the turn that puts it in force. */
export interface Prepared {
  config: SiteConfig;
  policy: string;
  /** SHA-256 of the configuration, in base64url. */
  digest: string;
  notices: Notice[];
}

/** Of a site's object: which configuration is in force, its versions, its copies in KV, and what was stopped by hand. */
export abstract class ConfigObject extends TeamObject {
  /** When KV was last given copies, ms since 1970; 0 after a start. */
  #copiedAt = 0;
  protected readonly proof = new Proof(this.ctx.storage.sql);
  readonly #versions = new Versions(this.ctx.storage.sql);
  /** Read once from the stored configuration. */
  protected limits: Pick<SiteConfig, "limits"> | undefined;

  protected stored(): Stored | undefined {
    const text = this.ctx.storage.kv.get<string>("site");
    return text === undefined ? undefined : (JSON.parse(text) as Stored);
  }

  protected store(stored: Stored): void {
    this.ctx.storage.kv.put("site", JSON.stringify(stored));
  }

  protected override forgetTables(): void {
    super.forgetTables();
    for (const table of [this.proof, this.#versions]) table.forget();
    this.limits = undefined;
  }

  /** What is in force, by which rules it is changed, and who may take part in it; null where there is no site. */
  protected standing(actor: Actor): Standing | null {
    const stored = this.stored();
    if (!stored) return null;
    return {
      version: stored.version,
      governance: this.newest()?.config.governance ?? UNGOVERNED,
      mayApprove: (person) =>
        person === "installation" || this.mayNow({ kind: "account", account: person }, "config.approve"),
      governs: this.mayNow(actor, "config.govern"),
    };
  }

  /** Whether somebody may do a thing here, read anew: by their role, and a token's scopes. */
  protected mayNow(actor: Actor, action: Action): boolean {
    if (actor.kind === "installation") return true;
    const access = this.access(actor);
    return access !== null && may(access.role, action) && (access.scopes?.includes(action) ?? true);
  }

  /** What of a configuration somebody may not change of the one in force, or null. */
  protected fieldOf(actor: Actor, config: SiteConfig): FieldRefusal | null {
    return refusedField(configDiff(this.newest()?.config ?? {}, config), (action) => this.mayNow(actor, action));
  }

  protected async prepare(config: SiteConfig): Promise<Prepared> {
    const notices = await noticesOf(this.env, config.consent);
    const policy = base64url((await sha256(policyText(config.consent))).subarray(0, 12));
    return { config, policy, digest: await configDigest(config), notices };
  }

  /** Makes a configuration the newest: to be called in the transaction that the log hears of. What is paused or gone stops at once. */
  protected putInForce({ config, policy, digest, notices }: Prepared, by: Signature, change: string): VersionedConfig {
    const { policies: _, ...stored } = this.stored() as Stored;
    const version = stored.version + 1;
    const replaced = this.newest();
    const earlier = formerOf(this.stored() as Stored, replaced).filter((one) => one.policy !== policy);
    const former = [{ policy, material: materialOf(config.consent) }, ...earlier].slice(0, POLICIES_KEPT);
    const versioned: VersionedConfig = { version, policy, former, config };
    const campaigns = { before: replaced?.config.campaigns ?? [], after: config.campaigns, stops: stored.stops ?? [] };
    this.store({ ...stored, version, minimums: minimumsAfter(campaigns, stored.minimums), former });
    this.ctx.storage.kv.put(versionKey(version), JSON.stringify(versioned));
    this.proof.keepNotices(notices);
    this.#versions.keep({ version, at: by.at, by: by.who, digest, change }, VERSIONS_KEPT);
    if (version > VERSIONS_KEPT) this.ctx.storage.kv.delete(versionKey(version - VERSIONS_KEPT));
    this.limits = config;
    return versioned;
  }

  /** What the log says of a configuration that takes the place of the one in force. */
  protected publishing({ config, digest }: Prepared, change: string): AuditChange {
    const replaced = this.newest();
    const version = replaced?.version ?? 0;
    // Of a campaign in a higher version a stop holds no more; in a lower one again, it holds again.
    const [before, after] = [replaced?.config.campaigns ?? [], config.campaigns].map((campaigns) =>
      toldStops(standingStops(this.stored()?.stops ?? [], campaigns)),
    );
    const isSame = canonical(before) === canonical(after);
    return {
      action: "config.publish",
      subject: change,
      before: { version, digest: this.#versions.get(version).digest, ...(isSame ? {} : before) },
      after: { version: version + 1, digest, ...this.pathsOf(config, replaced), ...(isSame ? {} : after) },
    };
  }

  /** What of the configuration in force another one changes, as the log may say it. */
  protected pathsOf(config: SiteConfig, inForce = this.newest()): { paths: string[]; more: number } {
    const paths = toldPaths(configDiff(inForce?.config ?? {}, config));
    return { paths: paths.slice(0, PATHS_TOLD), more: Math.max(0, paths.length - PATHS_TOLD) };
  }

  /** The newest configuration, or null where there is none. */
  newest(): VersionedConfig | null {
    return this.version(this.stored()?.version ?? 0);
  }

  /**
   * A version for somebody who did not find it in KV, or did not find the pointer (null); null where it is not kept.
   * KV gets it anew, so that the next one finds it there.
   */
  missed(version: number | null): Promise<VersionedConfig | null> {
    return this.ctx.blockConcurrencyWhile(async () => {
      const newest = this.newest();
      const found = version === null ? newest : this.version(version);
      const isDue = Date.now() - this.#copiedAt >= COPY_AGAIN_MS;
      if (newest && found && isDue) await this.copy(found.version === newest.version ? [newest] : [found, newest]);
      return found;
    });
  }

  /** The versions that were in force last, the newest first. */
  versions(): VersionEntry[] {
    const newest = this.stored()?.version ?? 0;
    const count = Math.min(newest, VERSIONS_KEPT);
    return Array.from({ length: count }, (_, i) => this.#versions.get(newest - i));
  }

  protected version(version: number): VersionedConfig | null {
    const text = this.ctx.storage.kv.get<string>(versionKey(version));
    return text === undefined ? null : (JSON.parse(text) as VersionedConfig);
  }

  /**
   * Puts versions into KV, and the pointer to the newest, which is the last of them. Never throws: what KV does not take
   * stands here, and is put again by the alarm. False where it was not taken.
   */
  protected async copy(versions: readonly VersionedConfig[]): Promise<boolean> {
    const id = this.stored()?.site.id as string;
    this.#copiedAt = Date.now();
    try {
      for (const one of versions) await this.env.CONFIG.put(KV.config(id, one.version), JSON.stringify(one));
      await this.env.CONFIG.put(KV.newest(id), JSON.stringify(versions.at(-1)?.version));
      return true;
    } catch (error) {
      logBackground(this.env, "copy-failed", { site: id, error });
      await this.wakeBy(Date.now() + COPY_AGAIN_MS);
      return false;
    }
  }

  /** When the alarm has something else to do than to copy, ms since 1970, or null. */
  protected abstract nextDue(): number | null;

  /**
   * Makes what KV gets a copy of, and gives it that copy. The alarm is set in the turn of the change: should the object die
   * before KV has it, the alarm copies it. To be called one at a time.
   */
  protected async copied<T extends VersionedConfig>(make: () => T): Promise<T> {
    const set = await this.ctx.storage.getAlarm();
    const made = make();
    await this.ctx.storage.setAlarm(Math.min(set ?? Number.POSITIVE_INFINITY, Date.now() + COPY_AGAIN_MS));
    if (await this.copy([made])) await this.rest();
    return made;
  }

  /** Everything is copied: the alarm rings for what is due, if anything is. */
  protected async rest(): Promise<void> {
    const next = this.nextDue();
    if (next === null) await this.ctx.storage.deleteAlarm();
    else await this.ctx.storage.setAlarm(next);
  }

  /** One alarm for all that is due at some time: the earliest stands, and rings for what is due by then. */
  protected async wakeBy(at: number): Promise<void> {
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > at) await this.ctx.storage.setAlarm(at);
  }

  minimumVersions(): Record<string, number> {
    const { minimums = {}, siteStop } = this.stored() ?? {};
    return siteStop ? allStopped(minimums) : minimums;
  }

  /** Campaigns that were stopped by hand, one by one or with the site, and are until they are resumed. */
  stops(): Stopped {
    const { stops = [], siteStop: site = null } = this.stored() ?? {};
    return { stopped: shownStops({ stops, site }, this.#campaigns()), site };
  }

  #campaigns(): SiteConfig["campaigns"] {
    return this.newest()?.config.campaigns ?? [];
  }

  /**
   * Stops a campaign, or (null) all of the site and what comes later, at once: neither KV nor an approval is waited for.
   * Null where there is no such campaign.
   */
  stop(actor: Actor, campaign: string | null): Stopped | null {
    const stored = this.stored();
    const stop = { at: Date.now(), by: actorName(actor) };
    if (!stored) return null;
    const { stops = [], siteStop } = stored;
    if (campaign === null) return this.#setStops(actor, "campaign.stop", "*", { stops, siteStop: siteStop ?? stop });
    const found = this.#campaigns().filter(({ id }) => id === campaign);
    if (found.length === 0) return null;
    const more = stopsWith(stops, found, stop).slice(-STOPS_KEPT);
    return this.#setStops(actor, "campaign.stop", campaign, { stops: more, siteStop });
  }

  /** Takes the stop of a campaign back, or (null) of the site and of all. Null where there is no such campaign. */
  resume(actor: Actor, campaign: string | null): Stopped | null {
    const stored = this.stored();
    if (!stored) return null;
    if (campaign === null) return this.#setStops(actor, "campaign.resume", "*", { stops: [], siteStop: undefined });
    const { stops = [], siteStop } = stored;
    const known = [...stops.map((stop) => stop.campaign), ...this.#campaigns().map(({ id }) => id)];
    if (!known.includes(campaign)) return null;
    const kept = stops.filter((stop) => stop.campaign !== campaign);
    return this.#setStops(actor, "campaign.resume", campaign, { stops: kept, siteStop });
  }

  /** What is so already is no change. */
  #setStops(
    actor: Actor,
    action: "campaign.stop" | "campaign.resume",
    subject: string,
    { stops, siteStop }: { stops: Stop[]; siteStop: SiteStop | undefined },
  ): Stopped {
    const { siteStop: before, ...stored } = this.stored() as Stored;
    const told = (all: readonly Stop[], site?: SiteStop) => ({ ...toldStops(all), site: site !== undefined });
    const change = { action, subject, before: told(stored.stops ?? [], before), after: told(stops, siteStop) };
    if (canonical(change.before) === canonical(change.after)) return this.stops();
    const campaigns = this.#campaigns();
    const minimums = minimumsAfter({ before: campaigns, after: campaigns, stops }, stored.minimums);
    return this.audited(actor, change, () => {
      this.store({ ...stored, stops, minimums, ...(siteStop ? { siteStop } : {}) });
      return this.stops();
    });
  }
}

/** Stops as the log tells them. */
function toldStops(stops: readonly Stop[]): { stopped: { campaign: string; version: number }[] } {
  return { stopped: stops.map(({ campaign, version }) => ({ campaign, version })) };
}

/** What tells one configuration from another. */
export async function configDigest(config: SiteConfig): Promise<string> {
  return base64url(await sha256(canonical(config)));
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
