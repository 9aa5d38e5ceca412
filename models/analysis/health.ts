import { dayName } from "../history.ts";
import { monthlyCost } from "./cost.ts";
import { addSums, type Sums, sumsBelow, totalOf } from "./sums.ts";

/** Counts of some days. */
export interface Arrivals {
  /** Taken, late ones with them. */
  touchpoints: number;
  batches: number;
  /** Taken, by type. */
  accepted: Sums;
  late: number;
  duplicates: number;
  /** Touchpoints that were refused, by reason. */
  refused: Sums;
  /** Requests that were refused, by the problem's name. */
  problems: Sums;
  /** Touchpoints of robots, which are in no journey. */
  robots: number;
  choices: number;
  visits: number;
  /** Visitors who came for the first time. */
  visitors: number;
}

/** What `GET /api/sites/:site/health` answers. Times are ms since 1970. */
export interface SiteHealth extends ReturnType<typeof healthOf> {
  at: number;
  /** `pushedAt`: when a journey last told it something; `lagMs`: how long something has waited there for the history. */
  shards: { shard: string; pushedAt: number | null; lagMs: number | null }[];
  /** Shards where something waits. */
  historyWaiting: number;
  watchers: { events: number; map: number };
  /** Objects that did not answer: the rest is told without them. */
  unreachable: string[];
}

interface Counted {
  day: number;
  sums: Sums;
}

/** What sums say to a team. */
export function arrivalsOf(sums: Sums): Arrivals {
  const accepted = sumsBelow(sums, "accepted");
  const { batches = 0, late = 0, duplicates = 0, robots = 0, choices = 0, visits = 0, visitors = 0 } = sums;
  const refused = sumsBelow(sums, "refused");
  const problems = sumsBelow(sums, "problem");
  const touchpoints = totalOf(accepted);
  return { touchpoints, batches, accepted, late, duplicates, refused, problems, robots, choices, visits, visitors };
}

/** A site's counts: of today, of the month so far, of each day that is kept; and what the month has cost. Days are UTC. */
export function healthOf(counted: readonly Counted[], { today, shards }: { today: number; shards: number }) {
  const month = dayName(today).slice(0, 7);
  const sums: Sums = {};
  let quarters = 0;
  const ofMonth = counted.filter(({ day }) => dayName(day).startsWith(month) && day <= today);
  for (const one of ofMonth) {
    addSums(sums, one.sums);
    quarters += Object.keys(sumsBelow(one.sums, "quarter")).length;
  }
  const { batches = 0, choices = 0, visits = 0, visitors = 0, flushes = 0 } = sums;
  return {
    today: arrivalsOf(counted.find(({ day }) => day === today)?.sums ?? {}),
    month: arrivalsOf(sums),
    days: counted.map(({ day, sums: ofDay }) => {
      const { touchpoints, batches: batchesOfDay, refused, problems } = arrivalsOf(ofDay);
      return {
        day: dayName(day),
        touchpoints,
        batches: batchesOfDay,
        refused: totalOf(refused) + totalOf(problems),
      };
    }),
    cost: monthlyCost({ batches, choices, visits, visitors, flushes, quarters, shards }),
  };
}
