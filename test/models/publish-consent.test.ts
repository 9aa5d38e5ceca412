import { expect, test } from "vitest";
import { canonical } from "../../models/canonical.ts";
import type { ConsentConfig, Material } from "../../models/consent-config.ts";
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
