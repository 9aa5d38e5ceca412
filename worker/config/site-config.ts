import * as v from "valibot";
import { isRange } from "../../models/address.ts";
import { SITE_RATE } from "../../models/limits.ts";
import { CAPTURE_DEFAULTS } from "../../models/publish.ts";
import { SEGMENTS_MAX } from "../../models/segment-set.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { PartOf, VisitorText } from "../../models/texts/visitor-text.ts";
import { CAMPAIGN, COUNTS, FREQUENCY, SEGMENT, THEME, TIME_ZONE } from "./campaigns.ts";
import { CAPTURE } from "./capture.ts";
import { CATALOGUE } from "./catalogue.ts";
import { consentSchema } from "./consent.ts";
import { FLAG, listOf, ORIGIN, oneOf, SHARE, strict, TEXT, whole } from "./fields.ts";
import { IDENTITY } from "./identity.ts";
import { JOURNEY } from "./journeys.ts";
import { SOURCE } from "./sources.ts";

const CAMPAIGNS_MAX = 200;
const ORIGINS_MAX = 20;
const TRAITS_MAX = 8;
const INTERNAL_MAX = 100;
const SOURCES_MAX = 20;

const RANGE_BOUND = "an IP address, or a range as 192.0.2.0/24";
const RANGE = v.pipe(v.string(RANGE_BOUND), v.check(isRange, RANGE_BOUND));
const APPROVALS_BOUND = "one of 0, 1, 2";

const THRESHOLDS = strict({ medium: SHARE, high: SHARE });

const GOVERNANCE = strict({
  approvals: v.pipe(
    v.picklist([0, 1, 2], APPROVALS_BOUND),
    v.description("How many have to approve a change before it is published."),
  ),
  separateDuties: v.pipe(FLAG, v.description("Whether the author's own approval counts for nothing.")),
});

/**
 * The form of a whole configuration. What its fields say against each other is judged by `configFault`. `words`: as
 * `wordsSchema` makes it.
 */
export function siteConfigSchema(words: v.GenericSchema<PartOf<VisitorText>>) {
  return strict({
    origins: v.pipe(
      listOf(ORIGIN, 1, ORIGINS_MAX),
      v.description("Pages that may send: scheme, host in lower case, port where it is not the scheme's own."),
    ),
    cookieDomain: v.exactOptional(
      v.pipe(TEXT, v.description("One visitor on all hosts of this domain that have a first-party install.")),
    ),
    consent: consentSchema(words),
    identity: v.exactOptional(IDENTITY),
    journeys: listOf(JOURNEY, 1, 1),
    campaigns: listOf(CAMPAIGN, 0, CAMPAIGNS_MAX),
    frequency: v.exactOptional(v.pipe(FREQUENCY, v.description("What all campaigns together may do to one visitor."))),
    holdout: v.exactOptional(v.pipe(SHARE, v.description("Share of the visitors who are never shown any campaign."))),
    timeZone: v.exactOptional(TIME_ZONE),
    counts: v.exactOptional(v.pipe(COUNTS, v.description("Numbers for audiences and slots, as counts.ID."))),
    theme: v.exactOptional(THEME),
    images: v.exactOptional(
      v.pipe(
        listOf(ORIGIN, 0, ORIGINS_MAX),
        v.description("Origins beside the site's own of which campaigns may show pictures."),
      ),
    ),
    segments: v.exactOptional(listOf(SEGMENT, 0, SEGMENTS_MAX)),
    traits: v.exactOptional(
      v.pipe(
        listOf(TEXT, 0, TRAITS_MAX),
        v.description("Names of “identify”'s traits that the people index may show."),
      ),
    ),
    thresholds: strict({ stall: THRESHOLDS, intent: THRESHOLDS }),
    engine: v.optional(oneOf(["compact", "onnxruntime-web"]), "compact"),
    capture: v.optional(CAPTURE, CAPTURE_DEFAULTS),
    live: v.exactOptional(
      v.pipe(FLAG, v.description("Whether open pages hear at once of what other tabs, devices and servers do.")),
    ),
    serverBasis: v.pipe(TEXT, v.description("Why the site may keep what its servers send.")),
    limits: v.exactOptional(strict({ touchpointsPerSecond: whole(...SITE_RATE) })),
    internal: v.exactOptional(strict({ ips: listOf(RANGE, 0, INTERNAL_MAX) })),
    testMode: v.exactOptional(FLAG),
    catalogue: v.exactOptional(v.pipe(CATALOGUE, v.description("The events that the site means to send."))),
    governance: v.exactOptional(GOVERNANCE),
    sources: v.exactOptional(
      v.pipe(listOf(SOURCE, 0, SOURCES_MAX), v.description("Systems that tell by webhooks what happens in them.")),
    ),
  });
}

/** Fails to compile where the schema's output and the type that all else reads are not the same, to the last field. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { [K in keyof T]: Plain<T[K]> }
    : T;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Output = v.InferOutput<ReturnType<typeof siteConfigSchema>>;
const IS_SAME: Same<Plain<Output>, Plain<SiteConfig>> = true;
void IS_SAME;
