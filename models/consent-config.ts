import type { ConsentMode, PolicyChange, Purpose } from "./consent.ts";
import type { FirstText, PartOf, VisitorText } from "./texts/visitor-text.ts";

/** Places with a mode of their own. */
interface Region {
  /** ISO 3166-1 alpha-2: "US". */
  countries: string[];
  /** ISO 3166-2 without the country: "CA". Absent: all of the countries. */
  subdivisions?: string[];
  mode: ConsentMode;
}

/** Whom the site gives data to, or lets work on it. */
export interface Recipient {
  name: string;
  /** What for. */
  purposes: Purpose[];
  /** ISO 3166-1 alpha-2, where the data goes to another country. */
  country?: string;
  /** Where the recipient says what it does. */
  url?: string;
}

/** Google Consent Mode v2. */
export interface GoogleConsentMode {
  /** Whether the choice is told to Google's tags, which the site loads itself. */
  send: boolean;
  /** Whether another tool's `gtag("consent", …)` is read as the visitor's choice. */
  receive: boolean;
  /** How long Google's tags wait for the choice, ms. */
  waitForUpdateMs: number;
  /** ISO 3166-2 places in which the default is told; absent: everywhere. */
  regions?: string[];
}

/** Who answers for the data: named on the privacy page and in receipts. */
export interface Controller {
  name: string;
  /** A mail address, or where to write to. */
  contact: string;
  /** The site's own privacy policy. */
  url?: string;
}

/** The consent part of a site's configuration. */
export interface ConsentConfig {
  /** For whoever is in none of the regions. */
  mode: ConsentMode;
  /** The first that a visitor's place lies in decides. */
  regions?: Region[];
  /** BCP 47; of visitors who want none of the languages in `texts`. */
  language: string;
  /** Purposes that are asked for, and that Accept grants. */
  purposes: Purpose[];
  recipients?: Recipient[];
  /** How long a visit is kept after the visitor's last one. Default: 13 months. */
  retentionDays?: number;
  /** The site's own name of what it asks. Changing it asks everybody again. */
  version?: string;
  askAgainAfterDays: number;
  /** The site's own words in `language`; every other word is ours. */
  text?: PartOf<VisitorText>;
  /** Further languages with the site's own words in each: `{"de": {}}` speaks German in our words. */
  texts?: Record<string, PartOf<VisitorText>>;
  /** What Global Privacy Control takes away where nothing was chosen. Default "all". */
  gpc?: "all" | "sharing";
  /** Whether Do Not Track counts as Global Privacy Control does. Default false. */
  dnt?: boolean;
  /** Whether the small permanent control is on the page. Default true. */
  control?: boolean;
  /** Default false. */
  googleConsentMode?: false | GoogleConsentMode;
  /** Whether the choice is read from another tool that speaks IAB TCF. Default false. */
  tcf?: boolean;
  /** "audience-measurement": nothing but counting, within the limits of the exemption (models/preset.ts). */
  preset?: "audience-measurement";
  controller?: Controller;
  /** How long a consent record is kept after nothing stands on it any more. Default: 3 years. */
  recordTailDays?: number;
}

/** What is new since an earlier policy, and the same in sentences: so that a page only has to show them. */
interface PublishedChange extends PolicyChange {
  news: string[];
}

/** What pages read of it: for one visitor's place and language, complete. */
export interface PublishedConsent {
  mode: ConsentMode;
  /** See `Terms`. */
  policy: string;
  /** SHA-256 in base64url of the exact notice in this language and mode: what a record of the choice names. */
  notice: string;
  holds: string[];
  changes: Record<string, PublishedChange>;
  language: string;
  dir: "ltr" | "rtl";
  /** Languages that the site speaks. */
  languages: string[];
  purposes: Purpose[];
  recipients: Recipient[];
  retentionDays: number;
  askAgainAfterDays: number;
  gpc: "all" | "sharing";
  dnt: boolean;
  control: boolean;
  googleConsentMode: false | GoogleConsentMode;
  /** Other tools that the page speaks with: the chunks to load. */
  tools: ("googleConsentMode" | "tcf")[];
  /** Whether another tool asks, so that no banner comes by itself. */
  asksElsewhere: boolean;
  /** The first layer's; `GET v1/config/:key/text` has all. */
  text: FirstText;
}

/** What a policy's hash is made of: what a visitor has to be asked anew for when it grows. */
export interface Material {
  version: string;
  purposes: Purpose[];
  recipients: Recipient[];
  retentionDays: number;
}

/** A policy that a site has or had, and what it said. Of those from before it was kept, `material` is not known. */
export interface Policy {
  policy: string;
  material?: Material;
}
