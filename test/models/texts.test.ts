import { expect, test } from "vitest";
import { WORDS } from "../../models/texts/all.ts";
import { isOurs, LANGUAGES, languageFor } from "../../models/texts/languages.ts";
import { FIRST_WORDS, firstText, newsText, textFor } from "../../models/texts/visitor-text.ts";

/** Every sentence by its path: `names.analytics`. */
function sentences(text: object, path = ""): Map<string, string> {
  const found = Object.entries(text).flatMap(([key, value]): [string, string][] =>
    typeof value === "string" ? [[path + key, value]] : [...sentences(value, `${path}${key}.`)],
  );
  return new Map(found);
}

const { visitor: en } = WORDS.en;
/** Of a module of words, as an object: what a page of it says. */
const ENGLISH = sentences({ ...WORDS.en });
const OTHERS = Object.entries(WORDS).filter(([language]) => language !== "en");
const gapsIn = (sentence = "") => (sentence.match(/\{\w+\}/g) ?? []).sort();

test("C40 every language says everything that English says, and nothing else", () => {
  expect(LANGUAGES).toEqual(["en", "de", "fr", "es", "pt", "ar"]);
  expect(Object.keys(WORDS).sort()).toEqual([...LANGUAGES].sort());
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
  for (const [language, text] of Object.entries(WORDS)) {
    for (const [path, sentence] of sentences(text)) {
      expect(arabic.test(sentence), `${language} ${path}`).toBe(language === "ar");
    }
  }
});

test("C41 a page is told the words of its mode, and of the first layer only what it needs at once", () => {
  for (const { visitor: text } of Object.values(WORDS)) {
    expect(textFor(text, "opt-in").title).toBe(text.title);
    expect(textFor(text, "opt-out")).toMatchObject(text.modes["opt-out"]);
    expect(textFor(text, "notice")).toMatchObject(text.modes.notice);
    // What turns everything on says so, also where the first layer only tells.
    expect(textFor(text, "notice")).toMatchObject({ acceptAll: text.accept, rejectAll: text.reject });
    for (const mode of ["opt-in", "opt-out", "notice"] as const) {
      const page = textFor(text, mode);
      expect(page).not.toHaveProperty("modes");
      expect(page).not.toHaveProperty("data");
      expect(page).not.toHaveProperty("campaign");
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
  for (const [language, { visitor: text }] of Object.entries(WORDS)) {
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

test("C40 French has a no-break space before its double signs and inside its quotation marks, and no other there", () => {
  const french = [...sentences({ ...WORDS.fr }).values()];
  expect(french.filter((sentence) => /(^|[^\u00a0])[:;?!»]|«(?!\u00a0)/u.test(sentence))).toEqual([]);
  expect(french.filter((sentence) => sentence.includes("\u00a0")).length).toBeGreaterThan(20);
});

test("C40 Arabic, which counts in six ways, says how many in a way that is right for every number", () => {
  const counted = [...sentences({ ...WORDS.ar })].filter(([, sentence]) => /\{(days|count)\}/.test(sentence));
  expect(counted.length).toBeGreaterThan(3);
  expect(counted.filter(([, sentence]) => !/: \{(days|count)\}/.test(sentence))).toEqual([]);
});

test("C40 a language has one word for the site, and one for predictions", () => {
  const said = (language: "pt" | "fr") => [...sentences({ ...WORDS[language] }).values()].join(" ");
  expect(said("pt")).toMatch(/\bsite\b/);
  expect(said("pt")).not.toMatch(/s[ií]tio/);
  expect(said("fr")).toMatch(/révision/);
  expect(said("fr")).not.toMatch(/rédiction/);
});

test("C41 who was only told objects at the control, and withdraws nothing that was never given", () => {
  for (const [language, { visitor: text }] of Object.entries(WORDS)) {
    expect(textFor(text, "notice").withdraw, language).toBe(text.modes.notice.withdraw);
    expect(text.modes.notice.withdraw, language).not.toBe(text.withdraw);
    expect(textFor(text, "opt-in").withdraw, language).toBe(text.withdraw);
  }
});

test("C40 the privacy page speaks of the control by the name that it has on the page", () => {
  for (const [language, { privacy, visitor }] of Object.entries(WORDS)) {
    expect(privacy.intro, language).toContain(visitor.control);
  }
});

test("C40 a tag is spoken to in its language, or in English where we have no words for it", () => {
  expect(["pt-BR", "AR", "en-GB", "xx", "", "constructor"].map(languageFor)).toEqual([
    "pt",
    "ar",
    "en",
    "en",
    "en",
    "en",
  ]);
  expect(["de-AT", "nl"].map(isOurs)).toEqual([true, false]);
});
