import { expect, test } from "vitest";
import { type Catalogue, eventKey, violationsOf } from "../../models/catalogue.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";

const PLAN: Catalogue = {
  events: [
    { name: "Signup Started" },
    {
      name: "Order Completed",
      properties: { total: { type: "number", required: true }, gift: { type: "boolean" }, coupon: { type: "string" } },
    },
  ],
};
const PAGES: Catalogue = { events: [{ type: "page", name: "Basket", properties: { items: { type: "number" } } }] };

function told(name: string, props: Touchpoint["props"] = {}, type: Touchpoint["type"] = "track"): Touchpoint {
  return { seq: 0, type, name, at: 0, url: "", props };
}

const order = (props: Touchpoint["props"]) => violationsOf(told("Order Completed", props), PLAN);

test("G40 an event that the catalogue lists is expected, whatever its properties where it names none", () => {
  expect(violationsOf(told("Signup Started", { plan: "pro" }), PLAN)).toEqual([]);
  expect(order({ total: 5, gift: true, coupon: "TEN" })).toEqual([]);
});

test("G40 an event that it does not list is unexpected, and no other finding stands beside it", () => {
  expect(violationsOf(told("Sign Up", { total: "5" }), PLAN)).toEqual([{ kind: "unexpected-event", event: "Sign Up" }]);
  // Names are compared to the letter, as stages match them.
  expect(violationsOf(told("signup started"), PLAN)).toHaveLength(1);
});

test("G40 a required property is missed, also as null; one of another type and an unknown one are named, each", () => {
  const of = (kind: string, property: string) => ({ kind, event: "Order Completed", property });
  expect(order({})).toEqual([of("missing-property", "total")]);
  expect(order({ total: null })).toEqual([of("missing-property", "total")]);
  expect(order({ total: "5", gift: 1, color: "red" })).toEqual([
    of("wrong-type", "total"),
    of("wrong-type", "gift"),
    of("unknown-property", "color"),
  ]);
  expect(order({ total: 0, gift: null, color: null })).toEqual([]);
});

test("G40 an empty catalogue expects everything", () => {
  expect(violationsOf(told("Anything", { at: "all" }), { events: [] })).toEqual([]);
});

test("G40 pages and screens are judged where the catalogue lists one of them, and what capture adds to a page is known", () => {
  for (const type of ["page", "screen"] as const) expect(violationsOf(told("Help", {}, type), PLAN)).toEqual([]);
  expect(violationsOf(told("Help", {}, "page"), PAGES)).toEqual([{ kind: "unexpected-event", event: "Help" }]);
  expect(violationsOf(told("Help", {}, "screen"), PAGES)).toEqual([]);
  // A catalogue of pages alone names something: events of the site's code are missing in it.
  expect(violationsOf(told("Help"), PAGES)).toHaveLength(1);
  const arrived = {
    items: 2,
    "query.utm_source": "mail",
    referrer: "a.example",
    route: "/x",
    click_id: "gclid",
    gclid: "1",
  };
  expect(violationsOf(told("Basket", arrived, "page"), PAGES)).toEqual([]);
  expect(violationsOf(told("Basket", { sum: 2 }, "page"), PAGES)).toMatchObject([{ property: "sum" }]);
});

test("G40 what names a person, and what capture reads from a page, is never judged", () => {
  for (const type of ["identify", "group", "alias", "click", "form_submit", "error", "outcome"] as const) {
    expect(violationsOf(told("ada", { any: 1 }, type), PLAN)).toEqual([]);
  }
});

test("G40 a property that only a prototype has is absent, and an inherited name is none of the catalogue", () => {
  const properties = { toString: { type: "string", required: true } } as const;
  expect(violationsOf(told("E"), { events: [{ name: "E", properties }] })).toMatchObject([
    { kind: "missing-property" },
  ]);
  expect(violationsOf(told("E", { valueOf: 1 }), { events: [{ name: "E", properties: {} }] })).toMatchObject([
    { kind: "unknown-property", property: "valueOf" },
  ]);
});

test("G40 an event is told from others by type and name, a track where it names no type", () => {
  expect(eventKey({ name: "A" })).toBe(eventKey({ type: "track", name: "A" }));
  expect(eventKey({ type: "page", name: "A" })).not.toBe(eventKey({ name: "A" }));
});
