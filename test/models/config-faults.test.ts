import { expect, test } from "vitest";
import type { CampaignOf } from "../../models/campaign.ts";
import { configFault } from "../../models/config-faults.ts";
import { consentFault } from "../../models/consent-faults.ts";
import { presetFault } from "../../models/preset.ts";
import { isOrigin, isWebAddress } from "../../models/read-field.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import { visitor } from "../../models/texts/en.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [help] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];
const [journey] = SMALL_SITE.journeys as [Journey];

/** The field of the first fault, or "none". */
const at = (change: Partial<SiteConfig>) => configFault({ ...SMALL_SITE, ...change }, visitor)?.field ?? "none";
const campaign = (change: Partial<CampaignOf<"nudge">>) => at({ campaigns: [{ ...help, ...change }] });

test("G41 what the fields of a configuration say against each other is named, with its field", () => {
  expect(at({})).toBe("none");
  expect(at({ journeys: [{ ...journey, goal: "nowhere" }] })).toBe("journeys.0.goal");
  expect(at({ journeys: [{ ...journey, stages: [...journey.stages, ...journey.stages] }] })).toBe("journeys.0.stages");
  expect(at({ campaigns: [help, help] })).toBe("campaigns");
  expect(campaign({ trigger: { kind: "stage", stage: "nowhere" } })).toBe("campaigns.0.trigger.stage");
  expect(campaign({ trigger: { kind: "stage", stage: "cart" } })).toBe("none");
  expect(campaign({ stages: ["cart", "nowhere"] })).toBe("campaigns.0.stages.1");
  const thresholds = (medium: number) =>
    at({ thresholds: { ...SMALL_SITE.thresholds, intent: { medium, high: 0.8 } } });
  expect([thresholds(0.7), thresholds(0.8)]).toEqual(["none", "thresholds.intent"]);
  const keys = (kids: string[]) => at({ identity: { keys: kids.map((kid) => ({ kid, alg: "HS256" })) } });
  expect([keys(["a", "b"]), keys(["a", "a"])]).toEqual(["none", "identity.keys"]);
});

test("G41 a condition that cannot be judged is named by its place, in a campaign and in a segment (S27)", () => {
  const condition = { path: { $regex: "(" } };
  expect(campaign({ audience: condition })).toBe("campaigns.0.audience.path.$regex");
  const segment = { id: "s", version: 1, name: "S", condition };
  expect(at({ segments: [segment] })).toBe("segments.0.condition.path.$regex");
  expect(at({ segments: [{ ...segment, condition: {} }] })).toBe("none");
  expect(at({ segments: [1, 2].map((version) => ({ ...segment, version, condition: {} })) })).toBe("segments");
});

test("G50 a source is there once, its rules name somebody and what happened, and a time of signing is signed", () => {
  const rule = { type: "track", name: "A", userId: ["{a}"], messageId: "{id}" } as const;
  const source = { id: "desk", name: "Desk", signature: { scheme: "zendesk" }, rules: [{ ...rule }] } as const;
  type Sources = NonNullable<SiteConfig["sources"]>;
  const sources = (list: readonly object[]) => at({ sources: list as Sources });
  expect(sources([source, { ...source, id: "desk-2" }])).toBe("none");
  expect(sources([source, source])).toBe("sources");
  const ruled = (change: object) => sources([{ ...source, rules: [rule, { ...rule, ...change }] }]);
  const identify = { type: "identify", name: undefined };
  expect(ruled({ userId: undefined, anonymousId: ["{v}"] })).toBe("none");
  expect(ruled({ userId: undefined })).toBe("sources.0.rules.1.userId");
  expect(ruled({ name: undefined })).toBe("sources.0.rules.1.name");
  expect(ruled({ type: "group" })).toBe("none");
  expect(ruled({ type: "group", name: undefined })).toBe("sources.0.rules.1.name");
  expect(ruled(identify)).toBe("none");
  expect(ruled({ ...identify, name: "A" })).toBe("sources.0.rules.1.name");
  expect(ruled({ ...identify, userId: undefined, anonymousId: ["{v}"] })).toBe("sources.0.rules.1.userId");
  const bound = (change: object) =>
    configFault({ ...SMALL_SITE, sources: [{ ...source, rules: [{ ...rule, ...change }] }] as never }, visitor)?.bound;
  expect(bound({ userId: undefined })).toBe("given, or “anonymousId”");
  expect(bound({ ...identify, userId: undefined, anonymousId: ["{v}"] })).toBe("given");
  expect(bound({ name: undefined })).toBe("given");
  expect(bound({ ...identify, name: "A" })).toBe("left out: an identify has none");
  expect(ruled({ products: { each: "lines" } })).toBe("none");
  expect(ruled({ type: "group", products: { each: "lines" } })).toBe("sources.0.rules.1.products");
  expect(ruled({ when: { a: { $gt: 5 } } })).toBe("none");
  expect(ruled({ when: { a: { $regex: "(" } } })).toBe("sources.0.rules.1.when.a.$regex");
  const signed = (change: object) =>
    sources([{ ...source, signature: { scheme: "hmac-sha256", header: "X", encoding: "hex", ...change } }]);
  expect(signed({})).toBe("none");
  expect(signed({ signed: "{timestamp}.{body}", timestampHeader: "Y" })).toBe("none");
  expect(signed({ signed: "{timestamp}.{body}" })).toBe("sources.0.signature.timestampHeader");
  expect(signed({ timestampHeader: "Y" })).toBe("sources.0.signature.timestampHeader");
});

test("G41 an event stands in the catalogue once, by type and name", () => {
  const events = (list: NonNullable<SiteConfig["catalogue"]>["events"]) => at({ catalogue: { events: list } });
  expect(events([{ name: "A" }, { name: "B" }, { type: "page", name: "A" }])).toBe("none");
  expect(events([{ name: "A" }, { type: "track", name: "A" }])).toBe("catalogue.events");
});

test("G41 purposes need each other, recipients have those that are asked for, and a language is spoken once", () => {
  const { consent } = SMALL_SITE;
  const fault = (change: Partial<SiteConfig["consent"]>) =>
    consentFault({ ...consent, ...change }, visitor)?.field ?? "none";
  expect(fault({})).toBe("none");
  expect(fault({ purposes: ["scoring"] })).toBe("consent.purposes");
  expect(fault({ purposes: ["analytics", "analytics"] })).toBe("consent.purposes");
  expect(fault({ recipients: [{ name: "A", purposes: ["analytics", "sharing"] }] })).toBe(
    "consent.recipients.0.purposes.1",
  );
  expect(fault({ texts: { de: {} } })).toBe("none");
  expect(fault({ texts: { en: {} } })).toBe("consent.texts.en");
});

test("G11 a language that we have no words for needs each of them", () => {
  const fault = (language: string, text: object) =>
    consentFault({ ...SMALL_SITE.consent, language, text }, visitor)?.field ?? "none";
  expect(fault("pt-BR", {})).toBe("none");
  expect(fault("xx", visitor)).toBe("none");
  expect(fault("xx", { ...visitor, title: undefined })).toBe("consent.text.title");
  const { sharing: _, ...purposes } = visitor.purposes;
  expect(fault("xx", { ...visitor, purposes })).toBe("consent.text.purposes.sharing");
});

test("Y1 a cookie's domain is above one of the origins, and is no ending that others share", () => {
  const origins = ["https://other.example", "https://www.shop.example"];
  const domain = (cookieDomain: string, all = origins) => at({ origins: all, cookieDomain });
  expect([domain("shop.example"), domain("www.shop.example")]).toEqual(["none", "none"]);
  for (const wrong of ["hop.example", "example", "a.www.shop.example", "SHOP.example"]) {
    expect(domain(wrong)).toBe("cookieDomain");
  }
  expect(domain("github.io", ["https://shop.github.io"])).toBe("cookieDomain");
});

test("B32 exempt measurement has neither predictions nor nudges, and without the preset all of it is taken", () => {
  const measured = (preset: boolean, change: Partial<SiteConfig>) => {
    const consent = { ...SMALL_SITE.consent, purposes: ["analytics" as const] };
    const withPreset = preset ? { ...consent, preset: "audience-measurement" as const } : consent;
    return presetFault({ ...SMALL_SITE, consent: withPreset, campaigns: [], ...change })?.field ?? "none";
  };
  expect(measured(true, {})).toBe("none");
  for (const [field, change] of [
    ["campaigns", { campaigns: SMALL_SITE.campaigns }],
    ["traits", { traits: ["plan"] }],
    ["identity", { identity: { keys: [] } }],
    ["cookieDomain", { cookieDomain: "shop.example" }],
    ["sources", { sources: [{ id: "desk", name: "Desk", signature: { scheme: "zendesk" }, rules: [] }] }],
  ] as const) {
    expect([measured(true, change as Partial<SiteConfig>), measured(false, change as Partial<SiteConfig>)]).toEqual([
      field,
      "none",
    ]);
  }
});

test("G41 an origin is written as a browser sends it, an address is of the web", () => {
  expect(["https://shop.example", "http://localhost:8787", "https://xn--bcher-kva.example"].every(isOrigin)).toBe(true);
  expect(["https://shop.example/", "https://SHOP.example", "ftp://a.example", "a.example", ""].some(isOrigin)).toBe(
    false,
  );
  expect([isWebAddress("https://a.example/b?c"), isWebAddress("javascript:1"), isWebAddress("b")]).toEqual([
    true,
    false,
    false,
  ]);
});

test("A8 colours in which a text could not be read are refused where they are published, with the ratio that they have", () => {
  const light = { background: "#ffffff", text: "#111111", accent: "#155c46", accentText: "#ffffff" };
  expect(at({ theme: { light } })).toBe("none");
  const pale = configFault({ ...SMALL_SITE, theme: { light: { ...light, text: "#777777" } } }, visitor);
  expect(pale).toMatchObject({ field: "theme.light.text", bound: "at least 4.5:1 to background, is 4.47:1" });
});
