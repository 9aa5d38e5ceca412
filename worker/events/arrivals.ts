import { waitUntil } from "cloudflare:workers";
import { arrivedOf, decisionLine, type Line, lineOf } from "../../models/analysis/arrivals.ts";
import { addSums, quarterName, type Sums, sumsOf } from "../../models/analysis/sums.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { Ask, RefusedTouchpoint, StreamBatch } from "../../models/wire.ts";
import type { Env } from "../env.ts";
import type { CollectResult } from "../journey/call.ts";
import { base64url } from "../keys.ts";
import { logBackground } from "../log.ts";
import { personOf } from "../map/person.ts";
import { eventsObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { type Shown, Tally } from "./tally.ts";

/** Sites whose tallies an isolate keeps; beyond, one that has nothing waiting is forgotten. */
const SITES_KEPT = 100;
/** How long sums wait for others where none of them is news, ms. */
const AFTER_MS = 5_000;
/** Characters of a pseudonym that a line shows. */
const PERSON_SHOWN = 8;

/** Memory of this isolate. */
const tallies = new Map<string, Tally>();
/** Of a line that is held: whose pseudonym it will show, once it is known that somebody watches. */
const visitors = new WeakMap<Line, string>();

/** A batch that was answered. */
export interface Batch {
  config: SiteConfig;
  streams: readonly StreamBatch[];
  /** What the border refused. */
  refused: readonly RefusedTouchpoint[];
  asks?: readonly Ask[];
  source: Line["source"];
  /** Whose journey took it. */
  visitor: string;
}

type Bar = Pick<RefusedTouchpoint, "reason" | "field" | "bound">;

/** Counts a batch of a site, by what its journey has answered, and shows it to those who watch. Nothing waits for it. */
export function countBatch(
  env: Env,
  site: string,
  { config, streams, refused, asks = [], source, visitor }: Batch,
  result: CollectResult,
): void {
  const now = Date.now();
  const from = { at: now, source };
  tallied(env, site, (tally) => {
    const { catalogue } = config;
    const arrived = arrivedOf({ streams, refused }, result);
    const { sums, seen } = sumsOf(arrived, catalogue);
    const { visits = 0, visitors: begun = 0, decisions } = result;
    const more: Sums = { batches: 1, [quarterName(now)]: 1 };
    for (const [name, count] of Object.entries({ visits, visitors: begun, asks: decisions.length })) {
      if (count > 0) more[name] = count;
    }
    addSums(sums, more);
    tally.count(sums, seen);
    const show = (make: () => Line) =>
      tally.show(() => {
        const line = make();
        visitors.set(line, visitor);
        return line;
      });
    for (const one of arrived) show(() => lineOf(one, from, catalogue));
    for (const decision of decisions) show(() => decisionLine(decision, asks, from));
  });
}

/** Counts what was refused before any journey was asked, and shows it. */
export function countRefused(env: Env, site: string, bars: readonly Bar[], source: Line["source"]): void {
  if (bars.length === 0) return;
  const refused = bars.map((bar, seq) => ({ ...bar, stream: "border", seq }));
  const arrived = arrivedOf({ streams: [], refused }, { refused: [], duplicates: [] });
  const at = Date.now();
  tallied(env, site, (tally) => {
    tally.count(sumsOf(arrived).sums);
    for (const one of arrived) tally.show(() => lineOf(one, { at, source }));
  });
}

/** Counts things of a site that are no touchpoints: `robots`, `choices`. */
export function countArrivals(env: Env, site: string, sums: Sums): void {
  tallied(env, site, (tally) => tally.count(sums));
}

/** Counts a request that was refused, by the problem's name. */
export function countProblem(env: Env, site: string, problem: string): void {
  const line = { at: Date.now(), source: "page", person: "", kind: "request", problem } as const;
  tallied(env, site, (tally) => {
    tally.count({ [`problem.${problem}`]: 1 });
    tally.show(() => line);
  });
}

/** Counts once the answer is on its way: a batch of 500 touchpoints takes some milliseconds. */
function tallied(env: Env, site: string, count: (tally: Tally) => void): void {
  const counting = async () => {
    await scheduler.wait(0);
    const tally = tallyOf(env, site);
    count(tally);
    await tally.settle();
  };
  waitUntil(counting());
}

function tallyOf(env: Env, site: string): Tally {
  const known = tallies.get(site);
  if (known) return known;
  const tally = new Tally({
    now: Date.now,
    wait: (ms) => scheduler.wait(ms),
    send: async (flush, { lines, left }) => {
      const shown: Shown = { lines: await Promise.all(lines.map(withPerson)), left };
      try {
        return await callObject(async () => eventsObject(env, site).arrived(flush, shown));
      } catch (error) {
        logBackground(env, "count-failed", { site, error });
        throw error;
      }
    },
    afterMs: Number(env.TALLY_AFTER_MS ?? AFTER_MS),
    sender: base64url(crypto.getRandomValues(new Uint8Array(6))),
  });
  if (tallies.size >= SITES_KEPT) {
    const idle = [...tallies].find(([, one]) => one.isIdle);
    // Where none is idle this one is kept by its own request alone.
    if (!idle) return tally;
    tallies.delete(idle[0]);
  }
  tallies.set(site, tally);
  return tally;
}

async function withPerson(line: Line): Promise<Line> {
  const visitor = visitors.get(line);
  return visitor === undefined ? line : { ...line, person: (await personOf(visitor)).slice(0, PERSON_SHOWN) };
}
