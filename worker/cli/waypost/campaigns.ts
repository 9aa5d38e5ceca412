import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import type { Campaign, CampaignStatus } from "../../../models/campaign.ts";
import type { SiteConfig } from "../../../models/site-config.ts";
import { CommandError } from "../command-error.ts";
import { whatIsWrong } from "../unreadable.ts";
import { countsLines, dryRunLines, followDryRun } from "./campaign-report.ts";
import { type Command, flagText, type Given, openSite } from "./command.ts";
import { type ConfigText, configOf, readConfigFile, rewritten } from "./config-file.ts";
import { EXIT } from "./exit-code.ts";
import { withListed } from "./listed-text.ts";
import { CONFIG_FILE, findProject } from "./project.ts";
import { counted, table, timeText } from "./table.ts";
import { WORKED_CAMPAIGNS } from "./worked-campaigns.ts";

const USAGE =
  "campaigns [add NAME | copy ID NEW | start ID | pause ID | end ID | preview ID URL [--variant V] | dry-run ID [--people N] | show ID [--from DAY] [--to DAY] [--json] | codes ID FILE]";

const STATUS_OF: Record<string, CampaignStatus> = { start: "live", pause: "paused", end: "ended" };

/** How many words each of them takes, its own included. */
const WORDS: Record<string, number> = {
  list: 1,
  add: 2,
  copy: 3,
  start: 2,
  pause: 2,
  end: 2,
  preview: 3,
  "dry-run": 2,
  show: 2,
  codes: 3,
};

/** `waypost campaigns …`: what is shown, from a worked example to what it did. */
export const campaigns: Command = {
  usage: USAGE,
  summary:
    "lists campaigns; puts a worked one into the files; copies, starts, pauses and ends there; links to one that nobody else sees; tries one on what is recorded; says what one did, and why not; adds codes",
  options: {
    variant: { type: "string" },
    people: { type: "string" },
    from: { type: "string" },
    to: { type: "string" },
    json: { type: "boolean" },
  },
  async run(given) {
    const [what = "list", id = "", other = ""] = given.words;
    if (WORDS[what] !== Math.max(1, given.words.length)) throw new CommandError(`Use: waypost ${USAGE}`);
    switch (what) {
      case "list":
        return list(given);
      case "add":
        return add(id);
      case "copy":
        return copy(id, other);
      case "preview":
        return preview(given, id, other);
      case "dry-run":
        return dryRun(given, id);
      case "show":
        return show(given, id);
      case "codes":
        return addCodes(given, id, other);
      default:
        return setStatus(id, STATUS_OF[what] as CampaignStatus, what);
    }
  },
};

interface Listed {
  id: string;
  name: string;
  kind: string;
  status: string;
  stopped: boolean;
  trigger: string;
  arms: string[];
}

/** The campaigns of a worked file. */
export function workedOf(name: string): Campaign[] {
  return parse(WORKED_CAMPAIGNS[name] as string);
}

async function list(given: Given): Promise<number> {
  const worked = Object.keys(WORKED_CAMPAIGNS).map((name) => [
    name,
    workedOf(name)
      .map((one) => `${one.name} (${one.kind})`)
      .join("; "),
  ]);
  console.log(`Worked, to be put into the files (waypost campaigns add NAME):\n\n${table(["NAME", "OF"], worked)}\n`);
  const { call, site, project } = await openSite(given);
  const { body } = await call<{ campaigns: Listed[] }>("listCampaigns", { parameters: { site } });
  const file = project ? (await readConfigFile(join(project.folder, CONFIG_FILE))).config.campaigns : [];
  const waiting = file.filter(({ id }) => !body.campaigns.some((one) => one.id === id));
  const rows = [
    ...body.campaigns.map((one) => [
      one.id,
      one.kind,
      one.stopped ? "stopped" : one.status,
      one.trigger,
      one.arms.join(", "),
    ]),
    ...waiting.map(({ id, kind, status }) => [id, kind, status, "not in force: waypost apply", ""]),
  ];
  const head = ["CAMPAIGN", "KIND", "STATUS", "ON", "ARMS"];
  console.log(rows.length === 0 ? `${site} has no campaigns.` : table(head, rows));
  return EXIT.done;
}

interface Opened extends ConfigText {
  path: string;
}

async function openFile(): Promise<Opened> {
  const project = await findProject();
  if (!project) throw new CommandError("There are no files here: waypost init, or waypost pull, writes them.");
  const path = join(project.folder, CONFIG_FILE);
  return { path, ...(await readConfigFile(path)) };
}

/** Puts a worked campaign, or several that belong together, into the files, as they are written. */
async function add(name: string): Promise<number> {
  const text = WORKED_CAMPAIGNS[name];
  if (text === undefined)
    throw new CommandError(
      `There is no worked campaign “${name}”: there are ${Object.keys(WORKED_CAMPAIGNS).join(", ")}.`,
    );
  const file = await openFile();
  const added = workedOf(name);
  const there = file.config.campaigns.find(({ id }) => added.some((one) => one.id === id));
  if (there) throw new CommandError(`${file.path} has a campaign “${there.id}” already.`);
  const inner = text.slice(text.indexOf("[") + 1, text.lastIndexOf("]"));
  const written = withListed(file.text, "campaigns", undented(inner));
  if (written === null) throw new CommandError(`${file.path} has something else in the place of “campaigns”.`);
  configOf(written, file.path);
  await writeFile(file.path, written);
  const ids = added.map(({ id }) => id);
  console.log(
    [
      `${ids.map((id) => `“${id}”`).join(" and ")} ${ids.length === 1 ? "is" : "are"} in ${CONFIG_FILE}, as drafts: read them, and make them fit. Then:`,
      "",
      ...nextLines(ids[0] as string),
    ].join("\n"),
  );
  return EXIT.done;
}

function nextLines(id: string): string[] {
  return table(
    ["", ""],
    [
      ["  npx waypost apply", "puts the draft in force: nobody sees it"],
      [`  npx waypost campaigns preview ${id} URL`, "a link that shows it to whoever opens it"],
      [`  npx waypost campaigns dry-run ${id}`, "who would have seen it"],
      [`  npx waypost campaigns start ${id}`, "makes it live in the file; apply puts that in force"],
      [`  npx waypost campaigns show ${id}`, "what it did, and why not"],
    ],
  )
    .split("\n")
    .slice(1);
}

/** A list's items without the indent of their file. */
function undented(text: string): string {
  return text
    .split("\n")
    .map((line) => (line.startsWith("  ") ? line.slice(2) : line))
    .join("\n");
}

async function change(file: Opened, next: SiteConfig): Promise<void> {
  const written = rewritten(file, next);
  if (written === null) throw new CommandError(`${file.path} could not be changed: change it by hand.`);
  configOf(written, file.path);
  await writeFile(file.path, written);
}

function campaignOf({ config, path }: Opened, id: string): Campaign {
  const found = config.campaigns.find((one) => one.id === id);
  if (found) return found;
  const known = config.campaigns.map((one) => one.id);
  throw new CommandError(`${path} has no campaign “${id}”${known.length > 0 ? `: it has ${known.join(", ")}` : ""}.`);
}

async function setStatus(id: string, status: CampaignStatus, what: string): Promise<number> {
  const file = await openFile();
  const before = campaignOf(file, id);
  if (before.status === status) {
    console.log(`“${id}” is ${status} in ${CONFIG_FILE} already.`);
    return EXIT.done;
  }
  const campaigns = file.config.campaigns.map((one) => (one.id === id ? { ...one, status } : one));
  await change(file, { ...file.config, campaigns });
  const undo = Object.entries(STATUS_OF).find(([, other]) => other === before.status)?.[0];
  const back = undo ? ` waypost campaigns ${undo} ${id} takes it back.` : "";
  const now =
    what === "pause" || what === "end" ? ` waypost stop ${id} stops it within seconds, without the files.` : "";
  console.log(
    `“${id}” is ${status} in ${CONFIG_FILE}, after ${before.status}: waypost apply puts that in force.${back}${now}`,
  );
  return EXIT.done;
}

/** The same under another id, as a draft. */
async function copy(id: string, other: string): Promise<number> {
  const file = await openFile();
  const from = campaignOf(file, id);
  if (file.config.campaigns.some((one) => one.id === other))
    throw new CommandError(`${file.path} has a campaign “${other}” already.`);
  const made = { ...from, id: other, version: 1, status: "draft" as const };
  const written = withListed(file.text, "campaigns", JSON.stringify(made, null, 2));
  if (written === null) throw new CommandError(`${file.path} has something else in the place of “campaigns”.`);
  configOf(written, file.path);
  await writeFile(file.path, written);
  console.log(`“${other}” is in ${CONFIG_FILE}, as a draft: it says and does what “${id}” does.`);
  return EXIT.done;
}

async function preview(given: Given, campaign: string, url: string): Promise<number> {
  const { call, site } = await openSite(given);
  const variant = flagText(given, "variant");
  const { body } = await call<{ url: string; variant: string; until: number }>("previewCampaign", {
    parameters: { site, campaign },
    body: { url, ...(variant === undefined ? {} : { variant }) },
  });
  console.log(
    `Shows “${campaign}” (${body.variant}) to whoever opens it and has agreed to be helped, until ${timeText(body.until)}:\n${body.url}`,
  );
  return EXIT.done;
}

async function dryRun(given: Given, campaign: string): Promise<number> {
  const { call, site } = await openSite(given);
  const people = flagText(given, "people");
  const body = people === undefined ? {} : { people: Number(people) };
  await call("startDryRun", { parameters: { site, campaign }, body });
  const job = await followDryRun(call, { site, campaign });
  console.log(dryRunLines(job).join("\n"));
  return job.status === "done" ? EXIT.done : EXIT.failed;
}

async function show(given: Given, campaign: string): Promise<number> {
  const { call, site } = await openSite(given);
  const asked = ["from", "to"].flatMap((name) => {
    const value = flagText(given, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const parameters = { site, campaign, ...Object.fromEntries(asked) };
  const { body } = await call<Parameters<typeof countsLines>[0]>("readCampaignCounts", { parameters });
  console.log(given.flags.json ? JSON.stringify(body, null, 2) : countsLines(body).join("\n"));
  return EXIT.done;
}

/** Codes that one call takes. */
const CODES_A_CALL = 5_000;

/** A code a line. Sent again, a file changes nothing. */
async function addCodes(given: Given, campaign: string, path: string): Promise<number> {
  const text = await readFile(path, "utf8").catch((error) => {
    throw new CommandError(`${path} ${whatIsWrong(error)}`);
  });
  const codes = [...new Set(text.split(/\r?\n/).map((line) => line.trim()))].filter(Boolean);
  if (codes.length === 0) throw new CommandError(`${path} has no code: one stands on each line.`);
  const { call, site } = await openSite(given);
  let left = { codes: 0, left: 0 };
  for (let i = 0; i < codes.length; i += CODES_A_CALL) {
    const body = { codes: codes.slice(i, i + CODES_A_CALL) };
    left = (await call<typeof left>("addCodes", { parameters: { site, campaign }, body })).body;
  }
  console.log(`${campaign} has ${counted(left.codes, "code")}, ${left.left} of which can be given.`);
  return EXIT.done;
}
