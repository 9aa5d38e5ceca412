import { deviceIndex } from "../../models/devices.ts";
import type { JourneyState } from "../../models/journey-state.ts";
import type { Env } from "../env.ts";
import { visitorLedger } from "../ledger/shards.ts";
import { callObject } from "../platform-errors.ts";
import type { CollectCall, CollectResult } from "./call.ts";
import type { JoinCall } from "./joining.ts";

/**
 * What a journey knows of its visitor's erasure. The ledger is asked once in each life of the object in memory: so what
 * is sent again stays out, and a journey that a restore has brought back is erased again before it answers anything.
 */
export class Erasures {
  readonly #env: Env;
  #at: number | null = null;

  constructor(env: Env) {
    this.#env = env;
  }

  /** When the visitor was erased last, ms since 1970; 0: never. Throws where the ledger cannot be asked. */
  async at({ site, visitor }: Pick<JoinCall, "site" | "visitor">): Promise<number> {
    this.#at ??= await callObject(async () => (await visitorLedger(this.#env, site, visitor)).erasedAt(visitor));
    return this.#at;
  }

  /** The same, without asking. */
  get known(): number {
    return this.#at ?? 0;
  }

  /** An erasure that is under way. */
  note(at: number): void {
    this.#at = at;
  }
}

/** Whether a page's batch is of a browser that was erased, and has not begun anew since. */
export function isForgotten(state: JourneyState, { stamp, device = null }: CollectCall, erasedAt: number): boolean {
  if (erasedAt === 0 || stamp === null) return false;
  if (device === null) return state.receivedAt === 0;
  const known = state.devices?.[deviceIndex(state, device)];
  return !known || known.at <= erasedAt;
}

/**
 * The answer to a browser that was erased: nothing of it is taken, now or ever. It hears of a later choice that grants
 * nothing, so it forgets all that it keeps, and is asked again before anything is kept of it anew. Its objection stays (B33).
 */
export function refusedAsErased({ streams, stamp }: CollectCall): CollectResult {
  const why = { reason: "erased", field: "", bound: "after the visitor's erasure" } as const;
  const refused = streams.flatMap(({ stream, touchpoints }) => touchpoints.map(({ seq }) => ({ stream, seq, ...why })));
  const consent = { rev: (stamp?.rev ?? 0) + 1, purposes: [], ...(stamp?.objects ? { objects: true as const } : {}) };
  return { acked: [], refused, duplicates: [], decisions: [], consent, features: null, erased: true };
}
