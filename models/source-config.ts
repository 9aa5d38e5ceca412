import type { Condition } from "./campaign.ts";
import type { ChannelName } from "./channel-table.ts";
import type { Product } from "./commerce.ts";

/** How a provider signs, where it has a name for that: what each of them means stands in models/webhook-signature.ts. */
export const SCHEMES = [
  "stripe",
  "zendesk",
  "hubspot-v3",
  "shopify",
  "square",
  "sendgrid",
  "standard-webhooks",
  "svix",
  "basic",
] as const;
export type SchemeName = (typeof SCHEMES)[number];

/** An HMAC-SHA-256 in a header of its own, for a provider that has no name here. */
export interface OwnHmac {
  scheme: "hmac-sha256";
  /** The header that holds the signature. */
  header: string;
  encoding: "hex" | "base64";
  /** What stands before the signature in its header: "sha256=". */
  prefix?: string;
  /** The text that is signed, of `{body}`, `{timestamp}`, `{method}` and `{url}`. Absent: the body alone. */
  signed?: string;
  /** The header that holds the time of signing. Needed for `{timestamp}`. */
  timestampHeader?: string;
}

export type SourceSignature = { scheme: SchemeName } | OwnHmac;

/** What a webhook may tell of somebody. */
export const TOLD_TYPES = ["track", "identify", "group"] as const;

/** An amount in a currency's smallest unit, which becomes one in the currency itself. Both are templates. */
interface MinorUnits {
  minorUnits: string;
  currency: string;
  /** Where the provider counts another way than ISO 4217: digits after the point by currency. */
  exponents?: Record<string, number>;
}

/** A text is a template (models/template.ts); a number or a boolean is itself. */
export type MappedValue = string | number | boolean | MinorUnits;

/** Fields of a line of an order, as models/commerce.ts reads them. */
type ProductField = Exclude<keyof Product, "position">;

/** The lines of an order: `each` is the path of the list, and templates speak of its items. */
export type MappedProducts = { each: string } & Partial<Record<ProductField, string | MinorUnits>>;

/** What one kind of event becomes. All texts but `each` are templates. */
export interface SourceRule {
  /** Over the event; absent: any. */
  when?: Condition;
  type: (typeof TOLD_TYPES)[number];
  /** Of `track` the event's name, of `group` the group's id; `identify` has none. */
  name?: string;
  /**
   * Who it is of: the first that the event has. One of both lists at least. By both, what somebody did is the user's; an
   * `identify` by both makes the visitor that user.
   */
  userId?: string[];
  anonymousId?: string[];
  /** What tells the event from its repetitions: the provider's id of it. */
  messageId: string;
  /** When it happened; absent: when it arrived. */
  at?: string;
  url?: string;
  /** Of `identify` and `group`: the traits. */
  properties?: Record<string, MappedValue>;
  products?: MappedProducts;
}

/** One system of the site's that tells by webhooks what happens in it. Never published. */
export interface SourceConfig {
  id: string;
  name: string;
  /** Where what it tells happens; absent: on the site. */
  channel?: ChannelName;
  signature: SourceSignature;
  /** Path of the list of events. Absent: a payload that is a list is one, any other is one event. */
  events?: string;
  /** The first whose `when` holds of an event makes a touchpoint of it. */
  rules: SourceRule[];
}
