import { DurableObject } from "cloudflare:workers";
import type { DryRunSum } from "../../models/dry-run-sum.ts";
import type { Env } from "../env.ts";
import { logBackground } from "../log.ts";
import type { Site } from "../sites.ts";

/** What was found is gone after this: it names people. */
const KEPT_MS = 24 * 3_600_000;
/** After so many failures in a row the job has failed. */
const FAILURES_MAX = 3;
const RETRY_MS = 1_000;
/** A job of which no run has begun for so long is not going on. */
const STUCK_MS = 10 * 60_000;
const JOB = "job/";

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
  /** Of the last runs, in a row; when the last one began. */
  failures: number;
  ranAt: number;
}

/** What is to be tried, and on how many people, of those who were seen last. */
export interface DryRunAsked extends Pick<DryRunState, "site" | "campaign" | "config"> {
  people: number;
}

/** One a site: goes through what was recorded of people, a few in each run of its alarm, for one campaign after the other. */
export class DryRunObject extends DurableObject<Env> {
  /** People who were erased while a run was under way: what it comes to is kept without them. */
  readonly #forgotten = new Set<string>();

  /** Begins a job; one that is running goes on instead. */
  async start(asked: DryRunAsked): Promise<DryRunState> {
    // As `advanced`, read when somebody first tries a campaign: a cold start that serves a page goes without.
    const { begun } = await import("./advance.ts");
    const state = await begun(this.env, asked);
    const before = this.state(state.campaign);
    // A run that the platform has ended by force says nothing, and after some no further one comes.
    if (before?.status === "running" && Date.now() - before.ranAt < STUCK_MS) return before;
    this.#keep(state);
    await this.#arm();
    return state;
  }

  state(campaign: string): DryRunState | null {
    const text = this.ctx.storage.kv.get<string>(JOB + campaign);
    return text === undefined ? null : (JSON.parse(text) as DryRunState);
  }

  /** Takes a person out of everything: they are nobody's example any more, and nothing of theirs is gone through. */
  forget(person: string): void {
    this.#forgotten.add(person);
    for (const job of this.#jobs()) if (names(job, person)) this.#keep(without(job, [person]));
  }

  /** Never throws: the platform gives up after six failed runs. */
  override async alarm(): Promise<void> {
    const now = Date.now();
    for (const { campaign, endedAt } of this.#jobs()) {
      if (endedAt !== null && now - endedAt >= KEPT_MS) this.ctx.storage.kv.delete(JOB + campaign);
    }
    const [job] = this.#jobs().filter(({ status }) => status === "running");
    if (job) {
      this.#forgotten.clear();
      const isOver = job.failures >= FAILURES_MAX;
      const failed: DryRunState = { ...job, status: "failed", endedAt: now };
      // Counted before it is tried: one that is ended by force throws nothing.
      this.#keep(isOver ? failed : { ...job, failures: job.failures + 1, ranAt: now });
      if (!isOver) this.#keep(without(await this.#advanced(job), [...this.#forgotten]));
    }
    await this.#arm();
  }

  async #advanced(job: DryRunState): Promise<DryRunState> {
    try {
      const { advanced } = await import("./advance.ts");
      return await advanced(this.env, job);
    } catch (error) {
      logBackground(this.env, "dry-run-failed", { site: job.site.id, error });
      const failures = job.failures + 1;
      return failures < FAILURES_MAX
        ? { ...job, failures }
        : { ...job, failures, status: "failed", endedAt: Date.now() };
    }
  }

  #jobs(): DryRunState[] {
    return [...this.ctx.storage.kv.list<string>({ prefix: JOB })].map(([, text]) => JSON.parse(text) as DryRunState);
  }

  #keep(job: DryRunState): void {
    this.ctx.storage.kv.put(JOB + job.campaign, JSON.stringify(job));
  }

  /** At once where something is left to do, after a failure a moment later; else when the first result is to be forgotten. */
  async #arm(): Promise<void> {
    const times = this.#jobs().map(({ status, failures, endedAt }) =>
      status === "running" ? Date.now() + failures * RETRY_MS : (endedAt ?? 0) + KEPT_MS,
    );
    if (times.length === 0) return this.ctx.storage.deleteAll();
    await this.ctx.storage.setAlarm(Math.min(...times));
  }
}

function names({ left, sum }: DryRunState, person: string): boolean {
  return left.some((one) => one.person === person) || sum.examples.some((one) => one.person === person);
}

function without(job: DryRunState, people: readonly string[]): DryRunState {
  if (people.length === 0) return job;
  const isIn = ({ person }: { person: string }) => !people.includes(person);
  return { ...job, left: job.left.filter(isIn), sum: { ...job.sum, examples: job.sum.examples.filter(isIn) } };
}
