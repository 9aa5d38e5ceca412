import { randomBytes } from "node:crypto";
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CommandError } from "../command-error.ts";
import { type Command, flagText } from "./command.ts";
import { connect, RefusedCall } from "./console-api.ts";
import { EXIT } from "./exit-code.ts";
import { readInForce, writeFiles } from "./in-force.ts";
import { CONFIG_FILE, edgeOf, findProject, PROJECT_FILE, tokenFor, writeProject } from "./project.ts";
import { starterText } from "./starter.ts";
import { timeText } from "./table.ts";

const USAGE = "init --edge URL --site ID [--origin URL]";

/** `waypost init`: the files of a site, which is created where the installation's own token says so. */
export const init: Command = {
  usage: USAGE,
  summary: "makes the files of a site here; with ADMIN_TOKEN and --origin, creates the site first",
  options: { origin: { type: "string" } },
  async run(given) {
    const [address, site, origin] = ["edge", "site", "origin"].map((name) => flagText(given, name));
    const edge = edgeOf(address);
    if (edge === undefined || site === undefined || given.words.length > 0) {
      throw new CommandError(`Use: waypost ${USAGE}`);
    }
    const folder = process.cwd();
    const there = await findProject(folder);
    if (there?.folder === folder)
      throw new CommandError(`${PROJECT_FILE} is here already, for the site ${there.site}.`);
    const isThere = await access(join(folder, CONFIG_FILE)).then(
      () => true,
      () => false,
    );
    if (isThere) throw new CommandError(`${CONFIG_FILE} is here already: move it away first.`);
    return origin === undefined ? adopt(edge, site, folder) : create(edge, site, { folder, origin });
  },
};

/** Files of a site that is there, for who has signed in. */
async function adopt(edge: string, site: string, folder: string): Promise<number> {
  const api = { ...(await connect({ edge, token: await tokenFor(edge) })), edge, site, project: null };
  const { version, config } = await readInForce(api);
  if (config) await writeFiles({ edge, site, version, folder }, config, version);
  else throw new CommandError(`${site} has no configuration yet: --origin URL writes one to begin with.`);
  console.log(
    `Version ${version} of ${site} is in ${CONFIG_FILE}. It belongs into your repository, ${PROJECT_FILE} too.`,
  );
  return EXIT.done;
}

async function create(
  edge: string,
  site: string,
  { folder, origin }: { folder: string; origin: string },
): Promise<number> {
  const token = process.env.ADMIN_TOKEN;
  if (token === undefined) {
    throw new CommandError("Set ADMIN_TOKEN in the environment: sites are created with the token of the installation.");
  }
  const { call } = await connect({ edge, token });
  const keys = { publicKey: key(), writeKey: key() };
  await call("createSite", { parameters: { site }, body: keys }).catch((error) => {
    if (!(error instanceof RefusedCall)) {
      // The site may be there all the same, and keeps for good what it was made with.
      throw new CommandError(
        `${error.message} Try again; should ${site} be there then, these are its keys: ${JSON.stringify(keys)}`,
      );
    }
    if (error.refusal !== "key-taken") throw error;
    throw new CommandError(`${edge} has a site “${site}” already: waypost login, then waypost init without --origin.`);
  });
  await writeFile(join(folder, CONFIG_FILE), starterText({ edge, origin }), { flag: "wx" });
  await writeProject({ edge, site, version: 0, folder });
  for (const line of made({ edge, site, ...keys })) console.log(line);
  const { body: owner } = await call<{ link: string | null; expiresAt: number }>("inviteMember", {
    parameters: { site },
    body: { role: "owner" },
  });
  for (const line of invited(owner)) console.log(line);
  return EXIT.done;
}

function key(): string {
  return randomBytes(16).toString("base64url");
}

function made({
  edge,
  site,
  publicKey,
  writeKey,
}: {
  edge: string;
  site: string;
  publicKey: string;
  writeKey: string;
}): string[] {
  return [
    `${site} is created. ${PROJECT_FILE} and ${CONFIG_FILE} are here, and belong into your repository.`,
    "",
    "On every page:",
    `  <script async src="${edge}/waypost.js" data-site="${publicKey}"></script>`,
    "",
    "What your servers send with, a secret that is shown this once:",
    `  ${writeKey}`,
    "",
  ];
}

function invited({ link, expiresAt }: { link: string | null; expiresAt: number }): string[] {
  if (link === null)
    return ["Nobody can sign in yet: set CONSOLE_ORIGIN (DEPLOY.md), then waypost members invite owner"];
  return [
    `Become its owner, once, until ${timeText(expiresAt)}:`,
    `  ${link}`,
    "",
    "Then: waypost login, waypost plan, waypost apply.",
  ];
}
