import { expect, test } from "vitest";
import type { Campaign } from "../../../models/campaign.ts";
import { FRICTION_DEFAULTS } from "../../../models/friction.ts";
import { published } from "../../../models/publish.ts";
import { publishedConsent } from "../../../models/publish-consent.ts";
import type { ModelRef, SiteConfig } from "../../../models/site-config.ts";
import { visitor } from "../../../models/texts/en.ts";
import { parseSiteConfig } from "../../../worker/config/parse.ts";
import { SMALL_SITE } from "../../harness/small-site.ts";

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

/** A copy with one value set, by the path that a refusal would name. */
function withValue(path: string, value: unknown): unknown {
  const capture = { ...SMALL_SITE.capture, friction: FRICTION_DEFAULTS };
  const copy = structuredClone({ ...SMALL_SITE, capture }) as unknown as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop() as string;
  const parent = keys.reduce((at, key) => at[key] as Record<string, unknown>, copy);
  parent[last] = value;
  return copy;
}

test("G2 a whole configuration is read as it was written", () => {
  expect(parseSiteConfig(structuredClone(SMALL_SITE), visitor)).toEqual({ ok: true, value: SMALL_SITE });
  const audience = { visits: { $gt: 1 } };
  const more = withValue("campaigns.0", {
    ...help,
    audience,
    content: { ...help.content, action: { label: "Help", href: "/help" } },
  });
  expect(parseSiteConfig(more, visitor)).toMatchObject({ ok: true, value: { campaigns: [{ audience }] } });
});

test.each([
  ["origins", []],
  ["origins.0", "https://shop.example/"],
  ["origins.0", "ftp://shop.example"],
  ["origins.0", "https://SHOP.example"],
  ["consent.mode", "never"],
  ["consent.purposes.0", "everything"],
  ["consent.purposes", ["scoring"]],
  ["consent.purposes", ["analytics", "analytics"]],
  ["consent.askAgainAfterDays", 0],
  ["consent.askAgainAfterDays", 397],
  ["consent.text.accept", ""],
  ["consent.text.purposes.sharing", undefined],
  ["consent.text.titel", "May we?"],
  ["journeys", []],
  ["journeys.0.goal", "nowhere"],
  ["journeys.0.stages.1.id", "browse"],
  ["journeys.0.stages.0.id", "Browse"],
  ["journeys.0.stages.0.id", "constructor"],
  ["campaigns.0.id", "constructor"],
  ["journeys.0.stages.0.match", {}],
  ["journeys.0.stages.0.match.type", "hover"],
  ["journeys.0.stages.2.typicalDwellMs", 99],
  ["campaigns.0.version", 0],
  ["campaigns.0.version", 1.5],
  ["campaigns.0.kind", "popup"],
  ["campaigns.0.status", "on"],
  ["campaigns.0.trigger.score", "anger"],
  ["campaigns.0.trigger", { kind: "stage", stage: "nowhere" }],
  ["campaigns.0.stages.0", "nowhere"],
  ["campaigns.0.holdout", 1.01],
  ["campaigns.0.cap.count", 11],
  ["campaigns.0.cap.windowMs", 999],
  ["campaigns.0.content.body", []],
  ["campaigns.0.content.title", 5],
  ["thresholds.stall", { medium: 0.8, high: 0.8 }],
  ["thresholds.stall.high", 2],
  ["capture.clicks", "yes"],
  ["capture.friction.rage.clicks", 1],
  ["capture.friction.rage.withinMs", 99],
  ["capture.friction.rage.radiusPx", 501],
  ["capture.friction.dead.afterMs", 499],
  ["capture.friction.struggle", true],
  ["capture.query", ["tab", "the tab"]],
  ["capture.query", Array.from({ length: 21 }, (_, i) => `q${i}`)],
  ["engine", "webgpu"],
  ["serverBasis", undefined],
  ["limits", 5],
  ["limits", {}],
  ["limits", { touchpointsPerSecond: 49 }],
  ["limits", { touchpointsPerSecond: 100_001 }],
  ["limits", { touchpointsPerSecond: 99.5 }],
  ["internal", []],
  ["internal", { ips: "192.0.2.1" }],
  ["internal", { ips: ["192.0.2.0/33"] }],
  ["internal", { ips: ["office"] }],
  ["internal", { ips: Array(101).fill("192.0.2.1") }],
  ["testMode", "yes"],
])("G2 %s = %j is refused with its field and its bound", (path, value) => {
  const parsed = parseSiteConfig(withValue(path, value), visitor);
  expect(parsed.ok).toBe(false);
  if (parsed.ok) return;
  expect(path === parsed.field || parsed.field.startsWith(`${path}.`) || path.startsWith(parsed.field)).toBe(true);
  expect(parsed.bound.length).toBeGreaterThan(2);
});

test("G2 Z1 U4 who is internal, what a site may send and whether it is on trial are read as written, and need not be said", () => {
  const ips = ["192.0.2.1", "2001:db8::/32", ...Array<string>(98).fill("198.51.100.0/24")];
  for (const touchpointsPerSecond of [50, 100_000]) {
    const config = { ...SMALL_SITE, limits: { touchpointsPerSecond }, internal: { ips }, testMode: true };
    expect(parseSiteConfig(structuredClone(config), visitor)).toEqual({ ok: true, value: config });
    const pages = publish(config);
    for (const own of ["limits", "internal", "testMode"]) expect(pages).not.toHaveProperty(own);
  }
});

test("G2 a text has at most 1,000 characters", () => {
  expect(parseSiteConfig(withValue("campaigns.0.content.title", "t".repeat(1000)), visitor).ok).toBe(true);
  expect(parseSiteConfig(withValue("campaigns.0.content.title", "t".repeat(1001)), visitor)).toMatchObject({
    ok: false,
    field: "campaigns.0.content.title",
    bound: "at most 1000 characters",
  });
});

test("G2 over 200 campaigns, or two of one id, are refused", () => {
  const many = (n: number) => Array.from({ length: n }, (_, i) => ({ ...help, id: `c${i}` }));
  expect(parseSiteConfig({ ...SMALL_SITE, campaigns: many(200) }, visitor).ok).toBe(true);
  expect(parseSiteConfig({ ...SMALL_SITE, campaigns: many(201) }, visitor)).toMatchObject({
    ok: false,
    field: "campaigns",
  });
  expect(parseSiteConfig({ ...SMALL_SITE, campaigns: [help, help] }, visitor)).toMatchObject({ bound: "distinct ids" });
});

test("G2 an audience that cannot be judged is refused when it is published, with the place in it (S27)", () => {
  const parsed = parseSiteConfig(withValue("campaigns.0.audience", { path: { $regex: "(" } }), visitor);
  expect(parsed).toMatchObject({ ok: false });
  expect(parsed.ok ? "" : parsed.field).toBe("campaigns.0.audience.path.$regex");
});

test("G8 what is not said of capture and engine has its default, in a new configuration and in a stored one", () => {
  const { capture: _, engine: __, ...bare } = structuredClone(SMALL_SITE);
  const standard = {
    clicks: true,
    forms: true,
    copies: true,
    errors: true,
    vitals: false,
    query: [],
    friction: {
      rage: { clicks: 3, withinMs: 1_000, radiusPx: 30 },
      dead: { afterMs: 2_500 },
      error: { withinMs: 1_000 },
      uTurn: { withinMs: 10_000 },
      struggle: { times: 2 },
    },
  };
  expect(parseSiteConfig(bare, visitor)).toMatchObject({ ok: true, value: { capture: standard, engine: "compact" } });
  const stored = { ...bare, capture: { clicks: false, forms: true } } as unknown as SiteConfig;
  expect(publish(stored)).toMatchObject({
    capture: { ...standard, query: CAMPAIGN, clicks: false },
    engine: "compact",
  });
});

test("G8 each detector can be turned off or set, and what is left out of one keeps its default", () => {
  const parsed = parseSiteConfig(
    withValue("capture", { friction: { rage: { clicks: 5 }, dead: false }, query: ["tab"] }),
    visitor,
  );
  expect(parsed).toMatchObject({
    ok: true,
    value: {
      capture: { query: ["tab"], friction: { rage: { clicks: 5, withinMs: 1_000, radiusPx: 30 }, dead: false } },
    },
  });
});

test("G8 a site's pages have a live line where it says so, and none where it does not say or never heard of one", () => {
  expect(parseSiteConfig(withValue("live", true), visitor)).toMatchObject({ ok: true, value: { live: true } });
  expect(publish({ ...SMALL_SITE, live: true }).live).toBe(true);
  expect(publish({ ...SMALL_SITE, live: false }).live).toBe(false);
  expect(publish(SMALL_SITE).live).toBe(false);
  expect(parseSiteConfig(withValue("live", "yes"), visitor)).toMatchObject({
    ok: false,
    field: "live",
    bound: "true or false",
  });
});

test("B34 a score decides on no price and no eligibility; on an offer, or on data, once a person has judged it, with a way to a person", () => {
  const taken = (change: object) => {
    const parsed = parseSiteConfig({ ...SMALL_SITE, campaigns: [{ ...help, ...change }] }, visitor);
    return parsed.ok || parsed.field;
  };
  expect(taken({ kind: "nudge" })).toBe(true);
  for (const kind of ["price", "discount", "eligibility"]) expect(taken({ kind })).toBe("campaigns.0.kind");
  const review = { by: "Head of service", on: "2026-11-29" };
  const contest = { label: "Have a person look", href: "/contact" };
  const content = { ...help.content, contest };
  expect(taken({ kind: "offer" })).toBe("campaigns.0.review");
  expect(taken({ kind: "offer", review })).toBe("campaigns.0.content.contest");
  expect(taken({ kind: "offer", review, content })).toBe(true);
  expect(taken({ kind: "offer", review, content, variants: [{ id: "v", weight: 1, content: help.content }] })).toBe(
    "campaigns.0.variants.0.content.contest",
  );
  expect(taken({ kind: "offer", review: { ...review, on: "soon" }, content })).toBe("campaigns.0.review.on");
  const data = { kind: "data", content: { data: { price: 1 } } };
  expect([taken(data), taken({ ...data, review })]).toEqual(["campaigns.0.review", true]);
  // By a stage or a touchpoint no score decides; an audience may bring one in.
  const staged = { kind: "offer", trigger: { kind: "stage", stage: "pay" } };
  expect(taken(staged)).toBe(true);
  expect(taken({ ...staged, audience: { $or: [{ "scores.intent": { $gt: 0.5 } }] } })).toBe("campaigns.0.review");
});

test("B35 what a model wrote is not published without a label that says so", () => {
  const withContent = (generated: unknown) => {
    const content = { ...help.content, ...(generated === undefined ? {} : { generated }) };
    const parsed = parseSiteConfig({ ...SMALL_SITE, campaigns: [{ ...help, content }] }, visitor);
    return parsed.ok ? parsed.value.campaigns[0]?.content : parsed.field;
  };
  expect(withContent(true)).toBe("campaigns.0.content.generated");
  expect(withContent({})).toBe("campaigns.0.content.generated.label");
  expect(withContent({ label: " " })).toBe("campaigns.0.content.generated.label");
  expect(withContent({ label: "Written by a model." })).toEqual({
    ...help.content,
    generated: { label: "Written by a model." },
  });
  expect(withContent(undefined)).toEqual(help.content);
});

test("Y1 a cookie's domain is the site's own: above one of its origins, and nobody else's", () => {
  const read = (cookieDomain: unknown, origin = "https://www.shop.example") => {
    const parsed = parseSiteConfig(
      { ...SMALL_SITE, origins: ["https://other.example", origin], ...(cookieDomain === null ? {} : { cookieDomain }) },
      visitor,
    );
    return parsed.ok ? (parsed.value.cookieDomain ?? "none") : parsed.field;
  };
  expect(read(null)).toBe("none");
  expect(read("shop.example")).toBe("shop.example");
  expect(read("www.shop.example")).toBe("www.shop.example");
  expect(read("shop.co.uk", "https://a.shop.co.uk")).toBe("shop.co.uk");
  for (const [domain, origin] of [
    ["example", undefined],
    [".shop.example", undefined],
    ["SHOP.example", undefined],
    ["hop.example", undefined],
    ["a.www.shop.example", undefined],
    ["shop.example/", undefined],
    ["shop.example:8443", undefined],
    ["", undefined],
    [5, undefined],
    ["localhost", "http://localhost:8787"],
    ["0.0.1", "http://127.0.0.1"],
    ["co.uk", "https://shop.co.uk"],
    ["github.io", "https://shop.github.io"],
  ] as const) {
    expect([domain, read(domain, origin)]).toEqual([domain, "cookieDomain"]);
  }
});

test("G2 G54 a campaign of every kind is read as it was written, with all that it may say", () => {
  const text = ["Hello ", { slot: "traits.plan", default: "you" }];
  const card = {
    title: text,
    body: ["One", text],
    action: { label: "Go", href: "/go" },
    image: { src: "/a.png", alt: "" },
  };
  const step = { target: "#a >>> #b", placement: "inline-end", path: "/a*", title: "T", body: ["B"] };
  const question = {
    id: "q",
    kind: "single",
    label: "Q",
    options: [
      { id: "a", label: "A" },
      { id: "b", label: "B" },
    ],
  };
  const contents = {
    nudge: card,
    tip: { ...card, target: "#buy" },
    offer: { ...card, code: { pool: true }, terms: "Once" },
    survey: { title: "S", questions: [question], thanks: "Thanks" },
    checklist: { title: "C", items: [{ id: "i", label: "I", match: { path: "/i" }, href: "/i" }], done: "Done" },
    tour: { steps: [step] },
    banner: { body: [text], at: "start" },
    data: { data: { deep: [{ er: null }] } },
  };
  const triggers = [
    { kind: "score", score: "stall", band: "high", forMs: 5000 },
    { kind: "touchpoint", name: "Rated", where: { value: { $lt: 3 } }, waitsMs: 5000 },
    { kind: "returning", awayMs: 5000 },
    { kind: "outcome", campaign: "nudge", outcome: "acted", afterMs: 0 },
    { kind: "exit" },
    { kind: "scroll", share: 0.5 },
    { kind: "element", selector: "main > #a" },
    { kind: "stage", stage: "pay" },
  ];
  const campaigns = Object.entries(contents).map(([kind, content], i) => ({
    ...help,
    id: kind,
    kind,
    trigger: triggers[i],
    schedule: {
      from: "2026-12-01T09:00",
      until: "2026-12-24T18:00",
      quiet: [{ days: [7], from: "22:00", to: "08:00" }],
      timeZone: "Europe/Berlin",
    },
    priority: 3,
    exclusion: { group: "g", from: i / 8, to: (i + 1) / 8 },
    variants: [
      { id: "a", weight: 0.4 },
      { id: "b", weight: 0.6, content, translations: { de: content } },
    ],
    cap: { count: 2, windowMs: 86_400_000, perVisit: 1 },
    againAfterMs: 86_400_000,
    budget: 100,
    goals: [{ id: "g", on: { stage: "done" }, windowMs: 86_400_000, value: { kind: "revenue", currency: "EUR" } }],
    content,
    translations: { "pt-BR": content },
  }));
  const config = {
    ...SMALL_SITE,
    campaigns,
    traits: ["plan"],
    holdout: 0.05,
    timeZone: "Asia/Tokyo",
    frequency: {
      minGapMs: 1000,
      perVisit: 2,
      caps: [{ count: 3, windowMs: 1000, kinds: ["nudge"] }],
      quiet: [{ from: "22:00", to: "07:00" }],
    },
    counts: [{ id: "c", match: { name: "Order" }, windowMs: 1000 }],
    images: ["https://cdn.example"],
  };
  expect(parseSiteConfig(structuredClone(config), visitor)).toEqual({ ok: true, value: config });
});

test("G54 S6 what makes no sense of a campaign is refused where it stands, with its bound", () => {
  const field = (change: object) => {
    const parsed = parseSiteConfig({ ...SMALL_SITE, campaigns: [{ ...help, ...change }] }, visitor);
    return parsed.ok ? "none" : parsed.field;
  };
  expect(field({ status: "on" })).toBe("campaigns.0.status");
  expect(field({ trigger: { kind: "scroll", share: 0 } })).toBe("campaigns.0.trigger.share");
  expect(field({ trigger: { kind: "element", selector: "a{}" } })).toBe("campaigns.0.trigger.selector");
  expect(field({ trigger: { kind: "hover" } })).toBe("campaigns.0.trigger.kind");
  expect(field({ schedule: { from: "tomorrow" } })).toBe("campaigns.0.schedule.from");
  expect(field({ schedule: { timeZone: "Mars/Base" } })).toBe("campaigns.0.schedule.timeZone");
  expect(field({ variants: [{ id: "holdout", weight: 1 }] })).toBe("campaigns.0.variants.0.id");
  expect(field({ content: { ...help.content, title: [{ slot: "email", default: "x" }] } })).toMatch(
    /^campaigns\.0\.content\.title/,
  );
  expect(field({ content: { ...help.content, action: { label: "x", href: "javascript:alert(1)" } } })).toBe(
    "campaigns.0.content.action.href",
  );
  expect(field({ kind: "tip" })).toBe("campaigns.0.content.target");
  expect(field({ kind: "data", content: { data: JSON.parse('{"a": [{"__proto__": 1}]}') } })).toBe(
    "campaigns.0.content.data",
  );
  expect(field({ kind: "data", content: { data: { a: "x".repeat(9000) } } })).toBe("campaigns.0.content.data");
  expect(field({ cap: { count: 11, windowMs: 1000 } })).toBe("campaigns.0.cap.count");
});
