import { aboutOf } from "../../models/about.ts";
import { acknowledged, duePush } from "../../models/journey-push.ts";
import type { Home } from "../../models/journey-state.ts";
import { setOfDay } from "../../models/segment-set.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import type { Env } from "../env.ts";
import { logBackground } from "../log.ts";
import { pushToShard } from "../map/shards.ts";
import { RUNNERS } from "../models.ts";
import type { Kept } from "./store.ts";

/** After a push that failed: doubled with each failure in a row, up to the longest. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = 5 * 60_000;

/** What pushing needs of the object that it is a part of. */
export interface PushShell {
  env: () => Env;
  kept: () => Kept;
  /** What is left once the map has acknowledged something: in memory, for it is not worth a row of its own. */
  heard: (kept: Kept) => void;
  /** Sets the alarm, ms since 1970. */
  ringAt: (at: number) => Promise<void>;
}

/** How the map hears of a journey. */
export class Pushing {
  readonly #shell: PushShell;
  /** Failures in a row. */
  #failures = 0;
  #isUnderWay = false;

  constructor(shell: PushShell) {
    this.#shell = shell;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /**
   * Tells the map what is due. Started after the write and not awaited by the answer; the output gate holds it until
   * the write is durable. A batch that comes meanwhile is pushed by the same loop. Never throws.
   */
  async push(config: SiteConfig): Promise<void> {
    if (this.#isUnderWay) return;
    const { kept, heard, ringAt } = this.#shell;
    const env = this.#shell.env();
    const journey = config.journeys[0] as Journey;
    this.#isUnderWay = true;
    try {
      for (let due = duePush(kept().state, journey); due; due = duePush(kept().state, journey)) {
        const { no, days, campaigns } = due;
        const { state, unheard } = kept();
        const { person, shard } = state.home as Home;
        await pushToShard(env, shard, {
          journey: journey.id,
          person,
          no,
          life: state.bornAt,
          days: days.map((row) => [row[0], row[1].contribution, setOfDay(row, config.segments ?? [], journey)]),
          campaigns,
          about: state.restrictedAt
            ? null
            : aboutOf(state, journey, {
                scoring: { runners: RUNNERS, thresholds: config.thresholds },
                now: Date.now(),
              }),
          history: unheard.filter(([first]) => first <= no),
        });
        const after = kept();
        heard({ state: acknowledged(after.state, no), unheard: after.unheard.filter(([first]) => first > no) });
        this.#failures = 0;
      }
    } catch (error) {
      logBackground(env, "push-failed", { site: kept().state.home?.site, error });
      await ringAt(Date.now() + Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** this.#failures++));
    } finally {
      this.#isUnderWay = false;
    }
  }
}
