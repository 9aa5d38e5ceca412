import { Ajv } from "ajv";
import { beforeAll, expect, test } from "vitest";
import { visitor } from "../../../models/texts/en.ts";
import { siteConfigJsonSchema } from "../../../worker/config/json-schema.ts";
import { parseSiteConfig } from "../../../worker/config/parse.ts";
import { DETAILED_SITE, SMALL_SITE } from "../../harness/small-site.ts";
import demo from "../../site/waypost.config.ts";

let validate: ReturnType<Ajv["compile"]>;
beforeAll(() => {
  validate = new Ajv({ strict: false, allErrors: true }).compile(siteConfigJsonSchema(visitor));
});

/** What somebody else's validator says, and what ours does. */
const verdicts = (config: unknown) => [validate(config), parseSiteConfig(config, visitor).ok];

/** A copy of the demo's configuration with one value set, or (undefined) taken out, by its path. */
function withValue(path: string, value: unknown): unknown {
  const copy = structuredClone(demo) as unknown as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() as string;
  const parent = keys.reduce((at, key) => at[key] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

const RULE = { type: "track", name: "Ticket Opened", userId: ["desk-{who.id}"], messageId: "{id}" };
const SOURCE = { id: "desk", name: "Desk", signature: { scheme: "zendesk" }, rules: [RULE] };
const OWN = { scheme: "hmac-sha256", header: "X-Signature", encoding: "hex" };

test("G42 the configurations of the demo and of the tests are right by the published schema, with and without a $schema", () => {
  for (const config of [demo, SMALL_SITE, DETAILED_SITE]) expect(verdicts(config)).toEqual([true, true]);
  const named = { $schema: "https://edge.example/api/schemas/site-config.json", ...demo };
  expect(verdicts(named)).toEqual([true, true]);
  expect(parseSiteConfig(named, visitor)).toEqual(parseSiteConfig(demo, visitor));
  expect(verdicts({ $schema: 5, ...demo })[0]).toBe(false);
});

test.each([
  ["origin", ["https://a.example"]],
  ["origins", []],
  ["origins", "https://a.example"],
  ["origins.0", "a.example"],
  ["serverBasis", undefined],
  ["serverBasis", " "],
  ["journeys", []],
  ["journeys.0.stages", []],
  ["journeys.0.id", "Checkout"],
  ["journeys.0.id", "constructor"],
  ["journeys.0.nmae", "x"],
  ["journeys.0.stages.0.match", {}],
  ["journeys.0.stages.0.match", { type: "hover" }],
  ["journeys.0.stages.0.typicalDwellMs", 10.5],
  ["journeys.0.value", { amount: 0, currency: "EUR" }],
  ["journeys.0.value", { amount: 5, currency: "eur" }],
  ["journeys.0.value", { amount: 5 }],
  ["campaigns.0.trigger", { kind: "score", score: "anger", band: "high" }],
  ["campaigns.0.trigger", { kind: "time" }],
  ["campaigns.0.trigger", { kind: "stage", stage: "cart", band: "high" }],
  ["campaigns.0.audience", []],
  ["campaigns.0.cap.count", "1"],
  ["campaigns.0.holdout", 1.5],
  ["campaigns.0.content.body", []],
  ["campaigns.0.content.generated", true],
  ["thresholds", { stall: { medium: 0.5, high: 0.8 } }],
  ["engine", "webgpu"],
  ["capture.clicks", "yes"],
  ["capture.friction.dead", true],
  ["capture.friction.dead", { afterMs: 1 }],
  ["capture.friction.dead", { after: 1_000 }],
  ["capture.query", ["the tab"]],
  ["consent.purposes", ["everything"]],
  ["consent.text.titel", "Hello"],
  ["consent.text.title", ""],
  ["consent.texts", { en_GB: {} }],
  ["consent.texts", { de: { titel: "Hallo" } }],
  ["consent.googleConsentMode", true],
  ["consent.preset", "none"],
  ["identity", { keys: [{ kid: "a", alg: "none" }] }],
  ["identity", { keys: [{ kid: "a", alg: "HS256", k: "x".repeat(43) }] }],
  ["catalogue", {}],
  ["catalogue", { events: [{ name: "" }] }],
  ["catalogue", { events: [{ name: "A", type: "identify" }] }],
  ["catalogue", { events: [{ name: "A", properties: { b: { type: "date" } } }] }],
  ["catalogue", { events: Array.from({ length: 201 }, (_, i) => ({ name: `E${i}` })) }],
  [
    "catalogue",
    {
      events: [
        {
          name: "A",
          properties: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`p${i}`, { type: "string" }])),
        },
      ],
    },
  ],
  ["governance", { approvals: 3, separateDuties: true }],
  ["governance", { approvals: 1 }],
  ["limits", { touchpointsPerSecond: 49 }],
  ["sources", [{ ...SOURCE, id: "Desk" }]],
  ["sources", [{ ...SOURCE, secret: "s" }]],
  ["sources", [{ ...SOURCE, channel: "web" }]],
  ["sources", [{ ...SOURCE, rules: [] }]],
  ["sources", [{ ...SOURCE, events: "a..b" }]],
  ["sources", [{ ...SOURCE, signature: { scheme: "none" } }]],
  ["sources", [{ ...SOURCE, signature: { scheme: "zendesk", header: "X" } }]],
  ["sources", [{ ...SOURCE, signature: { ...OWN, signed: "{timestamp}" } }]],
  ["sources", [{ ...SOURCE, signature: { ...OWN, signed: "{body}{body}" } }]],
  ["sources", [{ ...SOURCE, signature: { ...OWN, signed: "{body}{secret}" } }]],
  ["sources", [{ ...SOURCE, signature: { ...OWN, header: "X: Y" } }]],
  ["sources", [{ ...SOURCE, rules: [{ ...RULE, type: "page" }] }]],
  ["sources", [{ ...SOURCE, rules: [{ ...RULE, userId: "{a}" }] }]],
  ["sources", [{ ...SOURCE, rules: [{ ...RULE, userId: ["{a"] }] }]],
  ["sources", [{ ...SOURCE, rules: [{ ...RULE, messageId: "{a.constructor}" }] }]],
  ["sources", [{ ...SOURCE, rules: [{ ...RULE, messageId: undefined }] }]],
  ["sources", [{ ...SOURCE, rules: [{ ...RULE, properties: { a: ["{b}"] } }] }]],
  ["sources", [{ ...SOURCE, rules: [{ ...RULE, properties: { a: { minorUnits: "{b}" } } }] }]],
  ["sources", [{ ...SOURCE, rules: [{ ...RULE, products: { each: "{lines}" } }] }]],
  ["sources", [{ ...SOURCE, rules: [{ ...RULE, products: { sku: "{sku}" } }] }]],
])("G42 %s = %j is wrong by the published schema too", (path, value) => {
  expect(verdicts(withValue(path, value))).toEqual([false, false]);
});

test.each([
  ["journeys.0.value", { amount: 49.5, currency: "EUR" }],
  ["campaigns.0.audience", { visits: { $gt: 1 }, $or: [{ device: "mobile" }] }],
  ["campaigns.0.trigger", { kind: "stage", stage: "cart" }],
  ["capture", undefined],
  ["capture.friction.dead", {}],
  ["capture.friction.dead", false],
  ["consent.texts", { "pt-BR": { purposes: { sharing: "Outros" } } }],
  ["consent.googleConsentMode", { receive: true }],
  ["identity", { keys: [{ kid: "a", alg: "EdDSA", kty: "OKP", crv: "Ed25519", x: "x".repeat(43) }] }],
  [
    "catalogue",
    { events: [{ name: "A", type: "page", properties: { b: { type: "number", required: true } }, hidden: true }] },
  ],
  ["governance", { approvals: 2, separateDuties: true }],
  ["sources", [{ ...SOURCE, channel: "support", events: "data.items" }]],
  ["sources", [{ ...SOURCE, signature: { scheme: "basic" } }]],
  ["sources", [{ ...SOURCE, signature: OWN }]],
  ["sources", [{ ...SOURCE, signature: { ...OWN, signed: "v0:{timestamp}:{body}", timestampHeader: "X-Time" } }]],
  ["sources", [{ ...SOURCE, rules: [{ ...RULE, when: { a: { $exists: true } }, at: "{at}", url: "{url}" }] }]],
  [
    "sources",
    [
      {
        ...SOURCE,
        rules: [
          {
            ...RULE,
            properties: {
              a: "{a|lower}",
              b: true,
              c: 5,
              d: { minorUnits: "{$.d}", currency: "EUR", exponents: { ISK: 2 } },
            },
            products: { each: "lines", sku: "{sku}", price: { minorUnits: "{p}", currency: "{c}" } },
          },
        ],
      },
    ],
  ],
])("G42 %s = %j is right by both", (path, value) => {
  expect(verdicts(withValue(path, value))).toEqual([true, true]);
});

test("G42 what no schema can say is refused all the same when it is published", () => {
  for (const [path, value] of [
    ["journeys.0.goal", "nowhere"],
    ["campaigns.0.content.action", { label: "Go", href: "javascript:alert(1)" }],
    ["campaigns.0.audience", { path: { $regex: "(" } }],
    ["origins.0", "https://SHOP.example"],
    ["internal", { ips: ["office"] }],
  ] as const) {
    expect([path, ...verdicts(withValue(path, value))]).toEqual([path, true, false]);
  }
});
