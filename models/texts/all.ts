import * as ar from "./ar.ts";
import * as de from "./de.ts";
import * as en from "./en.ts";
import * as es from "./es.ts";
import * as fr from "./fr.ts";
import type { Language, Words } from "./languages.ts";
import * as pt from "./pt.ts";

/** All words of all languages: for the build, which makes an asset of each. The Worker carries none but English. */
export const WORDS: Record<Language, Words> = { en, de, fr, es, pt, ar };
