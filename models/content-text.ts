import type { Campaign } from "./campaign.ts";
import type {
  CampaignKind,
  Content,
  ContentByKind,
  DataContent,
  NudgeContent,
  OfferCode,
  OfferContent,
  Written,
  WrittenByKind,
  WrittenContent,
} from "./content.ts";
import { primaryOf } from "./language.ts";

type Drawn = Exclude<CampaignKind, "data">;

/** What a visitor is to be shown: `content` or, of the kind "data", text. */
export type Filled = { language: string; content: Content } | { language: string; data: string };

export interface Filling {
  /** What the visitor reads, as BCP 47 has it; "" where that is not known. */
  language: string;
  /** Of the campaign's own content. */
  siteLanguage: string;
  /** What slots speak of: as audiences do. */
  attributes: Record<string, unknown>;
  /** Of an offer: this visitor's own. */
  code?: string | undefined;
}

/**
 * A campaign's content for one visitor: the variant's where it has its own; in their language to the letter, else in one of
 * the same primary language, else in the site's first; with every slot filled. Filled before anything is built of it (S3).
 */
export function filledContent(campaign: Campaign, arm: string, filling: Filling): Filled {
  const variant = campaign.variants?.find(({ id }) => id === arm);
  const told = variant?.content ? { content: variant.content, translations: variant.translations } : campaign;
  const { language, content } = spoken(told, filling);
  const { kind } = campaign;
  if (kind === "data") return { language, data: JSON.stringify((content as DataContent).data) };
  // One kind's content with that kind's own: a fact of the document that no type of a union can say.
  const fill = FILLED[kind] as (content: WrittenContent, fill: Fill) => ContentByKind<string, OfferCode>[Drawn];
  const filled = fill(content, (written) => textOf(written, filling.attributes));
  return {
    language,
    content: kind === "offer" ? withCode(filled as OfferContent<string, OfferCode>, filling.code) : (filled as Content),
  };
}

function spoken(
  {
    content,
    translations = {},
  }: { content: WrittenContent; translations?: Record<string, WrittenContent> | undefined },
  { language, siteLanguage }: Filling,
): { language: string; content: WrittenContent } {
  const wanted = language.toLowerCase();
  const offered = [[siteLanguage, content] as const, ...Object.entries(translations)];
  const found =
    offered.find(([tag]) => tag.toLowerCase() === wanted) ??
    offered.find(([tag]) => primaryOf(tag) === primaryOf(wanted)) ??
    offered[0];
  const [tag, told] = found as (typeof offered)[number];
  return { language: tag, content: told };
}

/** A text with its slots filled. What is known of a visitor is text, a number or a flag: anything else stands by the default. */
export function textOf(written: Written, attributes: Record<string, unknown>): string {
  if (typeof written === "string") return written;
  const parts = written.map((part) => {
    if (typeof part === "string") return part;
    const value = valueAt(part.slot, attributes);
    return isSayable(value) ? String(value) : part.default;
  });
  return parts.join("");
}

/** "traits.plan": what stands behind the first dot is one name, whatever is in it. */
function valueAt(slot: string, attributes: Record<string, unknown>): unknown {
  const dot = slot.indexOf(".");
  const of = attributes[slot.slice(0, dot)];
  const name = slot.slice(dot + 1);
  return of !== null && typeof of === "object" && Object.hasOwn(of, name)
    ? (of as Record<string, unknown>)[name]
    : undefined;
}

function isSayable(value: unknown): value is string | number | boolean {
  return (typeof value === "string" && value.trim() !== "") || typeof value === "number" || typeof value === "boolean";
}

type Fill = (written: Written) => string;

/** Each kind's texts made anew, and nothing else of it. */
const FILLED: { [K in Drawn]: (content: WrittenByKind[K], fill: Fill) => ContentByKind<string, OfferCode>[K] } = {
  nudge: card,
  tip: card,
  offer: ({ terms, contest, ...rest }, fill) => ({
    ...card(rest, fill),
    ...(terms ? { terms: fill(terms) } : {}),
    ...(contest ? { contest: { ...contest, label: fill(contest.label) } } : {}),
  }),
  survey: ({ title, questions, thanks }, fill) => ({
    title: fill(title),
    thanks: fill(thanks),
    questions: questions.map(({ label, low, high, options, ...rest }) => ({
      ...rest,
      label: fill(label),
      ...(low ? { low: fill(low) } : {}),
      ...(high ? { high: fill(high) } : {}),
      ...(options ? { options: options.map((option) => ({ ...option, label: fill(option.label) })) } : {}),
    })),
  }),
  checklist: ({ title, items, done }, fill) => ({
    title: fill(title),
    done: fill(done),
    items: items.map(({ label, body, ...rest }) => ({
      ...rest,
      label: fill(label),
      ...(body ? { body: fill(body) } : {}),
    })),
  }),
  tour: ({ steps }, fill) => ({
    steps: steps.map(({ title, body, image, ...rest }) => ({
      ...rest,
      title: fill(title),
      body: body.map(fill),
      ...(image ? { image: { ...image, alt: fill(image.alt) } } : {}),
    })),
  }),
  banner: ({ body, action, ...rest }, fill) => ({
    ...rest,
    body: body.map(fill),
    ...(action ? { action: { ...action, label: fill(action.label) } } : {}),
  }),
};

function card<C extends NudgeContent<Written>>(
  { title, body, action, image, generated, ...rest }: C,
  fill: Fill,
): Omit<C, keyof NudgeContent> & NudgeContent {
  return {
    ...rest,
    title: fill(title),
    body: body.map(fill),
    ...(action ? { action: { ...action, label: fill(action.label) } } : {}),
    ...(image ? { image: { ...image, alt: fill(image.alt) } } : {}),
    ...(generated ? { generated: { label: fill(generated.label) } } : {}),
  };
}

/** The code of an offer, as its visitor types it. */
function withCode({ code, ...offer }: OfferContent<string, OfferCode>, own: string | undefined): OfferContent {
  const text = code && ("text" in code ? code.text : own);
  return text === undefined ? offer : { ...offer, code: text };
}
