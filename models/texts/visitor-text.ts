import type { Purpose } from "../consent.ts";

/** Every word that a visitor reads, except a campaign's content: plain text, complete in each language. */
export interface VisitorText {
  title: string;
  body: string;
  accept: string;
  reject: string;
  /** Shown where the browser sends Global Privacy Control. */
  gpcHonoured: string;
  /** What each purpose means, in the visitor's words. */
  purposes: Record<Purpose, string>;
}

/** A part of a text, however deep: what a site says in words of its own. */
export type PartOf<T> = { [K in keyof T]?: T[K] extends string ? string : PartOf<T[K]> };
