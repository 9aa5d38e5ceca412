#!/usr/bin/env node
/** `npx waypost COMMAND`: everything that a team changes, from a terminal or a script. */
import { CommandError, runCommand } from "../command-error.ts";
import { apply } from "./apply.ts";
import { audit } from "./audit.ts";
import { campaigns } from "./campaigns.ts";
import { changes } from "./changes.ts";
import { type Command, readGiven } from "./command.ts";
import { doctor } from "./doctor.ts";
import { importFiles } from "./import.ts";
import { init } from "./init.ts";
import { keys } from "./keys.ts";
import { login, logout, whoami } from "./login.ts";
import { map } from "./map.ts";
import { members } from "./members.ts";
import { person } from "./person.ts";
import { plan, pull } from "./plan.ts";
import { sources } from "./sources.ts";
import { resume, revert, stop, versions } from "./versions.ts";

const COMMANDS = {
  init,
  login,
  logout,
  whoami,
  pull,
  plan,
  apply,
  changes,
  versions,
  revert,
  stop,
  resume,
  members,
  keys,
  campaigns,
  sources,
  map,
  person,
  audit,
  import: importFiles,
  doctor,
} satisfies Record<string, Command>;

function usage(): string {
  const lines = Object.values(COMMANDS).flatMap(({ usage, summary }) => [`  ${usage}`, `      ${summary}`]);
  return [
    "npx waypost COMMAND [--edge URL] [--site ID]",
    "",
    ...lines,
    "",
    "Ends with 0 done, 1 failed, 2 plan: something differs, 3 apply: waits for an approval, 4 conflict.",
    "Scripts set WAYPOST_EDGE, and WAYPOST_TOKEN to an API token (waypost keys create); WAYPOST_SITE where there are no files.",
  ].join("\n");
}

async function main(): Promise<number> {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined || name === "help" || name === "--help") {
    console.log(usage());
    return 0;
  }
  const command: Command | undefined = Object.hasOwn(COMMANDS, name)
    ? COMMANDS[name as keyof typeof COMMANDS]
    : undefined;
  if (!command) throw new CommandError(`There is no “${name}”. ${usage()}`);
  if (args.includes("--help")) {
    console.log(`waypost ${command.usage}\n\n${command.summary}`);
    return 0;
  }
  return command.run(readGiven(command, args));
}

await runCommand(main);
