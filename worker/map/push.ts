import type { About } from "../../models/about.ts";
import type { CampaignDay } from "../../models/campaign-counts.ts";
import type { Contribution } from "../../models/contribution.ts";
import type { HistoryRow } from "../../models/history.ts";

/** One journey's push: `person` is a pseudonym, good for finding the rows again and nothing else. */
export interface MapPush {
  journey: string;
  person: string;
  /** Rises with every batch of this life: the map keeps the row with the greatest. */
  no: number;
  /** When this life of the person began, ms since 1970: an erased one is told from a later one by it. */
  life?: number;
  days: [day: number, contribution: Contribution, set?: string][];
  /** What campaigns did, of these days and of others. */
  campaigns?: [day: number, of: CampaignDay][];
  about?: About | null;
  /** What was accepted since the last acknowledged push, by the number of the push that it was first due with. */
  history?: [no: number, rows: HistoryRow[]][];
}
