import { DurableObject } from "cloudflare:workers";
import type { About } from "../../models/about.ts";
import type { MapParts } from "../../models/analysis/graph.ts";
import { admitted, supersedes, withCampaigns } from "../../models/analysis/map-day.ts";
import { addTo, emptySum } from "../../models/analysis/map-sum.ts";
import type { CampaignDay } from "../../models/campaign-counts.ts";
import { EMPTY_CONTRIBUTION } from "../../models/contribution.ts";
import { upcastContribution } from "../../models/journey-blob-v1.ts";
import { historyKeptMs } from "../../models/privacy-record.ts";
import { BESIDE, isInSet } from "../../models/set-name.ts";
import type { Env } from "../env.ts";
import { historySink } from "../history/sink.ts";
import { logBackground } from "../log.ts";
import { liveMapObject } from "../objects.ts";
import { newestConfig } from "../sites.ts";
import { HistoryCompaction } from "./compaction.ts";
import { HistoryFlush } from "./flush.ts";
import type { MapPush } from "./push.ts";
import { type KeptRow, type KnownRow, MapRows } from "./rows.ts";
import { siteOf } from "./shards.ts";
import { MapSums } from "./sums.ts";
import { Watchers } from "./watchers.ts";

/** Sums are kept, and history is written, this long after the first change, where HISTORY_AFTER_S does not say otherwise … */
const FLUSH_AFTER_S = 900;
/** … or, after this many pushes, as soon as a minute has passed since the last time (DESIGN §4). */
const FLUSH_PUSHES = 256;
/** … or so many characters. */
const FLUSH_LENGTH = 4_000_000;
const FLUSH_EVERY_MS = 60_000;
/** More than this waits for the history of one person only where it cannot be written: then their journey keeps the rest. */
const WAITING_TEXT_MAX = 1_000_000;
/** The same for all of a shard, characters: hours of a busy one. */
const WAITING_SHARD_MAX = 256_000_000;

/** Which part of a map is asked for. Days are UTC days since 1970, both bounds belong to it; absent: all of them. */
export interface MapQuery {
  journey: string;
  from?: number;
  to?: number;
  /** Name and version of a segment, as sets hold it; absent: everybody. */
  segment?: string;
}

/**
 * One shard of a site's live map: a row per (journey, day, person) and the sums of each day in memory. A row is replaced
 * only by a greater push number, and the sums move by the difference: so a push may be lost, repeated or reordered, and
 * nothing is in a sum that could not be taken out of it again.
 */
export class MapObject extends DurableObject<Env> {
  #rows = new MapRows(this.ctx.storage.sql);
  #sums = new MapSums(this.#rows);
  #flush = new HistoryFlush(this.ctx.id.name ?? "", this.#rows, historySink(this.env));
  #compaction = new HistoryCompaction(this.ctx.id.name ?? "", this.#rows, {
    bucket: this.env.HISTORY ?? null,
    keptMs: async () => {
      const { site } = siteOf(this.ctx.id.name ?? "");
      return historyKeptMs((await newestConfig(this.env, site))?.config ?? null);
    },
  });
  /** Touchpoints that bots sent, by journey: kept with the next flush. */
  #bots: Record<string, number> = JSON.parse(this.#rows.note("bots") ?? "{}");
  readonly watchers = new Watchers(async (journey) =>
    liveMapObject(this.env, siteOf(this.ctx.id.name ?? "").site, journey).changed(),
  );
  #flushAfterMs = Number(this.env.HISTORY_AFTER_S ?? FLUSH_AFTER_S) * 1000;
  #alarmAt: number | null = null;
  /** Since the last flush. */
  #pushes = 0;
  /** The shard's own number of the last push: ms since 1970, rising, above whatever was written to the history. */
  #last = this.#flush.reached;
  #pushedAt = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(async () => {
      this.#alarmAt = await ctx.storage.getAlarm();
    });
  }

  /** Takes the absolute contributions of some days of one person, and what the history is to hear. Answers once they are durable. */
  push(push: MapPush): void {
    const { journey, person, no, life = 0, days, campaigns = [], about = null, history = [] } = push;
    if (days.length === 0 || this.#rows.isErased(person, life)) return;
    const at = this.#next();
    const lastDay = Math.max(...days.map(([day]) => day));
    let newsLength = 0;
    try {
      if (this.#flush.waitingLength > WAITING_SHARD_MAX) throw new TooMuchWaits();
      this.ctx.storage.transactionSync(() => {
        const told = new Map(campaigns);
        const others = [...told.keys()].filter((day) => !days.some(([of]) => of === day));
        const changed = [...days, ...others.map((day): MapPush["days"][number] => [day, EMPTY_CONTRIBUTION])];
        const befores = changed.map(([day]) => this.#rows.get({ journey, day, person }));
        // What a row of this life has by its number, an earlier try has brought.
        const hasNo = Math.max(...befores.map((row) => (row?.life === life ? row.push : 0)), 0);
        const news = history.filter(([first]) => first > hasNo).flatMap(([, rows]) => rows);
        for (const [i, [day, pushed, set = ""]] of changed.entries()) {
          const before = befores[i] ?? null;
          const isOther = i >= days.length && before !== null;
          if (!supersedes({ push: no, life }, before)) continue;
          const sums = this.#sums.of(journey, day);
          // A journey of an older version may push to this one while a deployment goes round.
          const known = before?.life === life ? before.contribution : undefined;
          const own = isOther ? before.contribution : upcastContribution(pushed);
          const contribution = withCampaigns(own, told.get(day), known);
          const row = admitted({ push: no, life, set: isOther ? before.set : set, contribution }, before, sums);
          const waiting = this.#flush.stillWaiting(before?.waiting ?? []);
          if (day === lastDay && news.length > 0) {
            waiting.push([at, news]);
            newsLength = JSON.stringify(news).length;
          }
          const after: KeptRow = { ...row, at, waiting };
          const length = this.#rows.put({ journey, day, person }, after, day === lastDay ? about : null);
          if (waiting.length > 1 && length > WAITING_TEXT_MAX) throw new TooMuchWaits();
          this.#sums.replace({ journey, day }, { before, after }, { at, waitingFrom: this.#flush.waitingFrom });
        }
      });
    } catch (error) {
      this.#sums.forget();
      // What waits is written as soon as may be; the journey keeps the rest and comes again.
      if (error instanceof TooMuchWaits) this.#alarmBy(Math.max(Date.now(), this.#flush.lastAt + FLUSH_EVERY_MS));
      throw error;
    }
    this.#flush.waitingLength += newsLength;
    this.#pushes++;
    this.#pushedAt = at;
    this.#arm(journey, days);
    this.#changed(journey);
  }

  /** Takes a life of a person out of every sum, deletes the rows (their number is given), and lets nothing of it in again. */
  forget(person: string, life = Number.MAX_SAFE_INTEGER): number {
    const at = this.#next();
    let rows = 0;
    this.ctx.storage.transactionSync(() => {
      rows = this.#remove(person, { life, at });
      this.#rows.noteErased(person, life, at);
    });
    // The history still has rows of this person, until it is made smaller next.
    if (this.#flush.isOn) this.#alarmBy(Date.now() + this.#flushAfterMs);
    return rows;
  }

  /** What there is of a person: their days as they count, what the index says, and what waits for the history. */
  known(person: string): KnownRow[] {
    return [...this.#rows.knownOf(person)];
  }

  /** How many rows of a person wait for the history. */
  waitingRows(person: string): number {
    const waiting = this.known(person).flatMap((row) => this.#flush.stillWaiting(row.waiting));
    return waiting.reduce((sum, [, rows]) => sum + rows.length, 0);
  }

  /** The same for a life that has come to its end by time: nothing of it can be under way any more, and nothing is noted. */
  expire(person: string, life: number): void {
    this.ctx.storage.transactionSync(() => this.#remove(person, { life, at: this.#next() }));
  }

  #remove(person: string, { life, at }: { life: number; at: number }): number {
    let rows = 0;
    for (const key of this.#rows.daysOf(person)) {
      const before = this.#rows.get(key);
      if (!before || before.life > life) continue;
      this.#sums.replace(key, { before, after: null }, { at, waitingFrom: this.#flush.waitingFrom });
      this.#rows.delete(key);
      this.#changed(key.journey);
      rows++;
    }
    return rows;
  }

  /** Counts touchpoints that are in no journey. In memory until the next flush: a few can be lost with it. */
  exclude(journey: string, _kind: "bot", touchpoints: number): void {
    this.#bots[journey] = (this.#bots[journey] ?? 0) + touchpoints;
    this.#alarmBy(Date.now() + this.#flushAfterMs);
  }

  /** Has changes of a journey told to its live map until then, ms since 1970. In memory. */
  watch(journey: string, until: number): void {
    this.watchers.watch(journey, until);
  }

  /** Not awaited: no push waits for those who watch. The output gate holds it until the change is durable. */
  #changed(journey: string): void {
    this.ctx.waitUntil(this.watchers.changed(journey, Date.now()));
  }

  /** The sum of what is asked for, with what stands beside it. */
  read({ journey, from = -1, to = Number.MAX_SAFE_INTEGER, segment }: MapQuery): MapParts {
    const answer: MapParts = { sum: emptySum(), beside: { bot: this.#bots[journey] ?? 0 }, sets: {} };
    for (const day of this.#rows.days(journey)) {
      if (day < from || day > to) continue;
      for (const [set, sum] of Object.entries(this.#sums.of(journey, day))) {
        if (set.startsWith(BESIDE)) {
          const why = set.slice(BESIDE.length);
          answer.beside[why] = (answer.beside[why] ?? 0) + sum.touchpoints;
          continue;
        }
        const { visits, goals } = answer.sets[set] ?? { visits: 0, goals: 0 };
        answer.sets[set] = { visits: visits + sum.visits, goals: goals + sum.goals };
        if (segment === undefined || isInSet(set, segment)) addTo(answer.sum, sum);
      }
    }
    return answer;
  }

  /**
   * How the shard is: when it was last pushed to (after a restart, when it last noted a change), and since when something waits for
   * the history; ms since 1970, null for never and nothing.
   */
  health(): { pushedAt: number | null; waitsSince: number | null } {
    const { since, notedAt } = this.#flush.waits;
    return { pushedAt: Math.max(this.#pushedAt, notedAt ?? 0) || null, waitsSince: since };
  }

  /** What campaigns did, by day. */
  campaignDays({
    journey,
    from = -1,
    to = Number.MAX_SAFE_INTEGER,
    segment,
  }: MapQuery): [day: number, of: CampaignDay][] {
    const told: [number, CampaignDay][] = [];
    for (const day of this.#rows.days(journey)) {
      if (day < from || day > to) continue;
      const sum = emptySum();
      for (const [set, one] of Object.entries(this.#sums.of(journey, day))) {
        if (set.startsWith(BESIDE) || !one.campaigns) continue;
        if (segment === undefined || isInSet(set, segment))
          addTo(sum, { ...EMPTY_CONTRIBUTION, campaigns: one.campaigns });
      }
      if (sum.campaigns) told.push([day, sum.campaigns]);
    }
    return told;
  }

  /** A person's rows, by a pseudonym or the beginning of one. */
  find(begins: string): { person: string; rows: KnownRow[] } | null {
    const person = this.#rows.personBeginning(begins);
    return person === null ? null : { person, rows: this.known(person) };
  }

  /** People by their latest day, at most `limit`. */
  people(journey: string, limit: number): { person: string; about: About }[] {
    return this.#rows.people(journey, limit);
  }

  /**
   * Writes the history, keeps the sums of large days, and once a day makes the history of the days before smaller. Never
   * throws: the platform gives up after six failed runs.
   */
  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    const upTo = Math.max(Date.now(), this.#last, this.#flush.reached);
    // What is pushed from here on has a greater number, so a range that is written twice holds the same twice.
    this.#last = Math.max(this.#last, upTo);
    const failed = (error: unknown) =>
      logBackground(this.env, "history-failed", { site: siteOf(this.ctx.id.name ?? "").site, error });
    const pushes = this.#pushes;
    try {
      const changed = await this.#flush.write(upTo);
      this.#checkpoint(changed);
      this.#pushes -= pushes;
    } catch (error) {
      failed(error);
      // A compaction must not run while a flush waits to be repeated.
      return this.#alarmBy(Date.now() + FLUSH_EVERY_MS);
    }
    const againAt = await this.#compaction.run(Date.now(), failed);
    if (againAt !== null) this.#alarmBy(againAt);
    if (this.#pushedAt > upTo) this.#alarmBy(Date.now() + this.#flushAfterMs);
  }

  #checkpoint(changed: readonly { journey: string; day: number }[]): void {
    this.ctx.storage.transactionSync(() => {
      for (const { journey, day } of changed) {
        if (this.#sums.isDue(journey, day)) this.#sums.checkpoint(journey, day, this.#last);
      }
      const bots = JSON.stringify(this.#bots);
      if (bots !== (this.#rows.note("bots") ?? "{}")) this.#rows.keepNote("bots", bots);
    });
  }

  /** Arms the alarm where something waits for it: history, or sums of a large day. A small day costs no row but its own. */
  #arm(journey: string, days: MapPush["days"]): void {
    const now = Date.now();
    const isHot = this.#pushes >= FLUSH_PUSHES || this.#flush.waitingLength >= FLUSH_LENGTH;
    const waits = this.#flush.isOn || days.some(([day]) => this.#sums.isDue(journey, day));
    if (!waits) return;
    this.#alarmBy(isHot ? Math.max(now, this.#flush.lastAt + FLUSH_EVERY_MS) : now + this.#flushAfterMs);
  }

  /** Sees that the alarm rings at a time at the latest, ms since 1970. */
  #alarmBy(at: number): void {
    if (this.#alarmAt === null || this.#alarmAt > at) this.#setAlarm(at);
  }

  #setAlarm(at: number): void {
    this.#alarmAt = at;
    // Not awaited: the output gate holds every answer until it is durable.
    void this.ctx.storage.setAlarm(at);
  }

  #next(): number {
    this.#last = Math.max(this.#last + 1, Date.now());
    return this.#last;
  }
}

class TooMuchWaits extends Error {
  override name = "TooMuchWaits";
}
