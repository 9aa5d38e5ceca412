import { canonical } from "./canonical.ts";
import { CONSENT_MODES, type ConsentMode, grantable, type PolicyChange, PURPOSES, type Purpose } from "./consent.ts";
import type {
  ConsentConfig,
  Controller,
  GoogleConsentMode,
  Material,
  Policy,
  PublishedConsent,
  Recipient,
  Region,
} from "./consent-config.ts";
import { directionOf } from "./language.ts";
import { MEASURED_DAYS_MAX } from "./preset.ts";
import { fail, flag, list, number, oneOf, record, text } from "./read-field.ts";
import { isOurs } from "./texts/languages.ts";
import {
  type DataText,
  firstText,
  newsText,
  type PageText,
  type PartOf,
  textFor,
  type VisitorText,
} from "./texts/visitor-text.ts";
import { POISONED_KEYS } from "./touchpoint.ts";

const REGIONS_MAX = 50;
const COUNTRIES_MAX = 250;
const RECIPIENTS_MAX = 50;
const LANGUAGES_MAX = 50;
const WAIT_MAX_MS = 10_000;
const TAIL_DAYS_MAX = 3_650;

/** 13 months: as long as a visit is kept where the site does not say. */
const RETENTION_DAYS = 395;
/** Three years: within it most claims about a consent have to be made. */
const RECORD_TAIL_DAYS = 1_095;

/** Reads the consent part of an untrusted configuration. Throws `Refused` at the first field that breaks its bound. */
export function readConsent(value: unknown, english: VisitorText): ConsentConfig {
  const consent = record(value, "consent");
  const { regions, recipients, version, retentionDays, recordTailDays, controller } = consent;
  const purposes = readPurposes(consent.purposes, "consent.purposes");
  return {
    mode: oneOf(consent.mode, CONSENT_MODES, "consent.mode"),
    ...(regions === undefined ? {} : { regions: readRegions(regions) }),
    ...readWords(consent, english as unknown as Words),
    purposes,
    ...(recipients === undefined ? {} : { recipients: readRecipients(recipients, purposes) }),
    ...(retentionDays === undefined
      ? {}
      : { retentionDays: number(retentionDays, "consent.retentionDays", [1, MEASURED_DAYS_MAX]) }),
    ...(version === undefined ? {} : { version: text(version, "consent.version") }),
    askAgainAfterDays: number(consent.askAgainAfterDays, "consent.askAgainAfterDays", [1, 396]),
    ...readSwitches(consent),
    ...(controller === undefined ? {} : { controller: readController(controller) }),
    ...(recordTailDays === undefined
      ? {}
      : { recordTailDays: number(recordTailDays, "consent.recordTailDays", [0, TAIL_DAYS_MAX]) }),
  };
}

/** Purposes, distinct, and with `analytics` where one needs it. */
function readPurposes(value: unknown, field: string): Purpose[] {
  const listed = list(value, field, [1, PURPOSES.length]);
  for (const [i, purpose] of listed.entries()) oneOf(purpose, PURPOSES, `${field}.${i}`);
  const purposes = grantable(listed as Purpose[]);
  return purposes.length === listed.length ? purposes : fail(field, "distinct, and analytics among them");
}

function readRegions(value: unknown): Region[] {
  return list(value, "consent.regions", [0, REGIONS_MAX]).map((item, i) => {
    const field = `consent.regions.${i}`;
    const { countries, subdivisions, mode } = record(item, field);
    return {
      countries: codes(countries, `${field}.countries`, /^[A-Z]{2}$/, "two capital letters, as ISO 3166-1 has them"),
      ...(subdivisions === undefined
        ? {}
        : {
            subdivisions: codes(
              subdivisions,
              `${field}.subdivisions`,
              /^[A-Z\d]{1,3}$/,
              "1 to 3 capital letters or digits: what follows the country in ISO 3166-2",
            ),
          }),
      mode: oneOf(mode, CONSENT_MODES, `${field}.mode`),
    };
  });
}

function codes(value: unknown, field: string, form: RegExp, bound: string): string[] {
  return list(value, field, [1, COUNTRIES_MAX]).map((code, i) =>
    typeof code === "string" && form.test(code) ? code : fail(`${field}.${i}`, bound),
  );
}

function readRecipients(value: unknown, purposes: readonly Purpose[]): Recipient[] {
  return list(value, "consent.recipients", [0, RECIPIENTS_MAX]).map((item, i) => {
    const field = `consent.recipients.${i}`;
    const { name, purposes: listed, country, url } = record(item, field);
    const own = list(listed, `${field}.purposes`, [1, PURPOSES.length]);
    return {
      name: text(name, `${field}.name`),
      purposes: own.map((purpose, at) => oneOf(purpose, purposes, `${field}.purposes.${at}`)),
      ...(country === undefined
        ? {}
        : { country: codes([country], `${field}.country`, /^[A-Z]{2}$/, "two capital letters")[0] as string }),
      ...(url === undefined ? {} : { url: webAddress(url, `${field}.url`) }),
    };
  });
}

function readController(value: unknown): Controller {
  const { name, contact, url } = record(value, "consent.controller");
  return {
    name: text(name, "consent.controller.name"),
    contact: text(contact, "consent.controller.contact"),
    ...(url === undefined ? {} : { url: webAddress(url, "consent.controller.url") }),
  };
}

function webAddress(value: unknown, field: string): string {
  const url = text(value, field);
  try {
    if (/^https?:$/.test(new URL(url).protocol)) return url;
  } catch {
    // Falls through to the refusal.
  }
  return fail(field, "an http or https URL");
}

function readSwitches(consent: Record<string, unknown>): Partial<ConsentConfig> {
  const { gpc, googleConsentMode: google, preset } = consent;
  const read: Partial<ConsentConfig> = {};
  if (gpc !== undefined) read.gpc = oneOf(gpc, ["all", "sharing"] as const, "consent.gpc");
  for (const name of ["dnt", "control", "tcf"] as const) {
    if (consent[name] !== undefined) read[name] = flag(consent[name], `consent.${name}`);
  }
  if (google !== undefined) read.googleConsentMode = google === false ? false : readGoogle(google);
  if (preset !== undefined) read.preset = oneOf(preset, ["audience-measurement"] as const, "consent.preset");
  return read;
}

function readGoogle(value: unknown): GoogleConsentMode {
  const field = "consent.googleConsentMode";
  const { send = true, receive = false, waitForUpdateMs = 500, regions } = record(value, field);
  return {
    send: flag(send, `${field}.send`),
    receive: flag(receive, `${field}.receive`),
    waitForUpdateMs: number(waitForUpdateMs, `${field}.waitForUpdateMs`, [0, WAIT_MAX_MS]),
    ...(regions === undefined
      ? {}
      : {
          regions: codes(regions, `${field}.regions`, /^[A-Z]{2}(-[A-Z\d]{1,3})?$/, "a place of ISO 3166-2, as US-CA"),
        }),
  };
}

/** Languages and the site's own words. Where we have none for a language, the site has to give them all. */
function readWords(
  consent: Record<string, unknown>,
  english: Words,
): Pick<ConsentConfig, "language" | "text" | "texts"> {
  const language = readTag(consent.language, "consent.language");
  const own = consent.text === undefined ? {} : { text: readText(consent.text, english, "consent.text") };
  complete(language, own.text, english, "consent.text");
  if (consent.texts === undefined) return { language, ...own };
  const further = entriesOf(consent.texts, "consent.texts");
  if (further.length > LANGUAGES_MAX) fail("consent.texts", `at most ${LANGUAGES_MAX} languages`);
  const texts = further.map(([tag, value]) => {
    const field = `consent.texts.${tag}`;
    const part = readText(value, english, field);
    if (readTag(tag, field) === language)
      fail(field, "another language than consent.language: its words are consent.text");
    complete(tag, part, english, field);
    return [tag, part] as const;
  });
  return { language, ...own, texts: Object.fromEntries(texts) };
}

function readTag(value: unknown, field: string): string {
  return typeof value === "string" && /^[A-Za-z]{2,3}(-[A-Za-z\d]{2,8})*$/.test(value) && value.length <= 35
    ? value
    : fail(field, "a BCP 47 language tag, as pt-BR");
}

/** A part of the words, checked against all that there are: what is misspelt would be said by nobody. */
function readText(value: unknown, english: Words, field: string): PartOf<VisitorText> {
  return partOf(value, english, field) as PartOf<VisitorText>;
}

/** Without the keys that reach a prototype: nobody writes one by mistake, so none is worth a refusal (S6). */
function entriesOf(value: unknown, field: string): [string, unknown][] {
  return Object.entries(record(value, field)).filter(([key]) => !POISONED_KEYS.includes(key));
}

/** A text as a tree: every leaf is a sentence. */
type Words = { [key: string]: string | Words };

function partOf(value: unknown, all: Words, field: string): Words {
  const read: Words = {};
  for (const [key, given] of entriesOf(value, field)) {
    const known = Object.hasOwn(all, key) ? all[key] : fail(`${field}.${key}`, `one of ${Object.keys(all).join(", ")}`);
    const place = `${field}.${key}`;
    read[key] = typeof known === "string" ? text(given, place) : partOf(given, known as Words, place);
  }
  return read;
}

function complete(language: string, part: PartOf<VisitorText> | undefined, english: Words, field: string): void {
  if (isOurs(language)) return;
  const missing = firstMissing((part ?? {}) as Words, english, field);
  if (missing) fail(missing, `a text: there is none in the language ${language} yet`);
}

function firstMissing(part: Words, all: Words, field: string): string | null {
  for (const [key, known] of Object.entries(all)) {
    const has = part[key];
    if (has === undefined) return `${field}.${key}`;
    const missing = typeof known === "string" ? null : firstMissing(has as Words, known, `${field}.${key}`);
    if (missing) return missing;
  }
  return null;
}

function withPart(all: Words, part: Words): Words {
  const words = Object.entries(all).map(([key, known]) => {
    const own = Object.hasOwn(part, key) ? part[key] : undefined;
    if (own === undefined) return [key, known];
    return [key, typeof known === "string" ? own : withPart(known, own as Words)];
  });
  return Object.fromEntries(words) as Words;
}

/** Languages that a site speaks, its own first. */
export function languagesOf({ language, texts = {} }: ConsentConfig): [string, ...string[]] {
  return [language, ...Object.keys(texts)];
}

/** How a visitor is spoken to. */
export interface Speech {
  mode: ConsentMode;
  language: string;
  /** Our words in that language, or English ones (`languageFor`). */
  ours: VisitorText;
}

/** All words in one of a site's languages: ours, and the site's own in their place. */
export function textIn(
  { language: own, text, texts = {} }: ConsentConfig,
  { language, ours }: Omit<Speech, "mode">,
): VisitorText {
  const part = language === own ? text : texts[language];
  return withPart(ours as unknown as Words, (part ?? {}) as Words) as unknown as VisitorText;
}

/** Every word that a page may need, in its mode and language. */
export function pageText(config: ConsentConfig, speech: Speech): PageText {
  return textFor(textIn(config, speech), speech.mode);
}

/** The words of what a visitor may do with their own data, in a language. */
export function dataText(config: ConsentConfig, speech: Omit<Speech, "mode">): DataText {
  return textIn(config, speech).data;
}

/** What is material of a configuration: a visitor who consented has to be asked anew where it grows. */
export function materialOf({ version = "", purposes, recipients = [], retentionDays }: ConsentConfig): Material {
  return { version, purposes, recipients, retentionDays: retentionDays ?? RETENTION_DAYS };
}

/** What the hash of a policy is made of. Words are not part of it: a site that changes what they mean changes `version`. */
export function policyText(consent: ConsentConfig): string {
  const { version, purposes, recipients, retentionDays } = materialOf(consent);
  return canonical([version, purposes, recipients.flatMap(recipientKeys).sort(), retentionDays]);
}

/** One for each purpose: a recipient of one more purpose is a new one. */
function recipientKeys({ name, purposes, country = "" }: Recipient): string[] {
  return purposes.map((purpose) => canonical([name, country, purpose]));
}

/** What has come since an earlier policy, or null where nothing has: then its choices hold (B30). */
export function changeSince(before: Material, now: Material): PolicyChange | null {
  const had = new Set(before.recipients.flatMap(recipientKeys));
  const purposes = now.purposes.filter((purpose) => !before.purposes.includes(purpose));
  const recipients = now.recipients.filter((one) => recipientKeys(one).some((key) => !had.has(key)));
  const longer = now.retentionDays > before.retentionDays;
  const isOther = before.version !== now.version;
  const isMore = recipients.length > 0 || longer || isOther;
  if (!isMore && purposes.length === 0) return null;
  return { purposes, recipients: recipients.map(({ name }) => name), longer, goesOn: !isMore };
}

/** What pages read of the consent part, in one mode and language. `former`: earlier policies, the newest first. */
export function publishedConsent(
  config: ConsentConfig,
  speech: Speech,
  { policy, notice, former }: { policy: string; notice: string; former: readonly Policy[] },
): PublishedConsent {
  const now = materialOf(config);
  const known = former.filter((one) => one.policy !== policy && one.material);
  const since = known.map((one) => [one.policy, changeSince(one.material as Material, now)] as const);
  const { text, ...terms } = told(config, speech);
  const { googleConsentMode = false, tcf = false } = config;
  const asksElsewhere = tcf || (googleConsentMode ? googleConsentMode.receive : false);
  return {
    ...terms,
    // What another tool has not said yet is not granted, wherever the visitor is (B38).
    mode: asksElsewhere ? "opt-in" : terms.mode,
    asksElsewhere,
    text: firstText(text, terms.dnt),
    policy,
    notice,
    holds: since.filter(([, change]) => !change).map(([of]) => of),
    changes: Object.fromEntries(
      since.flatMap(([of, change]) =>
        change ? [[of, { ...change, news: newsText(text, change, now.retentionDays) }]] : [],
      ),
    ),
    languages: languagesOf(config),
    // Where another tool asks, withdrawing is there as well: a second control would contradict it.
    control: (config.control ?? true) && !asksElsewhere,
    googleConsentMode,
    tools: [...(googleConsentMode ? (["googleConsentMode"] as const) : []), ...(tcf ? (["tcf"] as const) : [])],
  };
}

/** The exact notice that a visitor is shown, as the text that its hash is made of and that is kept. */
export function noticeText(config: ConsentConfig, speech: Speech): string {
  const { version = "", controller = null } = config;
  return canonical({ v: 1, version, controller, ...told(config, speech) });
}

/** What a visitor is told. */
function told(config: ConsentConfig, speech: Speech) {
  const { mode, language } = speech;
  const { purposes, recipients, retentionDays } = materialOf(config);
  return {
    mode,
    language,
    dir: directionOf(language),
    purposes,
    recipients,
    retentionDays,
    askAgainAfterDays: config.askAgainAfterDays,
    gpc: config.gpc ?? "all",
    dnt: config.dnt ?? false,
    text: pageText(config, speech),
  };
}

/** How long a consent record is kept, days: while something may stand on it, and the site's tail. */
export function recordKeptDays({ askAgainAfterDays, retentionDays, recordTailDays }: ConsentConfig): number {
  return askAgainAfterDays + (retentionDays ?? RETENTION_DAYS) + (recordTailDays ?? RECORD_TAIL_DAYS);
}
