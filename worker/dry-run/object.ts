import { DurableObject } from "cloudflare:workers";
import type { Campaign } from "../../models/campaign.ts";
import { type DryRunSum, EMPTY_SUM, replay, sitesFor, withPerson } from "../../models/dry-run.ts";
import { wallClocks } from "../clocks.ts";
import type { Env } from "../env.ts";
import { recordedOf } from "../history/recorded.ts";
import { logBackground } from "../log.ts";
import { readPeopleByShard } from "../map/shards.ts";
import { RUNNERS } from "../models.ts";
import { mapObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { configVersion, type Site } from "../sites.ts";

/** People of one shard in one run of the alarm: each run has a bound of CPU time, and after each what was found is kept. */
const PEOPLE_A_RUN = 20;
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
      const next = await this.#advance(state);
      this.#keep(next, next.status === "running" ? Date.now() : Date.now() + KEPT_MS);
    } catch (error) {
      logBackground(this.env, "dry-run-failed", { site: state.site.id, error });
      const failures = state.failures + 1;
      const isOver = failures >= FAILURES_MAX;
      const status = isOver ? ("failed" as const) : state.status;
      this.#keep({ ...state, failures, status }, Date.now() + (isOver ? KEPT_MS : 1_000));
    }
  }

  async #advance(state: DryRunState): Promise<DryRunState> {
    const { site, left, campaign } = state;
    const shard = left[0]?.shard ?? "";
    const next = left.filter((one) => one.shard === shard).slice(0, PEOPLE_A_RUN);
    const found = await configVersion(this.env, site.id, state.config);
    const tried = found?.config.campaigns.find(({ id }) => id === campaign);
    if (!found || !tried) throw new Error(`no version ${state.config} with this campaign`);
    const people = next.map(({ person }) => person);
    const recorded = people.length > 0 ? await recordedOf(this.env, { site: site.id, shard, people }) : new Map();
    const sites = sitesFor(found.config, tried as Campaign);
    const shards = { ...state.shards };
    let { sum } = state;
    for (const person of people) {
      const rows = recorded.get(person) ?? [];
      const play = (part: keyof typeof sites) =>
        replay(rows, {
          site: sites[part],
          campaign,
          tools: { runners: RUNNERS, clocksAt: (at) => wallClocks(sites[part], at) },
        });
      sum = withPerson(sum, { person, campaign, tried: play("with"), before: play("without") });
      if (sum.examples.some((one) => one.person === person)) shards[person] = shard;
    }
    const rest = left.slice(next.length);
    const isDone = rest.length === 0;
    return {
      ...state,
      left: rest,
      sum,
      shards,
      failures: 0,
      ...(isDone ? { status: "done" as const, endedAt: Date.now() } : {}),
    };
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
