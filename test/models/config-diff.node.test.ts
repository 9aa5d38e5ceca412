import fc from "fast-check";
import { expect, test } from "vitest";
import type { Campaign } from "../../models/campaign.ts";
import { applyDiff, configDiff, toldPaths } from "../../models/config-diff.ts";
import type { Journey, Stage } from "../../models/site-config.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [help] = SMALL_SITE.campaigns as [Campaign];
const [journey] = SMALL_SITE.journeys as [Journey];
const json = (value: unknown) => JSON.parse(JSON.stringify(value));

/** Texts with what a path is made of, and keys by which items of lists are told apart. */
const key = fc.oneof(
  fc.constantFrom("id", "kid", "name", "type", "a.b", "~", "~1", "__proto__", "constructor", "0"),
  fc.string({ minLength: 1, maxLength: 3 }),
);
const name = fc.constantFrom("a", "b", "c", "a.b", "~0", "");
const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.oneof(fc.string({ maxLength: 2 }), fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.uniqueArray(fc.record({ id: name, x: tie("value") }), { maxLength: 4, selector: ({ id }) => id }),
    fc.array(fc.record({ name, type: name, x: tie("value") }, { requiredKeys: ["name"] }), { maxLength: 3 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4 }),
  ),
}));
const config = fc.dictionary(fc.oneof(fc.constantFrom("campaigns", "texts", "a.b"), key), anything, {
  maxKeys: 5,
  minKeys: 1,
});

test("G43 what has to be changed of one configuration makes the other of it, to the letter and in its order", () => {
  fc.assert(
    fc.property(config, config, (first, second) => {
      const [a, b] = [json(first), json(second)];
      expect(applyDiff(a, configDiff(a, b))).toEqual(b);
    }),
    { numRuns: 3_000 },
  );
});

test("G43 of one and the same configuration nothing differs, whatever the order of its keys", () => {
  fc.assert(
    fc.property(config, (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(configDiff(value, reversed)).toEqual([]);
    }),
  );
});

test("G43 an item is found by its id, wherever it stands, and its place is told where it comes", () => {
  const [browse, ...others] = journey.stages as [Stage, ...Stage[]];
  const search: Stage = { id: "search", name: "Search", match: { path: "/search" } };
  const journeys = [{ ...journey, stages: [browse, search, ...others] }];
  const campaigns = [{ ...help, holdout: 0.2, audience: { "scores.stall": { $gt: 0.5 } } }];
  const { serverBasis: _, ...bare } = SMALL_SITE;
  expect(configDiff(SMALL_SITE, { ...bare, journeys, campaigns })).toEqual([
    { path: "journeys.checkout.stages.search", kind: "added", after: search, at: 1 },
    { path: "campaigns.help.holdout", kind: "changed", before: 0.1, after: 0.2 },
    { path: "campaigns.help.audience", kind: "added", after: { "scores.stall": { $gt: 0.5 } } },
    { path: "serverBasis", kind: "removed", before: "contract with the customer" },
  ]);
  expect(configDiff({ a: { "b.c~": 1 } }, { a: { "b.c~": 2 } })).toMatchObject([{ path: "a.b~1c~0" }]);
});

test("G43 an event is found by type and name, a key by its kid; where two have one name the list is one difference", () => {
  const at = (before: object[], after: object[]) => configDiff({ l: before }, { l: after }).map(({ path }) => path);
  const page = { type: "page", name: "A" };
  expect(at([page, { name: "A" }], [{ ...page, hidden: true }, { name: "A" }])).toEqual(["l.page A.hidden"]);
  expect(at([page, { name: "A" }], [page, { name: "A", hidden: true }])).toEqual(["l.A.hidden"]);
  expect(at([{ kid: "k", x: 1 }], [{ kid: "k", x: 2 }])).toEqual(["l.k.x"]);
  expect(at([{ name: "A" }, { name: "A" }], [{ name: "A" }])).toEqual(["l"]);
  expect(at([{ type: "page", x: 1 }], [{ type: "page", x: 2 }])).toEqual(["l"]);
});

test("G43 a list in another order, or of items without ids, is one difference", () => {
  const twin = { ...help, id: "twin" };
  const before = { campaigns: [help, twin], origins: ["a", "b"] };
  const after = { campaigns: [twin, help], origins: ["a", "c"] };
  expect(configDiff(before, after)).toEqual([
    { path: "campaigns", kind: "changed", before: before.campaigns, after: after.campaigns },
    { path: "origins", kind: "changed", before: ["a", "b"], after: ["a", "c"] },
  ]);
});

test("G43 differences go into another configuration than they were made from: what is gone there stays gone, nothing else is touched", () => {
  const a = {
    campaigns: [
      { id: "x", n: 1 },
      { id: "y", n: 1 },
    ],
    traits: ["t"],
  };
  const b = {
    campaigns: [
      { id: "x", n: 2 },
      { id: "z", n: 1 },
    ],
    live: true,
  };
  const theirs = {
    campaigns: [
      { id: "x", n: 1, own: 1 },
      { id: "z", n: 9 },
    ],
    serverBasis: "s",
  };
  expect(applyDiff(theirs, configDiff(a, b))).toEqual({
    campaigns: [
      { id: "x", n: 2, own: 1 },
      { id: "z", n: 1 },
    ],
    serverBasis: "s",
    live: true,
  });
});

test("G43 a log is told paths without a text of the site's, each once (S19)", () => {
  const recipients = [{ name: "Ada & Sons", purposes: ["analytics"] }];
  const catalogue = { events: [{ name: "Signup Started" }, { name: "Other" }] };
  const after = { ...SMALL_SITE, consent: { ...SMALL_SITE.consent, recipients: [] }, catalogue: { events: [] } };
  const before = { ...after, consent: { ...after.consent, recipients }, catalogue, live: true };
  expect(toldPaths(configDiff(before, after))).toEqual(["consent.recipients", "catalogue.events", "live"]);
});
