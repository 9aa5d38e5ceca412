import { createInterface } from "node:readline/promises";
import { CommandError } from "../command-error.ts";
import { type Command, flagText, openSite, type SiteApi } from "./command.ts";
import { RefusedCall } from "./console-api.ts";
import { differenceText } from "./difference.ts";
import { EXIT } from "./exit-code.ts";
import { type Compared, compare, writeFiles } from "./in-force.ts";
import { conflictText } from "./plan.ts";

/** `waypost apply`: puts the files in force, or, where the site wants it, before others first. */
export const apply: Command = {
  usage: "apply [--title TEXT] [--yes]",
  summary:
    "puts the files in force: ends with 0 where they are, with 3 where an approval is waited for, with 4 on a conflict",
  options: { title: { type: "string" }, yes: { type: "boolean", short: "y" } },
  async run(given) {
    const api = await openSite(given);
    const compared = await compare(api);
    const { differences, inForce, project, conflicts } = compared;
    if (differences.length === 0) {
      console.log(`${api.site} is as the files say already: version ${inForce.version}.`);
      return EXIT.done;
    }
    if (conflicts.length > 0 || project.version !== inForce.version) {
      const behind = `The files go from version ${project.version}, and ${inForce.version} is in force: waypost pull takes that along.`;
      console.error(conflicts.length > 0 ? conflictText(conflicts, inForce.version) : behind);
      return EXIT.conflict;
    }
    console.log(differenceText(differences));
    if (given.flags.yes !== true && !(await isMeant(api.site))) return EXIT.failed;
    return publish(api, compared, flagText(given, "title") ?? titleOf(compared));
  },
};

/** Throws `CommandError` where nobody can be asked. */
async function isMeant(site: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new CommandError("Nobody is here to ask: --yes says that it is meant.");
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(`\nChange ${site} like this? (y/N) `);
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}

function titleOf({ differences: [first, ...others] }: Compared): string {
  return others.length === 0 ? `${first?.path}` : `${first?.path} and ${others.length} more`;
}

async function publish(api: SiteApi, { project, file, inForce }: Compared, title: string): Promise<number> {
  const { call, site } = api;
  try {
    const { status, body } = await call<{ version?: number; change?: string }>("applyConfig", {
      parameters: { site },
      headers: { "If-Match": `"${inForce.version}"`, "Waypost-Title": encodeURIComponent(title) },
      body: file.config,
    });
    if (status === 202) {
      console.log(
        `\nChange ${body.change} waits for an approval: waypost changes approve ${body.change}. Then apply again.`,
      );
      return EXIT.waits;
    }
    await writeFiles(project, file.config, body.version as number);
    console.log(`\n${site} has it as version ${body.version}: every edge within a minute or two.`);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof RefusedCall) || error.status !== 412) throw error;
    console.error(`${error.problem.detail} Nothing was changed: waypost pull takes it along.`);
    return EXIT.conflict;
  }
}
