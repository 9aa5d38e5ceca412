import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { parse } from "jsonc-parser";
import type { SourceConfig } from "../../../models/source-config.ts";
import { CommandError } from "../command-error.ts";
import { whatIsWrong } from "../unreadable.ts";
import { type Command, flagText, type Given, openSite } from "./command.ts";
import { configOf, readConfigFile } from "./config-file.ts";
import { EXIT } from "./exit-code.ts";
import { withListed } from "./listed-text.ts";
import { CONFIG_FILE, findProject, type OpenedProject } from "./project.ts";
import { table, timeText } from "./table.ts";
import { triedText } from "./tried-source.ts";
import { WORKED } from "./worked-sources.ts";

const USAGE = "sources [add NAME | try ID FILE | secret ID [--overlap-hours N | --drop]]";

/** How many words each of them takes, its own included. */
const WORDS = new Map([
  ["list", 1],
  ["add", 2],
  ["secret", 2],
  ["try", 3],
]);

/** `waypost sources …`: the systems that tell by webhooks what happens in them. */
export const sources: Command = {
  usage: USAGE,
  summary:
    "lists sources of webhooks and where they send to; puts a worked one into the files; says what a payload becomes; keeps a secret, of WAYPOST_SOURCE_SECRET or typed in",
  options: { "overlap-hours": { type: "string" }, drop: { type: "boolean" } },
  async run(given) {
    const [what = "list", id, file] = given.words;
    if (WORDS.get(what) !== Math.max(1, given.words.length)) throw new CommandError(`Use: waypost ${USAGE}`);
    switch (what) {
      case "add":
        return add(id as string);
      case "try":
        return tryPayload(id as string, file as string);
      case "secret":
        return keepSecret(given, id as string);
      default:
        return list(given);
    }
  },
};

const workedSource = (id: string) => parse(WORKED[id] as string) as SourceConfig;
const isWorked = (id: string) => Object.hasOwn(WORKED, id);

async function list(given: Given): Promise<number> {
  const worked = Object.keys(WORKED).map((id) => [id, workedSource(id).name]);
  console.log(`Worked, to be put into the files (waypost sources add NAME):\n\n${table(["NAME", "OF"], worked)}\n`);
  const { call, site, edge, project } = await openSite(given);
  const { body } = await call<Listing>("listSources", { parameters: { site } });
  const waiting = (await sourcesOfFile(project)).filter(({ id }) => !body.sources.some((one) => one.id === id));
  const rows = [
    ...body.sources.map((one) => [
      one.id,
      one.scheme ?? "not in force",
      secretText(one.secret),
      addressOf(edge, body, one),
    ]),
    ...waiting.map(({ id, signature }) => [id, signature.scheme, "none", "not in force: waypost apply"]),
  ];
  console.log(rows.length === 0 ? `${site} has no sources.` : table(["SOURCE", "SIGNED", "SECRET", "SENDS TO"], rows));
  return EXIT.done;
}

/** What the edge says of a site's sources. */
export interface Listing {
  /** Whether the host that was asked takes webhooks. */
  servedHere: boolean;
  sources: Listed[];
}

/** Where a source sends to: at the console's own host nobody but the console is answered. */
export function addressOf(
  edge: string,
  { servedHere }: Pick<Listing, "servedHere">,
  { path }: Pick<Listed, "path">,
): string {
  return servedHere ? edge + path : `${path}, at the address that pages send to, as https://shop.example/_w`;
}

/** A source as the edge lists it; `scheme` is null of one that no configuration has. */
interface Listed {
  id: string;
  scheme: string | null;
  path: string;
  secret: { at: number; previousUntil: number | null } | null;
}

function secretText(secret: Listed["secret"]): string {
  if (!secret) return "none";
  const since = `since ${timeText(secret.at)}`;
  return secret.previousUntil === null ? since : `${since}, the one before until ${timeText(secret.previousUntil)}`;
}

async function sourcesOfFile(project: OpenedProject | null): Promise<SourceConfig[]> {
  return project ? ((await readConfigFile(join(project.folder, CONFIG_FILE))).config.sources ?? []) : [];
}

/** Puts a worked mapping into the files. */
async function add(id: string): Promise<number> {
  if (!isWorked(id))
    throw new CommandError(`There is no worked source “${id}”: there are ${Object.keys(WORKED).join(", ")}.`);
  const project = await findProject();
  if (!project) throw new CommandError("There are no files here: waypost init, or waypost pull, writes them.");
  const path = join(project.folder, CONFIG_FILE);
  const { text, config } = await readConfigFile(path);
  if (config.sources?.some((source) => source.id === id))
    throw new CommandError(`${path} has a source “${id}” already.`);
  const written = withListed(text, "sources", WORKED[id] as string);
  if (written === null) throw new CommandError(`${path} has something else in the place of “sources”.`);
  configOf(written, path);
  await writeFile(path, written);
  console.log(
    [
      `“${id}” (${workedSource(id).name}) is in ${CONFIG_FILE}. Read what it says of your people, and make it fit. Then:`,
      "",
      ...commandLines([
        [`sources try ${id} PAYLOAD.json`, "what a payload becomes, without an edge"],
        ["apply", "puts it in force"],
        [`sources secret ${id}`, "keeps what the provider signs with"],
        ["sources", "the address to give to the provider"],
      ]),
    ].join("\n"),
  );
  return EXIT.done;
}

function commandLines(commands: [command: string, what: string][]): string[] {
  return table(
    ["", ""],
    commands.map(([command, what]) => [`  npx waypost ${command}`, what]),
  )
    .split("\n")
    .slice(1);
}

/** Says what a payload becomes, by the files or a worked mapping. */
async function tryPayload(id: string, file: string): Promise<number> {
  const own = (await sourcesOfFile(await findProject())).find((source) => source.id === id);
  const source = own ?? (isWorked(id) ? workedSource(id) : null);
  if (!source) throw new CommandError(`There is no source “${id}”, in the files or among the worked ones.`);
  let payload: unknown;
  try {
    payload = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new CommandError(`${file} ${whatIsWrong(error)}`);
  }
  const { text, isGood } = triedText(source, payload, Date.now());
  console.log(text);
  return isGood ? EXIT.done : EXIT.failed;
}

/** A secret is never an argument: those stand in the shell's history, and in the list of what runs. */
async function keepSecret(given: Given, source: string): Promise<number> {
  const hours = flagText(given, "overlap-hours");
  const { call, site, edge } = await openSite(given);
  if (given.flags.drop === true) {
    await call("dropSourceSecret", { parameters: { site, source } });
    console.log(`Everything that ${source} sends is refused from now on, everywhere within a minute.`);
    return EXIT.done;
  }
  const secret = process.env.WAYPOST_SOURCE_SECRET ?? (await typedSecret(source));
  const body = { secret: secret.trim(), ...(hours === undefined ? {} : { overlapHours: Number(hours) }) };
  await call("keepSourceSecret", { parameters: { site, source }, body });
  const { body: listed } = await call<Listing>("listSources", { parameters: { site } });
  const [one] = listed.sources.filter(({ id }) => id === source);
  console.log(`The secret of ${source} is kept. It sends to:\n${one ? addressOf(edge, listed, one) : ""}`);
  return EXIT.done;
}

/** The first line that comes in; nothing of it is shown where somebody types it. */
async function typedSecret(source: string): Promise<string> {
  const { stdin, stdout } = process;
  if (stdin.isTTY) stdout.write(`Paste what ${source} signs with, and press Enter: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: stdin.isTTY === true });
  for await (const line of lines) {
    lines.close();
    if (stdin.isTTY) stdout.write("\n");
    return line;
  }
  throw new CommandError("No secret came: give it as WAYPOST_SOURCE_SECRET, or on standard input.");
}
