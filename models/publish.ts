import { isRange } from "./address.ts";
import { CAMPAIGN_PARAMETERS } from "./arrival.ts";
import type { PublishedConsent } from "./consent-config.ts";
import { FRICTION_DEFAULTS } from "./friction.ts";
import { isBelow, isSharedEnding } from "./host.ts";
import { SITE_RATE } from "./limits.ts";
import { checkPreset } from "./preset.ts";
import { readConsent } from "./publish-consent.ts";
import { readIdentity } from "./publish-identity.ts";
import {
  type Bounds,
  distinct,
  fail,
  flag,
  id,
  list,
  number,
  oneOf,
  origin,
  Refused,
  record,
  text,
} from "./read-field.ts";
import { checkCondition } from "./rules.ts";
import { SEGMENTS_MAX } from "./segment-set.ts";
import {
  CAP_COUNT_MAX,
  type Campaign,
  type CaptureConfig,
  type Condition,
  type FrictionConfig,
  type Journey,
  type ModelRef,
  type NudgeContent,
  type PublishedConfig,
  type ScoreName,
  type Segment,
  type SiteConfig,
  type Stage,
  type StageMatch,
  type Thresholds,
  type Trigger,
} from "./site-config.ts";
import { triggerKey } from "./stage.ts";
import type { VisitorText } from "./texts/visitor-text.ts";
import type { Parsed } from "./touchpoint.ts";
import { TOUCHPOINT_TYPES } from "./touchpoint-type.ts";
import { DAY_MS } from "./visit.ts";

const STAGES_MAX = 64;
const CAMPAIGNS_MAX = 20;
const ORIGINS_MAX = 20;
const QUERY_MAX = 20;
const TRAITS_MAX = 8;
const INTERNAL_MAX = 100;
const PARAGRAPHS_MAX = 5;
const CAP_WINDOW_MAX_MS = 366 * DAY_MS;
const LINK_SCHEMES = ["http:", "https:", "mailto:", "tel:"];

/**
 * Reads an untrusted site configuration. Refused whole at the first field that breaks its bound: nothing is half-applied.
 * `english`: our own words, which say what words there are.
 */
export function parseSiteConfig(value: unknown, english: VisitorText): Parsed<SiteConfig> {
  try {
    return { ok: true, value: readConfig(value, english) };
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}

function readConfig(value: unknown, english: VisitorText): SiteConfig {
  const config = record(value, "");
  const journeys = list(config.journeys, "journeys", [1, 1]).map((j, i) => readJourney(j, `journeys.${i}`));
  const [journey] = journeys as [Journey];
  const campaigns = list(config.campaigns, "campaigns", [0, CAMPAIGNS_MAX]).map((c, i) =>
    readCampaign(c, `campaigns.${i}`, journey),
  );
  distinct(campaigns, "campaigns");
  const segments = list(config.segments ?? [], "segments", [0, SEGMENTS_MAX]).map((s, i) =>
    readSegment(s, `segments.${i}`),
  );
  distinct(segments, "segments");
  const traits = list(config.traits ?? [], "traits", [0, TRAITS_MAX]);
  const thresholds = record(config.thresholds, "thresholds");
  const origins = list(config.origins, "origins", [1, ORIGINS_MAX]).map((o, i) => origin(o, `origins.${i}`));
  const { cookieDomain } = config;
  const consent = readConsent(config.consent, english);
  checkPreset(consent, config);
  return {
    origins,
    ...(cookieDomain === undefined ? {} : { cookieDomain: readCookieDomain(cookieDomain, origins) }),
    consent,
    ...(config.identity === undefined ? {} : { identity: readIdentity(config.identity) }),
    journeys,
    campaigns,
    segments,
    traits: traits.map((name, i) => text(name, `traits.${i}`)),
    thresholds: {
      stall: readThresholds(thresholds.stall, "thresholds.stall"),
      intent: readThresholds(thresholds.intent, "thresholds.intent"),
    },
    engine: oneOf(config.engine ?? "compact", ["compact", "onnxruntime-web"] as const, "engine"),
    capture: readCapture(config.capture ?? {}),
    ...(config.live === undefined ? {} : { live: flag(config.live, "live") }),
    serverBasis: text(config.serverBasis, "serverBasis"),
    ...readTraffic(config),
  };
}

/** Who is counted, and how much of it is taken. What is not said stays unsaid. */
function readTraffic({ limits, internal, testMode }: Record<string, unknown>): Partial<SiteConfig> {
  const read: Partial<SiteConfig> = {};
  if (limits !== undefined) {
    const { touchpointsPerSecond } = record(limits, "limits");
    read.limits = { touchpointsPerSecond: number(touchpointsPerSecond, "limits.touchpointsPerSecond", SITE_RATE) };
  }
  if (internal !== undefined) {
    const ips = list(record(internal, "internal").ips, "internal.ips", [0, INTERNAL_MAX]);
    read.internal = { ips: ips.map((ip, i) => readRange(ip, `internal.ips.${i}`)) };
  }
  if (testMode !== undefined) read.testMode = flag(testMode, "testMode");
  return read;
}

function readRange(value: unknown, field: string): string {
  return typeof value === "string" && isRange(value) ? value : fail(field, "an IP address, or a range as 192.0.2.0/24");
}

/** What is left out has its default: everything that costs no further bytes, and every detector. */
function readCapture(value: unknown): CaptureConfig {
  const capture = record(value, "capture");
  const read = (key: string, otherwise: boolean) => flag(capture[key] ?? otherwise, `capture.${key}`);
  const query = list(capture.query ?? [], "capture.query", [0, QUERY_MAX]);
  return {
    clicks: read("clicks", true),
    forms: read("forms", true),
    copies: read("copies", true),
    errors: read("errors", true),
    vitals: read("vitals", false),
    friction: readFriction(capture.friction ?? {}),
    query: query.map((name, i) => queryName(name, `capture.query.${i}`)),
  };
}

function readFriction(value: unknown): FrictionConfig {
  const friction = record(value, "capture.friction");
  const { rage, dead, error, uTurn, struggle } = FRICTION_DEFAULTS;
  const read = <T extends Record<string, number>>(key: string, standard: T, bounds: Record<keyof T, Bounds>) => {
    const set = friction[key] ?? standard;
    if (set === false) return false;
    const field = `capture.friction.${key}`;
    const given = record(set, field);
    const entries = Object.entries<Bounds>(bounds).map(([name, bound]) => [
      name,
      number(given[name] ?? standard[name], `${field}.${name}`, bound),
    ]);
    return Object.fromEntries(entries) as T;
  };
  return {
    rage: read("rage", rage, { clicks: [2, 10], withinMs: [100, 10_000], radiusPx: [1, 500] }),
    dead: read("dead", dead, { afterMs: [500, 10_000] }),
    error: read("error", error, { withinMs: [100, 10_000] }),
    uTurn: read("uTurn", uTurn, { withinMs: [1_000, 60_000] }),
    struggle: read("struggle", struggle, { times: [1, 10] }),
  };
}

/** A name under which a value becomes a property, so within a property's key. */
function queryName(value: unknown, field: string): string {
  return typeof value === "string" && /^[\w.-]{1,40}$/.test(value)
    ? value
    : fail(field, "1 to 40 of A-Z, a-z, 0-9, _, . and -");
}

/** A name that every one of its hosts may share a cookie under: the site's own, so above one of its origins at least. */
function readCookieDomain(value: unknown, origins: readonly string[]): string {
  const domain = text(value, "cookieDomain");
  const labels = domain.split(".");
  const isName =
    labels.length > 1 && labels.every((label) => /^[a-z\d-]{1,63}$/.test(label)) && !isSharedEnding(domain);
  // The last label of an address is a number.
  if (!isName || /^\d+$/.test(labels.at(-1) ?? "")) fail("cookieDomain", "a domain of the site's own, as shop.example");
  return origins.some((origin) => isBelow(new URL(origin).hostname, domain))
    ? domain
    : fail("cookieDomain", "a domain that one of the origins is on or below");
}

function readJourney(value: unknown, field: string): Journey {
  const journey = record(value, field);
  const stages = list(journey.stages, `${field}.stages`, [2, STAGES_MAX]).map((s, i) =>
    readStage(s, `${field}.stages.${i}`),
  );
  distinct(stages, `${field}.stages`);
  const goal = id(journey.goal, `${field}.goal`);
  if (!stages.some((stage) => stage.id === goal)) fail(`${field}.goal`, "the id of one of its stages");
  return { id: id(journey.id, `${field}.id`), name: text(journey.name, `${field}.name`), stages, goal };
}

function readStage(value: unknown, field: string): Stage {
  const stage = record(value, field);
  const { typicalDwellMs: dwell } = stage;
  return {
    id: id(stage.id, `${field}.id`),
    name: text(stage.name, `${field}.name`),
    match: readMatch(stage.match, `${field}.match`),
    ...(dwell === undefined ? {} : { typicalDwellMs: number(dwell, `${field}.typicalDwellMs`, [100, DAY_MS]) }),
  };
}

function readMatch(value: unknown, field: string): StageMatch {
  const { type, name, path } = record(value, field);
  if (type === undefined && name === undefined && path === undefined) fail(field, "at least one of type, name, path");
  return {
    ...(type === undefined ? {} : { type: oneOf(type, TOUCHPOINT_TYPES, `${field}.type`) }),
    ...(name === undefined ? {} : { name: text(name, `${field}.name`) }),
    ...(path === undefined ? {} : { path: text(path, `${field}.path`) }),
  };
}

function readCampaign(value: unknown, field: string, journey: Journey): Campaign {
  const campaign = record(value, field);
  const cap = record(campaign.cap, `${field}.cap`);
  const { stages, audience } = campaign;
  return {
    id: id(campaign.id, `${field}.id`),
    version: number(campaign.version, `${field}.version`, [1, 1e9]),
    name: text(campaign.name, `${field}.name`),
    kind: oneOf(campaign.kind, ["nudge"] as const, `${field}.kind`),
    status: oneOf(campaign.status, ["live", "paused"] as const, `${field}.status`),
    trigger: readTrigger(campaign.trigger, `${field}.trigger`, journey),
    ...(stages === undefined
      ? {}
      : {
          stages: list(stages, `${field}.stages`, [1, STAGES_MAX]).map((s, i) =>
            stageId(s, `${field}.stages.${i}`, journey),
          ),
        }),
    ...(audience === undefined ? {} : { audience: readAudience(audience, `${field}.audience`) }),
    holdout: number(campaign.holdout, `${field}.holdout`, [0, 1], false),
    cap: {
      count: number(cap.count, `${field}.cap.count`, [1, CAP_COUNT_MAX]),
      windowMs: number(cap.windowMs, `${field}.cap.windowMs`, [1000, CAP_WINDOW_MAX_MS]),
    },
    content: readContent(campaign.content, `${field}.content`),
  };
}

function readSegment(value: unknown, field: string): Segment {
  const segment = record(value, field);
  return {
    id: id(segment.id, `${field}.id`),
    version: number(segment.version, `${field}.version`, [1, 1e9]),
    name: text(segment.name, `${field}.name`),
    condition: readAudience(segment.condition, `${field}.condition`),
  };
}

function readTrigger(value: unknown, field: string, journey: Journey): Trigger {
  const trigger = record(value, field);
  const kind = oneOf(trigger.kind, ["score", "stage"] as const, `${field}.kind`);
  if (kind === "stage") return { kind, stage: stageId(trigger.stage, `${field}.stage`, journey) };
  return {
    kind,
    score: oneOf(trigger.score, ["stall", "intent"] as const, `${field}.score`),
    band: oneOf(trigger.band, ["medium", "high"] as const, `${field}.band`),
  };
}

function readAudience(value: unknown, field: string): Condition {
  const checked = checkCondition(value, field);
  return checked.ok ? checked.value : fail(checked.field, checked.bound);
}

function readContent(value: unknown, field: string): NudgeContent {
  const content = record(value, field);
  const body = list(content.body, `${field}.body`, [1, PARAGRAPHS_MAX]).map((p, i) => text(p, `${field}.body.${i}`));
  const title = text(content.title, `${field}.title`);
  const generated = readGenerated(content.generated, `${field}.generated`);
  if (content.action === undefined) return { title, body, ...generated };
  const action = record(content.action, `${field}.action`);
  const href = text(action.href, `${field}.action.href`);
  if (!isSafeLink(href)) fail(`${field}.action.href`, "a path of the site, or an http, https, mailto or tel URL");
  return { title, body, action: { label: text(action.label, `${field}.action.label`), href }, ...generated };
}

/** What a model wrote is said to be that, in words: `true` alone is no label (B35). */
function readGenerated(value: unknown, field: string): Pick<NudgeContent, "generated"> {
  if (value === undefined || value === false) return {};
  return { generated: { label: text(record(value, field).label, `${field}.label`) } };
}

/** Whether a link can only lead to a page, a mail or a call. Relative links are judged against a site of any name. */
export function isSafeLink(href: string): boolean {
  try {
    return LINK_SCHEMES.includes(new URL(href, "https://site.invalid/").protocol);
  } catch {
    return false;
  }
}

function readThresholds(value: unknown, field: string): Thresholds {
  const thresholds = record(value, field);
  const medium = number(thresholds.medium, `${field}.medium`, [0, 1], false);
  const high = number(thresholds.high, `${field}.high`, [0, 1], false);
  return medium < high ? { medium, high } : fail(field, "medium below high");
}

function stageId(value: unknown, field: string, journey: Journey): string {
  return journey.stages.find((stage) => stage.id === value)?.id ?? fail(field, "the id of a stage of the journey");
}

/** The part of a configuration that every page may read. Never audiences, holdouts, caps, content or paused triggers. */
export function published(
  config: SiteConfig,
  { version, consent, models }: { version: number; consent: PublishedConsent; models: Record<ScoreName, ModelRef> },
): PublishedConfig {
  const live = config.campaigns.filter((campaign) => campaign.status === "live").map((campaign) => campaign.trigger);
  const { value: _, ...journey } = config.journeys[0] as Journey;
  const triggers = live.filter((t, i) => live.findIndex((u) => triggerKey(u) === triggerKey(t)) === i);
  return withCampaigns({
    v: 1,
    version,
    consent,
    journey,
    triggers,
    thresholds: config.thresholds,
    models,
    engine: config.engine ?? "compact",
    // A configuration that was stored by an earlier version lacks what was not there yet.
    capture: readCapture(config.capture),
    live: config.live ?? false,
    ...(config.identity?.domains ? { handOver: config.identity.domains } : {}),
  });
}

/** Campaigns are told of every site's views: they are scrubbed as all that a site lists itself. */
function withCampaigns({ capture, ...rest }: PublishedConfig): PublishedConfig {
  return { ...rest, capture: { ...capture, query: [...new Set([...CAMPAIGN_PARAMETERS, ...capture.query])] } };
}
