import type { Agent } from "../../models/agent.ts";
import type { Preview } from "../../models/answer.ts";
import { NO_CONSENT, type Stamp } from "../../models/consent.ts";
import type { Excluded } from "../../models/excluded.ts";
import type { FeatureState } from "../../models/features.ts";
import type { Home, Received } from "../../models/journey-state.ts";
import type { AckedStream, Ask, Decision, RefusedTouchpoint } from "../../models/wire.ts";
import type { SiteCall } from "../sites.ts";
import type { Place } from "./joining.ts";

/** What the Worker tells the object with each batch: who it is for, and which configuration is in force. */
export interface CollectCall {
  site: SiteCall;
  visitor: string;
  config: number;
  minimums: Record<string, number>;
  streams: Received["streams"];
  /** Null for an import: see `Received`. */
  stamp: Stamp | null;
  sentAt: number;
  asks: Ask[];
  /** By ask: what its link shows, where the link is genuine. */
  previews?: Record<string, Preview>;
  /** What the request's headers said; null or absent for servers. */
  agent?: Agent | null;
  /** Why the batch counts beside the map; null or absent where it counts in it. */
  excluded?: Excluded | null;
  /** Whether it has just happened: for an import false or absent, and no open page hears of it. */
  live?: boolean;
  /** Of a server: see `Received.keeps`. */
  keeps?: number;
  /** Whether the visitor has to be there already: else every touchpoint is refused, and nobody is made. */
  ifKnown?: boolean;
  /** The browser that it comes from, where the journey is a user's; null or absent: the journey's only one. */
  device?: string | null;
}

export interface CollectResult {
  acked: AckedStream[];
  refused: RefusedTouchpoint[];
  duplicates: { stream: string; seq: number }[];
  decisions: Decision[];
  /** Accepted ones that came too late to be put in order; with what follows, for the site's counts. */
  late?: { stream: string; seq: number }[];
  /** Visits, and visitors, that have begun with the batch. */
  visits?: number;
  visitors?: number;
  consent: Stamp;
  /** Where the journey has touchpoints of other streams too. */
  features: FeatureState | null;
  /** What waits for a page of the visitor to ask: see `announced`. */
  on?: string;
  onInMs?: number;
  /** When the journey began, ms since 1970. */
  bornAt?: number;
  /** Present where the visitor sends too fast: nothing was taken, and nothing written. */
  waitMs?: number;
  /** Present where the visitor was erased: nothing was taken. */
  erased?: true;
  /** Present where the journey is part of another: nothing was taken, the batch belongs there. */
  moved?: Place;
}

/** Of a batch of which nothing was taken. */
export const NOTHING_TAKEN = { acked: [], refused: [], duplicates: [], decisions: [], features: null };

/** A batch for somebody who has to be there, and is not. */
export function refusedToNobody({ streams }: CollectCall): CollectResult {
  const why = { reason: "unknown-visitor", field: "anonymousId", bound: "a visitor who is there already" } as const;
  const refused = streams.flatMap(({ stream, touchpoints }) => touchpoints.map(({ seq }) => ({ stream, seq, ...why })));
  return { acked: [], refused, duplicates: [], decisions: [], consent: NO_CONSENT, features: null };
}

/** What an erasure has taken out of a journey and its map. */
export interface ErasedJourney {
  home: Home | null;
  touchpoints: number;
  /** Rows that waited for the history. */
  waiting: number;
  /** Days on the map. */
  mapRows: number;
}
