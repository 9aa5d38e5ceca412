import { expect, test } from "vitest";
import type { Campaign, CampaignOf } from "../../models/campaign.ts";
import { campaignFault, conditionFault, exclusionFault } from "../../models/campaign-faults.ts";
import { configFault } from "../../models/config-faults.ts";
import { distinct, fault, firstOf } from "../../models/fault.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { visitor } from "../../models/texts/en.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [help] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];
const SITE: SiteConfig = {
  ...SMALL_SITE,
  traits: ["plan", "group", "group.plan"],
  counts: [{ id: "orders", match: { name: "Order Completed" }, windowMs: 1000 }],
  images: ["https://cdn.example"],
};
const named = (change: object): Campaign => ({ ...help, ...change }) as Campaign;
/** The field of the first fault, or "none". */
const at = (change: object) => campaignFault(named(change), "c", SITE)?.field ?? "none";
const content = (change: object) => at({ content: { ...help.content, ...change } });

test("G41 G54 what a campaign's fields say against each other is named, with its field", () => {
  expect(at({})).toBe("none");
  expect(at({ trigger: { kind: "stage", stage: "nowhere" } })).toBe("c.trigger.stage");
  expect(at({ trigger: { kind: "outcome", campaign: "nothing", outcome: "shown" } })).toBe("c.trigger.campaign");
  expect(at({ trigger: { kind: "outcome", campaign: "help", outcome: "shown" } })).toBe("none");
  const where = (condition: object) => ({ trigger: { kind: "touchpoint", name: "Rated", where: condition } });
  expect([at(where({ value: { $lt: 3 } })), at(where({ value: { $nope: 3 } }))]).toEqual([
    "none",
    "c.trigger.where.value",
  ]);
  expect(at({ stages: ["pay", "nowhere"] })).toBe("c.stages.1");
  const schedule = (until: string) => at({ schedule: { from: "2026-12-01T09:00", until } });
  expect([schedule("2026-12-01T09:01"), schedule("2026-12-01T09:00")]).toEqual(["none", "c.schedule.until"]);
  const share = (from: number, to: number) => at({ exclusion: { group: "g", from, to } });
  expect([share(0, 0.5), share(0.5, 0.5)]).toEqual(["none", "c.exclusion.to"]);
  const variants = (...weights: number[]) => at({ variants: weights.map((weight, i) => ({ id: `v${i}`, weight })) });
  expect([variants(0.5, 0.5), variants(0.5, 0.4), variants(0.99)]).toEqual(["none", "c.variants", "none"]);
  const goal = (on: object) => at({ goals: [{ id: "g", on, windowMs: 1000 }] });
  expect([goal({ stage: "done" }), goal({ stage: "nowhere" }), goal({ name: "Any" })]).toEqual([
    "none",
    "c.goals.0.on.stage",
    "none",
  ]);
});

test("G54 of one group's line no two campaigns claim the same part; other groups are other lines", () => {
  const part = (group: string, from: number, to: number) => named({ exclusion: { group, from, to } });
  const where = (...parts: Campaign[]) => exclusionFault(parts)?.field ?? "none";
  expect(where(part("a", 0, 0.5), part("a", 0.5, 1), part("b", 0, 1))).toBe("none");
  expect(where(part("a", 0, 0.5), part("b", 0, 1), part("a", 0.4, 0.6))).toBe("campaigns.2.exclusion");
  const campaigns = [part("a", 0, 0.5), { ...part("a", 0.2, 0.3), id: "more" } as Campaign];
  expect(configFault({ ...SITE, campaigns }, visitor)?.field).toBe("campaigns.1.exclusion");
});

test("G54 a picture is of the site's own or of an origin that it names, by https (S1)", () => {
  const src = (text: string) => content({ image: { src: text, alt: "" } });
  for (const good of ["/a.png", "https://shop.example/a.png", "https://cdn.example/a.png?x"]) {
    expect(src(good), good).toBe("none");
  }
  const bad = [
    "//cdn.example/a.png",
    "http://cdn.example/a.png",
    "https://evil.example/a.png",
    "data:image/png;base64,AA",
  ];
  for (const text of [...bad, "javascript:alert(1)", "a.png", "/\\evil.example/a.png", "https://cdn.example.evil/a"]) {
    expect(src(text), text).toBe("c.content.image.src");
  }
  const tour = { kind: "tour", content: { steps: [{ title: "a", body: ["b"], image: { src: bad[0], alt: "" } }] } };
  expect(at(tour)).toBe("c.content.steps.0.image.src");
  const translated = at({ translations: { de: { ...help.content, image: { src: bad[0], alt: "" } } } });
  expect(translated).toBe("c.translations.de.image.src");
  const varied = at({
    variants: [{ id: "v", weight: 1, content: { ...help.content, image: { src: bad[0], alt: "" } } }],
  });
  expect(varied).toBe("c.variants.0.content.image.src");
});

test("G54 a slot names a trait that the site declares, or a count", () => {
  const slot = (text: string) => content({ title: ["Hi ", { slot: text, default: "you" }] });
  for (const good of ["traits.plan", "group.name", "group.plan", "counts.orders"])
    expect(slot(good), good).toBe("none");
  for (const bad of ["traits.email", "group.size", "counts.visits"])
    expect(slot(bad), bad).toBe("c.content.title.1.slot");
  expect(
    campaignFault(
      named({ content: { ...help.content, body: [["x", { slot: "group.name", default: "d" }]] } }),
      "c",
      SMALL_SITE,
    )?.field,
  ).toBe("c.content.body.0.1.slot");
});

test("G54 a choice has options and nothing else has; ids of items, questions and options are distinct", () => {
  const question = (change: object) => ({ id: "q", kind: "nps", label: "How?", ...change });
  const survey = (...questions: object[]) => at({ kind: "survey", content: { title: "t", thanks: "x", questions } });
  const options = [
    { id: "a", label: "A" },
    { id: "b", label: "B" },
  ];
  expect(survey(question({}))).toBe("none");
  expect(survey(question({ options }))).toBe("c.content.questions.0.options");
  expect(survey(question({ kind: "single" }))).toBe("c.content.questions.0.options");
  expect(survey(question({ kind: "multiple", options }))).toBe("none");
  expect(survey(question({ kind: "single", options: [options[0], options[0]] }))).toBe("c.content.questions.0.options");
  expect(survey(question({}), question({}))).toBe("c.content.questions");
  const item = { id: "i", label: "Do" };
  expect(at({ kind: "checklist", content: { title: "t", done: "x", items: [item, item] } })).toBe("c.content.items");
});

test("G54 faults come by themselves, in the order of the list", () => {
  expect(firstOf([1, 2, 3], (n) => (n > 1 ? fault(`f${n}`, "b") : null))).toEqual({
    ok: false,
    reason: "malformed",
    field: "f2",
    bound: "b",
  });
  expect(firstOf([], () => fault("f", "b"))).toBe(null);
  expect(distinct([{ id: "a" }, { id: "b" }], "f")).toBe(null);
  expect(distinct([{ id: "a" }, { id: "a" }], "f")).toMatchObject({ field: "f", bound: "distinct ids" });
  expect(conditionFault({ a: { $gt: 1 } }, "f")).toBe(null);
  expect(conditionFault({ a: { $nope: 1 } }, "f")?.field).toBe("f.a");
});
