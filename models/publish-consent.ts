import { canonical } from "./canonical.ts";
import type { ConsentMode, PolicyChange } from "./consent.ts";
import type { ConsentConfig, Material, Policy, PublishedConsent, Recipient } from "./consent-config.ts";
import type { Words } from "./consent-faults.ts";
import { directionOf } from "./language.ts";
import { firstText, newsText, type PageText, textFor, type VisitorText } from "./texts/visitor-text.ts";

/** 13 months: as long as a visit is kept where the site does not say. */
const RETENTION_DAYS = 395;
/** Three years: within it most claims about a consent have to be made. */
const RECORD_TAIL_DAYS = 1_095;

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
