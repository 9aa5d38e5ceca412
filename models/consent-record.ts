import type { ConsentMode, Purpose, Signals } from "./consent.ts";
import type { Jurisdiction } from "./region.ts";
import type { ConsentRequest } from "./wire.ts";

/** What every record of the ledger has. Times in ms since 1970 UTC, by the edge's clock. */
interface Link {
  v: 2;
  /** Position in its chain, from 1. */
  no: number;
  /** Never before that of the record before it. */
  at: number;
  site: string;
  /** H(salt ‖ visitor): it names nobody, and without the salt nobody can find whose it is. */
  subject: string;
  /** SHA-256 of the text of the record before it, base64url; "" for the first. */
  previous: string;
}

/** A choice as it is recorded: one of a page's, or one that a visitor has brought along from another host of the site. */
export type RecordedChoice = Omit<ConsentRequest, "surface"> & { surface?: ConsentRequest["surface"] | "handover" };

/** What is proven of one choice (B24): who, what, when, how, on which words, by which law. Never an address or a User-Agent. */
export interface ConsentRecord extends Link {
  kind: "consent";
  rev: number;
  /** How the page asked when the visitor chose; absent where nothing was chosen, only done, and of pages that are older. */
  mode?: ConsentMode;
  granted: Purpose[];
  /** Of the purposes that were asked for, those that were not granted. */
  refused: Purpose[];
  /** The visitor objects to profiling. */
  objects?: true;
  surface: RecordedChoice["surface"] | "unknown";
  control: ConsentRequest["control"];
  /** What the browser said by itself. */
  signals: Signals;
  policy: string;
  /** Hash of the exact notice, "" where it is none of the site's. */
  notice: string;
  language: string;
  jurisdiction: Jurisdiction;
  /** Version of the runtime that asked and recorded. */
  build: string;
}

/** That a visitor was erased. */
export interface ErasureRecord extends Link {
  kind: "erasure";
}

export type LedgerRecord = ConsentRecord | ErasureRecord;

/** What the edge knows of a choice beside what the page says. */
export interface ChoiceContext {
  /** Purposes that were asked for under the policy of the choice. */
  offered: Purpose[];
  /** The notice, if it is one of the site's; else "". */
  notice: string;
  jurisdiction: Jurisdiction;
  signals: Signals;
  build: string;
}

/** Where a record stands. */
export type Place = Omit<Link, "v">;

/** The record of a choice, or of an act that is none: then nothing was granted, and nothing refused. Without `context` an edge that is older asked: what it did not say is not known. */
export function consentRecord(
  request: RecordedChoice,
  context: ChoiceContext | undefined,
  place: Place,
): ConsentRecord {
  const { consent, policy, mode, language, control, surface } = request;
  const { offered, notice, jurisdiction, signals, build } = context ?? UNKNOWN;
  return {
    v: 2,
    kind: "consent",
    ...place,
    rev: consent.rev,
    ...(mode ? { mode } : {}),
    granted: policy === "" ? [] : consent.purposes,
    refused: policy === "" ? [] : offered.filter((purpose) => !consent.purposes.includes(purpose)),
    ...(consent.objects ? { objects: true } : {}),
    surface: surface ?? "unknown",
    control,
    signals,
    policy,
    notice,
    language,
    jurisdiction,
    build,
  };
}

const UNKNOWN: ChoiceContext = {
  offered: [],
  notice: "",
  jurisdiction: { mode: "opt-in", place: "", why: "unknown-place" },
  signals: { gpc: false, dnt: false },
  build: "",
};

/** The record of an erasure. */
export function erasureRecord(place: Place): ErasureRecord {
  return { v: 2, kind: "erasure", ...place };
}

/** Reads a record of a choice as it was written, also by an earlier version, which said less. */
export function readConsentRecord(text: string, no: number): ConsentRecord {
  const written = JSON.parse(text) as ConsentRecord;
  if (written.v === 2) return written;
  const { offered: _, ...unknown } = UNKNOWN;
  const unsaid: object = { kind: "consent", no, refused: [], surface: "unknown", ...unknown };
  return { ...unsaid, ...written, v: 2 };
}
