import { canonical } from "./canonical.ts";
import { isRecord } from "./touchpoint.ts";

/**
 * One difference of two configurations. `path`: keys joined by dots, and the id of an item in place of its number
 * (`campaigns.help.content.title`); a dot in a key is `~1`, a tilde `~0`. `at`: the place of an item that comes in its list.
 */
export type ConfigDifference =
  | { path: string; kind: "added"; after: unknown; at?: number }
  | { path: string; kind: "removed"; before: unknown }
  | { path: string; kind: "changed"; before: unknown; after: unknown };

/**
 * What has to be changed of `before`, to have `after`; both are JSON. Items of a list are compared by id (`kid` of a key;
 * name and type of an event). A list whose items have none, or changed their order, is one difference.
 */
export function configDiff(before: unknown, after: unknown): ConfigDifference[] {
  return differences(before, after, "");
}

/**
 * A configuration with differences put into it. Where it is not the one that they were made from, what is not there is not
 * taken away, and what comes takes the place of what is there.
 */
export function applyDiff(config: unknown, changes: readonly ConfigDifference[]): unknown {
  return applied(
    config,
    changes.map((change) => ({ change, steps: stepsOf(change.path) })),
  );
}

/** Lists whose items are told apart by texts of the site's own. */
const NAMED_LISTS = ["consent.recipients", "catalogue.events"];

/** Paths of differences, each once, as a log may tell them that holds no text of anybody's. */
export function toldPaths(changes: readonly ConfigDifference[]): string[] {
  const told = ({ path }: ConfigDifference) => NAMED_LISTS.find((list) => path.startsWith(`${list}.`)) ?? path;
  return [...new Set(changes.map(told))];
}

type Item = Record<string, unknown>;
type Step = { change: ConfigDifference; steps: string[] };

function differences(before: unknown, after: unknown, path: string): ConfigDifference[] {
  if (before === undefined) return [{ path, kind: "added", after }];
  if (after === undefined) return [{ path, kind: "removed", before }];
  if (canonical(before) === canonical(after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => differences(own(before, key), own(after, key), joined(path, key)));
  }
  const lists = [before, after].map(keyedItems);
  return itemDifferences(lists[0] ?? null, lists[1] ?? null, path) ?? [{ path, kind: "changed", before, after }];
}

/** Null where the lists cannot be compared item by item. */
function itemDifferences(
  before: Map<string, Item> | null,
  after: Map<string, Item> | null,
  path: string,
): ConfigDifference[] | null {
  if (!before || !after) return null;
  const kept = (from: Map<string, Item>, other: Map<string, Item>) => [...from.keys()].filter((key) => other.has(key));
  if (canonical(kept(before, after)) !== canonical(kept(after, before))) return null;
  const gone = [...before].flatMap(([key, item]) => differences(item, after.get(key), joined(path, key)));
  const come = [...after.keys()].flatMap((key, at): ConfigDifference[] =>
    before.has(key) ? [] : [{ path: joined(path, key), kind: "added", after: after.get(key), at }],
  );
  return [...gone, ...come];
}

/** Items of a list by what tells them apart, or null where it is no list, or something does not. */
function keyedItems(list: unknown): Map<string, Item> | null {
  if (!Array.isArray(list)) return null;
  const items = list.map((item): [string | null, Item] => [keyOf(item), item]);
  const keyed = new Map(items.filter((item): item is [string, Item] => item[0] !== null));
  return keyed.size === list.length ? keyed : null;
}

function keyOf(item: unknown): string | null {
  if (!isRecord(item)) return null;
  const text = (key: string) => (typeof own(item, key) === "string" ? (item[key] as string) : null);
  const name = text("name");
  return text("id") ?? text("kid") ?? (name !== null && text("type") !== null ? `${text("type")} ${name}` : name);
}

function applied(value: unknown, changes: readonly Step[]): unknown {
  const whole = changes.find(({ steps }) => steps.length === 0)?.change;
  if (whole) return "after" in whole ? whole.after : undefined;
  if (changes.length === 0) return value;
  const below = (key: string) =>
    changes.filter(({ steps }) => steps[0] === key).map(({ change, steps }) => ({ change, steps: steps.slice(1) }));
  const items = keyedItems(value);
  if (items) return appliedToItems(items, changes, below);
  const record = isRecord(value) ? value : {};
  const keys = new Set([...Object.keys(record), ...changes.map(({ steps }) => steps[0] as string)]);
  const entries = [...keys].map((key) => [key, applied(own(record, key), below(key))] as const);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

function appliedToItems(items: Map<string, Item>, changes: readonly Step[], below: (key: string) => Step[]): unknown[] {
  const list: unknown[] = [...items]
    .map(([key, item]) => applied(item, below(key)))
    .filter((item) => item !== undefined);
  for (const { change, steps } of changes) {
    const [key = ""] = steps;
    if (steps.length > 1 || change.kind !== "added" || items.has(key)) continue;
    list.splice(change.at ?? list.length, 0, change.after);
  }
  return list;
}

function own(record: Item, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function joined(path: string, key: string): string {
  const step = key.replaceAll("~", "~0").replaceAll(".", "~1");
  return path === "" ? step : `${path}.${step}`;
}

function stepsOf(path: string): string[] {
  return path === "" ? [] : path.split(".").map((step) => step.replaceAll("~1", ".").replaceAll("~0", "~"));
}
