import { campaignFault, conditionFault, exclusionFault } from "./campaign-faults.ts";
import { eventKey } from "./catalogue.ts";
import { consentFault } from "./consent-faults.ts";
import { themeFault } from "./contrast.ts";
import { distinct, type Fault, fault, firstOf } from "./fault.ts";
import { isBelow, isSharedEnding } from "./host.ts";
import { presetFault } from "./preset.ts";
import type { Journey, SiteConfig, Thresholds } from "./site-config.ts";
import type { SourceRule, SourceSignature } from "./source-config.ts";
import type { VisitorText } from "./texts/visitor-text.ts";

/**
 * What the fields of a configuration say against each other, each of which has its form: the first fault, with its field
 * and its bound, or null. `english`: our own words, which say what words there are.
 */
export function configFault(config: SiteConfig, english: VisitorText): Fault {
  const {
    campaigns,
    segments = [],
    journeys,
    thresholds,
    identity,
    catalogue,
    sources = [],
    counts = [],
    theme,
  } = config;
  const [journey] = journeys as [Journey];
  return (
    journeyFault(journey) ??
    distinct(campaigns, "campaigns") ??
    firstOf(campaigns, (campaign, i) => campaignFault(campaign, `campaigns.${i}`, config)) ??
    exclusionFault(campaigns) ??
    distinct(counts, "counts") ??
    illegible(theme) ??
    distinct(segments, "segments") ??
    firstOf(segments, ({ condition }, i) => conditionFault(condition, `segments.${i}.condition`)) ??
    cookieFault(config) ??
    consentFault(config.consent, english) ??
    distinct(
      (identity?.keys ?? []).map(({ kid }) => ({ id: kid })),
      "identity.keys",
    ) ??
    thresholdsFault(thresholds.stall, "thresholds.stall") ??
    thresholdsFault(thresholds.intent, "thresholds.intent") ??
    distinct(
      (catalogue?.events ?? []).map((event) => ({ id: eventKey(event) })),
      "catalogue.events",
      "distinct events",
    ) ??
    distinct(sources, "sources") ??
    firstOf(sources, ({ signature, rules }, i) => sourceFault(signature, rules, `sources.${i}`)) ??
    presetFault(config)
  );
}

/** Colours in which somebody could not read what is shown are not published (A8). */
function illegible(theme: SiteConfig["theme"]): Fault {
  const found = theme ? themeFault(theme) : null;
  return found ? fault(`theme.${found.field}`, found.bound) : null;
}

function journeyFault({ stages, goal }: Journey): Fault {
  if (!stages.some(({ id }) => id === goal)) return fault("journeys.0.goal", "the id of one of its stages");
  return distinct(stages, "journeys.0.stages");
}

function cookieFault({ cookieDomain: domain, origins }: SiteConfig): Fault {
  if (domain === undefined) return null;
  const labels = domain.split(".");
  // A name of one label is an ending that all share.
  const isName = labels.every((label) => /^[a-z\d-]{1,63}$/.test(label)) && !isSharedEnding(domain);
  // The last label of an address is a number.
  if (!isName || /^\d+$/.test(labels.at(-1) ?? ""))
    return fault("cookieDomain", "a domain of the site's own, as shop.example");
  return origins.some((origin) => isBelow(new URL(origin).hostname, domain))
    ? null
    : fault("cookieDomain", "a domain that one of the origins is on or below");
}

function thresholdsFault({ medium, high }: Thresholds, field: string): Fault {
  return medium < high ? null : fault(field, "medium below high");
}

function sourceFault(signature: SourceSignature, rules: readonly SourceRule[], field: string): Fault {
  if (signature.scheme === "hmac-sha256") {
    const isSigned = signature.signed?.includes("{timestamp}") ?? false;
    // A time that is not signed is anybody's word.
    if (isSigned !== (signature.timestampHeader !== undefined)) {
      return fault(`${field}.signature.timestampHeader`, "given where “signed” has {timestamp}, and nowhere else");
    }
  }
  return firstOf(rules, (rule, i) => ruleFault(rule, `${field}.rules.${i}`));
}

function ruleFault({ when, type, name, userId, anonymousId, products }: SourceRule, field: string): Fault {
  if (type === "identify" ? !userId : !userId && !anonymousId) {
    return fault(`${field}.userId`, type === "identify" ? "given" : "given, or “anonymousId”");
  }
  if (type === "identify" ? name !== undefined : name === undefined) {
    return fault(`${field}.name`, type === "identify" ? "left out: an identify has none" : "given");
  }
  if (products && type !== "track") return fault(`${field}.products`, "left out: only a track has products");
  return when ? conditionFault(when, `${field}.when`) : null;
}
