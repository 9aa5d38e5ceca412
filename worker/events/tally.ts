import type { Line } from "../../models/analysis/arrivals.ts";
import {
  addSums,
  EVENT_PROPERTIES_MAX,
  EVENTS_MAX,
  OTHER,
  type SeenEvent,
  type Sums,
} from "../../models/analysis/sums.ts";
import { utcDay } from "../../models/visit.ts";

/** What one isolate has counted of a site since its last flush. Told apart by sender and number: sent twice, it counts once. */
export interface Flush {
  sender: string;
  no: number;
  /** By UTC day, days since 1970. */
  days: { day: number; sums: Sums; seen: SeenEvent[] }[];
}

/** Lines for those who watch, and how many were left out. */
export interface Shown {
  lines: Line[];
  left: number;
}

/** Until when somebody watches, ms since 1970; 0: nobody does. */
export interface Heard {
  watchedUntil: number;
}

/** What a tally asks of the world. */
export interface TallyWorld {
  now: () => number;
  wait: (ms: number) => Promise<unknown>;
  /** Rejects where the site's object can't be reached. */
  send: (flush: Flush | null, shown: Shown) => Promise<Heard>;
  /** How long sums wait for others, ms, where none of them is news. */
  afterMs: number;
  /** Random, of this tally alone. */
  sender: string;
}

/** The same while somebody watches: they see what comes within a second. */
const WATCHED_AFTER_MS = 1_000;
/** Lines of a second that are shown. */
const LINES_PER_SECOND = 20;
/** Lines that are held until it is known whether somebody watches. */
const LINES_HELD = 100;
/** Who flushes and has not come back after this long was given up with its request: the next one takes over. */
const SEND_MS = 10_000;
const LATE_MS = 2_000;

/** What is counted and not yet under way, of one day. */
interface Fresh {
  sums: Sums;
  seen: Map<string, SeenEvent>;
}

/**
 * What one isolate counts of one site. Requests share it, and none of them may wait for another's promises; so one at a
 * time has the turn to flush, until a time after which it is taken for lost.
 */
export class Tally {
  readonly #world: TallyWorld;
  #fresh = new Map<number, Fresh>();
  /** What is sent, or was, without an answer: it goes again, to the letter. */
  #flight: Flush | null = null;
  #no = 0;
  /** Of `#day`: events and their properties that the site's object has been told of. */
  #known = new Map<string, Set<string>>();
  /** Those of them that the site expects: they take no room from others. */
  #expected = new Set<string>();
  #day = 0;
  #hasNews = false;
  #turn = 0;
  #isSending = false;
  #busyUntil = 0;
  #againAt = 0;
  #watchedUntil = 0;
  #shown: Shown = { lines: [], left: 0 };
  #second = { at: 0, lines: 0 };

  constructor(world: TallyWorld) {
    this.#world = world;
  }

  /** Whether nothing of it waits: then it may be forgotten. */
  get isIdle(): boolean {
    return this.#fresh.size === 0 && this.#flight === null;
  }

  /** Counts. What is beyond the bounds of an isolate is counted under no name. */
  count(sums: Sums, seen: readonly SeenEvent[] = []): void {
    const day = utcDay(this.#world.now());
    if (day !== this.#day) for (const memory of [this.#known, this.#expected]) memory.clear();
    this.#day = day;
    const fresh = this.#fresh.get(day) ?? { sums: {}, seen: new Map() };
    this.#fresh.set(day, fresh);
    for (const event of seen) this.#see(event, fresh);
    const kept: Sums = {};
    for (const [name, count] of Object.entries(sums)) {
      const own = this.#nameOf(name);
      kept[own] = (kept[own] ?? 0) + count;
    }
    addSums(fresh.sums, kept);
  }

  /** Shows a line to those who watch, or holds it until it is known that nobody does. One that has no room is not even made. */
  show(make: () => Line): void {
    const at = Math.floor(this.#world.now() / 1_000);
    if (at !== this.#second.at) this.#second = { at, lines: 0 };
    const isRoom = this.#second.lines++ < LINES_PER_SECOND && this.#shown.lines.length < LINES_HELD;
    if (isRoom) this.#shown.lines.push(make());
    else this.#shown.left++;
  }

  /**
   * Has everything that was counted sent: what is news at once, else with what comes within `afterMs`. Never two calls at
   * once, and never rejects: what fails stays, and goes with the next. Resolves when this request has nothing more to do.
   */
  async settle(): Promise<void> {
    const now = this.#world.now();
    const isTaken = now < this.#busyUntil && (this.#isSending || !this.#hasNews);
    if (isTaken || now < this.#againAt || this.isIdle) return;
    const turn = ++this.#turn;
    while (!this.isIdle) {
      if (!this.#hasNews && this.#flight === null) {
        const waitMs = this.#isWatched ? Math.min(this.#world.afterMs, WATCHED_AFTER_MS) : this.#world.afterMs;
        this.#busyUntil = this.#world.now() + waitMs + LATE_MS;
        await this.#world.wait(waitMs);
        if (turn !== this.#turn) return;
      }
      const isSent = await this.#send(turn);
      if (turn !== this.#turn) return;
      this.#isSending = false;
      this.#busyUntil = 0;
      if (!isSent) {
        this.#againAt = this.#world.now() + this.#world.afterMs;
        return;
      }
    }
  }

  get #isWatched(): boolean {
    return this.#world.now() < this.#watchedUntil;
  }

  /** Sends what is under way, or else all there is. Lines go along where it is known that somebody watches. */
  async #send(turn: number): Promise<boolean> {
    this.#isSending = true;
    this.#busyUntil = this.#world.now() + SEND_MS;
    this.#flight ??= this.#take();
    const flight = this.#flight;
    const held = this.#shown;
    this.#shown = { lines: [], left: 0 };
    const isWatched = this.#isWatched;
    try {
      const heard = await this.#world.send(flight, isWatched ? held : { lines: [], left: 0 });
      // Whoever took over meanwhile has sent the same again: it counts once.
      if (this.#flight === flight) this.#flight = null;
      this.#watchedUntil = heard.watchedUntil;
      const isNewlyWatched = !isWatched && this.#isWatched && turn === this.#turn;
      if (isNewlyWatched && held.lines.length > 0) await this.#world.send(null, held);
      return true;
    } catch {
      if (isWatched) this.#shown.left += held.lines.length + held.left;
      return false;
    }
  }

  #take(): Flush {
    const days = [...this.#fresh].map(([day, { sums, seen }]) => ({ day, sums, seen: [...seen.values()] }));
    this.#fresh = new Map();
    this.#hasNews = false;
    return { sender: this.#world.sender, no: ++this.#no, days };
  }

  /** Notes what of an event is news to this isolate and day. */
  #see({ properties, ...event }: SeenEvent, { seen }: Fresh): void {
    let known = this.#known.get(event.key);
    if (!known) {
      if (!event.expected && this.#known.size - this.#expected.size >= EVENTS_MAX) return;
      if (event.expected) this.#expected.add(event.key);
      known = new Set();
      this.#known.set(event.key, known);
      this.#tell(seen, event, []);
    }
    for (const property of properties) {
      const name = `${property.type} ${property.key}`;
      if (known.has(name) || known.size >= EVENT_PROPERTIES_MAX) continue;
      known.add(name);
      this.#tell(seen, event, [property]);
    }
  }

  #tell(seen: Map<string, SeenEvent>, event: Omit<SeenEvent, "properties">, properties: SeenEvent["properties"]): void {
    this.#hasNews = true;
    const told = seen.get(event.key)?.properties ?? [];
    seen.set(event.key, { ...event, properties: [...told, ...properties] });
  }

  /** An event that this isolate has no room for is counted without its name. */
  #nameOf(name: string): string {
    return name.startsWith("event.") && !this.#known.has(name.slice("event.".length)) ? OTHER : name;
  }
}
