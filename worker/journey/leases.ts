import type { Answered } from "../../models/answer.ts";
import { isHeldOut } from "../../models/assignment.ts";
import { drawsOnBudget, hasPool, type LeaseEnd } from "../../models/budget.ts";
import type { JourneyState } from "../../models/journey-state.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { Leases, Turn } from "../../models/turn.ts";
import type { Env } from "../env.ts";
import { base64url, sha256 } from "../keys.ts";
import { logBackground } from "../log.ts";
import { budgetObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import type { CollectCall } from "./call.ts";

/** Enough that no two leases of a campaign have one key. */
const KEY_BYTES = 16;
/** Campaigns with a budget that one batch tries: each is a call of an object before the answer. */
const TRIES_MAX = 8;

/**
 * Takes what the asks of a batch need of the budgets: tries the turn without writing anything, leases for the campaign that
 * would be shown, and tries again where nothing was left of that. Who is held out takes nothing, and is compared only while
 * something is left for the others. A second object for a batch, one of the named exceptions.
 */
export async function takeLeases(
  env: Env,
  { site: { id: site }, visitor }: CollectCall,
  { campaigns }: SiteConfig,
  attempt: (leases: Leases) => Turn,
): Promise<Leases> {
  const asks: Leases["asks"] = {};
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const wanting = attempt({ asks, others: {} }).answered.find((one) => wantsLease(one, asks));
    const campaign = wanting?.exposure?.campaign;
    if (!wanting?.record || !campaign) break;
    const { ask } = wanting.record;
    const key = heldKey(wanting.state, campaign.id) ?? (await leaseKey({ visitor, ask, campaign: campaign.id }));
    const bounds = { limit: campaign.budget, pool: hasPool(campaign) };
    const isShown = !isHeldOut(wanting.exposure?.arm ?? "");
    const leased = await callObject(async () => {
      const budget = budgetObject(env, site, campaign.id);
      if (isShown) return budget.lease({ site, key, visitor, ...bounds });
      return (await budget.hasLeft(bounds)) ? {} : null;
    });
    asks[ask] = { ...asks[ask], [campaign.id]: leased && { key, ...leased } };
  }
  // What was not asked for is not there: where the journey changes meanwhile, nothing of a budget is shown unasked.
  return { asks, others: Object.fromEntries(campaigns.filter(drawsOnBudget).map(({ id }) => [id, null])) };
}

/** A lease is of one visitor: who sends another's ask has none of theirs, and says nothing of them by it. */
async function leaseKey(of: { visitor: string; ask: string; campaign: string }): Promise<string> {
  return base64url((await sha256(`${of.visitor} ${of.ask} ${of.campaign}`)).slice(0, KEY_BYTES));
}

/** Of what the visitor was given of a campaign and has not reported: they get the same again, so that nobody draws on a budget twice. */
function heldKey({ reservations }: JourneyState, campaign: string): string | undefined {
  return reservations.findLast(
    ({ campaign: of, lease }) => of === campaign && lease && endOf({ reservations }, lease.key) === "open",
  )?.lease?.key;
}

function wantsLease({ record, exposure }: Answered, asks: Leases["asks"]): boolean {
  if (!record || !exposure || !drawsOnBudget(exposure.campaign)) return false;
  return asks[record.ask]?.[exposure.campaign.id] === undefined;
}

/** Leases that a turn has not used go back at once. */
export async function returnUnused(
  env: Env,
  { site, leases, state }: { site: string; leases: Leases; state: () => JourneyState },
): Promise<void> {
  // The turn that they were taken for is over by the next task.
  await Promise.resolve();
  const { reservations } = state();
  const used = new Set(reservations.flatMap(({ lease }) => (lease ? [lease.key] : [])));
  for (const ofAsk of Object.values(leases.asks)) {
    for (const [campaign, lease] of Object.entries(ofAsk)) {
      if (!lease || used.has(lease.key)) continue;
      await budgetObject(env, site, campaign).settle([{ key: lease.key, end: "returned" }]);
    }
  }
}

/** What has been reported of leases, and their budgets have not heard. One that two showings shared is spent by either. */
function untold({ reservations }: JourneyState): { campaign: string; key: string; end: LeaseEnd }[] {
  return reservations.flatMap(({ campaign, lease, state }) => {
    if (!lease || lease.told || state === "open") return [];
    const end = endOf({ reservations }, lease.key);
    return end === "open" ? [] : [{ campaign, key: lease.key, end }];
  });
}

/** Tells the budgets what became of their leases; gives the keys of which they have heard, or null where one could not be told. */
export async function settleLeases(env: Env, site: string, state: JourneyState): Promise<string[] | null> {
  const ends = untold(state);
  try {
    for (const { campaign, ...end } of ends) await budgetObject(env, site, campaign).settle([end]);
    return ends.map(({ key }) => key);
  } catch (error) {
    logBackground(env, "budget-failed", { site, error });
    return null;
  }
}

/**
 * Before a journey is erased: what it may have shown stays spent, and its budgets forget whose it was. Throws where one
 * cannot be told: then nothing is erased yet.
 */
export async function closeLeases(env: Env, { home, reservations }: JourneyState): Promise<void> {
  for (const { campaign, lease, state } of reservations) {
    if (!home || !lease || lease.told) continue;
    const end = state === "withheld" ? "returned" : "spent";
    await callObject(async () => budgetObject(env, home.site, campaign).settle([{ key: lease.key, end }]));
  }
}

/** The state once the budgets have heard. */
export function withTold(state: JourneyState, keys: readonly string[]): JourneyState {
  if (keys.length === 0) return state;
  const reservations = state.reservations.map((one) =>
    one.lease && keys.includes(one.lease.key) ? { ...one, lease: { ...one.lease, told: true as const } } : one,
  );
  return { ...state, reservations };
}

/** What a journey knows of one of its leases. */
export function endOf({ reservations }: Pick<JourneyState, "reservations">, key: string): LeaseEnd {
  const states = reservations.filter(({ lease }) => lease?.key === key).map(({ state }) => state);
  if (states.length === 0) return "unknown";
  if (states.includes("shown")) return "spent";
  return states.includes("open") ? "open" : "returned";
}
