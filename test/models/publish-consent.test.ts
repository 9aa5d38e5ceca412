import { expect, test } from "vitest";
import { canonical } from "../../models/canonical.ts";
import type { ConsentConfig, Material } from "../../models/consent-config.ts";
import { MEASURED_DAYS_MAX } from "../../models/preset.ts";
import { parseSiteConfig } from "../../models/publish.ts";
import {
  changeSince,
  languagesOf,
  materialOf,
  noticeText,
  pageText,
  policyText,
  publishedConsent,
  recordKeptDays,
  textIn,
} from "../../models/publish-consent.ts";
import { visitor } from "../../models/texts/en.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const { consent } = SMALL_SITE;
const SPOKEN = { mode: "opt-in", language: "en", ours: visitor } as const;
const MAIL = { name: "Mailer", purposes: ["analytics" as const], country: "US" };

/** The consent part after the border, or the field that was refused. */
function read(change: object, rest: object = {}): ConsentConfig | string {
  const parsed = parseSiteConfig({ ...SMALL_SITE, ...rest, consent: { ...consent, ...change } }, visitor);
  return parsed.ok ? parsed.value.consent : parsed.field;
}

test("G6 the policy changes with what is material, and with no word", () => {
  const changes: ConsentConfig[] = [
    { ...consent, purposes: ["analytics"] },
    { ...consent, recipients: [MAIL] },
    { ...consent, recipients: [{ ...MAIL, country: "CA" }] },
    { ...consent, retentionDays: 30 },
    { ...consent, version: "2" },
  ];
  expect(new Set([consent, ...changes].map(policyText)).size).toBe(6);
  for (const same of [
    { ...consent, askAgainAfterDays: 9 },
    { ...consent, language: "de" },
    { ...consent, mode: "opt-out" as const },
    { ...consent, text: { ...consent.text, body: "Other." } },
    { ...consent, retentionDays: 395 },
    { ...consent, recipients: [] },
  ]) {
    expect(policyText(same)).toBe(policyText(consent));
  }
  const two = [MAIL, { name: "Other", purposes: ["analytics" as const] }];
  expect(policyText({ ...consent, recipients: two })).toBe(policyText({ ...consent, recipients: two.toReversed() }));
});

test("G9 what has come since an earlier policy is named; what is gone, shorter or said in other words is nothing new (B30)", () => {
  const before: Material = { version: "", purposes: ["analytics"], recipients: [MAIL], retentionDays: 100 };
  const now = (change: Partial<Material>) => changeSince(before, { ...before, ...change });
  const none = { purposes: [], recipients: [], longer: false, goesOn: false };
  expect(now({})).toBe(null);
  expect(now({ recipients: [] })).toBe(null);
  expect(now({ retentionDays: 99 })).toBe(null);
  expect(changeSince({ ...before, purposes: ["analytics", "sharing"] }, before)).toBe(null);
  expect(now({ purposes: ["analytics", "sharing"] })).toEqual({ ...none, purposes: ["sharing"], goesOn: true });
  expect(now({ recipients: [MAIL, { name: "Ads", purposes: ["analytics"] }] })).toEqual({
    ...none,
    recipients: ["Ads"],
  });
  expect(now({ recipients: [{ ...MAIL, purposes: ["analytics", "scoring"] }] })).toEqual({
    ...none,
    recipients: ["Mailer"],
  });
  expect(now({ recipients: [{ ...MAIL, country: "IN" }] })).toEqual({ ...none, recipients: ["Mailer"] });
  expect(now({ retentionDays: 101 })).toEqual({ ...none, longer: true });
  expect(now({ version: "2" })).toEqual(none);
  expect(now({ version: "2", purposes: ["analytics", "sharing"] })).toEqual({ ...none, purposes: ["sharing"] });
});

test("G9 pages read which earlier policies hold and what is new since the others; of unknown ones nothing (B30)", () => {
  const former = [
    { policy: "now", material: materialOf(consent) },
    { policy: "wider", material: { ...materialOf(consent), purposes: [...consent.purposes, "sharing" as const] } },
    { policy: "narrow", material: { ...materialOf(consent), purposes: ["analytics" as const] } },
    { policy: "forgotten" },
  ];
  const { holds, changes } = publishedConsent(consent, SPOKEN, { policy: "now", notice: "n", former });
  expect(holds).toEqual(["wider"]);
  expect(changes).toEqual({
    narrow: {
      purposes: ["scoring", "personalization"],
      recipients: [],
      longer: false,
      goesOn: true,
      news: ["Another purpose: Predictions", "Another purpose: Help and offers"],
    },
  });
});

test("G10 what a site does not say has its default, and a configuration from before there was more is published", () => {
  const { control: _, ...unsaid } = consent;
  const published = publishedConsent(unsaid, SPOKEN, { policy: "p", notice: "n", former: [] });
  expect(published).toMatchObject({
    mode: "opt-in",
    policy: "p",
    notice: "n",
    language: "en",
    dir: "ltr",
    languages: ["en"],
    recipients: [],
    retentionDays: 395,
    gpc: "all",
    dnt: false,
    control: true,
    googleConsentMode: false,
    tools: [],
    asksElsewhere: false,
  });
  // The first layer's words come with it, the meaning of each purpose later.
  const { title, body, accept, reject } = consent.text as Record<string, string>;
  expect(published.text).toMatchObject({ title, body, accept, reject });
  expect(published.text).not.toHaveProperty("purposes");
  expect(pageText(unsaid, SPOKEN).purposes).toEqual(consent.text?.purposes);
  for (const part of ["controller", "preset", "recordTailDays", "texts", "regions", "version"]) {
    expect(published).not.toHaveProperty(part);
  }
});

test("G11 a site's own words stand in the place of ours, one by one, in each language that it speaks", () => {
  const own: ConsentConfig = {
    ...consent,
    text: { title: "Hello?", purposes: { analytics: "Steps." } },
    texts: { "en-GB": { accept: "Right-o" } },
  };
  expect(languagesOf(own)).toEqual(["en", "en-GB"]);
  const text = textIn(own, SPOKEN);
  expect([text.title, text.purposes.analytics]).toEqual(["Hello?", "Steps."]);
  const british = textIn(own, { ...SPOKEN, language: "en-GB" });
  expect([british.accept, british.title]).toEqual(["Right-o", textIn({ ...own, text: {} }, SPOKEN).title]);
  expect(british.title).not.toBe("Hello?");
  expect(read({ text: { title: "Hello?" } })).toMatchObject({ text: { title: "Hello?" } });
});

test("G11 a language that we have no words for needs all of them from the site", () => {
  expect(read({ language: "xx", text: { title: "Ja?" } })).toMatch(/^consent\.text\./);
  expect(read({ texts: { xx: {} } })).toMatch(/^consent\.texts\.xx\./);
  const all = textIn(consent, SPOKEN);
  expect(read({ language: "xx", text: all })).toMatchObject({ language: "xx", text: all });
  expect(read({ texts: { "en-GB": {} } })).toMatchObject({ texts: { "en-GB": {} } });
});

test("G12 the notice is every word and term that a visitor is told, in one mode and language, and nothing else", () => {
  const base = noticeText(consent, SPOKEN);
  const told: ConsentConfig[] = [
    { ...consent, purposes: ["analytics"] },
    { ...consent, recipients: [MAIL] },
    { ...consent, retentionDays: 30 },
    { ...consent, version: "2" },
    { ...consent, askAgainAfterDays: 9 },
    { ...consent, gpc: "sharing" },
    { ...consent, text: { ...consent.text, body: "Other." } },
    { ...consent, text: { ...consent.text, purposes: { scoring: "Other." } } },
    { ...consent, controller: { name: "Shop", contact: "shop@shop.example" } },
  ];
  expect(new Set([base, ...told.map((one) => noticeText(one, SPOKEN))]).size).toBe(10);
  expect(noticeText(consent, { ...SPOKEN, mode: "notice" })).not.toBe(base);
  expect(noticeText({ ...consent, texts: { "en-GB": {} } }, { ...SPOKEN, language: "en-GB" })).not.toBe(base);
  for (const same of [
    { ...consent, control: false },
    { ...consent, tcf: true },
    { ...consent, recordTailDays: 1 },
  ]) {
    expect(noticeText(same, SPOKEN)).toBe(base);
  }
  expect(JSON.parse(base)).toMatchObject({ language: "en", mode: "opt-in", text: consent.text });
});

test("G12 one value is one text, whatever the order of its keys", () => {
  expect(canonical({ b: [{ d: 1, c: null }], a: "é" })).toBe('{"a":"é","b":[{"c":null,"d":1}]}');
  expect(canonical({ a: "é", b: [{ c: null, d: 1 }] })).toBe(canonical({ b: [{ d: 1, c: null }], a: "é" }));
});

test.each([
  ["consent.mode", { mode: "opt-maybe" }],
  ["consent.regions.0.countries.0", { regions: [{ countries: ["us"], mode: "opt-out" }] }],
  ["consent.regions.0.countries", { regions: [{ countries: [], mode: "opt-out" }] }],
  ["consent.regions.0.subdivisions.0", { regions: [{ countries: ["US"], subdivisions: ["US-CA"], mode: "opt-out" }] }],
  [
    "consent.regions.1.mode",
    {
      regions: [
        { countries: ["US"], mode: "notice" },
        { countries: ["DE"], mode: "" },
      ],
    },
  ],
  ["consent.recipients.0.name", { recipients: [{ name: "", purposes: ["analytics"] }] }],
  ["consent.recipients.0.purposes.0", { recipients: [{ name: "A", purposes: ["sharing"] }] }],
  ["consent.recipients.0.country", { recipients: [{ name: "A", purposes: ["analytics"], country: "usa" }] }],
  ["consent.recipients.0.url", { recipients: [{ name: "A", purposes: ["analytics"], url: "javascript:1" }] }],
  ["consent.retentionDays", { retentionDays: MEASURED_DAYS_MAX + 1 }],
  ["consent.version", { version: "" }],
  ["consent.language", { language: "en_US" }],
  ["consent.texts.e", { texts: { e: {} } }],
  ["consent.texts.en", { texts: { en: {} } }],
  ["consent.texts.en-GB.titel", { texts: { "en-GB": { titel: "x" } } }],
  ["consent.text.purposes", { text: { purposes: "all" } }],
  ["consent.gpc", { gpc: true }],
  ["consent.dnt", { dnt: "yes" }],
  ["consent.googleConsentMode", { googleConsentMode: true }],
  ["consent.googleConsentMode.waitForUpdateMs", { googleConsentMode: { waitForUpdateMs: -1 } }],
  ["consent.googleConsentMode.regions.0", { googleConsentMode: { regions: ["California"] } }],
  ["consent.preset", { preset: "none" }],
  ["consent.controller.contact", { controller: { name: "Shop" } }],
  ["consent.recordTailDays", { recordTailDays: -1 }],
])("G2 a consent part is refused at %s", (field, change) => {
  expect(read({})).toMatchObject({ mode: "opt-in" });
  const bare = JSON.stringify(read(change)).replace(/^"|"$/g, "");
  expect(bare.startsWith("{") ? "taken" : bare.replace(/^(consent\.recipients\.0\.country)\.0$/, "$1")).toBe(field);
});

test("G2 all of a consent part is taken as it is given", () => {
  const full = {
    mode: "opt-out",
    regions: [{ countries: ["US", "CA"], subdivisions: ["CA"], mode: "notice" }],
    recipients: [{ ...MAIL, url: "https://mail.example/privacy" }],
    retentionDays: 90,
    version: "2026-11",
    texts: { "en-GB": { title: "Shall we?" } },
    gpc: "sharing",
    dnt: true,
    control: false,
    googleConsentMode: { send: true, receive: false, waitForUpdateMs: 300, regions: ["US-CA", "DE"] },
    tcf: true,
    controller: { name: "Shop", contact: "mail@shop.example", url: "https://shop.example/privacy" },
    recordTailDays: 400,
  };
  expect(read(full)).toEqual({ ...consent, ...full });
});

test("B32 the preset for audience measurement forbids predictions, nudges, traits, sharing and knowing people again", () => {
  const measured = { preset: "audience-measurement", purposes: ["analytics"] };
  const bare = { campaigns: [], traits: [] };
  expect(read(measured, bare)).toMatchObject(measured);
  // The twin: without the preset each of these is taken.
  expect(read({ purposes: ["analytics", "scoring"] }, bare)).toMatchObject({ purposes: ["analytics", "scoring"] });
  expect(read({ ...measured, purposes: ["analytics", "scoring"] }, bare)).toBe("consent.purposes");
  expect(read({ ...measured, purposes: ["analytics", "sharing"] }, bare)).toBe("consent.purposes");
  expect(read({ ...measured, recipients: [MAIL] }, bare)).toBe("consent.recipients");
  expect(read(measured, { ...bare, campaigns: SMALL_SITE.campaigns })).toBe("campaigns");
  expect(read(measured, { ...bare, traits: ["plan"] })).toBe("traits");
  expect(read(measured, { ...bare, cookieDomain: "shop.example" })).toBe("cookieDomain");
  expect(read(measured, { ...bare, identity: { keys: [] } })).toBe("identity");
  expect(read({ ...measured, retentionDays: 761 }, bare)).toBe("consent.retentionDays");
});

test("B31 a record is kept as long as anything may stand on it, and the site's tail", () => {
  expect(recordKeptDays({ ...consent, askAgainAfterDays: 180, retentionDays: 100, recordTailDays: 10 })).toBe(290);
  expect(recordKeptDays({ ...consent, askAgainAfterDays: 180 })).toBe(180 + 395 + 1_095);
});

test("G30 where another tool asks, pages are told so, and nothing is permitted before a choice, whatever the place (B36, B38)", () => {
  const ours = { ...consent, control: true };
  const inUse = { policy: "p", notice: "n", former: [] };
  const optOut = { ...SPOKEN, mode: "opt-out" } as const;
  const google = { send: true, receive: false, waitForUpdateMs: 0 };
  expect(publishedConsent(ours, optOut, inUse)).toMatchObject({
    mode: "opt-out",
    tools: [],
    asksElsewhere: false,
    control: true,
  });
  const told = publishedConsent({ ...ours, googleConsentMode: google }, optOut, inUse);
  expect(told).toMatchObject({ mode: "opt-out", tools: ["googleConsentMode"], asksElsewhere: false });
  for (const change of [{ tcf: true }, { googleConsentMode: { ...google, receive: true } }]) {
    const asking = publishedConsent({ ...ours, ...change }, optOut, inUse);
    // No control either, though the site has not said so: withdrawing is where the asking is.
    expect(asking).toMatchObject({ mode: "opt-in", asksElsewhere: true, control: false });
    expect(asking.tools).toHaveLength(1);
  }
});
