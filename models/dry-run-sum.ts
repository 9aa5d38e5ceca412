/** What would have been shown to one person. */
export interface Replay {
  /** By campaign, ms since 1970. */
  shownAt: Record<string, number[]>;
  /** Of the campaign that is tried: how often each reason was given. */
  reasons: Record<string, number>;
}

/** What a dry run has come to so far. */
export interface DryRunSum {
  /** People whose record was gone through, and those of them who would have been shown the campaign. */
  people: number;
  shown: number;
  showings: number;
  /** People by how often they would have been. */
  perPerson: Record<string, number>;
  reasons: Record<string, number>;
  /** Showings of other campaigns that would not have been. */
  displaced: Record<string, number>;
  examples: { person: string; shownAt: number[] }[];
}

const EXAMPLES_MAX = 20;

export const EMPTY_SUM: DryRunSum = {
  people: 0,
  shown: 0,
  showings: 0,
  perPerson: {},
  reasons: {},
  displaced: {},
  examples: [],
};

/** The sum with one more person. */
export function withPerson(
  sum: DryRunSum,
  { person, campaign, tried, before }: { person: string; campaign: string; tried: Replay; before: Replay },
): DryRunSum {
  const own = tried.shownAt[campaign] ?? [];
  const added = (counts: Record<string, number>, key: string, by: number) => ({
    ...counts,
    [key]: (counts[key] ?? 0) + by,
  });
  const lost = Object.entries(before.shownAt).map(
    ([id, times]) => [id, times.length - (tried.shownAt[id]?.length ?? 0)] as const,
  );
  return {
    people: sum.people + 1,
    shown: sum.shown + (own.length > 0 ? 1 : 0),
    showings: sum.showings + own.length,
    perPerson: added(sum.perPerson, String(own.length), 1),
    reasons: Object.entries(tried.reasons).reduce((all, [reason, count]) => added(all, reason, count), sum.reasons),
    displaced: lost.reduce((all, [id, count]) => (count === 0 ? all : added(all, id, count)), sum.displaced),
    examples:
      own.length > 0 && sum.examples.length < EXAMPLES_MAX ? [...sum.examples, { person, shownAt: own }] : sum.examples,
  };
}
