import type { Stamp } from "../../models/consent.ts";
import type { Device } from "../../models/devices.ts";
import type { Entry } from "../../models/entry.ts";
import type { HistoryRow } from "../../models/history.ts";
import { decodeState, encodeState } from "../../models/journey-blob.ts";
import { type ContributionV1, upcastSealed } from "../../models/journey-blob-v1.ts";
import type { PushState } from "../../models/journey-push.ts";
import { EMPTY_STATE, type JourneyState } from "../../models/journey-state.ts";
import type { Message } from "../../models/messages.ts";
import type { Streams } from "../../models/streams.ts";

/** The one storage key: the state, of 32 KB at most, and on a second line, where there is any, what waits for the map. */
const STATE = "state";
/** The devices of a user's journey: they change with choices and sign-ins alone, so no batch writes them again. */
const DEVICES = "devices";
/** Calls without a seq that are known: written by such calls, and joinings, alone. */
const MESSAGES = "messages";
/** Hand-overs that were used, until they are over. */
const REDEEMED = "redeemed";
/** What was taken apart and has not arrived yet where it belongs, by the id of its joining. */
const givenKey = (merge: string) => `given/${merge}`;
/** Where version 1 kept what waited. */
const SEALED_V1 = "sealed";

/**
 * More than this waits only while the map or its history cannot be reached: then the next batch is not taken, and whoever
 * sent it keeps it. A value may have 2 MB.
 */
const WAITING_TEXT_MAX = 1_500_000;

/** Touchpoints and decisions that the history has not heard of, by the number of the push that is to bring them. */
export type Unheard = [no: number, rows: HistoryRow[]][];

/** What a write was billed: rows are what an owner pays for. */
export interface Billed {
  puts: number;
  deletes: number;
  alarms: number;
}

/** What one turn leaves behind. */
export interface Kept {
  state: JourneyState;
  unheard: Unheard;
}

/** What a user's journey gives back of a device: touchpoints that were still open, and the seqs of its streams. */
export interface GivenBack {
  entries: Entry[];
  streams: Streams;
  /** Calls without a seq that it had named. Absent from an earlier version. */
  messages?: Message[];
  /** The latest choice of that browser. */
  stamp: Stamp;
}

/** What is written in the same turn as the state. */
export interface Beside {
  given?: { merge: string; device: string; back: GivenBack };
}

/** The only place that writes a journey. Every write of a turn goes out together, or none does. */
export class JourneyStore {
  readonly billed: Billed = { puts: 0, deletes: 0, alarms: 0 };
  #storage: DurableObjectStorage;
  #hasSealedV1 = false;
  #devices: Device[] | undefined;
  #messages: Message[] | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  load(): Kept {
    const text = this.#storage.kv.get<string>(STATE);
    if (text === undefined) return { state: EMPTY_STATE, unheard: [] };
    const [blob = "", waiting] = text.split("\n");
    const devices = this.#storage.kv.get<string>(DEVICES);
    this.#devices = devices === undefined ? undefined : (JSON.parse(devices) as Device[]);
    const messages = this.#storage.kv.get<string>(MESSAGES);
    this.#messages = messages === undefined ? undefined : (JSON.parse(messages) as Message[]);
    const state: JourneyState = {
      ...decodeState(blob),
      ...(this.#devices ? { devices: this.#devices } : {}),
      ...(this.#messages ? { messages: this.#messages } : {}),
    };
    const sealed = this.#storage.kv.get<string>(SEALED_V1);
    this.#hasSealedV1 = sealed !== undefined;
    if (sealed !== undefined) {
      return {
        state: withSealed(state, upcastSealed(JSON.parse(sealed) as Record<string, ContributionV1>)),
        unheard: [],
      };
    }
    if (waiting === undefined) return { state, unheard: [] };
    const read = JSON.parse(waiting) as { sealed: PushState["sealed"]; unheard: Unheard };
    return { state: withSealed(state, read.sealed), unheard: read.unheard };
  }

  /**
   * Writes the state with what waits, and the alarm where one is given (ms since 1970). Throws before anything is
   * written where too much waits. Nothing that can throw stands behind the first put; if one throws all the same, the
   * transaction takes every write of the turn back.
   */
  write({ state, unheard }: Kept, alarmAt: number | null, beside: Beside = {}): void {
    const { sealed } = state.push;
    const waits = unheard.length > 0 || Object.keys(sealed).length > 0;
    const waiting = waits ? `\n${JSON.stringify({ sealed, unheard })}` : "";
    if (waiting.length > WAITING_TEXT_MAX) throw new Error("too much waits for the map: the sender keeps the rest");
    const text = encodeState(withSealed(state, {})) + waiting;
    const { devices, messages } = state;
    const hasNewDevices = devices !== undefined && devices !== this.#devices;
    const hasNewMessages = messages !== undefined && messages !== this.#messages;
    this.#storage.transactionSync(() => {
      this.#storage.kv.put(STATE, text);
      if (hasNewDevices) this.#storage.kv.put(DEVICES, JSON.stringify(devices));
      if (hasNewMessages) this.#storage.kv.put(MESSAGES, JSON.stringify(messages));
      if (beside.given) {
        const { merge, device, back } = beside.given;
        this.#storage.kv.put(givenKey(merge), JSON.stringify({ ...back, device }));
      }
      if (this.#hasSealedV1) this.#storage.kv.delete(SEALED_V1);
    });
    this.billed.puts += [true, hasNewDevices, hasNewMessages, beside.given].filter(Boolean).length;
    this.#devices = devices;
    this.#messages = messages;
    if (this.#hasSealedV1) this.billed.deletes++;
    this.#hasSealedV1 = false;
    // Not awaited: the output gate holds every answer until it is durable, together with the writes beside it.
    if (alarmAt !== null) void this.setAlarm(alarmAt);
  }

  /** What was taken apart under this joining, or null. */
  given(merge: string): GivenBack | null {
    const text = this.#storage.kv.get<string>(givenKey(merge));
    return text === undefined ? null : (JSON.parse(text) as GivenBack);
  }

  /** Everything that was taken apart and is not known to have arrived, by its joining, with the browser that it is of. */
  allGiven(): [merge: string, device: string][] {
    return [...this.#storage.kv.list<string>({ prefix: givenKey("") })].map(([key, text]) => [
      key.slice(givenKey("").length),
      (JSON.parse(text) as { device: string }).device,
    ]);
  }

  /** It has arrived. */
  forgetGiven(merge: string): void {
    this.#storage.kv.delete(givenKey(merge));
    this.billed.deletes++;
  }

  /** Uses up a token that is good until then, ms since 1970. False where it was used before. */
  redeem(nonce: string, until: number, now: number): boolean {
    const used = JSON.parse(this.#storage.kv.get<string>(REDEEMED) ?? "[]") as [nonce: string, until: number][];
    if (used.some(([known]) => known === nonce)) return false;
    const open = used.filter(([, ends]) => ends > now);
    this.#storage.kv.put(REDEEMED, JSON.stringify([...open, [nonce, until]]));
    this.billed.puts++;
    return true;
  }

  /** Sets the one alarm, ms since 1970. */
  async setAlarm(at: number): Promise<void> {
    this.billed.alarms++;
    await this.#storage.setAlarm(at);
  }

  /** Deletes everything, the alarm too. */
  async erase(): Promise<void> {
    this.billed.deletes += this.#hasSealedV1 ? 2 : 1;
    await this.#storage.deleteAll();
  }
}

function withSealed(state: JourneyState, sealed: PushState["sealed"]): JourneyState {
  return { ...state, push: { ...state.push, sealed } };
}
