/**
 * The words for a BCP 47 tag, by its primary language; English for a language that we do not have yet. They are our own
 * few on a visitor's surface, each surface's beside it; everything else is the site's text.
 */
export function wordsIn<Words>(languages: { en: Words; [language: string]: Words }, language: string): Words {
  return languages[language.toLowerCase().split("-", 1)[0] ?? ""] ?? languages.en;
}
