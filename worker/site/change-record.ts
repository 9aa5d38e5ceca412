import { canonical } from "../../models/canonical.ts";
import type { Change, Signature, Stepped, StepRefusal } from "../../models/change.ts";
import { randomId } from "../random-id.ts";
import type { Proposal } from "./change-answer.ts";

/** A proposal as it is first kept. */
export function draftOf({ title, base }: Pick<Proposal, "title" | "base">, digest: string, by: Signature): Change {
  const id = randomId();
  const { who, person, at } = by;
  return { id, title, author: who, person, base, digest, state: "draft", approvals: [], createdAt: at };
}

/** Why a step was not taken. */
export function refusalOf(stepped: Extract<Stepped, { ok: false }>): StepRefusal {
  const { ok: _, ...refusal } = stepped;
  return refusal;
}

/** Whether a step would change nothing, but when somebody agreed: it is not done, and leaves no entry. */
export function isSame(before: Change, after: Change): boolean {
  const [one, other] = [before, after].map((change) =>
    canonical({ ...change, approvals: change.approvals.map(({ who }) => who).sort() }),
  );
  return one === other;
}

/** What the log says of a change: never its title. */
export function toldOf({ state, base, digest, approvals, scheduledFor }: Change): object {
  const time = scheduledFor === undefined ? {} : { scheduledFor };
  return { state, base, digest, approvals: approvals.length, ...time };
}
