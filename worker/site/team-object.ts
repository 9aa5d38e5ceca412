import { DurableObject } from "cloudflare:workers";
import { type Action, type Actor, appointsAs, mayAppoint, type Role } from "../../models/access.ts";
import { type AuditChange, type AuditHead, AuditLog } from "../audit/log.ts";
import type { Env } from "../env.ts";
import { Calls } from "./calls.ts";
import { type ApiToken, type Invitation, type Member, Team } from "./team.ts";

/** Links that are open at once: more than a team makes in a week. */
const INVITATIONS_MAX = 50;

/** What became of somebody's role. */
export type Appointed = "done" | "unknown" | "forbidden" | "last-owner";

/** Of a site's object: who may do what with the site, and the log of what was changed by whom. */
export abstract class TeamObject extends DurableObject<Env> {
  readonly #team = new Team(this.ctx.storage.sql);
  readonly #audit = new AuditLog(this.ctx.storage.sql);
  readonly #calls = new Calls(this.ctx.storage.sql);

  /** Does a thing and appends what the log says of it, or neither. */
  protected audited<T>(actor: Actor, change: AuditChange, make: () => T): T {
    return this.#atomic(() => {
      const made = make();
      this.#audit.append(actor, change);
      return made;
    });
  }

  #atomic<T>(make: () => T): T {
    try {
      return this.ctx.storage.transactionSync(make);
    } catch (error) {
      this.forgetTables();
      throw error;
    }
  }

  /** After a transaction that was taken back, with the tables that it made. */
  protected forgetTables(): void {
    for (const table of [this.#audit, this.#calls]) table.forget();
  }

  /** What a call was answered before, where it changed something and its answer was lost. Null: of no call, nothing is known. */
  protected answered<T>(call: string | null): { answer: T } | undefined {
    return call === null ? undefined : (this.#calls.known(call) as { answer: T } | undefined);
  }

  /** Keeps what a call is answered: to be called in the transaction of what it changes. */
  protected keepAnswer(call: string | null, answer: unknown): void {
    if (call !== null) this.#calls.keep(call, answer, Date.now());
  }

  /** Does what a call asks for once. What changed nothing is no answer to keep: it is judged anew. */
  protected once<T>(call: string | null, make: () => T): T {
    const known = this.answered<T>(call);
    if (known) return known.answer;
    if (call === null) return make();
    return this.#atomic(() => {
      const { no } = this.#audit.head();
      const answer = make();
      if (this.#audit.head().no > no) this.keepAnswer(call, answer ?? null);
      return answer;
    });
  }

  /** Notes what is about to be changed in another object. */
  note(actor: Actor, change: AuditChange, call: string | null = null): void {
    this.once(call, () => {
      this.#audit.append(actor, change);
    });
  }

  /** What somebody may here, read anew: null for who is no member, or whose token is revoked, or was a former member's. */
  access(actor: Exclude<Actor, { kind: "installation" }>): { role: Role; scopes?: Action[] } | null {
    const role = this.#team.roleOf(actor.account);
    if (role === null || actor.kind === "account") return role === null ? null : { role };
    const token = this.#team.tokens(Date.now()).find(({ id }) => id === actor.token);
    return token ? { role, scopes: token.scopes } : null;
  }

  /** Whose API token has this digest, or null where there is none. */
  tokenActor(digest: string): Actor | null {
    const token = this.#team.token(digest, Date.now());
    return token && { kind: "token", token: token.id, account: token.account };
  }

  team(): { members: Member[]; invitations: Invitation[]; tokens: ApiToken[] } {
    const now = Date.now();
    return {
      members: this.#team.members(),
      invitations: this.#team.invitations(now),
      tokens: this.#team.tokens(now),
    };
  }

  /** Keeps an invitation by the digest of its secret. It is good as long as its maker may make it. */
  invite(actor: Actor, digest: string, invitation: Invitation): "done" | "forbidden" | "too-many" {
    const now = Date.now();
    const { id, role, expiresAt } = invitation;
    // The answer was lost, and the same call came again.
    if (this.#team.invitation(digest, now)?.id === id) return "done";
    if (!this.#team.mayInvite(actor, role, now)) return "forbidden";
    if (this.#team.invitations(now).length >= INVITATIONS_MAX) return "too-many";
    const change = { action: "invitation.create", subject: id, before: null, after: { role, expiresAt } };
    this.audited(actor, change, () => this.#team.invite(digest, invitation, { maker: actor, now }));
    return "done";
  }

  /** Takes an invitation back. `as` is what the actor is here: who may not make it may not take it back. */
  withdrawInvitation(actor: Actor, as: Role, id: string, call: string | null = null): "done" | "unknown" | "forbidden" {
    return this.once(call, () => {
      const found = this.#team.invitations(Date.now()).find((one) => one.id === id);
      if (!found) return "unknown";
      if (!mayAppoint(appointsAs(actor, as), null, found.role)) return "forbidden";
      const change = { action: "invitation.withdraw", subject: id, before: { role: found.role }, after: null };
      this.audited(actor, change, () => this.#team.withdrawInvitation(id));
      return "done";
    });
  }

  /** An invitation that can still be followed, or null. */
  invitation(digest: string): Invitation | null {
    return this.#team.invitation(digest, Date.now());
  }

  /**
   * Makes an account a member by an invitation, which is spent by it. Who is a member already keeps what they may, and the
   * invitation stays for whom it was meant for. Null where the invitation is spent, over or withdrawn.
   */
  join(digest: string, account: string): { role: Role } | null {
    const invitation = this.invitation(digest);
    if (!invitation) return null;
    const before = this.#team.roleOf(account);
    if (before !== null) return { role: before };
    const { id, role } = invitation;
    const change = { action: "member.join", subject: account, before: null, after: { role, invitation: id } };
    this.audited({ kind: "account", account }, change, () => {
      this.#team.withdrawInvitation(id);
      this.#team.keep({ account, role, since: Date.now() });
    });
    return { role };
  }

  /**
   * Gives a member another role, or (null) takes them out with the tokens that they made; with either the invitations go that
   * they could not make any more. `as` is what the actor is here. The last owner stays: a site without one could not be given
   * another.
   */
  appoint(actor: Actor, as: Role, account: string, role: Role | null, call: string | null = null): Appointed {
    return this.once(call, () => this.#appoint(actor, as, account, role));
  }

  #appoint(actor: Actor, as: Role, account: string, role: Role | null): Appointed {
    const before = this.#team.roleOf(account);
    if (before === null) return "unknown";
    if (!mayAppoint(appointsAs(actor, as), before, role)) return "forbidden";
    const owners = this.#team.members().filter((member) => member.role === "owner");
    if (before === "owner" && role !== "owner" && owners.length === 1) return "last-owner";
    if (before === role) return "done";
    const action = role === null ? "member.remove" : "member.appoint";
    const change = { action, subject: account, before: { role: before }, after: role === null ? null : { role } };
    this.audited(actor, change, () => {
      if (role === null) this.#team.remove(account);
      else this.#team.keep({ account, role, since: Date.now() });
      this.#team.dropUnbacked(Date.now());
    });
    return "done";
  }

  /** Keeps an API token by its digest; false where the site has `max` of them. */
  createToken(actor: Actor, digest: string, token: ApiToken, max: number): boolean {
    // The answer was lost, and the same call came again.
    if (this.#team.token(digest, Date.now())?.id === token.id) return true;
    if (this.#team.tokens(Date.now()).length >= max) return false;
    const { id, scopes, expiresAt } = token;
    const change = { action: "token.create", subject: id, before: null, after: { scopes, expiresAt } };
    this.audited(actor, change, () => this.#team.keepToken(digest, token));
    return true;
  }

  /** Takes an API token back, and the invitations made with it: its next request is refused. False where there is none. */
  revokeToken(actor: Actor, id: string, call: string | null = null): boolean {
    return this.once(call, () => {
      const found = this.#team.tokens(Date.now()).find((token) => token.id === id);
      if (!found) return false;
      const change = { action: "token.revoke", subject: id, before: { scopes: found.scopes }, after: null };
      this.audited(actor, change, () => {
        this.#team.revokeToken(id);
        this.#team.dropUnbacked(Date.now());
      });
      return true;
    });
  }

  /** Entries of the audit log after a number, as they were written, and where the chain ends. */
  auditPage(after: number, limit: number): { entries: string[]; head: AuditHead } {
    return { entries: this.#audit.page(after, limit), head: this.#audit.head() };
  }
}
