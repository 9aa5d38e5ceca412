import { type Action, type Actor, actorName } from "./access.ts";
import type { Governance } from "./site-config.ts";

/** Open are the first three. */
export type ChangeState = "draft" | "in-review" | "approved" | "live" | "withdrawn" | "superseded";

/** Who did a thing, and when. */
export interface Signature {
  /** As the audit log names them. */
  who: string;
  /** The person behind it: their tokens are theirs. */
  person: string;
  /** ms since 1970. */
  at: number;
}

/** A configuration that somebody wants, on its way to be in force. */
export interface Change {
  id: string;
  title: string;
  /** Who wrote it, as the audit log names them, and the person behind that. */
  author: string;
  person: string;
  /** The version that it is to replace. */
  base: number;
  /** SHA-256 of its configuration, in base64url. */
  digest: string;
  state: ChangeState;
  /** Of this very configuration: whoever edits it asks for them anew. */
  approvals: Signature[];
  createdAt: number;
  /** When it will be published, ms since 1970; absent: nobody has said. */
  scheduledFor?: number;
  /** The version that it became. */
  version?: number;
}

/** What can be done with a change: what it needs, whether its base has to be in force still, and what becomes of it. */
export const STEPS = {
  edit: {
    needs: "config.propose",
    overBase: true,
    to: { draft: "draft", "in-review": "draft", approved: "draft" },
  },
  submit: { needs: "config.propose", overBase: true, to: { draft: "in-review" } },
  /** Approved where there are enough. */
  approve: { needs: "config.approve", overBase: true, to: { "in-review": "in-review", approved: "approved" } },
  reject: { needs: "config.approve", overBase: false, to: { "in-review": "draft", approved: "draft" } },
  withdraw: {
    needs: "config.propose",
    overBase: false,
    to: { draft: "withdrawn", "in-review": "withdrawn", approved: "withdrawn" },
  },
  publish: { needs: "config.publish", overBase: true, to: { draft: "live", "in-review": "live", approved: "live" } },
} as const satisfies Record<
  string,
  { needs: Action; overBase: boolean; to: Partial<Record<ChangeState, ChangeState>> }
>;
export type Step = keyof typeof STEPS;

/** What is in force at a site, version 0 where nothing ever was, and what holds of people now. */
export interface Standing {
  version: number;
  governance: Governance;
  /** Whether somebody may approve still: what those agreed to who may no more counts for nothing. */
  mayApprove: (person: string) => boolean;
  /** Whether who acts may withdraw what others wrote. */
  governs: boolean;
}

/** The person behind the installation's token: whoever holds it. */
const INSTALLATION = "installation";

/** Where nothing is in force, or what is says nothing of it, nobody has to agree. */
export const UNGOVERNED: Governance = { approvals: 0, separateDuties: false };

/** Why a step was not taken. */
export type StepRefusal =
  | { why: "state"; state: ChangeState }
  | { why: "author" }
  | { why: "installation" }
  | { why: "conflict"; base: number; inForce: number }
  | { why: "approvals"; needed: number; given: number };

export type Stepped = { ok: true; change: Change } | ({ ok: false } & StepRefusal);

/** Who acts, as what they sign with. */
export function signatureOf(actor: Actor, at: number): Signature {
  return { who: actorName(actor), person: actor.kind === "installation" ? INSTALLATION : actor.account, at };
}

/** Whether a change may still come to be in force. */
export function isOpen({ state }: Pick<Change, "state">): boolean {
  return state === "draft" || state === "in-review" || state === "approved";
}

/**
 * A change after a step, or why it was not taken. Judged by the rules in force, never by those that the change would
 * bring: fewer approvals need as many as before. Nobody is above them.
 */
export function stepped(change: Change, step: Step, by: Signature, standing: Standing): Stepped {
  const { version, governance, governs } = standing;
  const { overBase, to } = STEPS[step];
  const next = (to as Partial<Record<ChangeState, ChangeState>>)[change.state];
  if (!next) return { ok: false, why: "state", state: change.state };
  // Whoever wrote it is one person: else somebody could approve what they wrote themselves.
  if (step === "edit" && change.person !== by.person) return { ok: false, why: "author" };
  if (step === "withdraw" && change.person !== by.person && !governs) return { ok: false, why: "author" };
  if (step === "approve" && governance.separateDuties) {
    // Who holds the installation's token may be the author.
    if (by.person === INSTALLATION) return { ok: false, why: "installation" };
    if (change.person === by.person) return { ok: false, why: "author" };
  }
  if (overBase && change.base !== version) return { ok: false, why: "conflict", base: change.base, inForce: version };
  if (step === "approve") return { ok: true, change: approved(change, by, standing) };
  const { scheduledFor: _, ...rest } = change;
  if (step === "edit" || step === "reject") return { ok: true, change: { ...rest, state: next, approvals: [] } };
  const given = countedApprovals(change, standing);
  if (step === "publish" && given < governance.approvals) {
    return { ok: false, why: "approvals", needed: governance.approvals, given };
  }
  return { ok: true, change: { ...rest, state: next } };
}

/** A change that will be published, or why it may not be: what holds for publishing it now holds for saying when. */
export function scheduled(change: Change, { at, by }: { at: number; by: Signature }, standing: Standing): Stepped {
  const published = stepped(change, "publish", by, standing);
  return published.ok ? { ok: true, change: { ...change, state: "approved", scheduledFor: at } } : published;
}

function approved(change: Change, by: Signature, standing: Standing): Change {
  const approvals = [...change.approvals.filter(({ person }) => person !== by.person), by];
  const isEnough = countedApprovals({ ...change, approvals }, standing) >= Math.max(1, standing.governance.approvals);
  return { ...change, approvals, state: isEnough ? "approved" : "in-review" };
}

/** People who have approved and still may, each once; with separate duties the author is none, nor is who holds a token. */
function countedApprovals({ approvals, person }: Change, { governance, mayApprove }: Standing): number {
  const people = new Set(approvals.map((one) => one.person).filter(mayApprove));
  if (governance.separateDuties) for (const one of [person, INSTALLATION]) people.delete(one);
  return people.size;
}
