import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { CommandError } from "../command-error.ts";
import { whatIsWrong } from "../unreadable.ts";
import { type Command, openSite, type SiteApi } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { readNames } from "./people.ts";
import { table, timeText } from "./table.ts";

const USAGE = "audit [export FILE | verify FILE [HEAD]]";
const PAGE = 1_000;

interface Entry {
  no: number;
  at: number;
  who: string;
  action: string;
  subject: string;
  previous: string;
}

/** `waypost audit …`: the log of changes, read, exported, and verified without the edge. */
export const audit: Command = {
  usage: USAGE,
  summary: "shows the log of changes, exports it, and verifies an export offline",
  async run(given) {
    const [what = "show", file, head, ...rest] = given.words;
    const isWhole = (what === "show") === (file === undefined) && rest.length === 0;
    if (!["show", "export", "verify"].includes(what) || !isWhole || (head !== undefined && what !== "verify")) {
      throw new CommandError(`Use: waypost ${USAGE}`);
    }
    if (what === "verify") return verify(file as string, head);
    const api = await openSite(given);
    const { lines, end } = await readAll(api);
    if (what === "export") {
      await writeFile(file as string, lines.map((line) => `${line}\n`).join(""));
      console.log(`${lines.length} entries in ${file}. Keep this beside it, and elsewhere:\nhead ${end}`);
      return EXIT.done;
    }
    const named = await readNames(api);
    const rows = lines.map((line) => {
      const { no, at, who, action, subject } = JSON.parse(line) as Entry;
      return [String(no), timeText(at), named(who), action, subject];
    });
    console.log(rows.length === 0 ? "Nothing was changed yet." : table(["NO", "AT", "WHO", "WHAT", "OF"], rows));
    return EXIT.done;
  },
};

/** Every entry, as it was written, and the end of the chain as the edge gives it. */
async function readAll({ text, site }: SiteApi): Promise<{ lines: string[]; end: string }> {
  const lines: string[] = [];
  for (let after = 0; ; after = lines.length) {
    const { body, headers } = await text("readAudit", { parameters: { site, after, limit: PAGE } });
    lines.push(...body.split("\n").filter((line) => line !== ""));
    if (!headers.has("Waypost-Next")) return { lines, end: (headers.get("Waypost-Head") ?? "0 ").replace(" ", ":") };
  }
}

async function verify(file: string, head: string | undefined): Promise<number> {
  const text = await readFile(file, "utf8").catch((error) => {
    throw new CommandError(`${file} ${whatIsWrong(error)}`);
  });
  const faults = faultsIn(
    text.split("\n").filter((line) => line !== ""),
    head,
  );
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) return EXIT.failed;
  console.log(
    `${file} is whole: no entry was changed, dropped or moved${head === undefined ? "" : ", and none is missing at its end"}.`,
  );
  return EXIT.done;
}

/** What is wrong with a chain of entries: each line as it was written, and its end, `NO:HASH`, where that is known. */
export function faultsIn(lines: readonly string[], head?: string): string[] {
  const faults: string[] = [];
  let [previous, no] = ["", 0];
  for (const line of lines) {
    const entry = entryOf(line);
    if (!entry) faults.push(`line ${no + 1} is no entry`);
    else if (entry.no !== no + 1) faults.push(`entry ${entry.no} stands where ${no + 1} should be`);
    else if (entry.previous !== previous)
      faults.push(`entry ${entry.no} does not follow on the one before: one of the two was changed`);
    previous = createHash("sha256").update(line).digest("base64url");
    no++;
  }
  if (head !== undefined && head !== `${no}:${previous}`)
    faults.push(`the chain ends at ${no}:${previous}, not at ${head}`);
  return faults;
}

function entryOf(line: string): Entry | null {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return null;
  }
}
