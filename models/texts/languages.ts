import { ar } from "./ar.ts";
import { de } from "./de.ts";
import { en } from "./en.ts";
import { es } from "./es.ts";
import { fr } from "./fr.ts";
import { pt } from "./pt.ts";
import type { VisitorText } from "./visitor-text.ts";

/** The languages that we have all words for, by primary BCP 47 subtag. A new one is its file and its line here. */
export const LANGUAGES: Record<string, VisitorText> & { en: VisitorText } = { en, de, fr, es, pt, ar };
