import { admitted, type DaySums, type MapRow, replaceRow, supersedes } from "../../../models/analysis/map-day.ts";
import { addTo, emptySum, type MapSum } from "../../../models/analysis/map-sum.ts";
import type { Contribution } from "../../../models/contribution.ts";
import { decodeState, encodeState } from "../../../models/journey-blob.ts";
import { acknowledged, duePush, type PushState } from "../../../models/journey-push.ts";
import { EMPTY_STATE, type JourneyState, receive } from "../../../models/journey-state.ts";
import { unite } from "../../../models/journey-union.ts";
import { segmentSet } from "../../../models/segment-set.ts";
import type { Journey, Segment } from "../../../models/site-config.ts";
import type { Batch, Step } from "./case.ts";

/** What may be broken on purpose, to see that the comparison notices. */
export type Break = "dedupe" | "dropped push" | null;

interface Push {
  person: number;
  no: number;
  life: number;
  days: [day: number, contribution: Contribution, set: string][];
}

const STAMP = { rev: 1, purposes: ["analytics" as const] };

/** Journeys and one shard as the objects have them: a disk that survives, a memory that does not, pushes that may not arrive. */
export class World {
  readonly #journey: Journey;
  readonly #segments: Segment[];
  readonly #broken: Break;
  /** What was written last: read back through its stored form only where a memory was lost, for the test's speed alone. */
  #disk = new Map<number, JourneyState>();
  #memory = new Map<number, JourneyState>();
  /** Where a person's batches go since a merge. */
  #moved = new Map<number, number>();
  #rows = new Map<string, MapRow & { day: number; person: number }>();
  #erased = new Map<number, number>();
  #sums = new Map<number, DaySums>();
  #late: Push[] = [];
  #pushes = 0;

  constructor(journey: Journey, segments: Segment[], broken: Break) {
    this.#journey = journey;
    this.#segments = segments;
    this.#broken = broken;
  }

  take(step: Step): void {
    switch (step.kind) {
      case "batch":
        this.#batch(step.batch, step.push);
        break;
      case "restart-journey":
        this.#memory.delete(step.person);
        break;
      case "restart-shard":
        this.#sums.clear();
        break;
      case "alarm-twice":
        this.#push(step.person, "delivered");
        this.#push(step.person, "delivered");
        break;
      case "alarm":
        this.#push(step.person, "delivered");
        break;
      case "late-pushes":
        for (const push of this.#late.splice(0)) this.#receivePush(push);
        break;
      case "merge":
        this.#merge(step.into, step.from);
        break;
      case "erase":
        this.#erase(step.person);
    }
  }

  /** Everything that is still on its way arrives, and every alarm rings. */
  settle(): void {
    this.take({ kind: "late-pushes" });
    for (const person of this.#disk.keys()) {
      this.#memory.delete(person);
      this.#push(person, "delivered");
    }
  }

  state(person: number): JourneyState {
    let state = this.#memory.get(person);
    if (!state) {
      state = stored(this.#disk.get(person) ?? EMPTY_STATE);
      this.#memory.set(person, state);
    }
    return state;
  }

  /** The map by segment set, as the shard tells it; and counted anew from its rows. */
  maps(): { kept: Record<string, MapSum>; counted: Record<string, MapSum> } {
    const days = new Set([...this.#rows.values()].map(({ day }) => day));
    const kept = total([...days].map((day) => this.#sumsOf(day)));
    this.#sums.clear();
    return { kept, counted: total([...days].map((day) => this.#sumsOf(day))) };
  }

  #write(person: number, state: JourneyState): void {
    this.#disk.set(person, state);
    this.#memory.set(person, state);
  }

  #batch(
    { stream, touchpoints, sentAt, receivedAt, ...batch }: Batch,
    fate: Extract<Step, { kind: "batch" }>["push"],
  ): void {
    const person = this.#moved.get(batch.person) ?? batch.person;
    let before = this.state(person);
    if (this.#broken === "dedupe") before = { ...before, streams: {} };
    const streams = [{ stream, touchpoints }];
    const receipt = receive(before, { streams, stamp: STAMP, sentAt, receivedAt }, this.#journey);
    if (receipt.refused.length > 0) throw new Error(`refused: ${JSON.stringify(receipt.refused[0])}`);
    if (receipt.accepted.length > 0) this.#write(person, receipt.state);
    this.#push(person, fate);
  }

  #push(person: number, fate: Extract<Step, { kind: "batch" }>["push"]): void {
    const state = this.state(person);
    const due = duePush(state, this.#journey);
    if (!due) return;
    const push: Push = {
      person,
      no: due.no,
      life: state.bornAt,
      days: due.days.map(([day, { contribution, subject }]) => [
        day,
        contribution,
        segmentSet(subject, this.#segments, this.#journey),
      ]),
    };
    if (fate === "lost") return;
    if (fate === "late") {
      this.#late.push(push);
      return;
    }
    // One in four: the next push of the same day brings what one of them lost.
    const drops = this.#broken === "dropped push" && this.#pushes++ % 4 === 3;
    if (!drops) this.#receivePush(push);
    if (fate === "twice") this.#receivePush(push);
    if (fate !== "ack-lost") this.#memory.set(person, acknowledged(this.state(person), push.no));
  }

  #receivePush({ person, no, life, days }: Push): void {
    if (life <= (this.#erased.get(person) ?? -1)) return;
    for (const [day, contribution, set] of days) {
      const key = `${day} ${person}`;
      const before = this.#rows.get(key) ?? null;
      if (!supersedes({ push: no, life }, before)) continue;
      const sums = this.#sumsOf(day);
      const row = admitted({ push: no, life, set, contribution }, before, sums);
      replaceRow(sums, before, row);
      this.#rows.set(key, { ...row, day, person });
    }
  }

  #merge(into: number, from: number): void {
    const united = unite(this.state(into), this.state(from), this.#journey);
    this.#write(into, united.into);
    this.#write(from, united.from);
    this.#moved.set(from, into);
  }

  /** The journey goes, and with it what it has told the map. Who comes again begins anew. */
  #erase(person: number): void {
    const { bornAt } = this.state(person);
    for (const [key, row] of this.#rows) {
      if (row.person !== person || row.life > bornAt) continue;
      replaceRow(this.#sumsOf(row.day), row, null);
      this.#rows.delete(key);
    }
    this.#erased.set(person, bornAt);
    this.#disk.delete(person);
    this.#memory.delete(person);
  }

  #sumsOf(day: number): DaySums {
    let sums = this.#sums.get(day);
    if (!sums) {
      sums = {};
      for (const row of this.#rows.values()) if (row.day === day) replaceRow(sums, null, row);
      this.#sums.set(day, sums);
    }
    return sums;
  }
}

/** A state as it comes back from a disk. */
function stored(state: JourneyState): JourneyState {
  const { sealed } = state.push;
  const read = decodeState(encodeState({ ...state, push: { ...state.push, sealed: {} } }));
  return { ...read, push: { ...read.push, sealed: JSON.parse(JSON.stringify(sealed)) as PushState["sealed"] } };
}

function total(days: readonly DaySums[]): Record<string, MapSum> {
  const all: Record<string, MapSum> = {};
  for (const day of days) {
    for (const [set, sum] of Object.entries(day)) {
      all[set] ??= emptySum();
      addTo(all[set], sum);
    }
  }
  return all;
}
