import { CommandError } from "../command-error.ts";
import { IMPORT_OPTIONS, IMPORT_USAGE, runImport } from "../import/command.ts";
import { type Command, flagText } from "./command.ts";

/** `waypost import FILE...`: what has happened, from files. It needs no member's sign-in, but the site's write key. */
export const importFiles: Command = {
  usage: `import ${IMPORT_USAGE}`,
  summary: "sends the lines of files as history; the site's write key is read from WAYPOST_WRITE_KEY",
  options: IMPORT_OPTIONS,
  async run(given) {
    const { words: files, flags } = given;
    const { WAYPOST_EDGE, WAYPOST_WRITE_KEY: writeKey } = process.env;
    // A key goes nowhere that only a file of the repository names: see `siteNamed`.
    const edge = flagText(given, "edge") ?? WAYPOST_EDGE;
    if (files.length === 0) throw new CommandError(`Which file? waypost import ${IMPORT_USAGE}`);
    if (edge === undefined) throw new CommandError("Which edge? Give --edge URL, or set WAYPOST_EDGE.");
    if (!writeKey) throw new CommandError("Set WAYPOST_WRITE_KEY to the site's write key: it goes with every line.");
    return runImport({ files, flags, edge, writeKey });
  },
};
