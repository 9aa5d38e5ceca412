import { expect, test } from "vitest";
import type { ConsentConfig } from "../../../models/consent-config.ts";
import { MEASURED_DAYS_MAX } from "../../../models/preset.ts";
import { textIn } from "../../../models/publish-consent.ts";
import { visitor } from "../../../models/texts/en.ts";
import { parseSiteConfig } from "../../../worker/config/parse.ts";
import { SMALL_SITE } from "../../harness/small-site.ts";

const { consent } = SMALL_SITE;
const SPOKEN = { mode: "opt-in", language: "en", ours: visitor } as const;
const MAIL = { name: "Mailer", purposes: ["analytics" as const], country: "US" };

/** The consent part after the border, or the field that was refused. */
function read(change: object, rest: object = {}): ConsentConfig | string {
  const parsed = parseSiteConfig({ ...SMALL_SITE, ...rest, consent: { ...consent, ...change } }, visitor);
  return parsed.ok ? parsed.value.consent : parsed.field;
}

test("G11 a part of a site's own words is taken as it is given", () => {
  expect(read({ text: { title: "Hello?" } })).toMatchObject({ text: { title: "Hello?" } });
});

test("G11 a language that we have no words for needs all of them from the site", () => {
  expect(read({ language: "xx", text: { title: "Ja?" } })).toMatch(/^consent\.text\./);
  expect(read({ texts: { xx: {} } })).toMatch(/^consent\.texts\.xx\./);
  const all = textIn(consent, SPOKEN);
  expect(read({ language: "xx", text: all })).toMatchObject({ language: "xx", text: all });
  expect(read({ texts: { "en-GB": {} } })).toMatchObject({ texts: { "en-GB": {} } });
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
