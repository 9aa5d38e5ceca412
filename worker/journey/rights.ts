import { isFromBefore } from "../../models/erasing.ts";
import { withNews } from "../../models/journey-push.ts";
import type { JourneyState } from "../../models/journey-state.ts";
import type { Props } from "../../models/touchpoint.ts";
import { withCorrected } from "../../models/traits.ts";
import { logBackground } from "../log.ts";
import { mapObject } from "../objects.ts";
import type { ErasedJourney } from "./call.ts";
import { Erasures } from "./erasures.ts";
import type { JoinCall, Shell } from "./joining.ts";
import type { Kept } from "./store.ts";

/** Until an end that could not be is tried again. */
const AGAIN_MS = 5 * 60_000;

/** What rights need of the object that they are a part of. */
export interface RightsShell extends Shell {
  kept: () => Kept;
  /** Runs a task while nothing else does. */
  alone: <T>(task: () => Promise<T>) => Promise<T>;
  /** Sets the alarm, ms since 1970. */
  ringAt: (at: number) => Promise<void>;
  /** Deletes everything that is stored, and closes every page's line. */
  forget: () => Promise<void>;
}

/** What a journey's visitor may have done with it. */
export class Rights {
  readonly #shell: RightsShell;
  readonly #erasures: Erasures;

  constructor(shell: RightsShell) {
    this.#shell = shell;
    this.#erasures = new Erasures(shell.env);
  }

  /** When the visitor was erased, 0 for never. What a restore has brought back from before is erased again. */
  async erasedAt(call: Pick<JoinCall, "site" | "visitor">): Promise<number> {
    const at = await this.#erasures.at(call);
    if (isFromBefore(this.#shell.state(), at)) await this.erase(at);
    return at;
  }

  /** The same, as far as it is known, without waiting for anything. */
  get erasedNow(): number {
    return this.#erasures.known;
  }

  /**
   * Erases everything that is kept here, and what the map has of it. `at` is when the ledger noted it. Repeating it
   * finishes what failed.
   */
  erase(at: number): Promise<ErasedJourney> {
    return this.#shell.alone(async () => {
      const { state, unheard } = this.#shell.kept();
      this.#erasures.note(at);
      const { home, bornAt, folded } = state;
      const { env } = this.#shell;
      const mapRows = home ? await mapObject(env, home.shard).forget(home.person, Math.min(bornAt, at)) : 0;
      await this.#shell.forget();
      const waiting = unheard.reduce((sum, [, rows]) => sum + rows.length, 0);
      return { home, touchpoints: folded.touchpoints, waiting, mapRows };
    });
  }

  /** The end by time. Nothing else runs in between, so that no batch is acknowledged and then deleted. Never throws. */
  expire(receivedAt: number): Promise<void> {
    return this.#shell.alone(async () => {
      const { home, bornAt, receivedAt: last } = this.#shell.state();
      if (last !== receivedAt) return this.#shell.ringAt(last + AGAIN_MS);
      try {
        if (home) await mapObject(this.#shell.env, home.shard).expire(home.person, bornAt);
        await this.#shell.forget();
      } catch (error) {
        logBackground(this.#shell.env, "alarm-failed", { site: home?.site, error });
        await this.#shell.ringAt(Date.now() + AGAIN_MS);
      }
    });
  }

  /**
   * Stops everything that is done with the journey, and keeps it; or goes on. With a `call` one that has not begun begins
   * with that, so that its first batch is stopped. False where there is nothing to stop: its visitor was erased.
   */
  async restrict(isOn: boolean, call?: JoinCall): Promise<boolean> {
    const isNew = call && this.#shell.state().receivedAt === 0;
    if (isNew && (await this.erasedAt(call)) > 0) return false;
    const begun = isNew && isOn ? { home: (await this.#shell.prepare(call)).home } : {};
    await this.#change(({ restrictedAt: _, ...state }) => {
      const now = Date.now();
      if (!isOn) return state;
      return {
        ...state,
        ...begun,
        bornAt: state.bornAt || now,
        receivedAt: state.receivedAt || now,
        restrictedAt: now,
      };
    });
    return true;
  }

  /** Puts traits right: what is null goes. Only those that the site has declared, and while they may be kept at all. */
  async correct(call: JoinCall, traits: Props): Promise<void> {
    const { config } = await this.#shell.prepare(call);
    await this.#change((state) => withCorrected(state, traits, { declared: config.traits ?? [], now: Date.now() }));
  }

  /** A change that no batch brings: it is written at once, and the map hears of it by the alarm. */
  async #change(change: (state: JourneyState) => JourneyState): Promise<void> {
    const alarmAt = await this.#shell.alarmAt();
    const state = this.#shell.state();
    const next = change(state);
    if (next === state || !next.home) return;
    // Of whom there is no touchpoint the map has nothing.
    const told = next.folded.touchpoints > 0 ? withNews(next) : next;
    this.#shell.write(told, alarmAt, { dueAt: Date.now() });
  }
}
