/** What a site's own code may call: the types of the npm package, and the words that the tag answers to. */
import type { Purpose, Stamp } from "../models/consent.ts";
import type { Decision } from "../models/wire.ts";

/** What was decided; of a campaign of the kind "data", with what the site's own code is to make of it. */
export interface PageDecision extends Omit<Decision, "data"> {
  data?: { [key: string]: unknown };
}

/** What `on` tells of. The detail of each is what its listeners get. */
export interface PageEvents {
  /** What holds from now on. */
  consent: Stamp;
  /** The id by which the site's servers may speak of this visitor: `anonymousId` of `POST /v1/batch`. Once it is known. */
  visitor: string;
  decision: PageDecision;
  shown: PageDecision;
  /** Also where the visitor wants less of it, or none. */
  dismissed: PageDecision;
  acted: PageDecision;
}

export interface ConsentState extends Stamp {
  /** Whether the visitor has answered the texts that hold now. */
  decided: boolean;
}

/** Of the properties those count that are texts, numbers, booleans or null, and `products` of an order. */
export type Properties = Record<string, unknown>;

/** The API of the page. No call throws; calls before the script has loaded wait for it. */
export interface Waypost {
  track: (event: string, properties?: Properties) => void;
  page: (name?: string | Properties, properties?: Properties) => void;
  /** `token`: a JWT of the site's server that says who this is. Without it nobody takes the visitor for that user. */
  identify: (userId?: string | Properties, traits?: Properties, proof?: { token: string }) => void;
  group: (groupId?: string | Properties, traits?: Properties) => void;
  alias: (userId: string, previousId?: string) => void;
  /** The journey's goal is reached, with its value or its properties. */
  goal: (value?: number | Properties) => void;
  /** Forgets who the visitor was: for the end of a session that several people share. */
  reset: () => void;
  /** Calls back once it is known what may run. Never, where no configuration can be had. */
  ready: (listener: () => void) => void;
  on: <E extends keyof PageEvents>(event: E, listener: (detail: PageEvents[E]) => void) => void;
  once: <E extends keyof PageEvents>(event: E, listener: (detail: PageEvents[E]) => void) => void;
  off: <E extends keyof PageEvents>(event: E, listener: (detail: PageEvents[E]) => void) => void;
  /** The last decision of this page, or null. */
  why: () => PageDecision | null;
  /** Says in the browser's console what is done. */
  debug: (on?: boolean) => void;
  consent: {
    get: () => ConsentState;
    set: (purposes: Purpose[]) => void;
    /** Opens the preference centre, or the banner where nothing was chosen yet. */
    open: () => void;
  };
}
