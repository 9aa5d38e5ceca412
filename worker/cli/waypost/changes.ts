import type { ConfigDifference } from "../../../models/config-diff.ts";
import { CommandError } from "../command-error.ts";
import { type Command, flagText, openSite } from "./command.ts";
import { RefusedCall } from "./console-api.ts";
import { differenceText } from "./difference.ts";
import { EXIT } from "./exit-code.ts";
import { type Named, readNames } from "./people.ts";
import { table, timeText } from "./table.ts";

interface Change {
  id: string;
  title: string;
  author: string;
  state: string;
  digest: string;
  base: number;
  approvals: { who: string; at: number }[];
  createdAt: number;
  scheduledFor?: number;
}

const STEPS = ["submit", "approve", "reject", "withdraw", "publish"] as const;
const USAGE = `changes [show ID | ${STEPS.join(" ID | ")} ID [--at TIME]]`;

/** `waypost changes …`: what was proposed, and what becomes of it. */
export const changes: Command = {
  usage: USAGE,
  summary: "lists what was proposed, shows it, approves, rejects, withdraws, publishes now or later",
  options: { at: { type: "string" } },
  async run(given) {
    const [what = "list", id, ...rest] = given.words;
    const step = STEPS.find((one) => one === what);
    const isWhole = (what === "list") === (id === undefined) && rest.length === 0;
    if ((!step && what !== "list" && what !== "show") || !isWhole) throw new CommandError(`Use: waypost ${USAGE}`);
    const at = timeOf(flagText(given, "at"));
    const { call, site } = await openSite(given);
    const named = await readNames({ call, site });
    const parameters = { site, id: id ?? "" };
    if (step || what === "show") {
      const { body } = await call<{ change: Change; diff: ConfigDifference[] }>("readChange", { parameters });
      console.log(`${rowsOf([body.change], named)}\n\n${differenceText(body.diff, true)}\n`);
      if (!step) return EXIT.done;
      // What was just shown is meant, and nothing that it was edited to in between.
      const headers = { "If-Match": `"${body.change.digest}"` };
      const sent = { parameters, headers, body: at === undefined ? {} : { at } };
      const answer = await call<{ change: Change; version?: number }>(`${step}Change`, sent).catch(endOf);
      if (typeof answer === "number") return answer;
      const { change, version } = answer.body;
      console.log(version === undefined ? `Change ${id} is ${change.state}.` : `${site} has it as version ${version}.`);
      return EXIT.done;
    }
    const { body } = await call<{ changes: Change[] }>("listChanges", { parameters });
    console.log(body.changes.length === 0 ? `Nothing is proposed for ${site}.` : rowsOf(body.changes, named));
    return EXIT.done;
  },
};

/** What a refusal means to a script: somebody was quicker, or has to agree first. */
function endOf(error: unknown): number {
  if (!(error instanceof RefusedCall)) throw error;
  const code = { "version-changed": EXIT.conflict, "not-approved": EXIT.waits }[error.refusal];
  if (code === undefined) throw error;
  console.error(error.message);
  return code;
}

/** A time in ISO 8601, as ms since 1970. Throws `CommandError` where it is none. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new CommandError(`--at is “${text}”: a time, as 2026-12-01T09:00Z`);
  return at;
}

function rowsOf(all: readonly Change[], named: Named): string {
  const rows = all.map(({ id, title, author, state, base, approvals, createdAt, scheduledFor }) => [
    id,
    scheduledFor === undefined ? state : `${state}, for ${timeText(scheduledFor)}`,
    String(approvals.length),
    `version ${base}`,
    timeText(createdAt),
    named(author),
    title,
  ]);
  return table(["CHANGE", "STATE", "APPROVALS", "OVER", "SINCE", "BY", "TITLE"], rows);
}
