/**
 * What campaigns did, as sums that can be added and taken out again. Keys are `id@version|arm|goal` of moments, and
 * `id@version|arm|outcome` or `id@version|reason` of tallies: no id holds a `|`.
 */

/** Six sums over n people: n, what they did since (y), its square, what they did before (x), its square, and the product. */
export type Moments = number[];

/** What one person adds on one day, or all of them together. */
export interface CampaignDay {
  moments?: Record<string, Moments>;
  /** How often each reason was given, and each outcome was reported. */
  tallies?: Record<string, number>;
}

/** Adds to sums in place; what comes to nothing goes. `sign` −1 takes out. */
export function addMoments(to: Record<string, Moments>, more: Record<string, Moments> | undefined, sign: 1 | -1): void {
  for (const [key, moments] of Object.entries(more ?? {})) {
    const sum = (to[key] ?? [0, 0, 0, 0, 0, 0]).map((value, i) => value + sign * (moments[i] as number));
    if (sum[0] === 0) delete to[key];
    else to[key] = sum;
  }
}

interface ArmCounts {
  arm: string;
  people: number;
  goals: Record<string, { n: number; sumY: number; sumYY: number; sumX: number; sumXX: number; sumXY: number }>;
  outcomes: Record<string, number>;
}

/** One campaign's counts, read by names: `day` ISO 8601, or "" for a sum of days. */
export interface CampaignCounts {
  version: number;
  arms: ArmCounts[];
  /** How often it was not, or was, chosen: by reason. */
  reasons: Record<string, number>;
}

/** Reads the counts of one campaign out of sums, by version, the latest first. */
export function countsOfCampaign({ moments = {}, tallies = {} }: CampaignDay, campaign: string): CampaignCounts[] {
  const versions = new Map<number, CampaignCounts>();
  const of = (version: number): CampaignCounts => {
    const known = versions.get(version) ?? { version, arms: [], reasons: {} };
    versions.set(version, known);
    return known;
  };
  const armOf = ({ arms }: CampaignCounts, arm: string): ArmCounts => {
    const known = arms.find((one) => one.arm === arm) ?? { arm, people: 0, goals: {}, outcomes: {} };
    if (!arms.includes(known)) arms.push(known);
    return known;
  };
  for (const [key, [n = 0, sumY = 0, sumYY = 0, sumX = 0, sumXX = 0, sumXY = 0]] of Object.entries(moments)) {
    const place = placeOf(key, campaign);
    if (!place) continue;
    const [arm = "", goal = ""] = place.rest;
    const counts = armOf(of(place.version), arm);
    counts.people = Math.max(counts.people, n);
    counts.goals[goal] = { n, sumY, sumYY, sumX, sumXX, sumXY };
  }
  for (const [key, count] of Object.entries(tallies)) {
    const place = placeOf(key, campaign);
    if (!place) continue;
    const [first = "", outcome] = place.rest;
    const counts = of(place.version);
    if (outcome === undefined) counts.reasons[first] = count;
    else armOf(counts, first).outcomes[outcome] = count;
  }
  for (const { arms } of versions.values()) arms.sort((a, b) => (a.arm < b.arm ? -1 : 1));
  return [...versions.values()].sort((a, b) => b.version - a.version);
}

function placeOf(key: string, campaign: string): { version: number; rest: string[] } | null {
  const [head = "", ...rest] = key.split("|");
  const at = head.lastIndexOf("@");
  return head.slice(0, at) === campaign ? { version: Number(head.slice(at + 1)), rest } : null;
}
