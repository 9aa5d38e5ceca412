import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTouchpoint } from "../../models/touchpoint.ts";

const good = { seq: 0, type: "track", name: "Signup", at: 1_700_000_000_000, url: "https://a.example/x", props: {} };

function refusalOf(change: Record<string, unknown>) {
  const parsed = parseTouchpoint({ ...good, ...change });
  return parsed.ok ? "accepted" : { reason: parsed.reason, field: parsed.field };
}

function accepted(change: Record<string, unknown>) {
  const parsed = parseTouchpoint({ ...good, ...change });
  if (!parsed.ok) throw new Error(parsed.bound);
  return parsed.value;
}

test("T1 a known type is taken, an unknown one refused", () => {
  for (const type of ["page", "track", "identify", "group", "alias", "screen", "click", "form_start", "leave"]) {
    expect(accepted({ type }).type).toBe(type);
  }
  expect(refusalOf({ type: "heartbeat" })).toEqual({ reason: "unknown-type", field: "type" });
  expect(refusalOf({ type: undefined })).toEqual({ reason: "unknown-type", field: "type" });
});

test("T2 a seq is an integer from 0 to 2147483647", () => {
  expect(accepted({ seq: 0 }).seq).toBe(0);
  expect(accepted({ seq: 2147483647 }).seq).toBe(2147483647);
  for (const seq of [-1, 2147483648, 0.5, "1", null, undefined, Number.NaN]) {
    expect(refusalOf({ seq })).toEqual({ reason: "out-of-range", field: "seq" });
  }
});

test("T3 a time is whole milliseconds from 1970 to the end of 9999", () => {
  expect(accepted({ at: 0 }).at).toBe(0);
  expect(accepted({ at: Date.UTC(9999, 11, 31, 23, 59, 59, 999) }).at).toBe(253402300799999);
  for (const at of [-1, 253402300800000, 1.5, "2026", undefined]) {
    expect(refusalOf({ at })).toEqual({ reason: "out-of-range", field: "at" });
  }
});

test("T4 a name has at most 128 characters, and is empty where there is none", () => {
  expect(accepted({ name: "n".repeat(128) }).name).toHaveLength(128);
  expect(refusalOf({ name: "n".repeat(129) })).toEqual({ reason: "too-long", field: "name" });
  expect(refusalOf({ name: 7 })).toEqual({ reason: "malformed", field: "name" });
  expect(accepted({ name: undefined }).name).toBe("");
});

test("T5 of a URL scheme, host and path are kept; query, fragment and credentials are cut", () => {
  expect(accepted({ url: "https://me:secret@a.example:8443/p/q?token=1#frag" }).url).toBe("https://a.example:8443/p/q");
  expect(accepted({ url: "http://a.example/p" }).url).toBe("http://a.example/p");
  expect(accepted({ url: undefined }).url).toBe("");
  expect(accepted({ url: "" }).url).toBe("");
});

test("T5 a URL that is not absolute, not http or https, or longer than 1024 characters is refused", () => {
  const origin = "https://a.example/";
  expect(accepted({ url: origin + "p".repeat(1024 - origin.length) }).url).toHaveLength(1024);
  expect(refusalOf({ url: origin + "p".repeat(1025 - origin.length) })).toEqual({ reason: "too-long", field: "url" });
  for (const url of ["/relative", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", 5, {}]) {
    expect(refusalOf({ url })).toEqual({ reason: "malformed", field: "url" });
  }
});

test("T6 at most 32 properties, keys of 64 and texts of 512 characters", () => {
  const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, i]));
  expect(Object.keys(accepted({ props: many(32) }).props)).toHaveLength(32);
  expect(refusalOf({ props: many(33) })).toEqual({ reason: "too-many", field: "props" });
  expect(accepted({ props: { ["k".repeat(64)]: 1 } }).props).toEqual({ ["k".repeat(64)]: 1 });
  expect(refusalOf({ props: { ["k".repeat(65)]: 1 } })).toEqual({ reason: "too-long", field: "props" });
  expect(accepted({ props: { t: "x".repeat(512) } }).props.t).toHaveLength(512);
  expect(refusalOf({ props: { t: "x".repeat(513) } })).toEqual({ reason: "too-long", field: "props.t" });
  expect(refusalOf({ props: ["a"] })).toEqual({ reason: "malformed", field: "props" });
  expect(refusalOf({ props: null })).toEqual("accepted");
});

test("T6 scalars are kept, what is nested is left out", () => {
  const props = { text: "a", number: 1.5, no: false, none: null, nested: { a: 1 }, list: [1] };
  expect(accepted({ props }).props).toEqual({ text: "a", number: 1.5, no: false, none: null });
});

test("T7 keys that reach a prototype chain are left out (S6)", () => {
  const props = JSON.parse('{"__proto__":"p","constructor":"c","prototype":"t","kept":1}');
  expect(accepted({ props }).props).toEqual({ kept: 1 });
  expect(({} as Record<string, unknown>).kept).toBeUndefined();
});

test("T8 an outcome names its reservation and what became of it", () => {
  const props = { reservation: "r", outcome: "shown" };
  expect(accepted({ type: "outcome", props }).props).toEqual(props);
  for (const outcome of ["shown", "dismissed", "acted", "converted", "withheld"]) {
    expect(refusalOf({ type: "outcome", props: { reservation: "r", outcome } })).toBe("accepted");
  }
  expect(refusalOf({ type: "outcome", props: { outcome: "shown" } })).toEqual({
    reason: "malformed",
    field: "props.reservation",
  });
  expect(refusalOf({ type: "outcome", props: { reservation: "", outcome: "shown" } })).toEqual({
    reason: "malformed",
    field: "props.reservation",
  });
  expect(refusalOf({ type: "outcome", props: { reservation: "r", outcome: "clicked" } })).toEqual({
    reason: "malformed",
    field: "props.outcome",
  });
  expect(refusalOf({ props: { outcome: "clicked" } })).toBe("accepted");
});

test("T9 fields that are not known are left out", () => {
  expect(accepted({ colour: "red", person: "p" })).toEqual(good);
});

test("T9 whatever is sent, the answer is a value: nothing throws (S13)", () => {
  for (const value of [null, undefined, 1, "x", [], [[]], { props: { toString: 1 } }]) {
    expect(parseTouchpoint(value).ok).toBe(false);
  }
  fc.assert(
    fc.property(
      fc.anything(),
      fc.dictionary(fc.constantFrom("seq", "type", "at", "url", "props"), fc.anything()),
      (any, change) => {
        parseTouchpoint(any);
        const parsed = parseTouchpoint({ ...good, ...change });
        if (parsed.ok) expect(Object.keys(parsed.value).sort()).toEqual(["at", "name", "props", "seq", "type", "url"]);
        else expect(parsed.bound).not.toBe("");
      },
    ),
    { numRuns: 2000 },
  );
});
