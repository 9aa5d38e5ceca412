import { DAY_MS } from "./visit.ts";

/** The platform can bring an object's storage back as it was at any time of so many days. */
const PLATFORM_HISTORY_DAYS = 30;

/** What was deleted in one store, and when, ms since 1970 UTC. */
interface ErasedIn {
  store: "journey" | "map" | "history-waiting" | "ledger";
  rows: number;
  at: number;
}

/** What is not gone yet, or stays: why, and until when (ms since 1970 UTC; null: there is no end). */
interface Stays {
  store: "history" | "ledger" | "map" | "platform" | "pipeline";
  rows: number | null;
  why: "until-compaction" | "proof" | "keeps-out" | "point-in-time-recovery" | "not-ours";
  until: number | null;
}

/** What the visitor gets for an erasure, signed. It says what has happened, and nothing that has not. */
export interface ErasureReceipt {
  v: 1;
  site: string;
  /** Names nobody; the same for the same visitor. */
  subject: string;
  at: number;
  /** How many journeys the person had: their own, and those of other browsers that were joined. */
  journeys: number;
  erased: ErasedIn[];
  stays: Stays[];
}

/** What an erasure came to, store by store. */
export interface ErasureResult {
  at: number;
  touchpoints: number;
  mapRows: number;
  /** Rows that waited for the history, in the journeys and on the map. */
  waiting: number;
  /** Rows in the files of the history; null where there are no files of ours. */
  historyRows: number | null;
  /** Whether rows have gone to a pipeline, where nothing of ours can delete them. */
  hasPipeline: boolean;
  recordsKept: number;
  recordsUntil: number;
}

/** Says what an erasure has done: what is gone, and what stays, why, and until when. Of no journey nothing stays. */
export function erasureReceipt(
  { site, subject, journeys }: Pick<ErasureReceipt, "site" | "subject" | "journeys">,
  result: ErasureResult,
): ErasureReceipt {
  const { at, touchpoints, mapRows, waiting, historyRows, hasPipeline, recordsKept, recordsUntil } = result;
  // A compaction runs once a UTC day; who is erased after today's is in tomorrow's, and that ends within its day.
  const compactedBy = (Math.floor(at / DAY_MS) + 2) * DAY_MS;
  const stays: Stays[] = [
    ...(historyRows === null || historyRows === 0
      ? []
      : [{ store: "history", rows: historyRows, why: "until-compaction", until: compactedBy } as const]),
    ...(hasPipeline ? [{ store: "pipeline", rows: null, why: "not-ours", until: null } as const] : []),
    { store: "ledger", rows: recordsKept, why: "proof", until: recordsUntil },
    { store: "ledger", rows: journeys, why: "keeps-out", until: null },
    { store: "map", rows: journeys, why: "keeps-out", until: null },
    {
      store: "platform",
      rows: null,
      why: "point-in-time-recovery",
      until: at + PLATFORM_HISTORY_DAYS * DAY_MS,
    },
  ];
  return {
    v: 1,
    site,
    subject,
    at,
    journeys,
    erased: [
      { store: "journey", rows: touchpoints, at },
      { store: "map", rows: mapRows, at },
      { store: "history-waiting", rows: waiting, at },
    ],
    stays: journeys > 0 ? stays : [],
  };
}
