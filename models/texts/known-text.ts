import type { ReasonKind } from "../reason-kind.ts";

/** The words of the page on which a visitor reads what is known about them; purposes have the names that the centre has. */
export interface KnownText {
  title: string;
  /** `{date}`, `{site}`. */
  intro: string;
  /** Where nothing is kept. */
  nothing: string;
  choices: string;
  none: string;
  steps: string;
  /** The list is of the latest; the file has all. */
  stepsAre: string;
  time: string;
  what: string;
  where: string;
  help: string;
  helpIs: string;
  shown: string;
  notShown: string;
  /** Why, where it can stand after “shown” or “not shown”. */
  reasons: Record<ReasonKind, string>;
  team: string;
  stage: string;
  cameBy: string;
  device: string;
  stall: string;
  intent: string;
  browsers: string;
  browsersAre: string;
  history: string;
  /** `{count}`. */
  rows: string;
  more: string;
  restricted: string;
}
