import { EN } from "./en.ts";
import type { VisitorText } from "./visitor-text.ts";

/** The complete texts, by primary language. */
export const LANGUAGES: Record<string, VisitorText> & { en: VisitorText } = { en: EN };
