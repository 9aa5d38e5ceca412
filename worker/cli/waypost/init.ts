import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CommandError } from "../command-error.ts";
import { type Command, flagText } from "./command.ts";
import { connect, RefusedCall } from "./console-api.ts";
import { EXIT } from "./exit-code.ts";
import { CONFIG_FILE, findProject, PROJECT_FILE, writeProject } from "./project.ts";
import { starterText } from "./starter.ts";
import { timeText } from "./table.ts";

const USAGE = "init --edge URL --site ID --origin URL";

/** `waypost init`: a new site, and its files. */
export const init: Command = {
  usage: USAGE,
  summary: "creates a site with the token of the installation (ADMIN_TOKEN), and its files here",
  options: { origin: { type: "string" } },
  async run(given) {
    const [edge, site, origin] = ["edge", "site", "origin"].map((name) => flagText(given, name));
    if (edge === undefined || site === undefined || origin === undefined)
      throw new CommandError(`Use: waypost ${USAGE}`);
    const token = process.env.ADMIN_TOKEN;
    if (token === undefined)
      throw new CommandError("Set ADMIN_TOKEN in the environment: the token of the installation.");
    const folder = process.cwd();
    const there = await findProject(folder);
    if (there?.folder === folder)
      throw new CommandError(`${PROJECT_FILE} is here already, for the site ${there.site}.`);
    const { call } = await connect({ edge, token });
    const keys = { publicKey: key(), writeKey: key() };
    await call("createSite", { parameters: { site }, body: keys }).catch((error) => {
      if (!(error instanceof RefusedCall) || error.refusal !== "key-taken") throw error;
      throw new CommandError(
        `${edge} has a site “${site}” already: waypost login, then waypost pull --edge ${edge} --site ${site}`,
      );
    });
    const { body: owner } = await call<{ link: string | null; expiresAt: number }>("inviteMember", {
      parameters: { site },
      body: { role: "owner" },
    });
    await writeProject({ edge, site, version: 0, folder });
    await writeFile(join(folder, CONFIG_FILE), starterText({ edge, origin }), { flag: "wx" });
    for (const line of welcome({ edge, site, ...keys }, owner)) console.log(line);
    return EXIT.done;
  },
};

function key(): string {
  return randomBytes(16).toString("base64url");
}

function welcome(
  { edge, site, publicKey, writeKey }: { edge: string; site: string; publicKey: string; writeKey: string },
  { link, expiresAt }: { link: string | null; expiresAt: number },
): string[] {
  const owner =
    link === null
      ? ["Nobody can sign in yet: set CONSOLE_ORIGIN (DEPLOY.md), then waypost members invite owner"]
      : [`Become its owner, once, until ${timeText(expiresAt)}:`, `  ${link}`];
  return [
    `${site} is created. ${PROJECT_FILE} and ${CONFIG_FILE} are here, and belong into your repository.`,
    "",
    ...owner,
    "",
    "On every page:",
    `  <script async src="${edge}/waypost.js" data-site="${publicKey}"></script>`,
    "",
    "What your servers send with, a secret that is shown this once:",
    `  ${writeKey}`,
    "",
    "Then: waypost login, waypost plan, waypost apply.",
  ];
}
