import fc from "fast-check";
import { expect, test } from "vitest";
import { answer } from "../../models/answer.ts";
import type { Campaign } from "../../models/campaign.ts";
import type { Stamp } from "../../models/consent.ts";
import { EMPTY_STATE, type JourneyState, receive } from "../../models/journey-state.ts";
import { part, unite } from "../../models/journey-union.ts";
import type { Journey } from "../../models/site-config.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import type { Decision } from "../../models/wire.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const journey = SMALL_SITE.journeys[0] as Journey;
const CAP = 2;
const campaign: Campaign = {
  ...(SMALL_SITE.campaigns[0] as Campaign),
  trigger: { kind: "stage", stage: "pay" },
  // By their ids the phone and the user are treated, the laptop is held out.
  holdout: 0.7,
  cap: { count: CAP, windowMs: 365 * 86_400_000 },
};
const START = Date.UTC(2026, 10, 22, 12);
const STAMP: Stamp = { rev: 1, purposes: ["analytics", "personalization"] };
const DEVICES = ["phone", "laptop"] as const;
type Device = (typeof DEVICES)[number];

/** What befalls one person with two browsers, in the order in which it arrives at the edge. */
type Happening =
  | { kind: "pages"; of: Device; paths: string[] }
  | { kind: "again"; of: Device }
  | { kind: "ask"; of: Device; report: "shown" | "withheld" | "none" }
  | { kind: "ask again"; of: Device }
  | { kind: "join"; of: Device };

interface Told {
  of: Device;
  ask: string;
  decision: Decision;
  /** What was counted for the campaign when it was asked, in the journey that answered. */
  counted: number;
  joined: Device[];
}

/** The edge as one person meets it: a journey a browser, and the user's. */
class Person {
  readonly journeys: Record<Device | "user", JourneyState> = {
    phone: EMPTY_STATE,
    laptop: EMPTY_STATE,
    user: EMPTY_STATE,
  };
  readonly joined: Device[] = [];
  readonly told: Told[] = [];
  readonly sent = new Map<Device, Touchpoint[]>(DEVICES.map((of) => [of, []]));
  #now = START;
  #made = 0;

  takes(happening: Happening): void {
    this.#now += 1_000;
    const { of } = happening;
    const mine = this.sent.get(of) as Touchpoint[];
    switch (happening.kind) {
      case "pages":
        this.#collect(
          of,
          happening.paths.map((path) => this.#touchpoint(of, "page", path)),
        );
        break;
      case "again":
        this.#collect(of, mine);
        break;
      case "ask":
        this.#collect(of, [this.#touchpoint(of, "page", "/pay")]);
        this.#asks(of, `ask${this.#made++}`, happening.report);
        break;
      case "ask again": {
        const last = this.told.findLast((one) => one.of === of);
        if (last) this.#asks(of, last.ask, "none");
        break;
      }
      case "join":
        this.joins(of);
    }
  }

  joins(of: Device): void {
    if (this.joined.includes(of)) return;
    const joining = { visitor: of, merge: `merge-${of}`, now: this.#now };
    const { into, from } = unite(this.journeys.user, this.journeys[of], journey, joining);
    Object.assign(this.journeys, { user: into, [of]: from });
    this.joined.push(of);
  }

  placeOf(of: Device): Device | "user" {
    return this.joined.includes(of) ? "user" : of;
  }

  #touchpoint(of: Device, type: Touchpoint["type"], path: string, props: Touchpoint["props"] = {}): Touchpoint {
    const mine = this.sent.get(of) as Touchpoint[];
    const at = this.#now + mine.length;
    const touchpoint: Touchpoint = { seq: mine.length, type, name: "", at, url: `https://shop.example${path}`, props };
    mine.push(touchpoint);
    return touchpoint;
  }

  #collect(of: Device, touchpoints: Touchpoint[]): void {
    const place = this.placeOf(of);
    const device = place === "user" ? of : null;
    const receivedAt = this.#now + 500;
    const streams = [{ stream: of.padEnd(11, "_"), touchpoints }];
    const batch = { streams, stamp: STAMP, sentAt: receivedAt, receivedAt, device };
    this.journeys[place] = receive(this.journeys[place], batch, journey).state;
  }

  #asks(of: Device, ask: string, report: "shown" | "withheld" | "none"): void {
    const place = this.placeOf(of);
    const before = this.journeys[place];
    const now = this.#now + 600;
    const { state, decision } = answer(
      before,
      { ask, at: now, on: "stage.pay", score: null, model: null },
      {
        visitor: place,
        now,
        sentAt: now,
        skewMs: 0,
        reservationId: `reservation-${ask}`,
        config: 1,
        site: { ...SMALL_SITE, campaigns: [campaign] },
        minimums: {},
        runners: {},
        clocks: {},
      },
    );
    this.journeys[place] = state;
    const counted = before.records[campaign.id]?.countedAt.length ?? 0;
    this.told.push({ of, ask, decision, counted, joined: [...this.joined] });
    if (report !== "none" && decision.reservation) {
      const props = { reservation: decision.reservation, outcome: report };
      this.#collect(of, [this.#touchpoint(of, "outcome", "/pay", props)]);
    }
  }
}

const device = fc.constantFrom(...DEVICES);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("pages" as const),
      of: device,
      paths: fc.array(fc.constantFrom("/", "/cart", "/pay", "/about"), { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("ask" as const),
      of: device,
      report: fc.constantFrom("shown" as const, "withheld" as const, "none" as const),
    }),
  },
  fc.record({ kind: fc.constant("again" as const), of: device }),
  fc.record({ kind: fc.constant("ask again" as const), of: device }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("join" as const), of: device }) },
);
const life = fc.array(happening, { minLength: 3, maxLength: 20 });
/** Long enough for a cap to be reached on two devices in one of a few. */
const longLife = fc.array(happening, { minLength: 20, maxLength: 40 });
const RUNS = { numRuns: 300 };

const livedThrough = (happenings: readonly Happening[]): Person => {
  const person = new Person();
  for (const one of happenings) person.takes(one);
  for (const of of DEVICES) person.joins(of);
  return person;
};

test("I4 J36 two devices of one user are one journey to the letter, whatever comes in which order, and however often", () => {
  let repeats = 0;
  fc.assert(
    fc.property(life, (happenings) => {
      const { journeys, sent } = livedThrough(happenings);
      if (happenings.some(({ kind }) => kind === "again")) repeats++;
      const all = DEVICES.map((of) => ({ stream: of.padEnd(11, "_"), touchpoints: sent.get(of) as Touchpoint[] }));
      const receivedAt = START + 3_600_000;
      const batch = { streams: all, stamp: STAMP, sentAt: receivedAt, receivedAt };
      const alone = receive(EMPTY_STATE, batch, journey).state;
      expect(journeys.user.folded).toEqual(alone.folded);
      expect([journeys.phone, journeys.laptop].map(({ folded }) => folded.touchpoints)).toEqual([0, 0]);
    }),
    RUNS,
  );
  expect(repeats).toBeGreaterThan(100);
});

test("I7 caps hold for the person: once joined, nothing is shown that the devices together have used up", () => {
  let capped = 0;
  fc.assert(
    fc.property(longLife, (happenings) => {
      for (const { decision, counted, joined } of livedThrough([...happenings]).told) {
        if (joined.length < 2 || counted < CAP) continue;
        capped++;
        const isNew = decision.verdict === "show" && decision.reason === "chosen";
        // A decision that was made before may be told again; it counts already.
        if (isNew)
          expect(livedThrough(happenings).told.filter(({ ask }) => ask === decision.ask).length).toBeGreaterThan(1);
      }
    }),
    RUNS,
  );
  expect(capped).toBeGreaterThan(300);
});

test("I7 what two devices were shown is added up, and the first one's arm is the person's, in either order of joining", () => {
  let differed = 0;
  fc.assert(
    fc.property(life, (happenings) => {
      const apart = happenings.filter(({ kind }) => kind !== "join");
      const [one, other] = [new Person(), new Person()];
      for (const person of [one, other]) for (const step of apart) person.takes(step);
      const before = DEVICES.map((of) => one.journeys[of].records[campaign.id]).filter(
        (record) => record !== undefined,
      );
      one.joins("phone");
      one.joins("laptop");
      other.joins("laptop");
      other.joins("phone");
      expect(one.journeys.user.records).toEqual(other.journeys.user.records);
      expect(one.journeys.user.reservations).toEqual(other.journeys.user.reservations);
      const joined = one.journeys.user.records[campaign.id];
      const times = before.flatMap(({ countedAt }) => countedAt).sort((a, b) => a - b);
      expect(joined?.countedAt ?? []).toEqual(times.slice(-10));
      const first = before.toSorted((a, b) => a.exposedAt - b.exposedAt)[0];
      expect(joined?.assigned).toBe(first?.variant);
      if (new Set(before.map(({ variant }) => variant)).size > 1) differed++;
    }),
    RUNS,
  );
  expect(differed).toBeGreaterThan(50);
});

test("I7 once the devices are joined, every exposure of the person is of one arm", () => {
  let exposures = 0;
  fc.assert(
    fc.property(longLife, (happenings) => {
      const { told, journeys } = livedThrough(happenings);
      const seen = new Set<string>();
      for (const { ask, decision, joined } of told) {
        const isNew = !seen.has(ask);
        seen.add(ask);
        if (!isNew || joined.length < 2 || !["chosen", "holdout"].includes(decision.reason)) continue;
        exposures++;
        const arm = decision.reason === "chosen" ? "treated" : "holdout";
        expect(journeys.user.records[campaign.id]?.variant).toBe(arm);
      }
    }),
    RUNS,
  );
  expect(exposures).toBeGreaterThan(20);
});

test("I7 D12 the same ask has the same decision before and after the devices are joined", () => {
  let again = 0;
  fc.assert(
    fc.property(longLife, (happenings) => {
      const first = new Map<string, Decision>();
      for (const { ask, decision } of livedThrough(happenings).told) {
        const known = first.get(ask);
        if (known) again++;
        if (known) expect([decision.reason, decision.reservation]).toEqual([known.reason, known.reservation]);
        else first.set(ask, decision);
      }
    }),
    RUNS,
  );
  expect(again).toBeGreaterThan(100);
});

test("I8 taken apart again, each has its own touchpoints, those that came since too, and none is lost or counted twice", () => {
  fc.assert(
    fc.property(life, (happenings) => {
      const person = livedThrough(happenings);
      person.takes({ kind: "pages", of: "phone", paths: ["/cart"] });
      const { into, from } = part(person.journeys.user, person.journeys.phone, "phone", journey);
      const streamOf = (state: JourneyState) => [
        ...new Set(state.folded.ring.map(({ stream }) => stream.replaceAll("_", ""))),
      ];
      expect(streamOf(from)).toEqual(["phone"]);
      expect(streamOf(into)).toEqual((person.sent.get("laptop") ?? []).length > 0 ? ["laptop"] : []);
      expect(from.folded.touchpoints).toBe(person.sent.get("phone")?.length);
      expect(into.folded.touchpoints).toBe(person.sent.get("laptop")?.length);
      const repeated = receive(
        from,
        {
          streams: [{ stream: "phone".padEnd(11, "_"), touchpoints: person.sent.get("phone") as Touchpoint[] }],
          stamp: STAMP,
          sentAt: START,
          receivedAt: START + 3_600_000,
        },
        journey,
      );
      expect(repeated.accepted).toEqual([]);
    }),
    RUNS,
  );
});
