import { readFile } from "node:fs/promises";
import type { Journey } from "../../models/site-config.ts";
import { isRecord } from "../../models/touchpoint.ts";
import { TOUCHPOINT_TYPES, type TouchpointType } from "../../models/touchpoint-type.ts";
import { CommandError } from "./command-error.ts";

/** What one kind of row becomes. `{column}` in a URL stands for the row's value in that column. */
interface KindMapping {
  type: TouchpointType;
  event?: string;
  url?: string;
}

/** How a row of a CSV file becomes an item of the Segment HTTP API: see test/cases/puffy-events.json. */
export interface Mapping {
  /** Column that names the visitor. */
  visitor: string;
  /** Column of the time: ms since 1970 UTC, or ISO 8601. */
  time: string;
  /** Column whose value picks one of `kinds`. */
  kind: string;
  kinds: Record<string, KindMapping>;
  /** Stages for these events, as a site's configuration takes them: the configuration's part, not the replay's. */
  journeys?: Journey[];
}

/** A function that turns a row's fields into an item without `seq`, or names what is wrong with the row. */
export type RowReader = (fields: readonly string[]) => Record<string, unknown> & { anonymousId: string };

/** Reads a mapping file. Throws `CommandError` naming what is missing in it. */
export async function readMapping(path: string): Promise<Mapping> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new CommandError(`The mapping ${path} ${whatIsWrong(error)}`);
  }
  const mapping = isRecord(value) ? value : {};
  for (const key of ["visitor", "time", "kind"]) {
    if (typeof mapping[key] !== "string")
      throw new CommandError(`The mapping ${path} needs “${key}”: a column's name.`);
  }
  const kinds = isRecord(mapping.kinds) ? Object.entries(mapping.kinds) : [];
  if (kinds.length === 0) throw new CommandError(`The mapping ${path} needs “kinds”: what each kind of row becomes.`);
  for (const [name, kind] of kinds) {
    if (!isRecord(kind) || !TOUCHPOINT_TYPES.some((type) => type === kind.type)) {
      throw new CommandError(`The mapping ${path} needs kinds.${name}.type: one of ${TOUCHPOINT_TYPES.join(", ")}.`);
    }
  }
  return value as Mapping;
}

/** Why a file could not be read as JSON, as the end of a sentence. */
export function whatIsWrong(error: unknown): string {
  if (error instanceof SyntaxError) return `is not JSON: ${error.message}.`;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ENOENT" ? "does not exist: check the path." : `cannot be read: ${message}.`;
}

/** Fits a mapping to a file's columns. Throws `CommandError` where it names a column that the file does not have. */
export function rowReader(mapping: Mapping, columns: readonly string[]): RowReader {
  const indexOf = (column: string, use: string): number => {
    const index = columns.indexOf(column);
    if (index >= 0) return index;
    throw new CommandError(
      `The mapping takes ${use} from a column “${column}”, but the file has ${columns.join(", ")}. Mend the mapping.`,
    );
  };
  const visitor = indexOf(mapping.visitor, "the visitor");
  const time = indexOf(mapping.time, "the time");
  const kind = indexOf(mapping.kind, "the kind");
  const builders = Object.entries(mapping.kinds).map(([name, { type, event, url }]) => {
    const parts = (url ?? "").split(/\{([^}]*)\}/);
    // Every second part is a column's name: see String.split with a group.
    const places = parts.map((part, i) => (i % 2 === 1 ? indexOf(part, `kinds.${name}.url`) : -1));
    const build = (fields: readonly string[]): Record<string, unknown> => ({
      type,
      ...(event === undefined ? {} : { event }),
      ...(url === undefined
        ? {}
        : { context: { page: { url: parts.map((p, i) => urlPart(p, fields[places[i] as number])).join("") } } }),
    });
    return [name, build] as const;
  });
  const kinds = new Map(builders);
  return (fields) => {
    const name = fields[kind] as string;
    const build = kinds.get(name);
    if (!build)
      throw new CommandError(`kind “${name}” is not among the mapping's kinds: ${[...kinds.keys()].join(", ")}.`);
    const at = fields[time] as string;
    return { anonymousId: fields[visitor] as string, timestamp: /^\d+$/.test(at) ? Number(at) : at, ...build(fields) };
  };
}

function urlPart(fixed: string, value: string | undefined): string {
  return value === undefined ? fixed : encodeURIComponent(value);
}
