import { ar } from "./ar.ts";
import { de } from "./de.ts";
import { en } from "./en.ts";
import { es } from "./es.ts";
import { fr } from "./fr.ts";
import type { PrivacyText } from "./privacy-text.ts";
import { pt } from "./pt.ts";

/** The privacy page's words, by primary language. A new language is its file and its line here. */
export const PRIVACY_LANGUAGES: Record<string, PrivacyText> & { en: PrivacyText } = { en, de, fr, es, pt, ar };
