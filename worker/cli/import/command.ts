import { CommandError } from "../command-error.ts";
import { readMapping } from "./mapping.ts";
import { reportLines } from "./report.ts";
import { importFile } from "./run.ts";

/** Options of the command, as `parseArgs` takes them. */
export const IMPORT_OPTIONS = {
  mapping: { type: "string" },
  "from-line": { type: "string" },
  refused: { type: "string" },
  window: { type: "string" },
  again: { type: "boolean" },
  new: { type: "boolean" },
} as const;

export const IMPORT_USAGE =
  "FILE... [--mapping FILE] [--from-line N] [--refused FILE] [--window LINES] [--again] [--new]";

/** Where it is noted how far each file has come, below the folder that the command runs in. */
const NOTES = ".waypost/imports";

/** What a person typed. */
export interface GivenImport {
  files: readonly string[];
  flags: { [name in keyof typeof IMPORT_OPTIONS]?: string | boolean | undefined };
  edge: string;
  writeKey: string;
}

/** Imports files one after the other, and says what became of each. The exit code: 1 where anything stayed unsent, or all of a file was refused. */
export async function runImport({ files, flags, edge, writeKey }: GivenImport): Promise<number> {
  const text = (flag: string | boolean | undefined) => (typeof flag === "string" ? flag : undefined);
  const [path, line, refused] = [text(flags.mapping), text(flags["from-line"]), text(flags.refused)];
  const fromLine = numberOf("from-line", line);
  const windowLines = numberOf("window", text(flags.window));
  if (refused !== undefined && files.length > 1) throw new CommandError("--refused FILE is of one file: name one.");
  const mapping = path === undefined ? null : await readMapping(path);
  const stopped = new AbortController();
  const stop = () => {
    console.error(
      "\nStopping after the calls that are under way. Once more ends it at once; nothing is counted twice.",
    );
    stopped.abort();
  };
  process.once("SIGINT", stop);
  let code = 0;
  try {
    for (const file of files) {
      const report = await importFile({
        ...{ file, mapping, edge, writeKey, notes: NOTES, again: flags.again === true, isNew: flags.new === true },
        ...(fromLine === undefined ? {} : { fromLine }),
        ...(windowLines === undefined ? {} : { windowLines }),
        ...(refused === undefined ? {} : { refused }),
        ...{ sink: process.stderr, signal: stopped.signal },
      });
      for (const told of reportLines(report)) console.log(told);
      if (report.through < report.lines) return 1;
      if (report.isBarred) code = 1;
    }
  } finally {
    process.off("SIGINT", stop);
  }
  for (const { id } of mapping?.journeys ?? []) {
    console.log(`The map shows the mapping's journey “${id}” where the site's configuration has its stages.`);
  }
  return code;
}

function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CommandError(`--${flag} is “${text}”: a number of lines, from 1 to 999999999.`);
}
