import { expect, test } from "vitest";
import {
  arrivedOf,
  decisionLine,
  differencesOf,
  eventOfKey,
  lineOf,
  observedKey,
  observedName,
  propertiesOf,
} from "../../../models/analysis/arrivals.ts";
import { addSums, quarterName, type Sums, sumsBelow, sumsOf, totalOf } from "../../../models/analysis/sums.ts";
import type { Catalogue } from "../../../models/catalogue.ts";
import type { Props, Touchpoint } from "../../../models/touchpoint.ts";
import type { TouchpointType } from "../../../models/touchpoint-type.ts";

const STREAM = "s".repeat(11);
/** Forms of what tells who somebody is; no person has any of them. */
const EMAIL = "ann.other@mail.example";
const CARD = "4111111111111111";

function touchpoint(seq: number, type: TouchpointType, name: string, props: Props = {}): Touchpoint {
  return { seq, type, name, at: 1_000, url: "https://shop.example/cart", props };
}

const bar = (seq: number, field = "at", stream = STREAM) =>
  ({ stream, seq, reason: "too-old", field, bound: "b" }) as const;

test("U61 each touchpoint of a batch is one thing: accepted, late, duplicate or refused", () => {
  const touchpoints = [0, 1, 2, 3].map((seq) => touchpoint(seq, "page", ""));
  const arrived = arrivedOf(
    {
      streams: [{ stream: STREAM, touchpoints }],
      // One that nobody could read, a part that touchpoint 0 can do without, and an ask.
      refused: [bar(9, "type"), bar(0, "products.3.price"), bar(-1, "asks.0.score", "")],
    },
    { refused: [bar(1)], duplicates: [{ stream: STREAM, seq: 2 }], late: [{ stream: STREAM, seq: 3 }] },
  );
  expect(arrived.map(({ verdict, field }) => [verdict, field])).toEqual([
    ["accepted", ""],
    ["refused", "at"],
    ["duplicate", ""],
    ["late", ""],
    ["refused", "type"],
  ]);
  expect(sumsOf(arrived).sums).toEqual({
    "accepted.page": 2,
    "event.page ": 2,
    duplicates: 1,
    late: 1,
    "refused.too-old": 2,
  });
});

test("U61 a seq without a stream of its own is told apart by its stream", () => {
  const other = "o".repeat(11);
  const streams = [STREAM, other].map((stream) => ({ stream, touchpoints: [touchpoint(0, "page", "")] }));
  const arrived = arrivedOf({ streams, refused: [] }, { refused: [], duplicates: [{ stream: other, seq: 0 }] });
  expect(arrived.map(({ verdict }) => verdict)).toEqual(["accepted", "duplicate"]);
});

test("U62 an event has the name that the site's code gave it, and no text of a page or id of a person is one", () => {
  expect(observedKey(touchpoint(0, "track", "Signup Started"))).toBe("track Signup Started");
  expect(observedName(touchpoint(0, "track", `Mail to ${EMAIL}`))).toBe("Mail to •");
  expect(observedName(touchpoint(0, "screen", "Home"))).toBe("Home");
  const nameless: TouchpointType[] = ["identify", "group", "alias", "click", "form_submit", "page"];
  for (const type of nameless) expect(observedName(touchpoint(0, type, "ada")), type).toBe("");
  const catalogue: Catalogue = { events: [{ type: "page", name: "Prices" }, { name: "Checkout" }] };
  expect(observedName(touchpoint(0, "page", "Prices"), catalogue)).toBe("Prices");
  expect(observedName(touchpoint(0, "page", "Checkout"), catalogue)).toBe("");
  expect(eventOfKey("track Signup Started")).toEqual({ type: "track", name: "Signup Started" });
  expect(eventOfKey("page ")).toEqual({ type: "page", name: "" });
});

test("U62 of a property its key is told and the type of JSON that it had, of a line no value, id or address", () => {
  const props = { plan: EMAIL, seats: 3, trial: true, coupon: null, [EMAIL]: 1, [CARD]: CARD };
  expect(propertiesOf(props)).toEqual([
    { key: "plan", type: "string" },
    { key: "seats", type: "number" },
    { key: "trial", type: "boolean" },
    { key: "coupon", type: "null" },
    { key: "•", type: "number" },
    { key: "•", type: "string" },
  ]);
  const from = { at: 5, source: "page" } as const;
  const accepted = { verdict: "accepted", reason: "", field: "", bound: "" } as const;
  const line = lineOf({ touchpoint: touchpoint(0, "track", `Plan of ${EMAIL}`, props), ...accepted }, from);
  expect(line).toMatchObject({ type: "track", name: "Plan of •", path: "/cart", verdict: "accepted", violations: [] });
  expect(JSON.stringify(line)).not.toMatch(/ann\.other|4111|shop\.example/);
  const named = lineOf({ touchpoint: touchpoint(0, "identify", "ada"), ...accepted }, from);
  expect(named).toMatchObject({ type: "identify", name: "" });
  const barred = arrivedOf(
    { streams: [], refused: [{ stream: STREAM, seq: 1, reason: "too-long", field: `props.${EMAIL}`, bound: "b" }] },
    { refused: [], duplicates: [] },
  );
  expect(lineOf(barred[0] as (typeof barred)[0], from)).toMatchObject({ reason: "too-long", field: "•", bound: "b" });
});

test("U62 what a line and a count say of the catalogue are keys of properties", () => {
  const catalogue: Catalogue = {
    events: [{ name: "Paid", properties: { plan: { type: "string", required: true }, seats: { type: "number" } } }],
  };
  const paid = touchpoint(0, "track", "Paid", { seats: CARD, [EMAIL]: 1 });
  const differences = [
    { kind: "missing-property", property: "plan" },
    { kind: "wrong-type", property: "seats" },
    { kind: "unknown-property", property: "•" },
  ];
  expect(differencesOf(paid, catalogue)).toEqual(differences);
  expect(differencesOf(paid)).toEqual([]);
  const { sums } = sumsOf([{ touchpoint: paid, verdict: "accepted", reason: "", field: "", bound: "" }], catalogue);
  expect(Object.keys(sumsBelow(sums, "violation")).map((name) => JSON.parse(name))).toEqual(
    differences.map(({ kind, property }) => ["track Paid", kind, property]),
  );
  // What was refused is no event, whatever it lacks.
  const refused = { touchpoint: paid, verdict: "refused", reason: "too-old", field: "at", bound: "b" } as const;
  expect(sumsOf([refused], catalogue)).toEqual({ sums: { "refused.too-old": 1 }, seen: [] });
  expect(lineOf(refused, { at: 1, source: "server" }, catalogue)).toMatchObject({ violations: [] });
});

test("U62 an answered ask says what fired and what was decided", () => {
  const asks = [{ ask: "a", on: "stall.high" }];
  const from = { at: 5, source: "page" } as const;
  const decision = { ask: "a", verdict: "none", reason: "capped" } as const;
  const line = {
    ...from,
    person: "",
    kind: "decision",
    on: "stall.high",
    verdict: "none",
    reason: "capped",
    campaign: "",
  };
  expect(decisionLine(decision, asks, from)).toEqual(line);
});

test("U63 sums of sums are the same in any order, and stay bounded: what is beyond keeps its count", () => {
  const parts: Sums[] = Array.from({ length: 40 }, (_, i) => ({
    batches: 1,
    [`quarter.${i}`]: 1,
    ...Object.fromEntries(Array.from({ length: 50 }, (_, j) => [`event.track ${i}-${j}`, 2])),
  }));
  const all: Sums = {};
  for (const part of parts) addSums(all, part);
  expect(totalOf(sumsBelow(all, "event")) + (all.other ?? 0)).toBe(40 * 50 * 2);
  expect(Object.keys(sumsBelow(all, "event"))).toHaveLength(1_000);
  expect(all.other).toBe(2_000);
  // Names of ours find room whatever was sent.
  expect([all.batches, Object.keys(sumsBelow(all, "quarter")).length]).toEqual([40, 40]);
  const few = parts.slice(0, 20);
  const there: Sums = {};
  const back: Sums = {};
  for (const part of few) addSums(there, part);
  for (const part of few.toReversed()) addSums(back, part);
  expect(there).toEqual(back);
  expect(there.other).toBeUndefined();
});

test("U63 whoever sends properties of every name hides no event", () => {
  const all: Sums = {};
  for (let i = 0; i < 1_100; i++) addSums(all, { [`violation.${i}`]: 1 });
  addSums(all, { "event.track Paid": 1 });
  expect(sumsBelow(all, "event")).toEqual({ "track Paid": 1 });
  expect(all.other).toBe(100);
});

test("U63 a name that reaches a prototype chain is a name", () => {
  const sums: Sums = {};
  addSums(
    sums,
    sumsOf([{ touchpoint: touchpoint(0, "track", "__proto__"), verdict: "accepted", reason: "", field: "", bound: "" }])
      .sums,
  );
  addSums(sums, { "refused.consent": 1 });
  expect(sumsBelow(sums, "event")).toEqual({ "track __proto__": 1 });
  expect(({} as Record<string, unknown>).consent).toBeUndefined();
});

test("U69 a quarter of an hour has its number in the day", () => {
  expect([0, 899_999, 900_000, 86_399_999, 86_400_000].map(quarterName)).toEqual(
    ["0", "0", "1", "95", "0"].map((no) => `quarter.${no}`),
  );
});
