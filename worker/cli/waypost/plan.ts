import { applyDiff } from "../../../models/config-diff.ts";
import type { SiteConfig } from "../../../models/site-config.ts";
import { CommandError } from "../command-error.ts";
import { type Command, openSite } from "./command.ts";
import { differenceText } from "./difference.ts";
import { EXIT } from "./exit-code.ts";
import { compare, readInForce, writeFiles } from "./in-force.ts";

/** `waypost pull`: the configuration in force, as files. */
export const pull: Command = {
  usage: "pull [--force]",
  summary: "brings what is in force into waypost.config.jsonc: your own changes and comments stay",
  options: { force: { type: "boolean" } },
  async run(given) {
    const api = await openSite(given);
    if (!api.project || given.flags.force === true) {
      const { version, config } = await readInForce(api);
      if (!config) throw new CommandError(`${api.site} has no configuration yet: waypost apply gives it one.`);
      const project = api.project ?? { edge: api.edge, site: api.site, version, folder: process.cwd() };
      await writeFiles(project, config, version);
      console.log(`Version ${version} of ${api.site} is in the files.`);
      return EXIT.done;
    }
    const { project, file, inForce, theirs, conflicts } = await compare(api);
    if (conflicts.length > 0) {
      console.error(conflictText(conflicts, inForce.version));
      return EXIT.conflict;
    }
    await writeFiles(project, applyDiff(file.config, theirs) as SiteConfig, inForce.version);
    if (theirs.length > 0) console.log(differenceText(theirs));
    console.log(`The files go from version ${inForce.version} of ${api.site} now.`);
    return EXIT.done;
  },
};

/** `waypost plan`: what an apply would change. */
export const plan: Command = {
  usage: "plan",
  summary: "shows what apply would change: ends with 0 where nothing, with 2 where something",
  async run(given) {
    const api = await openSite(given);
    const { differences, inForce, project, conflicts } = await compare(api);
    if (differences.length === 0) {
      console.log(`${api.site} is as the files say: version ${inForce.version}.`);
      return EXIT.done;
    }
    console.log(differenceText(differences));
    console.log(`\n${differences.length} to change in ${api.site}, version ${inForce.version}.`);
    if (project.version === inForce.version) return EXIT.differs;
    console.error(
      conflicts.length > 0
        ? conflictText(conflicts, inForce.version)
        : `The files go from version ${project.version}, and ${inForce.version} is in force: waypost pull takes that along.`,
    );
    return EXIT.conflict;
  },
};

/** What a person reads where the same was changed here and there. */
export function conflictText(conflicts: readonly string[], version: number): string {
  return [
    `Changed here, and otherwise in version ${version}:`,
    ...conflicts.map((path) => `  ${path}`),
    "Make them alike by hand and pull again, or waypost pull --force, which drops what was changed here.",
  ].join("\n");
}
