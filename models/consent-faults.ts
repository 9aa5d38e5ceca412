import { grantable } from "./consent.ts";
import type { ConsentConfig } from "./consent-config.ts";
import { isOurs } from "./texts/languages.ts";
import type { PartOf, VisitorText } from "./texts/visitor-text.ts";
import { type Refusal, refuse } from "./touchpoint.ts";

/** A text as a tree: every leaf is a sentence. */
export type Words = { [key: string]: string | Words };

/**
 * What the fields of a consent part say against each other, each of which has its form: the first fault, or null. `english`
 * are all the words that there are.
 */
export function consentFault(consent: ConsentConfig, english: VisitorText): Refusal | null {
  const { purposes, recipients = [], language, text = {}, texts = {} } = consent;
  const fault = (field: string, bound: string) => refuse("malformed", `consent.${field}`, bound);
  if (grantable(purposes).length !== purposes.length) return fault("purposes", "distinct, and analytics among them");
  const unasked = recipients.findIndex((one) => one.purposes.some((purpose) => !purposes.includes(purpose)));
  if (unasked >= 0) {
    const at = recipients[unasked]?.purposes.findIndex((purpose) => !purposes.includes(purpose));
    return fault(`recipients.${unasked}.purposes.${at}`, `one of ${purposes.join(", ")}`);
  }
  if (Object.hasOwn(texts, language)) {
    return fault(`texts.${language}`, "another language than consent.language: its words are consent.text");
  }
  const parts = [[language, text, "text"], ...Object.entries(texts).map(([tag, part]) => [tag, part, `texts.${tag}`])];
  for (const [tag, part, field] of parts as [string, PartOf<VisitorText>, string][]) {
    const missing = isOurs(tag) ? null : firstMissing(part as Words, english as unknown as Words, field);
    if (missing !== null) return fault(missing, `a text: there is none in the language ${tag} yet`);
  }
  return null;
}

/** Where a part of the words lacks one, or null. */
function firstMissing(part: Words, all: Words, field: string): string | null {
  for (const [key, known] of Object.entries(all)) {
    const has = Object.hasOwn(part, key) ? part[key] : undefined;
    if (has === undefined) return `${field}.${key}`;
    const missing = typeof known === "string" ? null : firstMissing(has as Words, known, `${field}.${key}`);
    if (missing !== null) return missing;
  }
  return null;
}
