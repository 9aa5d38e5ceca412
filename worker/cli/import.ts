/**
 * `npm run import -- FILE... [--mapping FILE] [--site ID] [--edge URL] [--write-key=KEY] [--from-line N] [--refused FILE] [--again] [--new]`:
 * sends the lines of files through `POST /v1/import` as history. Doing it again changes nothing. Exit code 1 where anything stayed unsent, or all of a file was refused.
 */
import { parseArgs } from "node:util";
import { CommandError, runCommand } from "./command-error.ts";
import { IMPORT_OPTIONS, IMPORT_USAGE, runImport } from "./import/command.ts";
import { readSiteKeys, siteKeysFile } from "./site-keys.ts";

const USAGE = `npm run import -- ${IMPORT_USAGE} [--site ID] [--edge URL] [--write-key=KEY]`;

async function main(): Promise<number> {
  const { values, positionals: files } = readArguments();
  if (files.length === 0) throw new CommandError(`Which file? ${USAGE}`);
  const site = values.site ?? "demo";
  const said = { edge: values.edge, writeKey: values["write-key"] ?? process.env.WAYPOST_WRITE_KEY };
  const keys = said.edge && said.writeKey ? null : await readSiteKeys(site);
  const edge = said.edge ?? keys?.edge;
  const writeKey = said.writeKey ?? keys?.writeKey;
  if (edge === undefined || writeKey === undefined) {
    const missing = edge === undefined ? "--edge URL" : "--write-key=KEY";
    throw new CommandError(
      `${siteKeysFile(site)} does not exist: it is written by the first npm start. Or give ${missing}.`,
    );
  }
  return runImport({ files, flags: values, edge, writeKey });
}

function readArguments() {
  try {
    const text = { type: "string" } as const;
    const options = { ...IMPORT_OPTIONS, site: text, edge: text, "write-key": text };
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    const [first] = (error as Error).message.split(". ");
    throw new CommandError(`${first}. Use: ${USAGE}`);
  }
}

await runCommand(main);
