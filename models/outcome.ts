import type { CampaignKind } from "./content.ts";
import { LEASE_SILENT_MS, RESERVATION_COUNTED_MS } from "./report-time.ts";
import type { Waiting } from "./waiting.ts";

/** What became of a decision, as the page reports it in `props.outcome` of a touchpoint of type `outcome`. */
export const OUTCOMES = ["shown", "dismissed", "acted", "converted", "withheld", "less", "off", "ticked"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Why the page did not show what it was given: the reservation is returned. */
export type Veto =
  | "expired"
  | "busy"
  | "hidden"
  | "surface-open"
  | "consent"
  | "failed"
  | "target-gone"
  | "target-covered"
  | "just-dismissed";

export function isOutcome(value: unknown): value is Outcome {
  return OUTCOMES.includes(value as Outcome);
}

/** One showing of a campaign's budget, taken for one ask of one visitor. */
export interface Lease {
  /** By which the budget knows it: a digest of visitor, ask and campaign. */
  key: string;
  /** Of an offer with a list of codes. */
  code?: string;
  /** The budget has heard whether it was spent. */
  told?: true;
}

/** A promise to one page that it may show one campaign once. */
export interface Reservation {
  id: string;
  campaign: string;
  version: number;
  /** The arm that it shows; absent in what an earlier version made: "treated". */
  arm?: string;
  /** Of a campaign with a budget: what it was given of that, until the budget has heard what became of it. */
  lease?: Lease;
  /** What it answers that had waited: it waits on where the page gives this back. */
  waited?: Waiting;
  /** When it was made, ms since 1970 by the edge's clock. */
  at: number;
  /** open: nobody reported yet; shown: counts for ever; withheld: the page gave it back. */
  state: "open" | "shown" | "withheld";
  /** What the visitor did with it, once known. */
  reaction?: "dismissed" | "acted" | "converted";
}

/** Whether a reservation is still waiting for its report at `now`, ms since 1970. Silence for `RESERVATION_COUNTED_MS` gives it back. */
export function isHeld({ state, at }: Reservation, now: number): boolean {
  return state === "open" && now - at < RESERVATION_COUNTED_MS;
}

/** What a journey remembers of one campaign. */
export interface CampaignRecord {
  /** The arm: one of `ARMS`, or the id of a variant. */
  variant: string;
  /** Times, ms since 1970, that count for the cap: showings of the treated, exposures of the held-out. */
  countedAt: number[];
  /** First time that the trigger was met by an eligible visitor, treated or held out alike. */
  exposedAt: number;
  /** The arm that a person keeps whose journeys became one, whatever their id says: whose turn came first has it. */
  assigned?: string;
  /** Of the campaign, when it was met: it may be gone from the configuration by the time that matters. */
  kind?: CampaignKind;
  /** When it was dismissed last, by the edge's clock: on any device. */
  dismissedAt?: number;
  /** When the visitor asked for less of it. */
  lessAt?: number;
}

/** What says more of two reactions: reports come in any order. */
const REACTIONS = ["dismissed", "acted", "converted"] as const;

/**
 * A reservation after a report. The first of shown and withheld stands: a page that says both, or says one twice
 * (any answer may be lost and sent again), changes nothing more. Whoever reacted was shown it, also where that report is
 * lost; of several reactions the one that says most stands.
 */
export function reported(reservation: Reservation, outcome: Outcome): Reservation {
  switch (outcome) {
    case "shown":
    case "withheld":
      return reservation.state === "open" ? { ...reservation, state: outcome } : reservation;
    case "dismissed":
    case "acted":
    case "converted":
      return { ...reservation, state: "shown", reaction: stronger(reservation.reaction, outcome) };
    case "less":
    case "off":
      return { ...reservation, state: "shown", reaction: stronger(reservation.reaction, "dismissed") };
    case "ticked":
      return { ...reservation, state: "shown" };
  }
}

type Reaction = NonNullable<Reservation["reaction"]>;

function stronger(known: Reaction | undefined, told: Reaction): Reaction {
  return known && REACTIONS.indexOf(known) > REACTIONS.indexOf(told) ? known : told;
}

/** Reservations that stay with a journey: later reports of older ones change nothing. */
const RESERVATIONS_KEPT = 20;

/** The last ones, and those of which a budget has not heard yet and may still hear. `now`: ms since 1970. */
export function keptReservations(reservations: readonly Reservation[], now: number): Reservation[] {
  return reservations.filter(({ lease, at }, i) => {
    const isUntold = lease !== undefined && !lease.told && now - at < LEASE_SILENT_MS;
    return isUntold || i >= reservations.length - RESERVATIONS_KEPT;
  });
}

/** Campaigns that a journey remembers: in a third of its 32 KB. */
const RECORDS_KEPT = 80;

/** Beyond that, what was met first is forgotten, and what the visitor has said of one last of all. */
export function rememberedRecords(records: Record<string, CampaignRecord>): Record<string, CampaignRecord> {
  const all = Object.entries(records);
  if (all.length <= RECORDS_KEPT) return records;
  const isSaid = ({ dismissedAt, lessAt }: CampaignRecord) => Number(dismissedAt !== undefined || lessAt !== undefined);
  const byWorth = all.toSorted(([, a], [, b]) => isSaid(b) - isSaid(a) || b.exposedAt - a.exposedAt);
  return Object.fromEntries(byWorth.slice(0, RECORDS_KEPT));
}
