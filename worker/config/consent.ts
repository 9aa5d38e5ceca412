import * as v from "valibot";
import { CONSENT_MODES, PURPOSES } from "../../models/consent.ts";
import { MEASURED_DAYS_MAX } from "../../models/preset.ts";
import { isWebAddress } from "../../models/read-field.ts";
import type { PartOf, VisitorText } from "../../models/texts/visitor-text.ts";
import { FLAG, formed, keyed, listOf, oneOf, strict, TEXT, whole } from "./fields.ts";

const REGIONS_MAX = 50;
const COUNTRIES_MAX = 250;
const RECIPIENTS_MAX = 50;
const LANGUAGES_MAX = 50;
const WAIT_MAX_MS = 10_000;
const TAIL_DAYS_MAX = 3_650;

const MODE = oneOf(CONSENT_MODES);
const PURPOSE_LIST = listOf(oneOf(PURPOSES), 1, PURPOSES.length);
const COUNTRY = formed(/^[A-Z]{2}$/, "two capital letters, as ISO 3166-1 has them");
const SUBDIVISION = formed(
  /^[A-Z\d]{1,3}$/,
  "1 to 3 capital letters or digits: what follows the country in ISO 3166-2",
);
const PLACE = formed(/^[A-Z]{2}(-[A-Z\d]{1,3})?$/, "a place of ISO 3166-2, as US-CA");
const TAG = formed(/^(?=.{1,35}$)[A-Za-z]{2,3}(-[A-Za-z\d]{2,8})*$/, "a BCP 47 language tag, as pt-BR");
const WEB_ADDRESS = v.pipe(TEXT, v.check(isWebAddress, "an http or https URL"));

const REGION = strict({
  countries: listOf(COUNTRY, 1, COUNTRIES_MAX),
  subdivisions: v.exactOptional(listOf(SUBDIVISION, 1, COUNTRIES_MAX)),
  mode: MODE,
});

const RECIPIENT = strict({
  name: TEXT,
  purposes: PURPOSE_LIST,
  country: v.exactOptional(COUNTRY),
  url: v.exactOptional(WEB_ADDRESS),
});

const GOOGLE = strict({
  send: v.optional(FLAG, true),
  receive: v.optional(FLAG, false),
  waitForUpdateMs: v.optional(whole(0, WAIT_MAX_MS), 500),
  regions: v.exactOptional(listOf(PLACE, 1, COUNTRIES_MAX)),
});

const CONTROLLER = strict({ name: TEXT, contact: TEXT, url: v.exactOptional(WEB_ADDRESS) });

/** The consent part. `words`: the schema of a part of our words, since which there are is known from a file of them. */
export function consentSchema(words: v.GenericSchema<PartOf<VisitorText>>) {
  return strict({
    mode: v.pipe(MODE, v.description("For whoever is in none of the regions.")),
    regions: v.exactOptional(listOf(REGION, 0, REGIONS_MAX)),
    language: v.pipe(TAG, v.description("Of visitors who want none of the languages in “texts”.")),
    purposes: v.pipe(PURPOSE_LIST, v.description("What is asked for, and what Accept grants.")),
    recipients: v.exactOptional(listOf(RECIPIENT, 0, RECIPIENTS_MAX)),
    retentionDays: v.exactOptional(
      v.pipe(
        whole(1, MEASURED_DAYS_MAX),
        v.description("How long a journey is kept after its last batch: 395 if absent."),
      ),
    ),
    version: v.exactOptional(
      v.pipe(TEXT, v.description("The site's own name of what it asks. Changing it asks everybody again.")),
    ),
    askAgainAfterDays: whole(1, 396),
    text: v.exactOptional(words),
    texts: v.exactOptional(keyed(TAG, words, LANGUAGES_MAX)),
    gpc: v.exactOptional(oneOf(["all", "sharing"])),
    dnt: v.exactOptional(FLAG),
    control: v.exactOptional(FLAG),
    googleConsentMode: v.exactOptional(v.union([v.literal(false), GOOGLE], "false, or an object")),
    tcf: v.exactOptional(FLAG),
    preset: v.exactOptional(oneOf(["audience-measurement"])),
    controller: v.exactOptional(CONTROLLER),
    recordTailDays: v.exactOptional(whole(0, TAIL_DAYS_MAX)),
  });
}

/** Any part of some words: what is misspelt would be said by nobody. */
export function wordsSchema<T extends object>(all: T): v.GenericSchema<PartOf<T>> {
  const entries = Object.entries(all).map(([key, known]) => [
    key,
    v.exactOptional(typeof known === "string" ? TEXT : wordsSchema(known as object)),
  ]);
  return strict(Object.fromEntries(entries)) as unknown as v.GenericSchema<PartOf<T>>;
}
