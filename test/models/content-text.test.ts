import { expect, test } from "vitest";
import type { Campaign, CampaignOf } from "../../models/campaign.ts";
import { filledContent, textOf } from "../../models/content-text.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [help] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];
const who = { traits: { plan: "Pro", seats: 3, "first.name": "Ada" }, group: { name: "Acme" }, counts: { orders: 0 } };
const filling = { language: "", siteLanguage: "en", attributes: who };
const told = (language: string, campaign: Campaign, arm = "treated") =>
  filledContent(campaign, arm, { ...filling, language });
const titled = (title: string) => ({ title, body: ["…"] });

test("D30 a visitor reads a campaign in their language to the letter, else in one of the same, else in the site's first", () => {
  const campaign: Campaign = {
    ...help,
    content: titled("Hello"),
    translations: { de: titled("Hallo"), pt: titled("Olá"), "pt-BR": titled("Oi") },
  };
  const title = (language: string) => {
    const filled = told(language, campaign);
    return [filled.language, "content" in filled && "title" in filled.content && filled.content.title];
  };
  expect(title("de")).toEqual(["de", "Hallo"]);
  expect(title("de-AT")).toEqual(["de", "Hallo"]);
  expect(title("pt-br")).toEqual(["pt-BR", "Oi"]);
  expect(title("pt")).toEqual(["pt", "Olá"]);
  expect(title("fr")).toEqual(["en", "Hello"]);
  expect(title("")).toEqual(["en", "Hello"]);
});

test("D32 a variant says it in its own words, and where it has none in the campaign's", () => {
  const campaign: Campaign = {
    ...help,
    translations: { de: titled("Hilfe?") },
    variants: [
      { id: "plain", weight: 0.5 },
      { id: "warm", weight: 0.5, content: titled("We are here"), translations: { de: titled("Wir sind da") } },
    ],
  };
  expect(told("de", campaign, "plain")).toMatchObject({ content: { title: "Hilfe?" } });
  expect(told("de", campaign, "warm")).toMatchObject({ content: { title: "Wir sind da" } });
  expect(told("en", campaign, "warm")).toMatchObject({ content: { title: "We are here" } });
  expect(told("en", campaign, "gone")).toMatchObject({ content: help.content });
});

test("D31 a slot says what is known, and its default where nothing that can be said is", () => {
  const slot = (name: string) => textOf(["Hi ", { slot: name, default: "there" }, "!"], who);
  expect(slot("traits.plan")).toBe("Hi Pro!");
  expect(slot("traits.seats")).toBe("Hi 3!");
  expect(slot("traits.first.name")).toBe("Hi Ada!");
  expect(slot("group.name")).toBe("Hi Acme!");
  expect(slot("counts.orders")).toBe("Hi 0!");
  expect(slot("traits.missing")).toBe("Hi there!");
  expect(slot("traits.constructor")).toBe("Hi there!");
  expect(slot("scores.stall")).toBe("Hi there!");
  expect(textOf(["Hi ", { slot: "traits.plan", default: "there" }], { traits: { plan: "  " } })).toBe("Hi there");
});

test("S3 nothing in a text or in what fills it means anything but itself", () => {
  const hostile = `{{7*7}} $${"{1}"} <b> {traits.plan} $&`;
  expect(textOf(hostile, who)).toBe(hostile);
  expect(textOf([hostile, { slot: "traits.plan", default: "" }], { traits: { plan: hostile } })).toBe(
    hostile + hostile,
  );
});

test("D31 every text of every kind is filled, and nothing else of it is touched", () => {
  const gap = (text: string) => [text, { slot: "traits.plan", default: "?" }];
  const link = { label: gap("go "), href: "/{plan}" };
  const image = { src: "/a.png", alt: gap("alt ") };
  const card = { title: gap("t "), body: [gap("b "), "plain"], action: link, image, generated: { label: gap("g ") } };
  const filledCard = {
    title: "t Pro",
    body: ["b Pro", "plain"],
    action: { label: "go Pro", href: "/{plan}" },
    image: { src: "/a.png", alt: "alt Pro" },
    generated: { label: "g Pro" },
  };
  const { content: _, ...base } = help;
  const filled = (change: object) => told("en", { ...base, ...change } as Campaign);
  const shows = (kind: string, content: object, expected: object) =>
    expect(filled({ kind, content }), kind).toEqual({ language: "en", content: expected });
  shows("nudge", card, filledCard);
  shows(
    "tip",
    { ...card, target: "#buy", placement: "block-end" },
    { ...filledCard, target: "#buy", placement: "block-end" },
  );
  shows("offer", { ...card, terms: gap("until ") }, { ...filledCard, terms: "until Pro" });
  const question = { id: "q", kind: "single", label: gap("how "), low: gap("l "), high: gap("h "), optional: true };
  shows(
    "survey",
    { title: gap("s "), thanks: gap("ty "), questions: [{ ...question, options: [{ id: "o", label: gap("o ") }] }] },
    {
      title: "s Pro",
      thanks: "ty Pro",
      questions: [
        { ...question, label: "how Pro", low: "l Pro", high: "h Pro", options: [{ id: "o", label: "o Pro" }] },
      ],
    },
  );
  const item = { id: "i", href: "/i", match: { path: "/i" } };
  shows(
    "checklist",
    { title: gap("c "), done: gap("d "), items: [{ ...item, label: gap("l "), body: gap("b ") }] },
    { title: "c Pro", done: "d Pro", items: [{ ...item, label: "l Pro", body: "b Pro" }] },
  );
  const step = { target: "#a", placement: "block-start", path: "/a" };
  shows(
    "tour",
    { steps: [{ ...step, title: gap("t "), body: [gap("b ")], image }] },
    { steps: [{ ...step, title: "t Pro", body: ["b Pro"], image: { src: "/a.png", alt: "alt Pro" } }] },
  );
  shows(
    "banner",
    { body: [gap("b ")], action: link, at: "start" },
    {
      body: ["b Pro"],
      action: { label: "go Pro", href: "/{plan}" },
      at: "start",
    },
  );
  expect(filled({ kind: "data", content: { data: { a: ["{plan}", 1] } } })).toEqual({
    language: "en",
    data: '{"a":["{plan}",1]}',
  });
});

test("D31 an offer's code is the one for all, or this visitor's own; without one it has none", () => {
  const offer = (code?: object) =>
    ({ ...help, kind: "offer", content: { ...help.content, ...(code ? { code } : {}) } }) as Campaign;
  const codeOf = (campaign: Campaign, own?: string) => filledContent(campaign, "treated", { ...filling, code: own });
  expect(codeOf(offer({ text: "SAVE10" }), "OWN")).toMatchObject({ content: { code: "SAVE10" } });
  expect(codeOf(offer({ pool: true }), "OWN")).toMatchObject({ content: { code: "OWN" } });
  expect(codeOf(offer({ pool: true }))).toEqual({ language: "en", content: help.content });
  expect(codeOf(offer(), "OWN")).toEqual({ language: "en", content: help.content });
});
