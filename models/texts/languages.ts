import { ar } from "./ar.ts";
import { de } from "./de.ts";
import { en } from "./en.ts";
import { es } from "./es.ts";
import { fr } from "./fr.ts";
import { pt } from "./pt.ts";
import type { VisitorText } from "./visitor-text.ts";

export interface Language {
  /** In its own words: what a choice of languages shows. */
  name: string;
  dir: "ltr" | "rtl";
  text: VisitorText;
}

/** The languages that we have all words for, by primary BCP 47 subtag. A new one is its file and its line here. */
export const LANGUAGES = {
  en: { name: "English", dir: "ltr", text: en },
  de: { name: "Deutsch", dir: "ltr", text: de },
  fr: { name: "Français", dir: "ltr", text: fr },
  es: { name: "Español", dir: "ltr", text: es },
  pt: { name: "Português", dir: "ltr", text: pt },
  ar: { name: "العربية", dir: "rtl", text: ar },
} satisfies Record<string, Language>;

export type LanguageTag = keyof typeof LANGUAGES;
