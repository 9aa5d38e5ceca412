import { CommandError } from "../command-error.ts";
import { type Command, openSite } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { readNames } from "./people.ts";
import { table, timeText } from "./table.ts";

interface Version {
  version: number;
  at: number;
  by: string;
  change?: string;
}

/** `waypost versions`: what was in force, and since when. */
export const versions: Command = {
  usage: "versions",
  summary: "lists the versions that were in force, with who and when",
  async run(given) {
    const { call, site } = await openSite(given);
    const { body } = await call<{ versions: Version[] }>("listVersions", { parameters: { site } });
    const named = await readNames({ call, site });
    const rows = body.versions.map(({ version, at, by, change = "" }) => [
      String(version),
      timeText(at),
      named(by),
      change,
    ]);
    console.log(
      rows.length === 0 ? `${site} has no configuration yet.` : table(["VERSION", "SINCE", "BY", "CHANGE"], rows),
    );
    return EXIT.done;
  },
};

/** `waypost revert VERSION`: a former version, as a new one. */
export const revert: Command = {
  usage: "revert VERSION",
  summary: "puts what a version was in force again, as a new version; where approvals are needed, proposes it",
  async run(given) {
    const [word, ...rest] = given.words;
    const version = Number(word);
    if (!Number.isInteger(version) || version < 1 || rest.length > 0)
      throw new CommandError("Use: waypost revert VERSION");
    const { call, site } = await openSite(given);
    const { status, body } = await call<{ version?: number; change?: string }>("revertToVersion", {
      parameters: { site, version },
      body: {},
    });
    if (status === 202) {
      console.log(`Change ${body.change} waits for an approval: waypost changes approve ${body.change}`);
      return EXIT.waits;
    }
    console.log(
      `${site} has version ${version} again, as version ${body.version}. waypost pull takes it into the files.`,
    );
    return EXIT.done;
  },
};

/** `waypost stop` and `waypost resume`: without waiting for files, approvals or caches. */
export const [stop, resume] = (["stop", "resume"] as const).map((what): Command => {
  return {
    usage: `${what} [CAMPAIGN]`,
    summary:
      what === "stop" ? "stops a campaign, or all of them, within five seconds" : "lets a campaign, or all, go on",
    async run(given) {
      const [campaign, ...rest] = given.words;
      if (rest.length > 0) throw new CommandError(`Use: waypost ${what} [CAMPAIGN]`);
      const { call, site } = await openSite(given);
      const parameters = campaign === undefined ? { site } : { site, campaign };
      const operation = campaign === undefined ? `${what}Site` : `${what}Campaign`;
      const { body } = await call<{ site: boolean }>(operation, { parameters, body: {} });
      const subject = campaign ?? `Every campaign of ${site}`;
      if (what === "resume" && body.site)
        console.log(`${subject} is stopped with the whole of ${site}: waypost resume`);
      else console.log(what === "stop" ? `${subject} is shown to nobody from five seconds on.` : `${subject} goes on.`);
      return EXIT.done;
    },
  };
}) as [Command, Command];
