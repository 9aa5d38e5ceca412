import type { Contribution } from "../models/contribution.ts";
import type { Entry } from "../models/entry.ts";
import type { HistoryChunk, HistoryRow } from "../models/history.ts";
import { EMPTY_FOLDED, type Folded, merge } from "../models/journey.ts";
import type { Days } from "../models/progress.ts";
import type { Journey } from "../models/site-config.ts";
import { stageOf } from "../models/stage.ts";
import type { TouchpointType } from "../models/touchpoint-type.ts";

/** Some hours before midnight UTC, so that visits cross it. */
const BEGIN = Date.UTC(2026, 10, 20, 20);
const MINUTE_MS = 60_000;
const SHARDS = 2;
/** Rows that a shard holds before it flushes: a person's touchpoints are in several chunks. */
const CHUNK_ROWS = 150;
/** Touchpoints of one batch at most, and how far a batch may come before its turn: both within a journey's ring. */
const BATCH = 12;
const SHUFFLED = 5;

const PATHS = ["/", "/", "/cart", "/cart", "/pay/card", "/elsewhere", "/thanks"];
const TYPES: TouchpointType[] = ["page", "page", "page", "click", "leave", "track"];

/** What a site's journeys did, as their shards flush it and as their contributions tell it. */
export interface MadeHistory {
  chunks: HistoryChunk[];
  /** The last contribution of each person's day: what the rows of the map hold. */
  contributions: Contribution[];
  rows: HistoryRow[];
}

/**
 * Visitors who do not exist, always the same: over 128 touchpoints for every tenth, ties in time, several streams,
 * batches out of their order, visits over midnight, purchases, a decision each.
 */
export function madeHistory(site: string, visitors: number, journey: Journey): MadeHistory {
  const random = randomFrom(7);
  const shards = Array.from({ length: SHARDS }, (_, i) => ({ shard: `${site}:1:${i}`, rows: [] as HistoryRow[] }));
  const contributions: Contribution[] = [];
  for (let v = 0; v < visitors; v++) {
    const person = `person-${v}`;
    const entries = entriesOf(random, v % 10 === 0 ? 170 : 4 + Math.floor(random() * 40), journey);
    const batches = disordered(entries, random);
    contributions.push(...[...foldBatches(batches, journey).values()].map(({ contribution }) => contribution));
    const rows = batches.flat().map((entry) => rowOf(person, entry, journey.id));
    rows.push(decisionOf(person, rows.at(-1) as HistoryRow));
    shards[v % SHARDS]?.rows.push(...rows);
  }
  const chunks = shards.flatMap(({ shard, rows }) => chunksOf(site, shard, rows));
  return { chunks, contributions, rows: shards.flatMap(({ rows }) => rows) };
}

/** Mulberry32, 0..1 from a seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function entriesOf(random: () => number, count: number, journey: Journey): Entry[] {
  const pick = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)] as T;
  const entries: Entry[] = [];
  let at = BEGIN + Math.floor(random() * 600) * MINUTE_MS;
  let stream = 0;
  let seq = 0;
  while (entries.length < count) {
    const gap = random();
    // A tie, a step, or a break that ends the visit and begins another page's stream.
    if (gap > 0.1) at += Math.floor(random() * 4 * MINUTE_MS);
    if (gap > 0.93) {
      at += Math.floor(random() * 10 * 60) * MINUTE_MS;
      stream++;
      seq = 0;
    }
    const type = pick(TYPES);
    const path = pick(PATHS);
    const stage = stageOf(journey, { type, name: "", url: `https://shop.example${path}` });
    const nothing = { name: "", channel: "direct", excluded: "" } as const;
    const context = "desktop/Firefox/Linux/de/DE";
    const order = { kind: "completed", id: `digest-s${stream}`, milli: 12_990 + seq, currency: "EUR" } as const;
    const paid = stage === "done" ? { order } : {};
    entries.push({ at, stream: `s${stream}`, seq: seq++, type, stage, path, context, ...nothing, ...paid });
  }
  return entries;
}

/** Batches of neighbours, of which some come a little before their turn. */
function disordered(entries: Entry[], random: () => number): Entry[][] {
  const batches: { turn: number; batch: Entry[] }[] = [];
  for (let i = 0; i < entries.length; ) {
    const size = 1 + Math.floor(random() * BATCH);
    batches.push({ turn: batches.length + random() * SHUFFLED, batch: entries.slice(i, i + size) });
    i += size;
  }
  return batches.sort((a, b) => a.turn - b.turn).map(({ batch }) => batch);
}

function foldBatches(batches: Entry[][], journey: Journey): Days {
  const days: Days = new Map();
  let folded: Folded = EMPTY_FOLDED;
  for (const batch of batches) {
    const merged = merge(folded, batch, journey);
    folded = merged.folded;
    for (const [day, changed] of merged.changed) days.set(day, changed);
  }
  if (folded.late > 0) throw new Error("made touchpoints must not come below the watermark");
  return days;
}

function rowOf(person: string, { at, order, ...entry }: Entry, journey: string): HistoryRow {
  return {
    ...entry,
    person,
    kind: "touchpoint",
    occurredAt: at,
    receivedAt: at + 1_500,
    orderId: order?.id ?? "",
    revenueMilli: order?.milli ?? null,
    currency: order?.currency ?? "",
    source: entry.source ?? "",
    props: JSON.stringify({ plan: entry.seq % 2 === 0 ? "pro" : "team" }),
    journey,
    config: 1,
    excluded: "",
  };
}

function decisionOf(person: string, last: HistoryRow): HistoryRow {
  const none = { stream: "", seq: 0, stage: "", path: "", orderId: "", revenueMilli: null, currency: "" };
  const props = JSON.stringify({ ask: `ask-${person}`, reason: "not-triggered" });
  return { ...last, ...none, kind: "decision", type: "stall.high", name: `ask-${person}`, props };
}

function chunksOf(site: string, shard: string, rows: HistoryRow[]): HistoryChunk[] {
  const chunks: HistoryChunk[] = [];
  for (let i = 0; i < rows.length; i += CHUNK_ROWS) {
    const part = rows.slice(i, i + CHUNK_ROWS);
    chunks.push({ site, shard, from: i + 1, to: i + part.length, rows: part, isFirst: true });
  }
  return chunks;
}
