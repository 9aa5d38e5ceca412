import { hasBudgets, type LeaseEnd } from "../../models/budget.ts";
import type { JourneyState } from "../../models/journey-state.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { type Leases, NO_LEASES, type Turn } from "../../models/turn.ts";
import type { Env } from "../env.ts";
import type { CollectCall } from "./call.ts";

/** Read where a campaign has a budget: a cold start goes without. */
const leasing = () => import("./leases.ts");

/** What budgets need of the object that they are dealt with in. */
export interface BudgetShell {
  env: () => Env;
  state: () => JourneyState;
  /** With what budgets have heard of: in memory, for it is not worth a row of its own. */
  heard: (state: JourneyState) => void;
}

/** What a journey takes of budgets, and tells them. */
export class Budgets {
  readonly #shell: BudgetShell;

  constructor(shell: BudgetShell) {
    this.#shell = shell;
  }

  /** What the asks of a batch need: see `takeLeases`. */
  async take(call: CollectCall, config: SiteConfig, attempt: (leases: Leases) => Turn): Promise<Leases> {
    if (call.asks.length === 0 || !hasBudgets(config.campaigns)) return NO_LEASES;
    return (await leasing()).takeLeases(this.#shell.env(), call, config, attempt);
  }

  /** Started before the turn that they were taken for, which is over by the next task: see `returnUnused`. */
  async giveBack(site: string, leases: Leases): Promise<void> {
    if (leases === NO_LEASES) return;
    const { env, state } = this.#shell;
    await (await leasing()).returnUnused(env(), { site, leases, state });
  }

  /** Tells budgets what became of what they gave; false where one could not be told. Never throws. */
  async settle(site: string): Promise<boolean> {
    const { env, state, heard } = this.#shell;
    if (!state().reservations.some(({ lease }) => lease && !lease.told)) return true;
    const { settleLeases, withTold } = await leasing();
    const told = await settleLeases(env(), site, state());
    if (told && told.length > 0) heard(withTold(state(), told));
    return told !== null;
  }

  /** For a budget that has not heard of one of its leases. */
  async endOf(key: string): Promise<LeaseEnd> {
    return (await leasing()).endOf(this.#shell.state(), key);
  }

  /** Before everything is deleted: see `closeLeases`. */
  async close(): Promise<void> {
    await (await leasing()).closeLeases(this.#shell.env(), this.#shell.state());
  }
}
