import { expect, test } from "vitest";
import { en } from "../../models/texts/en.ts";
import { LANGUAGES } from "../../models/texts/languages.ts";
import { PRIVACY_LANGUAGES } from "../../models/texts/privacy/languages.ts";
import { FIRST_WORDS, firstText, newsText, textFor, type VisitorText } from "../../models/texts/visitor-text.ts";

/** Every sentence by its path: `names.analytics`. */
function sentences(text: object, path = ""): Map<string, string> {
  const found = Object.entries(text).flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[path + key, value]] : [...sentences(value, `${path}${key}.`)],
  );
  return new Map(found);
}

const ENGLISH = sentences(en);
const OTHERS = Object.entries(LANGUAGES).filter(([language]) => language !== "en");
const gapsIn = (sentence = "") => (sentence.match(/\{\w+\}/g) ?? []).sort();

test("C40 every language says everything that English says, and nothing else", () => {
  expect(Object.keys(LANGUAGES).sort()).toEqual(["ar", "de", "en", "es", "fr", "pt"]);
  for (const [language, text] of OTHERS) {
    expect([...sentences(text).keys()].sort(), language).toEqual([...ENGLISH.keys()].sort());
  }
});

test("C40 no sentence is empty, left in English, or without the gap that is filled in", () => {
  for (const [language, text] of OTHERS) {
    for (const [path, sentence] of sentences(text)) {
      expect(sentence.trim(), `${language} ${path}`).toBe(sentence);
      expect(sentence, `${language} ${path}`).not.toBe("");
      expect(sentence, `${language} ${path}`).not.toBe(ENGLISH.get(path));
      expect(gapsIn(sentence), `${language} ${path}`).toEqual(gapsIn(ENGLISH.get(path)));
    }
  }
  expect(gapsIn(en.kept)).toEqual(["{days}"]);
});

test("C40 Arabic is written in Arabic, and the others in Latin letters", () => {
  const arabic = /\p{Script=Arabic}/u;
  for (const [language, text] of Object.entries(LANGUAGES)) {
    for (const [path, sentence] of sentences(text)) {
      expect(arabic.test(sentence), `${language} ${path}`).toBe(language === "ar");
    }
  }
});

test("C41 a page is told the words of its mode, and of the first layer only what it needs at once", () => {
  for (const text of Object.values(LANGUAGES)) {
    expect(textFor(text, "opt-in").title).toBe(text.title);
    expect(textFor(text, "opt-out")).toMatchObject(text.modes["opt-out"]);
    expect(textFor(text, "notice")).toMatchObject(text.modes.notice);
    // What turns everything on says so, also where the first layer only tells.
    expect(textFor(text, "notice")).toMatchObject({ acceptAll: text.accept, rejectAll: text.reject });
    for (const mode of ["opt-in", "opt-out", "notice"] as const) {
      const page = textFor(text, mode);
      expect(page).not.toHaveProperty("modes");
      const first = firstText(page, false);
      expect(Object.keys(first).sort()).toEqual([...FIRST_WORDS].sort());
      expect(first.title).toBe(page.title);
    }
  }
  expect(firstText(textFor(en, "opt-in"), false)).not.toHaveProperty("objection");
  expect(firstText(textFor(en, "opt-in"), false)).not.toHaveProperty("dntHonoured");
  expect(firstText(textFor(en, "opt-in"), true).dntHonoured).toBe(en.dntHonoured);
  expect(textFor(en, "opt-in")).toHaveProperty("objection");
});

test("C41 the three modes differ in every language: whoever is not asked is not told that a yes is needed", () => {
  for (const [language, text] of Object.entries(LANGUAGES) as [string, VisitorText][]) {
    const titles = (["opt-in", "opt-out", "notice"] as const).map((mode) => textFor(text, mode).title);
    expect(new Set(titles).size, language).toBe(3);
  }
});

test("C43 what is new since an earlier choice is a sentence each, in the visitor's language", () => {
  const change = { purposes: ["sharing" as const], recipients: ["Parcel Post", "$& Ltd"], longer: true, goesOn: false };
  expect(newsText(textFor(en, "opt-in"), change, 400)).toEqual([
    "Another purpose: Sharing",
    "Another recipient: Parcel Post",
    "Another recipient: $& Ltd",
    "Kept for longer than before: 400 days",
  ]);
  const nothing = { purposes: [], recipients: [], longer: false, goesOn: true };
  expect(newsText(textFor(en, "opt-in"), nothing, 400)).toEqual([]);
});

test("C40 the privacy page speaks of the control by the name that it has on the page", () => {
  expect(Object.keys(PRIVACY_LANGUAGES).sort()).toEqual(Object.keys(LANGUAGES).sort());
  for (const [language, { intro }] of Object.entries(PRIVACY_LANGUAGES)) {
    expect(intro, language).toContain(LANGUAGES[language]?.control);
  }
});
