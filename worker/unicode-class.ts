/** Code points at a time: a divisor of every plane, and of both halves of the surrogates, so that no two make a pair. */
const BLOCK = 0x400;
const CODE_POINTS = 0x110000;
/** Planes 4 to 13: nothing is assigned there, so a class has all of them or none, and is three times as quick to find. */
const UNASSIGNED = { start: 0x40000, end: 0xe0000 };

/** As re2js keeps such tables. */
interface Classes<Table> {
  has: (name: string) => boolean;
  get: (name: string) => Table | null;
}

/**
 * The Unicode classes of the engine that this runs in, for re2js in place of its own (build-worker.ts): categories and
 * binary properties, or scripts. One is worked out when a pattern first names it, and remembered; there are some 300.
 */
export function unicodeClasses<Table>(tableOf: (ranges: Uint32Array) => Table, areScripts: boolean): Classes<Table> {
  const known = new Map<string, Table | null>();
  const get = (name: string) => {
    let table = known.get(name);
    if (table === undefined) {
      const member = memberOf(areScripts ? `Script=${name}` : name);
      table = member ? tableOf(rangesOf(member)) : null;
      if (member) known.set(name, table);
    }
    return table;
  };
  return { get, has: (name) => get(name) !== null };
}

/** Finds runs of members, or null where the engine has no such class. */
function memberOf(property: string): RegExp | null {
  if (!/^(Script=)?\w+$/.test(property)) return null;
  try {
    return new RegExp(`\\p{${property}}+`, "gu");
  } catch {
    return null;
  }
}

/** `[first, last, 1, first, last, 1, …]` in order: ranges with their stride. */
function rangesOf(member: RegExp): Uint32Array {
  const ranges: number[] = [];
  const add = (first: number, last: number) => {
    if (ranges.at(-2) === first - 1) ranges[ranges.length - 2] = last;
    else ranges.push(first, last, 1);
  };
  for (let start = 0; start < CODE_POINTS; start += BLOCK) {
    if (start === UNASSIGNED.start) {
      if (String.fromCodePoint(start).match(member)) add(start, UNASSIGNED.end - 1);
      start = UNASSIGNED.end;
    }
    const text = String.fromCodePoint(...Uint32Array.from({ length: BLOCK }, (_, i) => start + i));
    const units = text.length / BLOCK;
    for (const { 0: run, index } of text.matchAll(member)) {
      const first = start + index / units;
      add(first, first + run.length / units - 1);
    }
  }
  return Uint32Array.from(ranges);
}
