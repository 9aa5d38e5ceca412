import type { ConsentMode, PolicyChange, Purpose } from "../consent.ts";

/** What the first layer says. The two buttons are one style, so their words carry all of the difference. */
interface AskText {
  title: string;
  body: string;
  accept: string;
  reject: string;
}

/**
 * Every word that a visitor reads on our surfaces in one language, the site's campaigns apart. `accept`, `reject` and
 * `close` mean the same wherever they stand. What is in braces is filled in, and has to be there.
 */
export interface VisitorText extends AskText {
  /** What the first layer says where the place allows to ask in another way. */
  modes: { "opt-out": AskText; notice: AskText & { withdraw: string } };
  /** The third way of the first layer: to the preference centre. */
  choose: string;
  /** Said once, politely, when the first layer has come by itself. */
  announced: string;
  /** Both are the permanent control's; the first is the preference centre's title too. Who was only told objects, and withdraws nothing. */
  control: string;
  withdraw: string;
  /** A close button that decides nothing. */
  close: string;
  /** Where something was pressed whose chunk or words could not be had: what to do. */
  failed: string;
  /** Each purpose in one or two words, and what it means. */
  names: Record<Purpose, string>;
  purposes: Record<Purpose, string>;
  /** Where the browser sends Global Privacy Control, or Do Not Track and the site heeds it. */
  gpcHonoured: string;
  dntHonoured: string;
  /** `{name}` is the purpose without which this one means nothing. */
  needs: string;
  save: string;
  saved: string;
  /** What is new since an earlier choice: shown where the visitor is asked again. `{name}`, `{days}`. */
  changed: string;
  newPurposes: string;
  newRecipients: string;
  keptLonger: string;
  /** The objection to profiling (B33): the section's name, what it stops, the button, and the same once it holds. */
  objection: string;
  objectionMeans: string;
  object: string;
  objected: string;
  takeBack: string;
  /** Who else gets it (`{names}`), and how long it is kept (`{days}`): the summary, and the link to all of it. */
  recipients: string;
  kept: string;
  privacy: string;
  /** Leads to what a visitor may do with their own data, and its words. */
  ownData: string;
  data: DataText;
  /** Stands round what a campaign shows: these words come by themselves, with the first one. */
  campaign: CampaignText;
}

/** What a campaign of any kind says beside its own content. `{n}` of `{all}` are filled in. */
export interface CampaignText {
  dismiss: string;
  why: string;
  whyDecided: string;
  keys: string;
  /** The two ways to have fewer of them: the button, what it does, and what is said when it is done. */
  less: string;
  lessMeans: string;
  lessSaid: string;
  off: string;
  offMeans: string;
  offSaid: string;
  /** Steps of a survey and a tour. */
  next: string;
  back: string;
  skip: string;
  finish: string;
  leave: string;
  step: string;
  question: string;
  /** Where an answer is needed; and beside a field for words: how long, and what not to write. */
  required: string;
  personal: string;
  length: string;
  /** An offer's dialog, and the code in it: its name, the button, and what became of the press. */
  see: string;
  code: string;
  copy: string;
  copied: string;
  selected: string;
  /** A checklist: how far it is, and what an item's state is called. */
  progress: string;
  done: string;
  open: string;
  /** The name of what stands across the page, which has no title. */
  announcement: string;
}

/** What a visitor may do with their own data: asked for by few, so these words come by themselves. */
export interface DataText {
  loading: string;
  /** Where nothing is kept that is this visitor's. */
  none: string;
  see: string;
  json: string;
  csv: string;
  /** The visitor's own receipt: the button, what it says (`{date}`, `{names}`), and where no choice is recorded. */
  receipt: string;
  receiptOf: string;
  receiptYes: string;
  receiptNo: string;
  receiptNone: string;
  download: string;
  correct: string;
  correctSave: string;
  corrected: string;
  /** A pause: the button, what it does, what then holds, its end, and that it is over. */
  restrict: string;
  restrictMeans: string;
  restricted: string;
  resume: string;
  resumed: string;
  /** Erasure: the button, what it does, the two ways on, while it is done, and after it. */
  erase: string;
  eraseMeans: string;
  eraseYes: string;
  eraseNo: string;
  erasing: string;
  erased: string;
  eraseReceipt: string;
}

/**
 * The words that one page needs: those of its mode, and no other's. In the preference centre everything is accepted or
 * rejected whatever the mode, so there these two words are always those of opt-in.
 */
export interface PageText extends Omit<VisitorText, "modes" | "data" | "campaign"> {
  acceptAll: string;
  rejectAll: string;
}

/** What every page with a question or a control needs at once, so that it travels with the configuration. */
export const FIRST_WORDS = [
  "title",
  "body",
  "accept",
  "reject",
  "choose",
  "announced",
  "control",
  "withdraw",
  "close",
  "failed",
  "saved",
  "names",
  "gpcHonoured",
  "changed",
] as const satisfies readonly (keyof PageText)[];
export type FirstText = Pick<PageText, (typeof FIRST_WORDS)[number]> & Partial<Pick<PageText, "dntHonoured">>;

/** Some of the words: what a site says in place of ours. */
export type PartOf<Text> = { [Key in keyof Text]?: Text[Key] extends string ? string : PartOf<Text[Key]> };

/** The words that travel with the configuration; `dnt`: whether Do Not Track counts, so that it is to be spoken of. */
export function firstText(text: PageText, dnt: boolean): FirstText {
  const first = Object.fromEntries(FIRST_WORDS.map((word) => [word, text[word]])) as unknown as FirstText;
  return dnt ? { ...first, dntHonoured: text.dntHonoured } : first;
}

/** What is new since an earlier choice, a sentence each (B30). `days` is how long data is kept from now on. */
export function newsText(
  { names, newPurposes, newRecipients, keptLonger }: PageText,
  { purposes, recipients, longer }: PolicyChange,
  days: number,
): string[] {
  const fill = (sentence: string, what: string) => sentence.replace(/\{\w+\}/, () => what);
  return [
    ...purposes.map((purpose) => fill(newPurposes, names[purpose])),
    ...recipients.map((recipient) => fill(newRecipients, recipient)),
    ...(longer ? [fill(keptLonger, `${days}`)] : []),
  ];
}

/** The words for pages that ask in this mode. */
export function textFor({ modes, data: _, campaign: __, ...text }: VisitorText, mode: ConsentMode): PageText {
  const own: Partial<Record<ConsentMode, Partial<AskText>>> = modes;
  return { ...text, acceptAll: text.accept, rejectAll: text.reject, ...own[mode] };
}
