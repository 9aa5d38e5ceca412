import type { Touchpoint } from "../../../models/touchpoint.ts";
import { between, jittered, pick, random } from "./random.ts";

const MINUTE = 60_000;
/** A UTC evening, so that visits cross midnight. */
const BEGIN = 20_000 * 1440 * MINUTE + 20 * 60 * MINUTE;
/** Everything has happened by then, and nothing is a week old: deliveries come later. */
const DELIVERED_FROM = BEGIN + 50 * 60 * MINUTE;
/** From sending to receipt, ms: the same for all, or a stream's skew would depend on which batch came first. */
export const TRAVEL_MS = 40;
const PATHS = ["/", "/cart", "/pay", "/pay/card", "/thanks", "/elsewhere"];

/** One thing that happened, in true time. */
export interface Happened {
  person: number;
  stream: string;
  seq: number;
  trueAt: number;
  touchpoint: Touchpoint;
}

/** What a page sends at once: of one stream. */
export interface Batch {
  person: number;
  stream: string;
  touchpoints: Touchpoint[];
  sentAt: number;
  receivedAt: number;
}

/** What befalls the objects, in this order. `push`: what becomes of the push that the batch starts. */
export type Step =
  | { kind: "batch"; batch: Batch; push: "delivered" | "ack-lost" | "lost" | "late" | "twice" }
  | { kind: "restart-journey" | "alarm" | "alarm-twice"; person: number }
  | { kind: "restart-shard" | "late-pushes" }
  | { kind: "merge"; into: number; from: number }
  | { kind: "erase"; person: number };

export interface Case {
  seed: number;
  people: number;
  happened: Happened[];
  steps: Step[];
  /** Classes that this case is of: their counts are printed. */
  classes: Set<string>;
}

/** A page's clock, ms beside the true one: right, ahead by less and by more than a minute, behind by hours. */
const CLOCKS = [0, 0, 0, 0, 5_000, 95_000, -7_200_000];

/** The case of a seed: what happened to some people, and how the news of it came. */
export function caseOf(seed: number): Case {
  const rand = random(seed);
  const people = pick(rand, [1, 1, 2, 2, 3]);
  const isLong = rand() < 0.34;
  const classes = new Set<string>();
  const happened: Happened[] = [];
  const clocks = new Map<string, number>();
  for (let person = 0; person < people; person++) {
    const count = isLong && person === 0 ? between(rand, 130, 180) : between(rand, 1, 30);
    happened.push(...lifeOf(rand, { person, count, clocks }));
  }
  if (isLong) classes.add("over 128 touchpoints");
  if (happened.some((a) => happened.some((b) => a !== b && a.person === b.person && a.trueAt === b.trueAt)))
    classes.add("ties");
  if ([...clocks.values()].some((ms) => ms !== 0)) classes.add("skewed clocks");
  // Long lives mostly come nearly in order, as real ones do: within the watermark. The others in any order.
  const window = isLong && rand() < 0.8 ? between(rand, 1, 60) : happened.length * 4;
  if (window > happened.length) classes.add("any order");
  const steps = stepsOf(rand, batchesOf(rand, jittered(rand, happened.toSorted(byTime), window), clocks), people);
  note(steps, classes);
  return { seed, people, happened, steps, classes };
}

const byTime = (a: Happened, b: Happened) => a.trueAt - b.trueAt || a.seq - b.seq;

function gapMs(rand: () => number): number {
  const kind = rand();
  if (kind < 0.12) return 0;
  if (kind < 0.9) return between(rand, 1, 3 * MINUTE);
  if (kind < 0.93) return 30 * MINUTE - 1;
  if (kind < 0.96) return 30 * MINUTE;
  return between(rand, 30 * MINUTE, 5 * 60 * MINUTE);
}

function lifeOf(
  rand: () => number,
  { person, count, clocks }: { person: number; count: number; clocks: Map<string, number> },
): Happened[] {
  const streams = Array.from({ length: between(rand, 1, 4) }, (_, i) => `p${person}s${i}`.padEnd(11, "_"));
  for (const stream of streams) clocks.set(stream, pick(rand, CLOCKS));
  const seqs = new Map<string, number>();
  const happened: Happened[] = [];
  let trueAt = BEGIN + between(rand, 0, 120 * MINUTE);
  for (let i = 0; i < count && trueAt < DELIVERED_FROM - MINUTE * 10; i++) {
    const stream = pick(rand, streams);
    const seq = seqs.get(stream) ?? 0;
    seqs.set(stream, seq + 1);
    const at = trueAt + (clocks.get(stream) as number);
    happened.push({ person, stream, seq, trueAt, touchpoint: touchpointOf(rand, seq, at) });
    trueAt += gapMs(rand);
  }
  return happened;
}

function touchpointOf(rand: () => number, seq: number, at: number): Touchpoint {
  const kind = rand();
  const url = `https://shop.example${pick(rand, PATHS)}`;
  if (kind < 0.75) return { seq, type: "page", name: "P", at, url, props: arrival(rand) };
  if (kind < 0.85) return { seq, type: "click", name: "C", at, url, props: {} };
  if (kind < 0.93) return { seq, type: "rage_click", name: "", at, url, props: {} };
  // Told twice, by the page and by the server: three numbers for all of them.
  const props = { order_id: `o${between(rand, 1, 3)}`, revenue: between(rand, 1, 90) / 2, currency: "EUR" };
  return { seq, type: "track", name: pick(rand, ["Order Completed", "Order Refunded"]), at, url, props };
}

function arrival(rand: () => number): Touchpoint["props"] {
  return rand() < 0.1 ? { referrer: pick(rand, ["", "www.google.com", "news.example"]) } : {};
}

/**
 * What each stream has next, some at once; the stream whose turn it is by time goes first, or waits for a while. Some
 * batches are sent again, split or whole.
 */
function batchesOf(rand: () => number, happened: readonly Happened[], clocks: ReadonlyMap<string, number>): Batch[] {
  const batches: Batch[] = [];
  const left = [...happened];
  // Of a long life more at once, as after hours without a net: the test is done in half the time.
  const most = happened.length > 128 ? between(rand, 10, 40) : between(rand, 2, 30);
  while (left.length > 0) {
    const first = left[rand() < 0.9 ? 0 : between(rand, 0, Math.min(left.length - 1, most))] as Happened;
    const own = left.filter(({ stream }) => stream === first.stream).slice(0, between(rand, 1, most));
    batches.push(batchOf(first, own));
    for (const one of own) left.splice(left.indexOf(one), 1);
  }
  const again = batches.filter(() => rand() < 0.15).flatMap((batch) => repeats(rand, batch));
  for (const batch of again) batches.splice(between(rand, 0, batches.length), 0, batch);
  return batches.map((batch, i) => {
    const receivedAt = DELIVERED_FROM + i * 1000;
    return { ...batch, receivedAt, sentAt: receivedAt - TRAVEL_MS + (clocks.get(batch.stream) as number) };
  });
}

function batchOf({ person, stream }: Happened, all: readonly Happened[]): Batch {
  return { person, stream, touchpoints: all.map(({ touchpoint }) => touchpoint), sentAt: 0, receivedAt: 0 };
}

function repeats(rand: () => number, batch: Batch): Batch[] {
  const { touchpoints } = batch;
  const cut = between(rand, 0, touchpoints.length);
  const parts = rand() < 0.5 ? [touchpoints] : [touchpoints.slice(cut), touchpoints.slice(0, cut)];
  return parts.filter((part) => part.length > 0).map((part) => ({ ...batch, touchpoints: part.toReversed() }));
}

function stepsOf(rand: () => number, batches: readonly Batch[], people: number): Step[] {
  const pushes = ["delivered", "delivered", "ack-lost", "lost", "late", "twice"] as const;
  const steps: Step[] = [];
  const person = () => between(rand, 0, people - 1);
  const erased = people > 1 && rand() < 0.12 ? { at: between(rand, 0, batches.length), person: person() } : null;
  const merged = people > 1 && !erased && rand() < 0.25 ? between(rand, 0, batches.length) : -1;
  for (const [i, batch] of batches.entries()) {
    if (i === merged) steps.push({ kind: "merge", into: 0, from: 1 });
    if (i === erased?.at) steps.push({ kind: "erase", person: erased.person });
    steps.push({ kind: "batch", batch, push: pick(rand, pushes) });
    const befalls = rand();
    if (befalls < 0.08) steps.push({ kind: "restart-journey", person: batch.person });
    else if (befalls < 0.12) steps.push({ kind: "alarm", person: person() });
    else if (befalls < 0.15) steps.push({ kind: "alarm-twice", person: person() });
    else if (befalls < 0.18) steps.push({ kind: "restart-shard" });
    else if (befalls < 0.24) steps.push({ kind: "late-pushes" });
  }
  if (rand() < 0.5) crashBetween(rand, steps);
  return steps;
}

/** The object is gone after its write and before its push. */
function crashBetween(rand: () => number, steps: Step[]): void {
  const at = pick(
    rand,
    steps.flatMap((step, i) => (step.kind === "batch" ? [i] : [])),
  );
  const step = steps[at];
  if (step?.kind !== "batch") return;
  steps.splice(at, 1, { ...step, push: "lost" }, { kind: "restart-journey", person: step.batch.person });
}

function note(steps: readonly Step[], classes: Set<string>): void {
  const seen = new Set<string>();
  for (const [i, step] of steps.entries()) {
    if (step.kind === "batch") {
      const { stream, touchpoints } = step.batch;
      for (const { seq } of touchpoints) {
        if (seen.has(`${stream} ${seq}`)) classes.add("repeated");
        seen.add(`${stream} ${seq}`);
      }
      if (step.push !== "delivered") classes.add(`push ${step.push}`);
      const next = steps[i + 1];
      if (step.push === "lost" && next?.kind === "restart-journey") classes.add("restart between write and push");
    } else classes.add(step.kind);
  }
}
