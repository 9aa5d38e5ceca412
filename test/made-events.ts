/**
 * Events of a shop that does not exist, always the same: a CSV text that test/cases/puffy-events.json reads. Made so
 * that every rule of the map is met: long visitors, ties in time, visits that end by their age, gaps of exactly 30
 * minutes, goals with more behind them, touchpoints of no stage, equal lines, lines that are not in order of time.
 */
const VISITORS = 400;
/** Visitors of `LONG` touchpoints: more than a journey's ring holds. */
const LONG_VISITORS = 24;
const LONG = 200;
/** Visitors who do something every 29 minutes for 30 hours: their visit ends by its age alone. */
const DAY_LONG_VISITORS = 12;
/** Saturday 2025-03-01, some hours before midnight UTC, so that visits cross it. */
const BEGIN = Date.UTC(2025, 2, 1, 18);
const MINUTE = 60_000;

/** Kind and page of an event, with how often it comes. */
const EVENTS: readonly [kind: string, page: string, weight: number][] = [
  ["page", "home", 12],
  ["page", "content", 10],
  ["page", "listing", 10],
  ["page", "product", 25],
  ["add", "product", 8],
  ["page", "cart", 10],
  ["page", "checkout", 6],
  ["checkout", "checkout", 4],
  ["page", "info", 6],
  ["popup_accept", "home", 3],
  ["purchase", "thanks", 3],
  ["page", "thanks", 3],
];
const WEIGHTS = EVENTS.reduce((sum, [, , weight]) => sum + weight, 0);

interface Row {
  visitor: number;
  at: number;
  kind: string;
  page: string;
}

/** Mulberry32: a small generator of known quality, 0..1, from a seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Time to the next event in ms: ties, seconds, both sides of 30 minutes to the millisecond, hours. */
function gapMs(random: () => number): number {
  const kind = random();
  if (kind < 0.06) return 0;
  if (kind < 0.88) return Math.floor(random() * 4 * MINUTE);
  if (kind < 0.91) return 30 * MINUTE - 1;
  if (kind < 0.94) return 30 * MINUTE;
  return Math.floor(30 * MINUTE + random() * 20 * 60 * MINUTE);
}

function pick(random: () => number): (typeof EVENTS)[number] {
  let left = random() * WEIGHTS;
  for (const event of EVENTS) {
    left -= event[2];
    if (left < 0) return event;
  }
  return EVENTS[0] as (typeof EVENTS)[number];
}

function rowsOf(visitor: number, random: () => number): Row[] {
  const isLong = visitor < LONG_VISITORS;
  const isDayLong = !isLong && visitor < LONG_VISITORS + DAY_LONG_VISITORS;
  const count = isLong ? LONG : isDayLong ? 63 : 1 + Math.floor(random() ** 3 * 25);
  let at = BEGIN + Math.floor(random() * 5 * 24 * 60 * MINUTE);
  const rows: Row[] = [];
  for (let i = 0; i < count; i++) {
    const [kind, page] = pick(random);
    rows.push({ visitor, at, kind, page });
    if (random() < 0.03) rows.push({ visitor, at, kind, page });
    at += isDayLong ? 29 * MINUTE : gapMs(random);
  }
  // A few visitors of one call's size wrote their lines in an order of their own.
  if (!isLong && visitor % 50 === 0) rows.reverse();
  return rows.slice(0, isLong ? LONG : rows.length);
}

/** The file's text: header and rows, visitors' lines mixed as their times are. */
export function madeEvents(): string {
  const random = generator(20260301);
  const visitors = Array.from({ length: VISITORS }, (_, visitor) => rowsOf(visitor, random));
  const lines = ["client,t_ms,kind,page"];
  // Dealt out in turns of a few lines, so that each visitor's lines keep their order and lie between others'.
  for (let turn = 0; visitors.some((rows) => rows.length > 0); turn++) {
    for (const rows of visitors) {
      for (const { visitor, at, kind, page } of rows.splice(0, 1 + (turn % 5)))
        lines.push(`${visitor + 1},${at},${kind},${page}`);
    }
  }
  return `${lines.join("\n")}\n`;
}
