import { DurableObject } from "cloudflare:workers";
import { type DryRunSum, EMPTY_SUM } from "../../models/dry-run-sum.ts";
import type { Env } from "../env.ts";
import { logBackground } from "../log.ts";
import { readPeopleByShard } from "../map/shards.ts";
import { mapObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { configVersion, type Site } from "../sites.ts";

/** What was found is gone after this: it names people. */
const KEPT_MS = 24 * 3_600_000;
/** After so many failures in a row the job has failed. */
const FAILURES_MAX = 3;
const STATE = "state";

/** A job, from its start until its results are forgotten. Times in ms since 1970. */
export interface DryRunState {
  site: Site;
  campaign: string;
  /** Version of the configuration that is tried. */
  config: number;
  status: "running" | "done" | "failed";
  startedAt: number;
  endedAt: number | null;
  /** People in all, and those who are still to come, by shard. */
  total: number;
  left: { person: string; shard: string }[];
  sum: DryRunSum;
  /** Where the people of the examples are. */
  shards: Record<string, string>;
  failures: number;
}

/** One a site and campaign: goes through what was recorded of people, a few in each run of its alarm. */
export class DryRunObject extends DurableObject<Env> {
  /** Begins a job; one that is running goes on instead. `people`: how many, of those who were seen last. */
  async start({
    site,
    campaign,
    config,
    people,
  }: {
    site: Site;
    campaign: string;
    config: number;
    people: number;
  }): Promise<DryRunState> {
    const before = this.state();
    if (before?.status === "running") return before;
    const journey = (await configVersion(this.env, site.id, config))?.config.journeys[0]?.id ?? "";
    const left = await readPeopleByShard(this.env, site, { journey, limit: people });
    const state: DryRunState = {
      site,
      campaign,
      config,
      status: "running",
      startedAt: Date.now(),
      endedAt: null,
      total: left.length,
      // By shard, so that a run reads the files of one.
      left: left.sort((a, b) => (a.shard < b.shard ? -1 : 1)),
      sum: EMPTY_SUM,
      shards: {},
      failures: 0,
    };
    this.#keep(state, Date.now());
    return state;
  }

  state(): DryRunState | null {
    const text = this.ctx.storage.kv.get<string>(STATE);
    return text === undefined ? null : (JSON.parse(text) as DryRunState);
  }

  /** Never throws: the platform gives up after six failed runs. */
  override async alarm(): Promise<void> {
    const state = this.state();
    if (state?.status !== "running") return this.ctx.storage.deleteAll();
    try {
      // Read when somebody first tries a campaign: a cold start that serves a page goes without.
      const { advanced } = await import("./advance.ts");
      const next = await advanced(this.env, state);
      this.#keep(next, next.status === "running" ? Date.now() : Date.now() + KEPT_MS);
    } catch (error) {
      logBackground(this.env, "dry-run-failed", { site: state.site.id, error });
      const failures = state.failures + 1;
      const isOver = failures >= FAILURES_MAX;
      const status = isOver ? ("failed" as const) : state.status;
      this.#keep({ ...state, failures, status }, Date.now() + (isOver ? KEPT_MS : 1_000));
    }
  }

  /** Examples of people who are still there: who was erased since is nobody's example. */
  async examples(): Promise<DryRunSum["examples"]> {
    const { sum, shards } = this.state() ?? { sum: EMPTY_SUM, shards: {} as Record<string, string> };
    const there = await Promise.all(
      sum.examples.map(async ({ person }) => {
        const shard = shards[person];
        return shard ? (await callObject(async () => mapObject(this.env, shard).known(person))).length > 0 : false;
      }),
    );
    return sum.examples.filter((_, i) => there[i]);
  }

  #keep(state: DryRunState, alarmAt: number): void {
    this.ctx.storage.transactionSync(() => this.ctx.storage.kv.put(STATE, JSON.stringify(state)));
    void this.ctx.storage.setAlarm(alarmAt);
  }
}
