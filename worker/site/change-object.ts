import { type Actor, may } from "../../models/access.ts";
import {
  type Change,
  type Signature,
  type Step,
  type Stepped,
  type StepRefusal,
  scheduled,
  signatureOf,
  stepped,
} from "../../models/change.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { base64url } from "../keys.ts";
import { logBackground } from "../log.ts";
import type { VersionedConfig } from "../sites.ts";
import { Changes, type StoredChange } from "./changes.ts";
import { ConfigObject, configDigest, type Prepared } from "./config-object.ts";

/** Changes of a site that may be open at once. */
const OPEN_MAX = 50;
/** Until what failed at its time is tried again. */
const DUE_AGAIN_MS = 60_000;

/** Who acts where nobody was asked for: what the deployment does by itself. */
export const INSTALLATION: Actor = { kind: "installation" };

/** Why nothing was done. */
export type ChangeRefusal =
  | StepRefusal
  | { why: "no-site" }
  | { why: "unknown" }
  | { why: "edited" }
  | { why: "full"; max: number };

/** A change after what was done with it, and the version that it became. */
export type ChangeAnswer = { change: Change; version?: number } | { refused: ChangeRefusal };

/**
 * A configuration that was applied; or the version in force where that is not the one it was to replace; or the change
 * that waits for approvals.
 */
export type Applied = VersionedConfig | { conflict: number } | { change: Change } | { full: number };

/** Somebody's proposal. */
export interface Proposal {
  title: string;
  config: SiteConfig;
  base: number;
}

/** Of a site's object: what is proposed, approved and published, now or later. One at a time, and each step with its entry in the log. */
export abstract class ChangeObject extends ConfigObject {
  readonly #changes = new Changes(this.ctx.storage.sql);

  /**
   * Puts a checked configuration in force where the site's rules allow, else proposes it: both or neither. Null where the
   * site does not exist. With `over`, only where that is the version in force (0: none). One at a time: the pointer must
   * not fall back to the version of a slower call.
   */
  async apply(
    config: SiteConfig,
    over: number | null = null,
    actor: Actor = INSTALLATION,
    title = "",
  ): Promise<Applied | null> {
    const prepared = await this.prepare(config);
    return this.ctx.blockConcurrencyWhile(async () => {
      const standing = this.standing();
      if (!standing) return null;
      const { version } = standing;
      if (over !== null && over !== version) return { conflict: version };
      const by = signatureOf(actor, Date.now());
      // What was asked for already is asked for once: it is the one that is approved, and published then.
      const asked = this.#changes.asked(version, prepared.digest);
      const draft = asked ?? draftOf({ title, base: version }, prepared.digest, by);
      const published = stepped(draft, "publish", by, standing);
      if (published.ok) return this.#publish(actor, { change: published.change, by, prepared });
      if (asked) return { change: asked };
      if (this.#changes.openCount() >= OPEN_MAX) return { full: OPEN_MAX };
      return { change: this.#create(actor, { ...draft, state: "in-review" }, config) };
    });
  }

  /** Keeps a proposal: a draft, or one that is to be looked at. */
  async propose(actor: Actor, { title, config, base }: Proposal, submit: boolean): Promise<ChangeAnswer> {
    const digest = await configDigest(config);
    const standing = this.standing();
    if (!standing) return { refused: { why: "no-site" } };
    if (base !== standing.version) return { refused: { why: "conflict", base, inForce: standing.version } };
    if (this.#changes.openCount() >= OPEN_MAX) return { refused: { why: "full", max: OPEN_MAX } };
    const draft = draftOf({ title, base }, digest, signatureOf(actor, Date.now()));
    return { change: this.#create(actor, submit ? { ...draft, state: "in-review" } : draft, config) };
  }

  /** All changes, the last first, without their configurations. */
  changes(): Change[] {
    return this.#changes.all();
  }

  /** A change and, unless it is live, its configuration; null where there is none. */
  change(id: string): { change: Change; config: SiteConfig | null } | null {
    const found = this.#changes.get(id);
    return found && { change: found.change, config: found.config };
  }

  /** Gives a change another configuration, over the same version or (`base`) the one in force. */
  async editChange(actor: Actor, id: string, { title, config, base }: Partial<Proposal>): Promise<ChangeAnswer> {
    const digest = config && (await configDigest(config));
    return this.#step(actor, id, "edit", ({ change, config: former }) => ({
      change: { ...change, title: title ?? change.title, base: base ?? change.base, digest: digest ?? change.digest },
      config: config ?? former,
    }));
  }

  /** Submits, approves, rejects or withdraws a change; with `seen`, only while that is the digest of its configuration. */
  moveChange(
    actor: Actor,
    id: string,
    step: "submit" | "approve" | "reject" | "withdraw",
    seen: string | null = null,
  ): ChangeAnswer {
    if (this.#isEdited(id, seen)) return { refused: { why: "edited" } };
    return this.#step(actor, id, step);
  }

  /** Publishes a change now, or (`at`, ms since 1970) then, when it is judged again. `seen`: as `moveChange`. */
  async publishChange(
    actor: Actor,
    id: string,
    { at, seen = null }: { at: number | null; seen?: string | null },
  ): Promise<ChangeAnswer> {
    if (this.#isEdited(id, seen)) return { refused: { why: "edited" } };
    const found = this.#changes.get(id);
    if (!found) return { refused: { why: this.standing() ? "unknown" : "no-site" } };
    if (!found.config) return { refused: { why: "state", state: found.change.state } };
    const by = signatureOf(actor, Date.now());
    if (at !== null) return this.#schedule(actor, found, { at, by });
    const prepared = await this.prepare(found.config);
    return this.ctx.blockConcurrencyWhile(() => this.#publishAsJudged(actor, id, { by, prepared }));
  }

  /** What is due is published, and copies that KV refused are put again. Never throws: the platform would give up. */
  override async alarm(): Promise<void> {
    try {
      for (const due of this.#changes.due(Date.now())) await this.#publishDue(due);
      await this.ctx.blockConcurrencyWhile(async () => {
        const newest = this.newest();
        if (newest) await this.copy([newest]);
      });
      const next = this.#changes.nextDue();
      if (next !== null) await this.wakeBy(next);
    } catch (error) {
      logBackground(this.env, "alarm-failed", { site: this.stored()?.site.id ?? "", error });
      await this.wakeBy(Date.now() + DUE_AGAIN_MS);
    }
  }

  /** Whether a change is no more what somebody saw of it. */
  #isEdited(id: string, seen: string | null): boolean {
    const found = this.#changes.get(id);
    return found !== null && seen !== null && found.change.digest !== seen;
  }

  #create(actor: Actor, change: Change, config: SiteConfig): Change {
    const { id, state, base, digest } = change;
    const after = { state, base, digest, ...this.pathsOf(config) };
    this.audited(actor, { action: "change.create", subject: id, before: null, after }, () =>
      this.#changes.keep({ change, config, scheduler: null }, Date.now()),
    );
    return change;
  }

  #step(
    actor: Actor,
    id: string,
    step: Exclude<Step, "publish">,
    edited: (found: StoredChange) => Pick<StoredChange, "change" | "config"> = (found) => found,
  ): ChangeAnswer {
    const standing = this.standing();
    const found = this.#changes.get(id);
    if (!standing || !found) return { refused: { why: standing ? "unknown" : "no-site" } };
    const now = Date.now();
    const { change, config } = edited(found);
    const next = stepped(change, step, signatureOf(actor, now), standing);
    if (!next.ok) return { refused: refusalOf(next) };
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

  async #schedule(actor: Actor, found: StoredChange, { at, by }: { at: number; by: Signature }): Promise<ChangeAnswer> {
    const standing = this.standing();
    if (!standing) return { refused: { why: "no-site" } };
    const next = scheduled(found.change, { at, by }, standing);
    if (!next.ok) return { refused: refusalOf(next) };
    const { change } = next;
    const after = { ...toldOf(change), scheduledFor: at };
    this.audited(actor, { action: "change.schedule", subject: change.id, before: toldOf(found.change), after }, () =>
      this.#changes.keep({ change, config: found.config, scheduler: actor }, by.at),
    );
    await this.wakeBy(at);
    return { change };
  }

  /** Judges a change as it is now, whatever it was when its configuration was prepared, and publishes it. */
  async #publishAsJudged(
    actor: Actor,
    id: string,
    { by, prepared }: { by: Signature; prepared: Prepared },
  ): Promise<ChangeAnswer> {
    const standing = this.standing();
    const found = this.#changes.get(id);
    if (!standing || !found) return { refused: { why: standing ? "unknown" : "no-site" } };
    const next = stepped(found.change, "publish", by, standing);
    if (!next.ok) return { refused: refusalOf(next) };
    // Somebody would publish what they have not seen.
    if (this.#isEdited(id, prepared.digest)) return { refused: { why: "edited" } };
    const { version } = await this.#publish(actor, { change: next.change, by, prepared });
    return { change: { ...next.change, version }, version };
  }

  async #publish(
    actor: Actor,
    { change, by, prepared }: { change: Change; by: Signature; prepared: Prepared },
  ): Promise<VersionedConfig> {
    const versioned = this.audited(actor, this.publishing(prepared, change.id), () => {
      this.#changes.supersede(by.at);
      const made = this.putInForce(prepared, by, change.id);
      const live = { ...change, version: made.version };
      this.#changes.keep({ change: live, config: null, scheduler: null }, by.at);
      return made;
    });
    await this.copy([versioned]);
    return versioned;
  }

  /** At its time a change is judged again: who said so may have gone, and another version may be in force. */
  async #publishDue({ change, config, scheduler }: StoredChange): Promise<void> {
    const actor = scheduler ?? INSTALLATION;
    const prepared = await this.prepare(config as SiteConfig);
    await this.ctx.blockConcurrencyWhile(async () => {
      const by = signatureOf(actor, Date.now());
      const answer = this.#mayPublish(actor)
        ? await this.#publishAsJudged(actor, change.id, { by, prepared })
        : { refused: { why: "forbidden" } };
      const now = this.#changes.get(change.id);
      if (!("refused" in answer) || !now || now.change.scheduledFor !== change.scheduledFor) return;
      const { scheduledFor, ...kept } = now.change;
      const entry = {
        action: "change.not-published",
        subject: change.id,
        before: { scheduledFor },
        after: answer.refused,
      };
      this.audited(actor, entry, () =>
        this.#changes.keep({ change: kept, config: now.config, scheduler: null }, by.at),
      );
    });
  }

  #mayPublish(actor: Actor): boolean {
    if (actor.kind === "installation") return true;
    const access = this.access(actor);
    return access !== null && may(access.role, "config.publish") && (access.scopes?.includes("config.publish") ?? true);
  }
}

function draftOf({ title, base }: Pick<Proposal, "title" | "base">, digest: string, by: Signature): Change {
  const id = base64url(crypto.getRandomValues(new Uint8Array(9)));
  const { who, person, at } = by;
  return { id, title, author: who, person, base, digest, state: "draft", approvals: [], createdAt: at };
}

function refusalOf(stepped: Extract<Stepped, { ok: false }>): StepRefusal {
  const { ok: _, ...refusal } = stepped;
  return refusal;
}

/** What the log says of a change: never its title. */
function toldOf({ state, base, digest, approvals }: Change): object {
  return { state, base, digest, approvals: approvals.length };
}
