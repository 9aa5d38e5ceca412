import { primaryOf } from "../language.ts";
import type { KnownText } from "./known-text.ts";
import type { PrivacyText } from "./privacy-text.ts";
import type { VisitorText } from "./visitor-text.ts";

/** The languages that we have all words for, by primary BCP 47 subtag: each is a file beside this one. */
export const LANGUAGES = ["en", "de", "fr", "es", "pt", "ar"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What a language's file holds: the surfaces on the page, the privacy page, and the page of what is known. */
export interface Words {
  visitor: VisitorText;
  privacy: PrivacyText;
  known: KnownText;
}

/** Whether all words of a BCP 47 tag's language are ours. */
export function isOurs(tag: string): boolean {
  return (LANGUAGES as readonly string[]).includes(primaryOf(tag));
}

/** Ours for a BCP 47 tag: its language, or English. */
export function languageFor(tag: string): Language {
  return isOurs(tag) ? (primaryOf(tag) as Language) : "en";
}
