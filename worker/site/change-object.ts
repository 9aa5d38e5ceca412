import { type Actor, actorName } from "../../models/access.ts";
import { type Change, type Signature, type Step, scheduled, signatureOf, stepped } from "../../models/change.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { logBackground } from "../log.ts";
import type { VersionedConfig } from "../sites.ts";
import { wordsFor } from "../words.ts";
import type { Applied, ChangeAnswer, ChangeRefusal, Proposal } from "./change-answer.ts";
import { draftOf, isSame, refusalOf, toldOf } from "./change-record.ts";
import { CHANGES_LISTED, type ChangePage, type ChangePlace, Changes, type StoredChange } from "./changes.ts";
import { ConfigObject, configDigest, type Prepared } from "./config-object.ts";

/** Changes of a site that may be open at once. */
const OPEN_MAX = 50;
/** Until what failed at its time is tried again. */
const DUE_AGAIN_MS = 60_000;
/** Tries of one that is due; then it is taken off. */
const DUE_TRIES = 5;

/** Who acts where nobody was asked for: what the deployment does by itself. */
export const INSTALLATION: Actor = { kind: "installation" };

/** What a call is answered from that came again. */
interface Done {
  change: string;
  version?: number;
}

const triesKey = (id: string) => `due-tries/${id}`;

/** Of a site's object: what is proposed, approved and published, now or later. One at a time, and each step with its entry in the log. */
export abstract class ChangeObject extends ConfigObject {
  readonly #changes = new Changes(this.ctx.storage.sql);

  protected override forgetTables(): void {
    super.forgetTables();
    this.#changes.forget();
  }

  /**
   * Puts a checked configuration in force where the site's rules allow, else proposes it: both or neither. Null where the
   * site does not exist. With `over`, only where that is the version in force (0: none). One at a time: the pointer must
   * not fall back to the version of a slower call. `call`: as `callOnce` makes it.
   */
  async apply(
    config: SiteConfig,
    over: number | null = null,
    actor: Actor = INSTALLATION,
    { title = "", call = null }: { title?: string; call?: string | null } = {},
  ): Promise<Applied | null> {
    const prepared = await this.prepare(config);
    return this.#alone(async () => {
      const known = this.answered<Done>(call)?.answer;
      if (known) return this.#appliedBefore(known);
      const standing = this.standing(actor);
      if (!standing) return null;
      const { version } = standing;
      if (over !== null && over !== version) return { conflict: version };
      const field = this.fieldOf(actor, config);
      if (field) return { refused: field };
      const by = signatureOf(actor, Date.now());
      // What was asked for already is asked for once: it is the one that is approved, and published then.
      const asked = this.#changes.asked(version, prepared.digest);
      const draft = asked ?? draftOf({ title, base: version }, prepared.digest, by);
      const published = stepped(draft, "publish", by, standing);
      if (published.ok) return this.#publish(actor, { change: published.change, by, prepared, call });
      if (asked) return { change: asked };
      if (this.#changes.openCount() >= OPEN_MAX) return { full: OPEN_MAX };
      return { change: this.#create(actor, { ...draft, state: "in-review" }, { config, call }) };
    });
  }

  #appliedBefore({ change, version }: Done): Applied | null {
    if (version !== undefined) return this.version(version);
    const found = this.#changes.get(change);
    return found && { change: found.change };
  }

  /** Does something while nothing else is done. An error leaves the object as it is: one that its gate met would reset it. */
  async #alone<T>(turn: () => Promise<T>): Promise<T> {
    const ended = await this.ctx.blockConcurrencyWhile(async () => {
      try {
        return { done: await turn() };
      } catch (error) {
        return { error };
      }
    });
    if ("error" in ended) throw ended.error;
    return ended.done;
  }

  /** Keeps a proposal: a draft, or one that is to be looked at. */
  async propose(
    actor: Actor,
    { title, config, base }: Proposal,
    { submit = false, call = null }: { submit?: boolean; call?: string | null } = {},
  ): Promise<ChangeAnswer> {
    const digest = await configDigest(config);
    const known = this.answered<Done>(call) && this.#changes.get(this.answered<Done>(call)?.answer.change ?? "");
    if (known) return { change: known.change };
    const standing = this.standing(actor);
    if (!standing) return { refused: { why: "no-site" } };
    if (base !== standing.version) return { refused: { why: "conflict", base, inForce: standing.version } };
    const field = this.fieldOf(actor, config);
    if (field) return { refused: field };
    if (this.#changes.openCount() >= OPEN_MAX) return { refused: { why: "full", max: OPEN_MAX } };
    const draft = draftOf({ title, base }, digest, signatureOf(actor, Date.now()));
    return { change: this.#create(actor, submit ? { ...draft, state: "in-review" } : draft, { config, call }) };
  }

  /** Changes, the last first, without their configurations. */
  changes(place: ChangePlace = { after: null, limit: CHANGES_LISTED }): ChangePage {
    return this.#changes.page(place);
  }

  /** A change and, unless it is live, its configuration; null where there is none. */
  change(id: string): { change: Change; config: SiteConfig | null } | null {
    const found = this.#changes.get(id);
    return found && { change: found.change, config: found.config };
  }

  /** Gives a change another configuration, over the same version or (`base`) the one in force. */
  async editChange(
    actor: Actor,
    id: string,
    { title, config, base }: Partial<Proposal>,
    call: string | null = null,
  ): Promise<ChangeAnswer> {
    const digest = config && (await configDigest(config));
    return this.once(call, () => {
      const field = config && this.fieldOf(actor, config);
      if (field) return { refused: field };
      return this.#step(actor, id, "edit", ({ change, config: former }) => ({
        change: { ...change, title: title ?? change.title, base: base ?? change.base, digest: digest ?? change.digest },
        config: config ?? former,
      }));
    });
  }

  /** Submits, approves, rejects or withdraws a change; with `seen`, only while that is the digest of its configuration. */
  moveChange(
    actor: Actor,
    id: string,
    step: "submit" | "approve" | "reject" | "withdraw",
    { seen = null, call = null }: { seen?: string | null; call?: string | null } = {},
  ): ChangeAnswer {
    return this.once(call, () => {
      if (this.#isEdited(id, seen)) return { refused: { why: "edited" } };
      return this.#step(actor, id, step);
    });
  }

  /** Publishes a change now, or (`at`, ms since 1970) then, when it is judged again. `seen`: as `moveChange`. */
  async publishChange(
    actor: Actor,
    id: string,
    { at, seen = null, call = null }: { at: number | null; seen?: string | null; call?: string | null },
  ): Promise<ChangeAnswer> {
    const before = this.#publishedBefore(call);
    if (before) return before;
    if (this.#isEdited(id, seen)) return { refused: { why: "edited" } };
    const found = this.#changes.get(id);
    if (!found) return { refused: { why: this.stored() ? "unknown" : "no-site" } };
    if (!found.config) return { refused: { why: "state", state: found.change.state } };
    const invalid = await this.#invalid(found.config);
    if (invalid) return { refused: invalid };
    const by = signatureOf(actor, Date.now());
    if (at !== null) return this.#schedule(actor, id, { at, by, call });
    const prepared = await this.prepare(found.config);
    return this.#alone(
      async () => this.#publishedBefore(call) ?? (await this.#publishAsJudged(actor, id, { by, prepared, call })),
    );
  }

  #publishedBefore(call: string | null): ChangeAnswer | null {
    const known = this.answered<Done>(call)?.answer;
    const found = known && this.#changes.get(known.change);
    if (!found) return null;
    return known.version === undefined ? { change: found.change } : { change: found.change, version: known.version };
  }

  /** What is wrong with a configuration that an earlier version of this Worker took, or null. */
  async #invalid(config: SiteConfig): Promise<ChangeRefusal | null> {
    // Read when it is needed: the parser is much of what only a team asks for (build-worker.ts).
    const { parseSiteConfig } = await import("../config/parse.ts");
    const parsed = parseSiteConfig(config, (await wordsFor(this.env, "en")).visitor);
    return parsed.ok ? null : { why: "invalid", field: parsed.field, bound: parsed.bound };
  }

  /** What is due is published, and copies that KV refused are put again. Never throws: the platform would give up. */
  override async alarm(): Promise<void> {
    try {
      for (const id of this.#changes.due(Date.now())) await this.#publishDue(id);
      await this.#alone(async () => {
        const newest = this.newest();
        if (!newest || (await this.copy([newest]))) return this.rest();
        const next = this.nextDue();
        if (next !== null) await this.wakeBy(next);
      });
    } catch (error) {
      this.#failed(error);
      await this.wakeBy(Date.now() + DUE_AGAIN_MS);
    }
  }

  #failed(error: unknown): void {
    logBackground(this.env, "alarm-failed", { site: this.stored()?.site.id ?? "", error });
  }

  protected override nextDue(): number | null {
    return this.#changes.nextDue();
  }

  /** Whether a change is no more what somebody saw of it. */
  #isEdited(id: string, seen: string | null): boolean {
    const found = this.#changes.get(id);
    return found !== null && seen !== null && found.change.digest !== seen;
  }

  #create(actor: Actor, change: Change, { config, call }: { config: SiteConfig; call: string | null }): Change {
    const { id, state, base, digest } = change;
    const after = { state, base, digest, ...this.pathsOf(config) };
    this.audited(actor, { action: "change.create", subject: id, before: null, after }, () => {
      this.#changes.keep({ change, config, scheduler: null }, Date.now());
      this.keepAnswer(call, { change: id } satisfies Done);
    });
    return change;
  }

  #step(
    actor: Actor,
    id: string,
    step: Exclude<Step, "publish">,
    edited: (found: StoredChange) => Pick<StoredChange, "change" | "config"> = (found) => found,
  ): ChangeAnswer {
    const standing = this.standing(actor);
    const found = this.#changes.get(id);
    if (!standing || !found) return { refused: { why: standing ? "unknown" : "no-site" } };
    const now = Date.now();
    const { change, config } = edited(found);
    const next = stepped(change, step, signatureOf(actor, now), standing);
    if (!next.ok) return { refused: refusalOf(next) };
    if (isSame(found.change, next.change)) return { change: found.change };
    const after = toldOf(next.change);
    const paths = step === "edit" && config ? this.pathsOf(config) : {};
    const entry = {
      action: `change.${step}`,
      subject: id,
      before: toldOf(found.change),
      after: { ...after, ...paths },
    };
    this.audited(actor, entry, () =>
      this.#changes.keep({ change: next.change, config, scheduler: found.scheduler }, now),
    );
    return { change: next.change };
  }

  async #schedule(
    actor: Actor,
    id: string,
    { at, by, call }: { at: number; by: Signature; call: string | null },
  ): Promise<ChangeAnswer> {
    const standing = this.standing(actor);
    const found = this.#changes.get(id);
    if (!standing || !found) return { refused: { why: standing ? "unknown" : "no-site" } };
    const next = scheduled(found.change, { at, by }, standing);
    if (!next.ok) return { refused: refusalOf(next) };
    const field = found.config && this.fieldOf(actor, found.config);
    if (field) return { refused: field };
    const { change } = next;
    const isSameScheduler = found.scheduler !== null && actorName(found.scheduler) === actorName(actor);
    if (isSameScheduler && isSame(found.change, change)) return { change };
    const entry = { action: "change.schedule", subject: id, before: toldOf(found.change), after: toldOf(change) };
    this.audited(actor, entry, () => {
      this.#changes.keep({ change, config: found.config, scheduler: actor }, by.at);
      this.ctx.storage.kv.delete(triesKey(id));
      this.keepAnswer(call, { change: id } satisfies Done);
    });
    await this.wakeBy(at);
    return { change };
  }

  /** Judges a change as it is now, whatever it was when its configuration was prepared, and publishes it. */
  async #publishAsJudged(
    actor: Actor,
    id: string,
    { by, prepared, call }: { by: Signature; prepared: Prepared; call: string | null },
  ): Promise<ChangeAnswer> {
    const standing = this.standing(actor);
    const found = this.#changes.get(id);
    if (!standing || !found) return { refused: { why: standing ? "unknown" : "no-site" } };
    const next = stepped(found.change, "publish", by, standing);
    if (!next.ok) return { refused: refusalOf(next) };
    // Somebody would publish what they have not seen.
    if (this.#isEdited(id, prepared.digest)) return { refused: { why: "edited" } };
    const field = this.fieldOf(actor, prepared.config);
    if (field) return { refused: field };
    const { version } = await this.#publish(actor, { change: next.change, by, prepared, call });
    return { change: { ...next.change, version }, version };
  }

  #publish(
    actor: Actor,
    { change, by, prepared, call }: { change: Change; by: Signature; prepared: Prepared; call: string | null },
  ): Promise<VersionedConfig> {
    return this.copied(() =>
      this.audited(actor, this.publishing(prepared, change.id), () => {
        this.#changes.supersede(by.at);
        const made = this.putInForce(prepared, by, change.id);
        const live = { ...change, version: made.version };
        this.#changes.keep({ change: live, config: null, scheduler: null }, by.at);
        this.keepAnswer(call, { change: change.id, version: made.version } satisfies Done);
        return made;
      }),
    );
  }

  /** Publishes what is due. One that fails is tried again a few times, stands in no other's way, and ends with an entry. */
  async #publishDue(id: string): Promise<void> {
    const key = triesKey(id);
    try {
      const refused = await this.#dueRefused(id);
      if (refused) this.#takeOff(id, refused);
      this.ctx.storage.kv.delete(key);
    } catch (error) {
      this.#failed(error);
      const tries = (this.ctx.storage.kv.get<number>(key) ?? 0) + 1;
      this.ctx.storage.kv.put(key, tries);
      if (tries < DUE_TRIES) return this.#changes.postpone(id, Date.now() + DUE_AGAIN_MS);
      this.#takeOff(id, { why: "failed" });
      this.ctx.storage.kv.delete(key);
    }
  }

  /** At its time a change is judged again: who said so may have gone, and another version may be in force. */
  async #dueRefused(id: string): Promise<ChangeRefusal | { why: "forbidden" | "invalid" } | null> {
    const due = this.#changes.get(id);
    if (!due?.config) return { why: "unknown" };
    const { config, scheduler } = due;
    if (await this.#invalid(config)) return { why: "invalid" };
    const actor = scheduler ?? INSTALLATION;
    const prepared = await this.prepare(config);
    return this.#alone(async () => {
      if (this.#changes.get(id)?.change.scheduledFor !== due.change.scheduledFor) return null;
      if (!this.mayNow(actor, "config.publish")) return { why: "forbidden" };
      const by = signatureOf(actor, Date.now());
      const answer = await this.#publishAsJudged(actor, id, { by, prepared, call: null });
      return "refused" in answer ? answer.refused : null;
    });
  }

  #takeOff(id: string, why: object): void {
    const found = this.#readable(id);
    const before = { scheduledFor: found?.change.scheduledFor ?? null };
    const entry = { action: "change.not-published", subject: id, before, after: why };
    this.audited(found?.scheduler ?? INSTALLATION, entry, () => this.#changes.unschedule(id));
  }

  /** A change, or null where what is stored of it cannot be read. */
  #readable(id: string): StoredChange | null {
    try {
      return this.#changes.get(id);
    } catch {
      return null;
    }
  }
}
