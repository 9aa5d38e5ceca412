import { expect, test } from "vitest";
import { SCHEMES, type SourceSignature } from "../../models/source-config.ts";
import { claimOf, keyFormOf } from "../../models/webhook-signature.ts";

const NOW = Date.UTC(2026, 10, 29, 12);
const SECONDS = NOW / 1000;
const ISO = "2026-11-29T12:00:00Z";
const URLS = ["https://shop.example/_w/v1/webhooks/k/s", "https://shop.example/v1/webhooks/k/s"];

type Signed = Exclude<SourceSignature, { scheme: "basic" }>;
const claim = (signature: Signed, headers: Record<string, string>, now = NOW) => {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const header = (name: string) => lower.get(name.toLowerCase()) ?? null;
  return claimOf(signature, { method: "POST", urls: URLS, header }, now);
};

/** What each provider documents, written down apart from the table: its headers, and the text that it signs round the body. */
const DOCUMENTED: [
  scheme: Exclude<SourceSignature["scheme"], "basic" | "hmac-sha256">,
  headers: Record<string, string>,
  signed: string[],
  encoding: "hex" | "base64",
][] = [
  ["stripe", { "Stripe-Signature": `t=${SECONDS},v1=SIG,v0=OLD` }, [`${SECONDS}.BODY`], "hex"],
  [
    "zendesk",
    { "X-Zendesk-Webhook-Signature": "SIG", "X-Zendesk-Webhook-Signature-Timestamp": ISO },
    [`${ISO}BODY`],
    "base64",
  ],
  [
    "hubspot-v3",
    { "X-HubSpot-Signature-v3": "SIG", "X-HubSpot-Request-Timestamp": String(NOW) },
    URLS.map((url) => `POST${url}BODY${NOW}`),
    "base64",
  ],
  ["shopify", { "X-Shopify-Hmac-SHA256": "SIG" }, ["BODY"], "base64"],
  ["square", { "x-square-hmacsha256-signature": "SIG" }, URLS.map((url) => `${url}BODY`), "base64"],
  [
    "sendgrid",
    {
      "X-Twilio-Email-Event-Webhook-Signature": "SIG",
      "X-Twilio-Email-Event-Webhook-Timestamp": String(SECONDS),
    },
    [`${SECONDS}BODY`],
    "base64",
  ],
  [
    "standard-webhooks",
    { "webhook-id": "msg_1", "webhook-timestamp": String(SECONDS), "webhook-signature": "v1,SIG v1a,OTHER" },
    [`msg_1.${SECONDS}.BODY`],
    "base64",
  ],
  [
    "svix",
    { "svix-id": "msg_1", "svix-timestamp": String(SECONDS), "svix-signature": "v1,SIG" },
    [`msg_1.${SECONDS}.BODY`],
    "base64",
  ],
];

test("W35 what is signed is read from the headers as each provider documents it", () => {
  expect([...DOCUMENTED.map(([scheme]) => scheme), "basic"].sort()).toEqual([...SCHEMES].sort());
  for (const [scheme, headers, signed, encoding] of DOCUMENTED) {
    const found = claim({ scheme }, headers);
    expect([scheme, found?.around.map(({ before, after }) => `${before}BODY${after}`)]).toEqual([scheme, signed]);
    expect([scheme, found?.signatures, found?.encoding]).toEqual([scheme, ["SIG"], encoding]);
  }
});

test("W35 without one of its headers, or with an empty one, a request claims nothing", () => {
  for (const [scheme, headers] of DOCUMENTED) {
    for (const missing of Object.keys(headers)) {
      const { [missing]: _, ...others } = headers;
      expect([scheme, missing, claim({ scheme }, others)]).toEqual([scheme, missing, null]);
      expect([scheme, missing, claim({ scheme }, { ...others, [missing]: "" })]).toEqual([scheme, missing, null]);
    }
  }
  for (const header of [
    "SIG",
    "v1=SIG",
    `t=${SECONDS}`,
    `t=${SECONDS},v0=SIG`,
    "t=soon,v1=SIG",
    `T=${SECONDS},v1=SIG`,
  ]) {
    expect([header, claim({ scheme: "stripe" }, { "Stripe-Signature": header })]).toEqual([header, null]);
  }
});

test("W35 a time of signing more than 5 minutes before or after is no claim; to the millisecond, where there is one", () => {
  const FIVE = 5 * 60_000;
  for (const [scheme, headers] of DOCUMENTED) {
    const isTimed = !["shopify", "square"].includes(scheme);
    for (const [off, holds] of [
      [FIVE, true],
      [-FIVE, true],
      [FIVE + 1, !isTimed],
      [-FIVE - 1, !isTimed],
    ] as const) {
      expect([scheme, off, claim({ scheme }, headers, NOW + off) !== null]).toEqual([scheme, off, holds]);
    }
  }
});

test("W35 several signatures are tried, five at most: while a key is changed there are two", () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `v1=S${i}`).join(",");
  const header = (count: number) => ({ "Stripe-Signature": `t=${SECONDS},${many(count)}` });
  expect(claim({ scheme: "stripe" }, header(2))?.signatures).toEqual(["S0", "S1"]);
  expect(claim({ scheme: "stripe" }, header(50))?.signatures).toHaveLength(5);
});

test("W35 an HMAC of one's own names its header, its prefix and what is signed", () => {
  const own = { scheme: "hmac-sha256", header: "X-Hub-Signature-256", encoding: "hex", prefix: "sha256=" } as const;
  expect(claim(own, { "X-Hub-Signature-256": "sha256=SIG" })).toEqual({
    algorithm: "hmac-sha256",
    key: "text",
    signatures: ["SIG"],
    encoding: "hex",
    around: [{ before: "", after: "" }],
  });
  expect(claim(own, { "X-Hub-Signature-256": "SIG" })).toBeNull();
  expect(claim(own, { "X-Hub-Signature-256": "sha256=" })).toBeNull();
  const timed = { ...own, signed: "v0:{timestamp}:{body}:{method}", timestampHeader: "X-Time" };
  const headers = { "X-Hub-Signature-256": "sha256=SIG", "X-Time": String(SECONDS) };
  expect(claim(timed, headers)?.around).toEqual([{ before: `v0:${SECONDS}:`, after: ":POST" }]);
  expect(claim(timed, headers, NOW + 301_000)).toBeNull();
});

test("W35 the text of a secret is a key as its scheme has it", () => {
  expect(keyFormOf({ scheme: "stripe" })).toBe("text");
  expect(keyFormOf({ scheme: "basic" })).toBe("text");
  expect(keyFormOf({ scheme: "svix" })).toBe("whsec");
  expect(keyFormOf({ scheme: "sendgrid" })).toBe("spki");
  expect(keyFormOf({ scheme: "hmac-sha256", header: "X", encoding: "hex" })).toBe("text");
});
