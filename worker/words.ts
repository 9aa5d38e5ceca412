import { type Language, languageFor, type Words } from "../models/texts/languages.ts";
import type { Env } from "./env.ts";

/** Memory of this isolate: the assets are of the same deployment as the Worker, so what was read stays true. */
const read = new Map<Language, Promise<Words>>();

/**
 * Our words for a BCP 47 tag: its language, or English. They are files beside the Worker and not in it: six languages
 * would be an eighth of it. Rejects where the asset cannot be read; the next call tries again.
 */
export function wordsFor(env: Env, tag: string): Promise<Words> {
  const language = languageFor(tag);
  const words = read.get(language) ?? readWords(env, language);
  read.set(language, words);
  words.catch(() => read.delete(language));
  return words;
}

async function readWords(env: Env, language: Language): Promise<Words> {
  const answer = await env.ASSETS.fetch(`https://assets.invalid/words/${language}.json`);
  if (!answer.ok)
    throw new Error(`/words/${language}.json is ${answer.status}: were the assets deployed with the Worker?`);
  return answer.json();
}
