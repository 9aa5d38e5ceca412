import fc from "fast-check";
import { expect, test } from "vitest";
import type { Line } from "../../models/analysis/arrivals.ts";
import { addSums, type Sums } from "../../models/analysis/sums.ts";
import { type Flush, type Heard, type Shown, Tally } from "../../worker/events/tally.ts";

const AFTER_MS = 5_000;
/** How a call ends: heard; lost before or after it was heard; never, because its request was given up. */
const ENDS = ["heard", "lost", "answer lost", "given up"] as const;
type End = (typeof ENDS)[number];

/** After this long without an answer a call is taken for lost. */
const GIVEN_UP_MS = 10_000;

interface Call {
  at: number;
  flush: Flush | null;
  shown: Shown;
  end: (how: End) => void;
}

/** A world of its own: time stands still until it is told to go on, and calls end as they are told. */
class World {
  now = 1_000_000;
  watchedUntil = 0;
  calls: Call[] = [];
  /** Calls that took too long, and have not ended. */
  slow: Call[] = [];
  /** Calls that were begun, in all, and most at once of those that were not given up. */
  begun = 0;
  most = 0;
  heard: Sums = {};
  lines: Line[] = [];
  left = 0;
  #numbers = new Map<string, number>();
  #timers: { at: number; ring: () => void }[] = [];
  readonly tally = new Tally({
    now: () => this.now,
    wait: (ms) => new Promise<void>((ring) => this.#timers.push({ at: this.now + ms, ring })),
    send: (flush, shown) => this.#send(flush, shown),
    afterMs: AFTER_MS,
    sender: "isolate",
  });

  #send(flush: Flush | null, shown: Shown): Promise<Heard> {
    this.begun++;
    return new Promise((resolve, reject) => {
      const call: Call = {
        at: this.now,
        flush,
        shown,
        end: (how) => {
          this.calls = this.calls.filter((one) => one !== call);
          this.slow = this.slow.filter((one) => one !== call);
          if (how === "heard" || how === "answer lost") this.#hear(call);
          if (how === "heard") resolve({ watchedUntil: this.watchedUntil });
          else if (how !== "given up") reject(new Error(how));
        },
      };
      this.calls.push(call);
      this.most = Math.max(this.most, this.calls.length);
    });
  }

  /** As the site's object does: each number of a sender once. */
  #hear({ flush, shown }: Call): void {
    this.lines.push(...shown.lines);
    this.left += shown.left;
    if (!flush || (this.#numbers.get(flush.sender) ?? 0) >= flush.no) return;
    this.#numbers.set(flush.sender, flush.no);
    for (const { sums } of flush.days) addSums(this.heard, sums);
  }

  async pass(ms: number): Promise<void> {
    this.now += ms;
    // What takes longer is taken for lost, and may come back all the same.
    const slow = this.calls.filter(({ at }) => this.now - at >= GIVEN_UP_MS);
    this.calls = this.calls.filter((call) => !slow.includes(call));
    this.slow.push(...slow);
    const due = this.#timers.filter(({ at }) => at <= this.now);
    this.#timers = this.#timers.filter(({ at }) => at > this.now);
    for (const { ring } of due) ring();
    await settled();
  }
}

/** Everything that can go on without time has gone on. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ count: fc.integer({ min: 1, max: 3 }), name: fc.constantFrom("a", "b", "c", "") }),
  },
  { weight: 3, arbitrary: fc.record({ pass: fc.constantFrom(0, 100, 1_000, 5_000, 20_000, 90_000_000) }) },
  { weight: 4, arbitrary: fc.record({ end: fc.constantFrom(...ENDS) }) },
  { weight: 2, arbitrary: fc.record({ comesBack: fc.constantFrom(...ENDS) }) },
);

type Step = { count: number; name: string } | { pass: number } | { end: End } | { comesBack: End };

/** A call that was taken for lost is answered while the next one is under way: its answer is not that one's. */
const LATE_ANSWER: Step[] = [
  { count: 1, name: "a" },
  { pass: 20_000 },
  { count: 1, name: "a" },
  { end: "heard" },
  { pass: 5_000 },
  { comesBack: "heard" },
];

test("U64 whatever is lost, repeated, given up or counted meanwhile, each count is heard once, and never are two calls under way", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const world = new World();
      const { tally } = world;
      const counted: Sums = {};
      const count = (name: string, times: number) => {
        const sums: Sums = name === "" ? { batches: times } : { batches: times, [`event.track ${name}`]: times };
        addSums(counted, sums);
        tally.count(sums, name === "" ? [] : [{ key: `track ${name}`, properties: [] }]);
        void tally.settle();
      };
      for (const one of steps) {
        if ("count" in one) count(one.name, one.count);
        else if ("pass" in one) await world.pass(one.pass);
        else if ("end" in one) world.calls[0]?.end(one.end);
        else world.slow[0]?.end(one.comesBack);
        await settled();
      }
      // The next batch, when all is well again.
      await world.pass(20_000);
      count("", 1);
      for (let round = 0; round < 5 && !tally.isIdle; round++) {
        await settled();
        while (world.calls.length > 0) await heardOf(world);
        await world.pass(AFTER_MS);
      }
      expect(world.heard).toEqual(counted);
      expect(world.most).toBeLessThanOrEqual(1);
    }),
    { numRuns: 2_000, examples: [[LATE_ANSWER]] },
  );
});

async function heardOf(world: World): Promise<void> {
  world.calls[0]?.end("heard");
  await settled();
}

test("U64 an event or a property that is new is told at once; what is known already waits for others, 5 s at most", async () => {
  const world = new World();
  const saw = (...keys: string[]) => {
    const properties = keys.map((key) => ({ key, type: "string" }) as const);
    world.tally.count({ "event.track a": 1 }, [{ key: "track a", properties }]);
    void world.tally.settle();
  };
  saw("plan");
  expect(world.calls[0]?.flush?.days[0]?.seen).toEqual([
    { key: "track a", properties: [{ key: "plan", type: "string" }] },
  ]);
  await heardOf(world);
  saw("plan");
  saw("plan");
  await world.pass(AFTER_MS - 1);
  expect(world.calls).toEqual([]);
  await world.pass(1);
  expect(world.calls[0]?.flush?.days[0]).toMatchObject({ sums: { "event.track a": 2 }, seen: [] });
  await heardOf(world);
  saw("plan", "seats");
  expect(world.calls[0]?.flush?.days[0]?.seen[0]?.properties).toEqual([{ key: "seats", type: "string" }]);
  await heardOf(world);
  // The next day everything is new again, so that the day of its last sight is known.
  world.now += 86_400_000;
  saw("plan");
  expect(world.calls).toHaveLength(1);
  expect(world.begun).toBe(4);
});

test("U63 an isolate tells 500 events of a site apart, and counts the others without their names", () => {
  const world = new World();
  // What the site expects takes no room from what it does not, whichever comes first.
  for (let i = 0; i < 200; i++) {
    world.tally.count({ [`event.track Plan ${i}`]: 1 }, [{ key: `track Plan ${i}`, expected: true, properties: [] }]);
  }
  for (let i = 0; i < 600; i++) {
    world.tally.count({ [`event.track ${i}`]: 1 }, [{ key: `track ${i}`, properties: [] }]);
  }
  // One that the site expects has room all the same.
  world.tally.count({ "event.track Paid": 1 }, [{ key: "track Paid", expected: true, properties: [] }]);
  void world.tally.settle();
  const [day] = world.calls[0]?.flush?.days ?? [];
  expect(day?.seen).toHaveLength(701);
  expect(day?.seen.at(-1)).toEqual({ key: "track Paid", expected: true, properties: [] });
  expect(day?.sums["event.track Paid"]).toBe(1);
  expect(day?.sums.other).toBe(100);
});

const line = (at: number): Line => ({ at, source: "page", person: "", kind: "request", problem: "malformed" });

test("U66 while nobody watches no line leaves the isolate; while somebody does, 20 a second do, and the others are counted", async () => {
  const world = new World();
  const comes = (lines: number) => {
    for (let i = 0; i < lines; i++) {
      world.tally.count({ batches: 1 });
      world.tally.show(() => line(i));
    }
    void world.tally.settle();
  };
  comes(30);
  await world.pass(AFTER_MS);
  expect(world.calls[0]?.shown).toEqual({ lines: [], left: 0 });
  await heardOf(world);
  expect([world.begun, world.lines.length, world.left]).toEqual([1, 0, 0]);

  // Somebody begins to watch: what came since the last call is shown, and from now on each second.
  comes(30);
  world.watchedUntil = world.now + 60_000;
  await world.pass(AFTER_MS);
  await heardOf(world);
  await heardOf(world);
  expect([world.lines.length, world.left]).toEqual([20, 10]);
  comes(5);
  await world.pass(1_000);
  await heardOf(world);
  expect([world.lines.length, world.left]).toEqual([25, 10]);

  // They are gone: from the time on that their word held until, nothing is shown.
  world.now = world.watchedUntil;
  comes(5);
  await world.pass(AFTER_MS);
  expect(world.calls[0]?.shown.lines).toEqual([]);
});
