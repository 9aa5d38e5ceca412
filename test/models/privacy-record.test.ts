import { expect, test } from "vitest";
import { capturedBy } from "../../models/captured.ts";
import { FRICTION_DEFAULTS } from "../../models/friction.ts";
import { isMeasured, isNameSpent, journeyKeptMs, privacyRecord } from "../../models/privacy-record.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { WORDS } from "../../models/texts/all.ts";
import { visitor } from "../../models/texts/en.ts";
import { TOUCHPOINT_TYPES } from "../../models/touchpoint-type.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const ref = { version: "7", path: "p", sha256: "00" };
const models = { stall: ref, intent: ref };
const FULL: SiteConfig = {
  ...SMALL_SITE,
  capture: { ...SMALL_SITE.capture, vitals: true, friction: FRICTION_DEFAULTS },
};
const recordOf = (config: SiteConfig, hasHistory = true) =>
  privacyRecord(config, { language: "en", ours: visitor, models, hasHistory });
const kinds = (config: SiteConfig) => capturedBy(config).map(({ id }) => id);

test("G21 every type of touchpoint is one of the kinds that visitors are told of, and of one alone", () => {
  const told = capturedBy(FULL).flatMap(({ types }) => types);
  expect(told.toSorted()).toEqual([...TOUCHPOINT_TYPES].toSorted());
});

test("G21 what a site has switched off is not among what it keeps, each switch by itself", () => {
  expect(kinds(FULL)).toHaveLength(14);
  const { capture } = FULL;
  for (const [id, change] of [
    ["clicks", { clicks: false }],
    ["forms", { forms: false }],
    ["copies", { copies: false }],
    ["errors", { errors: false }],
    ["vitals", { vitals: false }],
    ["friction", { friction: SMALL_SITE.capture.friction }],
  ] as const) {
    const less = kinds({ ...FULL, capture: { ...capture, ...change } });
    expect([id, kinds(FULL).filter((kind) => !less.includes(kind))]).toEqual([id, [id]]);
  }
  const analytics: SiteConfig = { ...FULL, consent: { ...FULL.consent, purposes: ["analytics"] } };
  expect(kinds(FULL).filter((kind) => !kinds(analytics).includes(kind))).toEqual(["scores", "outcomes"]);
  // As an earlier version stored it.
  const { capture: _, ...bare } = FULL;
  expect(kinds(bare as SiteConfig)).not.toContain("vitals");
  expect(kinds(bare as SiteConfig)).toContain("friction");
});

test("G22 the record says what is kept, why, how long, who gets it and which model reads what", () => {
  const consent: SiteConfig["consent"] = {
    ...FULL.consent,
    retentionDays: 90,
    recordTailDays: 10,
    recipients: [{ name: "Mailer", purposes: ["analytics"] }],
    controller: { name: "The Shop", contact: "mail@shop.example" },
    gpc: "sharing",
  };
  const record = recordOf({ ...FULL, consent });
  expect(record).toMatchObject({
    controller: { name: "The Shop", contact: "mail@shop.example" },
    purposes: [
      { id: "analytics", meaning: "Your way through the shop." },
      { id: "scoring" },
      { id: "personalization" },
    ],
    recipients: [{ name: "Mailer" }],
    signals: { gpc: "sharing", dnt: false },
  });
  const days = Object.fromEntries(record.stores.map(({ id, days: kept }) => [id, kept]));
  expect(days).toEqual({
    browser: null,
    outbox: 3,
    cookie: 395,
    journey: 90,
    map: 90,
    decisions: 90,
    history: 90,
    records: 180 + 90 + 10,
  });
  expect(record.models.map(({ name, version, reads }) => [name, version, reads.length])).toEqual([
    ["stall", "7", 17],
    ["intent", "7", 17],
  ]);
  expect(record.models[0]?.reads).toContain("unfinished");
});

test("G22 without predictions there is no model, without nudges no decision, without a bucket no history; nobody is made up", () => {
  const plain = recordOf({ ...SMALL_SITE, consent: { ...SMALL_SITE.consent, purposes: ["analytics"] } }, false);
  expect(plain.models).toEqual([]);
  expect(plain.stores.map(({ id }) => id)).toEqual(["browser", "outbox", "cookie", "journey", "map", "records"]);
  expect([plain.controller, plain.recipients]).toEqual([{ name: "shop.example", contact: "" }, []]);
});

test("B32 exempt measurement leaves no rows and knows no names", () => {
  const measured: SiteConfig = {
    ...FULL,
    consent: { ...FULL.consent, purposes: ["analytics"], preset: "audience-measurement" },
  };
  expect([isMeasured(measured), isMeasured(FULL)]).toEqual([true, false]);
  expect(recordOf(measured).stores.map(({ id }) => id)).not.toContain("history");
  expect(recordOf(FULL).stores.map(({ id }) => id)).toContain("history");
  expect([kinds(measured).includes("names"), kinds(FULL).includes("names")]).toEqual([false, true]);
});

test("G24 B32 what names a visitor of exempt measurement lasts 13 months, however often they come", () => {
  const measured: SiteConfig = {
    ...FULL,
    consent: { ...FULL.consent, purposes: ["analytics"], preset: "audience-measurement" },
  };
  const now = 2_000_000_000_000;
  const days = (count: number) => now - count * 86_400_000;
  expect([394, 395, 396].map((age) => isNameSpent(measured, days(age), now))).toEqual([false, true, true]);
  expect(isNameSpent(FULL, days(396), now)).toBe(false);
  expect(isNameSpent(measured, 0, now)).toBe(false);
  expect(recordOf(measured).stores[0]).toEqual({ id: "browser", days: 395 });
});

test("G23 a journey is kept as long as the site says, 13 months where it does not", () => {
  expect(journeyKeptMs(FULL)).toBe(395 * 86_400_000);
  expect(journeyKeptMs({ consent: { ...FULL.consent, retentionDays: 30 } })).toBe(30 * 86_400_000);
});

/** Every sentence of a language by its place, with what is filled into it. */
function sentences(words: object, place = ""): [string, string][] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === "string" ? [[`${place}${key}`, value] as [string, string]] : sentences(value, `${place}${key}.`),
  );
}

test("G22 the page has all its words in every language, none left in English, with the same blanks", () => {
  const blanks = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([blank]) => blank).toSorted();
  const english = sentences(WORDS.en.privacy);
  for (const [language, { privacy }] of Object.entries(WORDS)) {
    const own = sentences(privacy);
    expect([language, own.map(([place]) => place)]).toEqual([language, english.map(([place]) => place)]);
    for (const [i, [place, text]] of own.entries()) {
      const [, original] = english[i] as [string, string];
      expect([language, place, blanks(text)]).toEqual([language, place, blanks(original)]);
      expect(text.trim().length).toBeGreaterThan(3);
      if (language !== "en") expect([language, place, text]).not.toEqual([language, place, original]);
    }
  }
});
