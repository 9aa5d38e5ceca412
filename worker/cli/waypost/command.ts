import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { CommandError } from "../command-error.ts";
import { type ConsoleApi, connect } from "./console-api.ts";
import { type OpenedProject, siteNamed, tokenFor } from "./project.ts";

/** One command of `waypost`. */
export interface Command {
  /** What stands after its name in the usage, and what it does, in a line. */
  usage: string;
  summary: string;
  options?: ParseArgsOptionsConfig;
  /** Returns the exit code. Throws `CommandError` with a sentence for the person. */
  run: (given: Given) => Promise<number>;
}

/** What a person typed after a command's name. */
export interface Given {
  words: string[];
  flags: Record<string, string | boolean | undefined>;
}

/** Flags that every command takes. */
const EVERYWHERE = { edge: { type: "string" }, site: { type: "string" } } as const;

/** Reads what was typed. Throws `CommandError` for an option that there is none of. */
export function readGiven(command: Command, args: string[]): Given {
  try {
    const options = { ...EVERYWHERE, ...command.options };
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { words: positionals, flags: values as Given["flags"] };
  } catch (error) {
    const [first] = (error as Error).message.split(". ");
    throw new CommandError(`${first}. Use: waypost ${command.usage}`);
  }
}

/** A flag's text, or undefined. */
export function flagText({ flags }: Given, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

/** A site as who has signed in asks about it. */
export interface SiteApi extends ConsoleApi {
  edge: string;
  site: string;
  project: OpenedProject | null;
}

/** The site that the person means. Throws `CommandError` where that is not clear, or they are not signed in. */
export async function openSite(given: Given): Promise<SiteApi> {
  const { edge, site, project } = await siteNamed({ edge: flagText(given, "edge"), site: flagText(given, "site") });
  const api = await connect({ edge, token: await tokenFor(edge) });
  return { ...api, edge, site, project };
}
