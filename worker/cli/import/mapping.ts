import { readFile } from "node:fs/promises";
import { type RowReader, scalarOf } from "../../../models/import-rows.ts";
import type { Journey } from "../../../models/site-config.ts";
import { isRecord, refuse } from "../../../models/touchpoint.ts";
import { TOUCHPOINT_TYPES, type TouchpointType } from "../../../models/touchpoint-type.ts";
import { CommandError } from "../command-error.ts";
import { whatIsWrong } from "../unreadable.ts";

/** Texts of a kind in which `{column}` stands for the row's value in that column; in a URL it is encoded. */
const TEMPLATES = ["event", "url", "channel", "source"] as const;

/** What one kind of row becomes. */
interface KindMapping extends Partial<Record<(typeof TEMPLATES)[number], string>> {
  type: TouchpointType;
  /** Columns of the properties, by the property's name. */
  properties?: Record<string, string>;
}

/** How a row of a table whose columns have names of their own becomes an item of the Segment HTTP API: see test/cases/puffy-events.json. */
export interface Mapping {
  /** Column that names the visitor, as the site's server does. */
  visitor?: string;
  /** Column of the known user's id; one of the two is needed. */
  user?: string;
  /** Column of the time: ms since 1970 UTC, or ISO 8601. */
  time: string;
  /** Column whose value picks one of `kinds`. Absent: every row is of the kind `*`. */
  kind?: string;
  /** `*` is every row that is of no other kind. */
  kinds: Record<string, KindMapping>;
  /** Stages for these events, as a site's configuration takes them: the configuration's part, not the import's. */
  journeys?: Journey[];
}

/** The kind of a row that is of no other. */
const ANY = "*";

/** Reads a mapping file. Throws `CommandError` naming what is missing in it. */
export async function readMapping(path: string): Promise<Mapping> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new CommandError(`The mapping ${path} ${whatIsWrong(error)}`);
  }
  const mapping = isRecord(value) ? value : {};
  const needs = (what: string) => new CommandError(`The mapping ${path} needs ${what}.`);
  if (typeof mapping.time !== "string") throw needs("“time”: a column's name");
  if (typeof (mapping.visitor ?? mapping.user) !== "string") throw needs("“visitor” or “user”: a column's name");
  for (const key of ["visitor", "user", "kind"]) {
    if (!["string", "undefined"].includes(typeof mapping[key])) throw needs(`“${key}” to be a column's name`);
  }
  const kinds = isRecord(mapping.kinds) ? Object.entries(mapping.kinds) : [];
  if (kinds.length === 0) throw needs("“kinds”: what each kind of row becomes");
  if (mapping.kind === undefined && !kinds.some(([name]) => name === ANY)) {
    throw needs(`“kind”, a column's name, or the kind “${ANY}”, which every row is then`);
  }
  for (const [name, kind] of kinds) {
    if (!isRecord(kind) || !TOUCHPOINT_TYPES.some((type) => type === kind.type)) {
      throw needs(`kinds.${name}.type: one of ${TOUCHPOINT_TYPES.join(", ")}`);
    }
    const { properties = {}, ...texts } = kind;
    const columns = isRecord(properties) ? Object.values(properties) : [0];
    if (columns.some((column) => typeof column !== "string")) throw needs(`kinds.${name}.properties: columns by name`);
    for (const key of TEMPLATES) {
      if (!["string", "undefined"].includes(typeof texts[key])) throw needs(`kinds.${name}.${key}: a text`);
    }
  }
  return value as Mapping;
}

/** Fits a mapping to a table's columns. Throws `CommandError` where it names a column that the table does not have. */
export function mappedReader(mapping: Mapping, columns: readonly string[]): RowReader {
  const read = new Set<string>();
  const indexOf = (column: string, use: string): number => {
    const index = columns.indexOf(column);
    read.add(column);
    if (index >= 0) return index;
    throw new CommandError(
      `The mapping takes ${use} from a column “${column}”, but the file has ${columns.join(", ")}. Mend the mapping.`,
    );
  };
  const time = indexOf(mapping.time, "the time");
  const names = (["visitor", "user"] as const).flatMap((key) => {
    const column = mapping[key];
    return column === undefined ? [] : [[key === "visitor" ? "anonymousId" : "userId", indexOf(column, `the ${key}`)]];
  }) as [string, number][];
  const kindAt = mapping.kind === undefined ? -1 : indexOf(mapping.kind, "the kind");
  const kinds = new Map(
    Object.entries(mapping.kinds).map(([name, kind]) => [name, builder(name, kind, indexOf)] as const),
  );
  const item: RowReader["item"] = (cells) => {
    const text = (i: number) => String(cells[i] ?? "");
    const build = kinds.get(text(kindAt)) ?? kinds.get(ANY);
    if (!build) return refuse("malformed", mapping.kind ?? "", `one of ${[...kinds.keys()].join(", ")}`);
    const at = text(time);
    const named = Object.fromEntries(names.filter(([, i]) => text(i) !== "").map(([name, i]) => [name, text(i)]));
    return { ok: true, value: { ...named, timestamp: /^\d+$/.test(at) ? Number(at) : at, ...build(text) } };
  };
  return { columns, unread: columns.filter((column) => !read.has(column)), item };
}

type Build = (text: (column: number) => string) => Record<string, unknown>;

/** What a kind's own part of an item is made by. */
function builder(name: string, kind: KindMapping, indexOf: (column: string, use: string) => number): Build {
  const templates = TEMPLATES.flatMap((key) => {
    const written = kind[key];
    if (written === undefined) return [];
    // Every second part is a column's name: see String.split with a group.
    const parts = written
      .split(/\{([^}]*)\}/)
      .map((part, i) => (i % 2 === 1 ? indexOf(part, `kinds.${name}.${key}`) : part));
    return [{ key, parts }];
  });
  const properties = Object.entries(kind.properties ?? {}).map(
    ([property, column]) => [property, indexOf(column, `kinds.${name}.properties.${property}`)] as const,
  );
  return (text) => {
    const item: Record<string, unknown> = { type: kind.type };
    for (const { key, parts } of templates) {
      const encoded = (value: string) => (key === "url" ? encodeURIComponent(value) : value);
      const value = parts.map((part) => (typeof part === "number" ? encoded(text(part)) : part)).join("");
      if (key === "url") item.context = { page: { url: value } };
      else item[key] = value;
    }
    const told = properties.flatMap(([property, i]) => (text(i) === "" ? [] : [[property, scalarOf(text(i))]]));
    return told.length > 0 ? { ...item, properties: Object.fromEntries(told) } : item;
  };
}
