import { expect, test } from "vitest";
import type { Campaign } from "../../models/campaign.ts";
import { isSafeLink, published } from "../../models/publish.ts";
import { publishedConsent } from "../../models/publish-consent.ts";
import { isSiteId } from "../../models/read-field.ts";
import type { Journey, ModelRef, SiteConfig } from "../../models/site-config.ts";
import { visitor } from "../../models/texts/en.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [help] = SMALL_SITE.campaigns as [Campaign];
const ref: ModelRef = { version: "1", path: "models/x.onnx", sha256: "00" };
const publish = (config: SiteConfig) =>
  published(config, { version: 3, consent: consentOf(config), models: { stall: ref, intent: ref } });
const consentOf = ({ consent }: SiteConfig) =>
  publishedConsent(
    consent,
    { mode: "opt-in", language: "en", ours: visitor },
    { policy: "p", notice: "n", former: [] },
  );

/** What every page is told to keep of its address, in the words of GA's and everybody's links. */
const CAMPAIGN = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"];

test("G8 a configuration that was stored before there was such a switch is published with its default", () => {
  const { capture: _, engine: __, ...bare } = structuredClone(SMALL_SITE);
  const friction = {
    rage: { clicks: 3, withinMs: 1_000, radiusPx: 30 },
    dead: { afterMs: 2_500 },
    error: { withinMs: 1_000 },
    uTurn: { withinMs: 10_000 },
    struggle: { times: 2 },
  };
  const standard = { clicks: true, forms: true, copies: true, errors: true, vitals: false, query: CAMPAIGN, friction };
  expect(publish(bare as SiteConfig)).toMatchObject({ capture: standard, engine: "compact" });
  const stored = {
    ...bare,
    capture: { clicks: false, forms: true, friction: { dead: false } },
  } as unknown as SiteConfig;
  expect(publish(stored).capture).toEqual({ ...standard, clicks: false, friction: { ...friction, dead: false } });
});

test("G8 a site's pages have a live line where it says so, and none where it does not say or never heard of one", () => {
  expect(publish({ ...SMALL_SITE, live: true }).live).toBe(true);
  expect(publish({ ...SMALL_SITE, live: false }).live).toBe(false);
  expect(publish(SMALL_SITE).live).toBe(false);
});

test("G5 G50 what a goal is worth, the catalogue, the sources and how changes are decided is told to no page", () => {
  const [journey] = SMALL_SITE.journeys as [Journey];
  const config = publish({
    ...SMALL_SITE,
    journeys: [{ ...journey, value: { amount: 7_654_321, currency: "EUR" } }],
    catalogue: { events: [{ name: "Signup Started" }] },
    governance: { approvals: 2, separateDuties: true },
    sources: [
      {
        id: "desk",
        name: "The desk",
        signature: { scheme: "zendesk" },
        rules: [{ type: "track", name: "Ticket Opened", userId: ["{a}"], messageId: "{id}" }],
      },
    ],
  });
  const text = JSON.stringify(config);
  for (const hidden of [
    "sources",
    "The desk",
    "zendesk",
    "Ticket Opened",
    "7654321",
    "EUR",
    "Signup Started",
    "catalogue",
    "governance",
    "approvals",
  ]) {
    expect(text).not.toContain(hidden);
  }
  // The twin: the journey itself is there, to its last stage.
  expect(config.journey).toEqual(journey);
});

test("G5 pages read the triggers of live campaigns, each once, and nothing else of a campaign", () => {
  const config = publish({
    ...SMALL_SITE,
    campaigns: [
      { ...help, audience: { visits: 7_777_777 } },
      { ...help, id: "twin" },
      { ...help, id: "off", status: "paused", trigger: { kind: "stage", stage: "cart" } },
    ],
  });
  expect(config.triggers).toEqual([{ kind: "score", score: "stall", band: "high" }]);
  const text = JSON.stringify(config);
  for (const hidden of ['"holdout"', '"cap"', "audience", "7777777", "Need a hand?", "serverBasis", "origins"]) {
    expect(text).not.toContain(hidden);
  }
  expect(text).toContain("typicalDwellMs");
});

test("G7 a link leads to a page, a mail or a call, and nowhere else (S1)", () => {
  for (const href of ["/help", "help?x=1", "https://a.example/", "http://a.example", "mailto:a@b.example", "tel:+1"]) {
    expect(isSafeLink(href)).toBe(true);
  }
  for (const href of [
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///x",
    "https://",
  ]) {
    expect(isSafeLink(href)).toBe(false);
  }
});

test("G1 a site's id is 1 to 40 of a-z, 0-9 and -", () => {
  expect(["demo", "a", "shop-2", "x".repeat(40)].every(isSiteId)).toBe(true);
  expect(["", "-a", "Demo", "a:b", "a b", "x".repeat(41), "constructor"].some(isSiteId)).toBe(false);
});

test("Q6 pages tell campaigns of themselves, and what the site lists beside them, each once", () => {
  const listed = { ...SMALL_SITE, capture: { ...SMALL_SITE.capture, query: ["tab", "utm_id"] } };
  expect(publish(listed).capture?.query).toEqual([...CAMPAIGN, "tab"]);
});

test("G5 pages are told the colours, and of a trigger on a touchpoint its name: never the condition, audiences or budgets", () => {
  const where = { secretOfOurs: { $lt: 3 } };
  const campaign: Campaign = {
    ...help,
    trigger: { kind: "touchpoint", name: "Rated", where, waitsMs: 5000 },
    audience: { secretOfOurs: 1 },
    budget: 7_654_321,
    exclusion: { group: "secret-group", from: 0, to: 1 },
  };
  const theme = { light: { background: "#fff", text: "#111", accent: "#155c46", accentText: "#fff" } };
  const config = publish({
    ...SMALL_SITE,
    campaigns: [campaign],
    theme,
    holdout: 0.123_456,
    frequency: { minGapMs: 7_654_321 },
  });
  expect(config.triggers).toEqual([{ kind: "touchpoint", name: "Rated", waitsMs: 5000 }]);
  expect(config.theme).toEqual(theme);
  for (const secret of ["secretOfOurs", "7654321", "secret-group", "123456"]) {
    expect(JSON.stringify(config)).not.toContain(secret);
  }
});
