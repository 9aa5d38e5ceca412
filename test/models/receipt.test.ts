import { expect, test } from "vitest";
import { consentRecord, erasureRecord, type Place, readConsentRecord } from "../../models/consent-record.ts";
import { gpcSupportFault } from "../../models/gpc-support.ts";
import { noticeText } from "../../models/publish-consent.ts";
import { receiptOf } from "../../models/receipt.ts";
import { visitor } from "../../models/texts/en.ts";
import type { ConsentRequest } from "../../models/wire.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const place: Place = { no: 7, at: 1_764_000_000_000, site: "shop", subject: "s".repeat(43), previous: "p" };
const request: ConsentRequest = {
  v: 1,
  site: "key",
  consent: { rev: 2, purposes: ["analytics"] },
  policy: "policy",
  language: "en",
  control: "accept",
  surface: "centre",
};
const context = {
  offered: ["analytics" as const, "scoring" as const],
  notice: "hash",
  jurisdiction: { mode: "opt-in" as const, place: "FR", why: "mode" },
  signals: { gpc: true, dnt: false },
  build: "1",
};
const given = {
  id: "shop:3:7",
  controller: undefined,
  at: "2025-11-24T16:00:00.000Z",
  created: "2026-01-01T00:00:00.000Z",
};

test("B28 a receipt is a copy of the record in the fields of ISO/IEC TS 27560 as DPV names them, with the words that were shown", () => {
  const consent = {
    ...SMALL_SITE.consent,
    recipients: [{ name: "Mailer", purposes: ["analytics" as const] }],
    retentionDays: 90,
  };
  const record = consentRecord(request, context, place);
  const notice = noticeText(consent, { mode: "opt-in", language: "en", ours: visitor });
  const controller = { name: "The Shop", contact: "mail@shop.example" };
  const receipt = receiptOf(record, { ...given, notice, controller });
  expect(receipt).toMatchObject({
    "@context": { dpv: "https://w3id.org/dpv#", "dpv-27560": "https://w3id.org/dpv/schema/dpv-27560#" },
    "@type": "dpv:ConsentReceipt",
    "dct:identifier": "shop:3:7:receipt",
    "dct:conformsTo": "https://w3id.org/dpv/schema/dpv-27560#receipt-record",
    "dct:created": "2026-01-01T00:00:00.000Z",
    "dct:publisher": "The Shop",
  });
  expect(receipt["dpv:hasRecordOfActivity"]).toMatchObject({
    "@type": "dpv:ConsentRecord",
    "dct:identifier": "shop:3:7",
    "dpv:hasDataSubject": { "dct:identifier": "s".repeat(43) },
    "dpv:hasDataController": { "dpv:hasName": "The Shop", "dpv:hasContact": "mail@shop.example" },
    "dpv:hasJurisdiction": "FR",
    "dpv:hasNotice": { "dct:identifier": "hash", "dct:language": "en" },
    "dpv:hasConsentStatus": { "@id": "dpv:ConsentGiven", "dpv:isIndicatedAtTime": "2025-11-24T16:00:00.000Z" },
    "waypost:record": record,
  });
  const [analytics, scoring, ...more] = receipt["dpv:hasRecordOfActivity"]["dpv:hasProcess"];
  expect(more).toEqual([]);
  expect(analytics).toMatchObject({
    "dpv:hasPurpose": { "@id": "waypost:analytics", "dct:description": "Your way through the shop." },
    "dpv:hasConsentStatus": "dpv:ConsentGiven",
    "dpv:hasRecipient": ["Mailer"],
    "dpv:hasStorageCondition": { "dpv:hasDuration": "P90D" },
  });
  expect(scoring).toMatchObject({ "dpv:hasConsentStatus": "dpv:ConsentRefused", "dpv:hasRecipient": [] });
  expect(receipt["waypost:notice"]).toMatchObject({ text: SMALL_SITE.consent.text });
});

test("B28 a withdrawal and a refusal are said as what they are, and a notice that is not known is not made up", () => {
  const statusOf = (control: ConsentRequest["control"]) => {
    const none: ConsentRequest = { ...request, consent: { rev: 2, purposes: [] }, control };
    const receipt = receiptOf(consentRecord(none, undefined, place), { ...given, notice: null });
    expect([receipt["waypost:notice"], receipt["dct:publisher"]]).toEqual([null, "shop"]);
    return receipt["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"]["@id"];
  };
  expect([statusOf("withdraw"), statusOf("reject")]).toEqual(["dpv:ConsentWithdrawn", "dpv:ConsentRefused"]);
});

test("G17 a record says what was refused of that which was asked for, and an objection", () => {
  const record = consentRecord({ ...request, consent: { ...request.consent, objects: true } }, context, place);
  expect(record).toMatchObject({ v: 2, kind: "consent", granted: ["analytics"], refused: ["scoring"], objects: true });
  expect(consentRecord(request, context, place)).not.toHaveProperty("objects");
  expect(erasureRecord(place)).toEqual({ v: 2, kind: "erasure", ...place });
});

test("C15 a record names the mode of the choice; of an act that is no choice it says that nothing was granted and nothing refused", () => {
  expect(consentRecord(request, context, place)).not.toHaveProperty("mode");
  const told = consentRecord({ ...request, mode: "notice" }, context, place);
  expect(told).toMatchObject({ mode: "notice", granted: ["analytics"] });
  const act = {
    ...request,
    policy: "",
    consent: { ...request.consent, objects: true as const },
    control: "object" as const,
  };
  const record = consentRecord(act, context, place);
  expect(record).toMatchObject({ granted: [], refused: [], objects: true, control: "object", policy: "" });
  const receipt = receiptOf(record, { ...given, notice: null })["dpv:hasRecordOfActivity"];
  expect(receipt["dpv:hasConsentStatus"]["@id"]).toBe("dpv:ConsentUnknown");
  expect(receipt["dpv:hasProcess"]).toEqual([]);
});

test("G18 a record is read as it was written; one of an earlier version says of the rest that it is not known", () => {
  const record = consentRecord(request, context, place);
  expect(readConsentRecord(JSON.stringify(record), 1)).toEqual(record);
  const old = {
    at: 5,
    site: "shop",
    subject: "s",
    rev: 1,
    granted: ["analytics"],
    policy: "p",
    language: "en",
    control: "accept",
    previous: "",
  };
  expect(readConsentRecord(JSON.stringify(old), 3)).toEqual({
    ...old,
    v: 2,
    kind: "consent",
    no: 3,
    refused: [],
    surface: "unknown",
    signals: { gpc: false, dnt: false },
    notice: "",
    jurisdiction: { mode: "opt-in", place: "", why: "unknown-place" },
    build: "",
  });
});

test("B21 a statement on Global Privacy Control is taken in its form alone", () => {
  const fine = '{"gpc":true,"lastUpdate":"2026-01-31"}';
  expect(gpcSupportFault("application/json", fine)).toBe(null);
  expect(gpcSupportFault("Application/JSON; charset=utf-8", fine)).toBe(null);
  for (const [type, text] of [
    ["text/html", fine],
    [null, fine],
    ["application/json", "{"],
    ["application/json", "[]"],
    ["application/json", '{"gpc":false,"lastUpdate":"2026-01-31"}'],
    ["application/json", '{"gpc":"true","lastUpdate":"2026-01-31"}'],
    ["application/json", '{"gpc":true}'],
    ["application/json", '{"gpc":true,"lastUpdate":"31.1.2026"}'],
    ["application/json", '{"gpc":true,"lastUpdate":"2026-13-01"}'],
  ] as const) {
    expect([text, gpcSupportFault(type, text)]).toEqual([text, expect.any(String)]);
  }
});
