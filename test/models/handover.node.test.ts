import fc from "fast-check";
import { expect, test } from "vitest";
import { parseHandover } from "../../models/handover.ts";
import { splitAtIdentify } from "../../models/identified.ts";
import { provesUser, readProof } from "../../models/identity.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";

const GOOD = { site: "k", secret: "s".repeat(22), consent: { rev: 1, purposes: ["analytics"] } };
const NOW = 1_795_000_000;

test("I17 W3 a request is read or refused with its field, whatever is sent, and no other field is taken", () => {
  expect(parseHandover({ ...GOOD, to: "https://a.example", more: 1 })).toEqual({
    ok: true,
    value: { ...GOOD, to: "https://a.example" },
  });
  expect(parseHandover({ ...GOOD, token: "t" })).toEqual({ ok: true, value: { ...GOOD, token: "t" } });
  for (const [field, wrong] of [
    ["site", { ...GOOD, site: "", to: "x" }],
    ["secret", { ...GOOD, secret: "short", to: "x" }],
    ["consent", { ...GOOD, consent: null, to: "x" }],
    ["to", GOOD],
    ["to", { ...GOOD, token: "t".repeat(2_049) }],
    ["to", { ...GOOD, to: "x".repeat(301) }],
  ] as const) {
    expect(parseHandover(wrong)).toMatchObject({ ok: false, field });
  }
  fc.assert(fc.property(fc.anything(), (value) => typeof parseHandover(value).ok === "boolean"));
  fc.assert(
    fc.property(fc.record({ site: fc.anything(), secret: fc.anything(), to: fc.anything() }), (value) => {
      expect(parseHandover(value).ok).toBe(false);
    }),
  );
});

test("I3 what has not the form of a proof proves nothing, and never throws", () => {
  expect(readProof({ user: "ada", token: "a.b.c", more: 1 })).toEqual({ user: "ada", token: "a.b.c" });
  const nothing = { user: "", token: "" };
  for (const wrong of [
    null,
    5,
    "a",
    {},
    { user: "ada" },
    { user: "", token: "t" },
    { user: "a".repeat(129), token: "t" },
  ]) {
    expect(readProof(wrong)).toEqual(nothing);
  }
  expect(readProof({ user: "ada", token: "t".repeat(4_097) })).toEqual(nothing);
  fc.assert(fc.property(fc.anything(), (value) => typeof readProof(value).user === "string"));
});

test("I3 a proof is of this very user, and ends within a day and the tolerance of clocks", () => {
  const day = 86_400;
  expect(provesUser({ sub: "ada", exp: NOW + 10 }, "ada", NOW)).toBe(true);
  expect(provesUser({ sub: "ada", exp: NOW + day + 60 }, "ada", NOW)).toBe(true);
  expect(provesUser({ sub: "ada", exp: NOW + day + 61 }, "ada", NOW)).toBe(false);
  expect(provesUser({ sub: "ada" }, "ada", NOW)).toBe(false);
  expect(provesUser({ sub: "Ada", exp: NOW + 10 }, "ada", NOW)).toBe(false);
  expect(provesUser({ sub: 7, exp: NOW + 10 }, "7", NOW)).toBe(false);
  expect(provesUser({ sub: "", exp: NOW + 10 }, "", NOW)).toBe(false);
});

const at = (seq: number, time: number, more: Partial<Touchpoint> = {}): Touchpoint => ({
  seq,
  type: "page",
  name: "",
  at: time,
  url: "",
  props: {},
  ...more,
});

test("I6 a batch is parted at the first word of who the visitor is: in its own stream by order, in others by time", () => {
  const ada = { type: "identify", name: "ada" } as const;
  const streams = [
    { stream: "one", touchpoints: [at(0, 10), at(1, 20, ada), at(2, 20), at(3, 30, ada)] },
    { stream: "two", touchpoints: [at(0, 19), at(1, 20), at(2, 21)] },
  ];
  const seqs = (parts: typeof streams) =>
    parts.map(({ stream, touchpoints }) => [stream, touchpoints.map(({ seq }) => seq)]);
  const { before, after } = splitAtIdentify(streams, "ada");
  expect([seqs(before), seqs(after)]).toEqual([
    [
      ["one", [0]],
      ["two", [0]],
    ],
    [
      ["one", [1, 2, 3]],
      ["two", [1, 2]],
    ],
  ]);
  // Another user's name, or none: everything came before.
  expect(splitAtIdentify(streams, "bob")).toEqual({ before: streams, after: [] });
});
