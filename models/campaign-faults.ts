import { hasPool } from "./budget.ts";
import type { Campaign, Condition, Exclusion, Goal, Trigger } from "./campaign.ts";
import type { ImageContent, QuestionContent, Slot, WrittenContent } from "./content.ts";
import { distinct, type Fault, fault, firstOf } from "./fault.ts";
import { checkCondition } from "./rules.ts";
import type { Journey, SiteConfig } from "./site-config.ts";

/** What a campaign's fields say against each other, and against the rest of the site: the first fault, or null. */
export function campaignFault(campaign: Campaign, field: string, site: SiteConfig): Fault {
  const { stages = [], audience, schedule, variants = [], goals = [], exclusion } = campaign;
  const [journey] = site.journeys as [Journey];
  const weights = variants.reduce((sum, { weight }) => sum + weight, 0);
  return (
    triggerFault(campaign.trigger, `${field}.trigger`, site) ??
    firstOf(stages, (stage, i) => stageFault(stage, `${field}.stages.${i}`, journey)) ??
    (audience ? conditionFault(audience, `${field}.audience`) : null) ??
    (schedule?.from !== undefined && schedule.until !== undefined && schedule.from >= schedule.until
      ? fault(`${field}.schedule.until`, "after “from”")
      : null) ??
    (exclusion && exclusion.from >= exclusion.to ? fault(`${field}.exclusion.to`, "above “from”") : null) ??
    distinct(variants, `${field}.variants`) ??
    // As the assignment has it: beyond, all would weigh the same.
    (variants.length > 0 && (weights < 0.99 || weights > 1.01)
      ? fault(`${field}.variants`, "weights that sum to 1")
      : null) ??
    distinct(goals, `${field}.goals`) ??
    firstOf(goals, (goal, i) => goalFault(goal, `${field}.goals.${i}`, journey)) ??
    firstOf(contentsOf(campaign, field), ([at, content]) => contentFault(content, at, site)) ??
    reviewFault(campaign, field) ??
    (hasPool(campaign) && campaign.kind !== "offer" ? fault(`${field}.content.code`, "of an offer") : null)
  );
}

/** Kinds that can change what somebody pays or gets: a score has no part in them before a person has looked at it (B34). */
const REVIEWED: readonly string[] = ["offer", "data"];

function reviewFault(campaign: Campaign, field: string): Fault {
  const { kind, trigger, audience, review } = campaign;
  if (!REVIEWED.includes(kind) || !(trigger.kind === "score" || namesScore(audience))) return null;
  if (!review) return fault(`${field}.review`, "given: {by, on}, who has judged what a score decides here, and when");
  return firstOf(contentsOf(campaign, field), ([at, content]) =>
    kind === "data" || "contest" in content
      ? null
      : fault(`${at}.contest`, "given: a link to where a person looks at it, because a score has a part in it"),
  );
}

function namesScore(condition: unknown): boolean {
  if (Array.isArray(condition)) return condition.some(namesScore);
  if (condition === null || typeof condition !== "object") return false;
  return Object.entries(condition).some(
    ([key, part]) => key === "scores" || key.startsWith("scores.") || namesScore(part),
  );
}

/** Parts of one group's line that two campaigns claim: a visitor would meet both. */
export function exclusionFault(campaigns: readonly Campaign[]): Fault {
  const claimed: Exclusion[] = [];
  return firstOf(campaigns, ({ exclusion }, i) => {
    if (!exclusion) return null;
    const { group, from, to } = exclusion;
    const other = claimed.find((one) => one.group === group && one.from < to && from < one.to);
    claimed.push(exclusion);
    return other ? fault(`campaigns.${i}.exclusion`, `a part of “${group}” that no other campaign has`) : null;
  });
}

/** A condition that can be evaluated. */
export function conditionFault(condition: Condition, field: string): Fault {
  const checked = checkCondition(condition, field);
  return checked.ok ? null : checked;
}

function stageFault(stage: string, field: string, journey: Journey): Fault {
  return journey.stages.some(({ id }) => id === stage) ? null : fault(field, "the id of a stage of the journey");
}

function triggerFault(trigger: Trigger, field: string, { campaigns, journeys }: SiteConfig): Fault {
  const [journey] = journeys as [Journey];
  if (trigger.kind === "stage") return stageFault(trigger.stage, `${field}.stage`, journey);
  if (trigger.kind === "touchpoint" && trigger.where) return conditionFault(trigger.where, `${field}.where`);
  if (trigger.kind !== "outcome" || campaigns.some(({ id }) => id === trigger.campaign)) return null;
  return fault(`${field}.campaign`, "the id of a campaign");
}

function goalFault({ on }: Goal, field: string, journey: Journey): Fault {
  return "stage" in on ? stageFault(on.stage, `${field}.on.stage`, journey) : null;
}

/** Everything that a campaign may show, with its place. */
function contentsOf(
  { content, translations = {}, variants = [] }: Campaign,
  field: string,
): [string, WrittenContent][] {
  const translated = (at: string, told: Record<string, WrittenContent>) =>
    Object.entries(told).map(([language, one]): [string, WrittenContent] => [`${at}.translations.${language}`, one]);
  const varied = variants.flatMap((variant, i) => {
    const at = `${field}.variants.${i}`;
    const own: [string, WrittenContent][] = variant.content ? [[`${at}.content`, variant.content]] : [];
    return [...own, ...translated(at, variant.translations ?? {})];
  });
  return [[`${field}.content`, content], ...translated(field, translations), ...varied];
}

function contentFault(content: WrittenContent, field: string, site: SiteConfig): Fault {
  return (
    ("items" in content ? distinct(content.items, `${field}.items`) : null) ??
    ("questions" in content ? distinct(content.questions, `${field}.questions`) : null) ??
    ("questions" in content
      ? firstOf(content.questions, (question, i) => questionFault(question, `${field}.questions.${i}`))
      : null) ??
    firstOf(imagesIn(content, field), ([at, { src }]) => imageFault(src, `${at}.src`, site)) ??
    ("data" in content ? null : slotsFault(content, field, site))
  );
}

function questionFault({ kind, options }: QuestionContent<unknown>, field: string): Fault {
  const isChoice = kind === "single" || kind === "multiple";
  if (isChoice !== (options !== undefined)) {
    return fault(`${field}.options`, isChoice ? "given, of a single or multiple choice" : "left out: it is no choice");
  }
  return options ? distinct(options, `${field}.options`) : null;
}

function imagesIn(content: WrittenContent, field: string): [string, ImageContent<unknown>][] {
  const own: [string, ImageContent<unknown>][] =
    "image" in content && content.image ? [[`${field}.image`, content.image]] : [];
  const ofSteps = "steps" in content ? content.steps : [];
  return [
    ...own,
    ...ofSteps.flatMap(({ image }, i): [string, ImageContent<unknown>][] =>
      image ? [[`${field}.steps.${i}.image`, image]] : [],
    ),
  ];
}

/** A picture tells whoever serves it who looks at it, and when: so it is of the site's own, or of those that it names. */
function imageFault(src: string, field: string, { origins, images = [] }: SiteConfig): Fault {
  if (src.startsWith("/") && !src.startsWith("//") && !src.startsWith("/\\")) return null;
  const url = URL.canParse(src) ? new URL(src) : null;
  const isKnown = url !== null && url.protocol === "https:" && [...origins, ...images].includes(url.origin);
  return isKnown ? null : fault(field, "a path of the site, or an https URL of an origin in “images”");
}

/** A slot that is never filled is a mistake that only its default would show. */
function slotsFault(value: unknown, field: string, site: SiteConfig): Fault {
  if (Array.isArray(value)) return firstOf(value, (one, i) => slotsFault(one, `${field}.${i}`, site));
  if (value === null || typeof value !== "object") return null;
  if ("slot" in value) return isKnownSlot((value as Slot).slot, site) ? null : fault(`${field}.slot`, SLOT_BOUND);
  return firstOf(Object.entries(value), ([key, one]) => slotsFault(one, `${field}.${key}`, site));
}

const SLOT_BOUND = "traits.NAME or group.NAME of what “traits” lists, group.name, or counts.ID of one in “counts”";

function isKnownSlot(slot: string, { traits = [], counts = [] }: SiteConfig): boolean {
  const name = slot.slice(slot.indexOf(".") + 1);
  if (slot.startsWith("counts.")) return counts.some(({ id }) => id === name);
  if (slot === "group.name") return traits.includes("group");
  return traits.includes(slot.startsWith("traits.") ? name : slot);
}
