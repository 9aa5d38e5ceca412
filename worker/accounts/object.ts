import { DurableObject } from "cloudflare:workers";
import { hasCountedOn, isRecentSignIn } from "../../models/session.ts";
import { type AuditChange, type AuditHead, AuditLog } from "../audit/log.ts";
import type { Env } from "../env.ts";
import { type DeviceCodes, Devices } from "./devices.ts";
import { type Identity, type IdentityKind, type KnownPasskey, type NewIdentity, People } from "./people.ts";
import { type NewSession, type OwnSession, type Session, Sessions, type Via } from "./sessions.ts";
import { type Challenge, Spent } from "./spent.ts";

/** What was proven of who signs in. */
export interface Proven {
  kind: IdentityKind;
  key: string;
  /** Of a passkey: what it counts now, and the challenge that it has answered. */
  passkey?: { counter: number; challenge: Challenge };
}

/** A person who comes by an invitation. */
export interface Newcomer {
  account: string;
  name: string;
  identity: NewIdentity;
  challenge: Challenge | null;
}

/** One a deployment: people, how they prove who they are, and where they are signed in. What they may is each site's. */
export class AccountsObject extends DurableObject<Env> {
  readonly #people = new People(this.ctx.storage.sql);
  readonly #sessions = new Sessions(this.ctx.storage.sql);
  readonly #spent = new Spent(this.ctx.storage.sql);
  readonly #devices = new Devices(this.ctx.storage.sql);
  readonly #audit = new AuditLog(this.ctx.storage.sql);

  /** Does a thing and appends what the log says of it, or neither. A person acts for themselves alone. */
  #audited<T>(account: string, change: AuditChange, make: () => T): T {
    return this.ctx.storage.transactionSync(() => {
      const made = make();
      this.#audit.append({ kind: "account", account }, change);
      return made;
    });
  }

  /** The account that a session is of, by the digest of its secret, or null where there is none or it is over. */
  accountOf(digest: string, kind: "bearer" | "session"): string | null {
    const session = this.#sessions.of(digest);
    // A cookie's secret is no token, and a token no cookie.
    if (!session || (session.kind === "cli") !== (kind === "bearer")) return null;
    this.#sessions.seen(digest, session);
    return session.account;
  }

  /** Whether somebody's session goes on, by the digest of its secret: looking is no use of it. */
  isSignedIn(digest: string, account: string): boolean {
    return this.#sessions.of(digest)?.account === account;
  }

  /** What people are called, for a list of members: of those who are there. */
  names(ids: string[]): Record<string, string> {
    const found = ids.flatMap((id) => this.#people.account(id) ?? []);
    return Object.fromEntries(found.map(({ id, name }) => [id, name]));
  }

  /** Who a session is of, and the sites where they may be members: only the sites know. */
  whoIs(digest: string): { session: OwnSession; name: string; sites: string[] } | null {
    const session = this.#sessions.of(digest);
    const account = session && this.#people.account(session.account);
    return account ? { session, name: account.name, sites: this.#people.sites(account.id) } : null;
  }

  passkey(key: string): KnownPasskey | null {
    return this.#people.passkey(key);
  }

  /** Begins a session for whoever has proven to be somebody. `spent`: this very proof was used before. */
  signIn({ kind, key, passkey }: Proven, session: NewSession): { account: string } | "unknown" | "spent" {
    const known = this.#sessions.of(session.digest);
    // The answer was lost, and the same call came again.
    if (known) return { account: known.account };
    const holder = this.#people.holder(kind, key);
    if (!holder) return "unknown";
    const { id, account } = holder;
    return this.ctx.storage.transactionSync(() => {
      if (passkey && !this.#isAnsweredAnew(key, passkey)) return "spent";
      this.#people.used(id, passkey?.counter ?? 0, Date.now());
      this.#begin({ account, identity: id }, session, kind);
      return { account };
    });
  }

  #isAnsweredAnew(key: string, { counter, challenge }: { counter: number; challenge: Challenge }): boolean {
    const before = this.#people.passkey(key)?.counter ?? 0;
    return hasCountedOn(before, counter) && this.#spent.spend(challenge);
  }

  #begin({ account, identity }: { account: string; identity: string }, session: NewSession, via: Via): void {
    const change = { action: "session.begin", subject: session.id, before: null, after: { via, identity } };
    const kind = via === "device" ? "cli" : "browser";
    this.#audited(account, change, () => this.#sessions.begin(account, session, { kind, via, identity }));
  }

  /** Makes an account and signs it in. For those alone whose invitation was just seen to be good. */
  create({ account, name, identity, challenge }: Newcomer, session: NewSession): "created" | "taken" | "spent" {
    if (this.#people.account(account)) return "created";
    if (this.#people.holder(identity.kind, identity.key)) return "taken";
    if (challenge && !this.#spent.spend(challenge)) return "spent";
    const { id, kind } = identity;
    const after = { identity: id, kind, session: session.id };
    const change = { action: "account.create", subject: account, before: null, after };
    this.#audited(account, change, () => {
      const now = Date.now();
      this.#people.create({ id: account, name, createdAt: now });
      this.#people.keepIdentity(account, identity, now);
      this.#sessions.begin(account, session, { kind: "browser", via: kind, identity: id });
    });
    return "created";
  }

  /** Takes an account back whose invitation was followed by another at the same time. */
  takeBack(account: string): void {
    if (!this.#people.account(account)) return;
    const change = { action: "account.remove", subject: account, before: null, after: null };
    this.#audited(account, change, () => {
      this.#people.remove(account);
      this.#sessions.endAll(account);
    });
  }

  /** Notes where an account has become a member. */
  noteSite(account: string, site: string): void {
    this.#people.noteSite(account, site);
  }

  /** Whether a session is a browser's, and its sign-in no older than an hour: what it takes to change how one signs in. */
  #recent(digest: string): OwnSession | null {
    const session = this.#sessions.of(digest);
    return session && isRecentSignIn(session, Date.now()) ? session : null;
  }

  /** What a browser has to know to make a further passkey, or null where the sign-in is too long ago. */
  forNewPasskey(digest: string): { account: string; name: string; has: { id: string; transports: string[] }[] } | null {
    const account = this.#recent(digest)?.account;
    const name = account && this.#people.account(account)?.name;
    return account && name ? { account, name, has: this.#people.credentials(account) } : null;
  }

  addPasskey(
    digest: string,
    identity: NewIdentity,
    challenge: Challenge,
  ): "added" | "taken" | "spent" | "sign-in-again" {
    const account = this.#recent(digest)?.account;
    if (!account) return "sign-in-again";
    const { id, kind, key } = identity;
    const holder = this.#people.holder(kind, key);
    if (holder) return holder.id === id ? "added" : "taken";
    if (!this.#spent.spend(challenge)) return "spent";
    const change = { action: "passkey.add", subject: id, before: null, after: { account } };
    this.#audited(account, change, () => this.#people.keepIdentity(account, identity, Date.now()));
    return "added";
  }

  identities(account: string): Identity[] {
    return this.#people.identities(account);
  }

  /**
   * Takes a way in back, and ends whatever was begun with it, command lines that it approved among them: a device that was
   * lost is out. The session that asks stays, which its owner has at hand. Never the last one: nobody could give its owner
   * another.
   */
  removeIdentity(digest: string, id: string): "removed" | "unknown" | "last" | "sign-in-again" {
    const session = this.#recent(digest);
    if (!session) return "sign-in-again";
    const { account } = session;
    const all = this.#people.identities(account);
    const found = all.find((identity) => identity.id === id);
    if (!found) return "unknown";
    if (all.length === 1) return "last";
    const ended = this.#sessions.begunWith(account, id).filter((begun) => begun !== session.id);
    const before = { account, kind: found.kind, sessions: ended };
    this.#audited(account, { action: "passkey.remove", subject: id, before, after: null }, () => {
      this.#people.removeIdentity(id);
      for (const session of ended) this.#sessions.end(session);
      this.#devices.forgetApproved(id);
    });
    return "removed";
  }

  sessions(account: string): Session[] {
    return this.#sessions.list(account);
  }

  /** Ends a session of an account: its next request is refused. False where it has none of this id. */
  endSession(account: string, id: string): boolean {
    const found = this.#sessions.list(account).find((session) => session.id === id);
    if (!found) return false;
    const { kind, via } = found;
    const change = { action: "session.end", subject: id, before: { kind, via }, after: null };
    this.#audited(account, change, () => this.#sessions.end(id));
    return true;
  }

  /** Ends all sessions of an account, that of whoever asks among them. */
  endSessions(account: string): void {
    const before = { sessions: this.#sessions.list(account).map(({ id }) => id) };
    const change = { action: "session.end-all", subject: account, before, after: null };
    this.#audited(account, change, () => this.#sessions.endAll(account));
  }

  /** Keeps the request of a command line. False where too many wait. */
  askForDevice(codes: DeviceCodes): boolean {
    return this.#devices.keep(codes);
  }

  /**
   * Decides on a request, once, as whom a browser's session is of. To approve takes a recent sign-in, as a new passkey does: it
   * is a way in for 30 days. `unknown` where none waits under this code.
   */
  decideDevice(digest: string, user: string, approve: boolean): "done" | "unknown" | "not-a-browser" | "sign-in-again" {
    const session = this.#sessions.of(digest);
    if (session?.kind !== "browser") return "not-a-browser";
    if (approve && !isRecentSignIn(session, Date.now())) return "sign-in-again";
    const { account, identity } = session;
    const found = this.#devices.find("user", user);
    const state = approve ? "approved" : "refused";
    if (found?.account === account && found.state === state) return "done";
    if (found?.state !== "pending") return "unknown";
    const change = {
      action: approve ? "device.approve" : "device.refuse",
      subject: account,
      before: null,
      after: null,
    };
    this.#audited(account, change, () => this.#devices.decide(user, { state, account, identity }));
    return "done";
  }

  /** Makes an approved request a session, once. */
  redeemDevice(device: string, session: NewSession): { account: string } | "pending" | "refused" | "over" {
    const known = this.#sessions.of(session.digest);
    if (known) return { account: known.account };
    const found = this.#devices.find("device", device);
    if (!found) return "over";
    if (found.state !== "approved") return found.state;
    return this.ctx.storage.transactionSync(() => {
      this.#devices.forget(device);
      this.#begin(found, session, "device");
      return { account: found.account };
    });
  }

  /** Entries of the audit log after a number, as they were written, and where the chain ends. */
  auditPage(after: number, limit: number): { entries: string[]; head: AuditHead } {
    return { entries: this.#audit.page(after, limit), head: this.#audit.head() };
  }
}
