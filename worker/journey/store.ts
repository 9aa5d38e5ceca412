import { decodeState, encodeState } from "../../models/journey-blob.ts";
import { EMPTY_STATE, type JourneyState, type PushState } from "../../models/journey-state.ts";

/** Storage keys. Contributions that wait for the map stand apart: they are rare, and the state has 32 KB. */
const STATE = "state";
const SEALED = "sealed";

/** What a write was billed: rows are what an owner pays for. */
export interface Billed {
  puts: number;
  deletes: number;
  alarms: number;
}

/** The only place that writes a journey. Every write of a turn goes out together, or none does. */
export class JourneyStore {
  readonly billed: Billed = { puts: 0, deletes: 0, alarms: 0 };
  #storage: DurableObjectStorage;
  /** What the disk holds of SEALED: writing nothing over nothing would cost a row. */
  #hasSealed = false;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  load(): JourneyState {
    const text = this.#storage.kv.get<string>(STATE);
    if (text === undefined) return EMPTY_STATE;
    const state = decodeState(text);
    const sealed = this.#storage.kv.get<string>(SEALED);
    this.#hasSealed = sealed !== undefined;
    return sealed === undefined ? state : withSealed(state, JSON.parse(sealed) as PushState["sealed"]);
  }

  /**
   * Writes the state, and the alarm where one is given (ms since 1970). Nothing that can throw stands behind the first
   * put; if one throws all the same, the transaction takes every write of the turn back.
   */
  write(state: JourneyState, alarmAt: number | null): void {
    const { sealed } = state.push;
    const text = encodeState(withSealed(state, {}));
    const sealedText = Object.keys(sealed).length > 0 ? JSON.stringify(sealed) : null;
    this.#storage.transactionSync(() => {
      this.#storage.kv.put(STATE, text);
      if (sealedText !== null) this.#storage.kv.put(SEALED, sealedText);
      else if (this.#hasSealed) this.#storage.kv.delete(SEALED);
    });
    this.billed.puts += sealedText === null ? 1 : 2;
    if (sealedText === null && this.#hasSealed) this.billed.deletes++;
    this.#hasSealed = sealedText !== null;
    // Not awaited: the output gate holds every answer until it is durable, together with the writes beside it.
    if (alarmAt !== null) void this.setAlarm(alarmAt);
  }

  /** Sets the one alarm, ms since 1970. */
  async setAlarm(at: number): Promise<void> {
    this.billed.alarms++;
    await this.#storage.setAlarm(at);
  }

  /** Deletes everything, the alarm too. */
  async erase(): Promise<void> {
    this.billed.deletes += this.#hasSealed ? 2 : 1;
    await this.#storage.deleteAll();
  }
}

function withSealed(state: JourneyState, sealed: PushState["sealed"]): JourneyState {
  return { ...state, push: { ...state.push, sealed } };
}
