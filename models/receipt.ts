import type { Purpose } from "./consent.ts";
import type { Controller, PublishedConsent } from "./consent-config.ts";
import type { ConsentRecord } from "./consent-record.ts";
import type { PageText } from "./texts/visitor-text.ts";

/** Names that a receipt is written in: the Data Privacy Vocabulary's profile of ISO/IEC TS 27560, and ours beside it. */
const CONTEXT = {
  dct: "http://purl.org/dc/terms/",
  dpv: "https://w3id.org/dpv#",
  "dpv-27560": "https://w3id.org/dpv/schema/dpv-27560#",
  waypost: "https://waypost.dev/ns#",
} as const;

/** What a visitor is given of one of their choices: a copy of the record, with the words that it speaks of. */
export interface Receipt {
  "@context": typeof CONTEXT;
  "@type": "dpv:ConsentReceipt";
  "dct:identifier": string;
  "dct:conformsTo": string;
  /** When it was given out, ISO 8601. */
  "dct:created": string;
  "dct:publisher": string;
  "dpv:hasRecordOfActivity": {
    "@type": "dpv:ConsentRecord";
    "dct:identifier": string;
    "dct:conformsTo": string;
    "dpv:hasDataSubject": { "@type": "dpv:DataSubject"; "dct:identifier": string };
    "dpv:hasDataController": { "@type": "dpv:DataController"; "dpv:hasName": string; "dpv:hasContact": string };
    /** ISO 3166, "" where the place was not known. */
    "dpv:hasJurisdiction": string;
    "dpv:hasNotice": { "@type": "dpv:ConsentNotice"; "dct:identifier": string; "dct:language": string };
    "dpv:hasProcess": ReceiptProcess[];
    "dpv:hasConsentStatus": { "@id": ConsentStatus; "dpv:isIndicatedAtTime": string; "dpv:isIndicatedBy": string };
    /** The ledger's record, as it was written. */
    "waypost:record": ConsentRecord;
  };
  /** The exact notice that was shown; null where it is none of the site's, or is not known. */
  "waypost:notice": unknown;
}

/** What a notice says that is read here: every word of it, where a page has those of the first layer. */
type Notice = Pick<PublishedConsent, "recipients" | "retentionDays"> & { text: Pick<PageText, "purposes"> };

type ConsentStatus = "dpv:ConsentGiven" | "dpv:ConsentRefused" | "dpv:ConsentWithdrawn" | "dpv:ConsentUnknown";

/** What is done for one purpose, and whether the visitor agreed to it. */
interface ReceiptProcess {
  "@type": "dpv:Process";
  "dpv:hasPurpose": { "@id": `waypost:${Purpose}`; "dct:description": string };
  "dpv:hasLegalBasis": "dpv:Consent";
  "dpv:hasConsentStatus": "dpv:ConsentGiven" | "dpv:ConsentRefused";
  "dpv:hasRecipient": string[];
  /** ISO 8601, "" where the notice is not known. */
  "dpv:hasStorageCondition": { "@type": "dpv:StorageDuration"; "dpv:hasDuration": string };
}

/**
 * The receipt of a record. `id` is where the record stands, as an export names it; `notice` is the exact text; `at` is the
 * record's time and `created` when the receipt is given out, both in ISO 8601.
 */
export function receiptOf(
  record: ConsentRecord,
  given: { id: string; notice: string | null; controller: Controller | undefined; at: string; created: string },
): Receipt {
  const { id, at, created, controller } = given;
  const notice = given.notice === null ? null : (JSON.parse(given.notice) as Notice);
  const profile = (name: string) => `${CONTEXT["dpv-27560"]}${name}`;
  return {
    "@context": CONTEXT,
    "@type": "dpv:ConsentReceipt",
    "dct:identifier": `${id}:receipt`,
    "dct:conformsTo": profile("receipt-record"),
    "dct:created": created,
    "dct:publisher": controller?.name ?? record.site,
    "dpv:hasRecordOfActivity": {
      "@type": "dpv:ConsentRecord",
      "dct:identifier": id,
      "dct:conformsTo": profile("record"),
      "dpv:hasDataSubject": { "@type": "dpv:DataSubject", "dct:identifier": record.subject },
      "dpv:hasDataController": {
        "@type": "dpv:DataController",
        "dpv:hasName": controller?.name ?? record.site,
        "dpv:hasContact": controller?.contact ?? "",
      },
      "dpv:hasJurisdiction": record.jurisdiction.place,
      "dpv:hasNotice": {
        "@type": "dpv:ConsentNotice",
        "dct:identifier": record.notice,
        "dct:language": record.language,
      },
      "dpv:hasProcess": [...record.granted, ...record.refused].map((purpose) => processOf(purpose, record, notice)),
      "dpv:hasConsentStatus": {
        "@id": statusOf(record),
        "dpv:isIndicatedAtTime": at,
        "dpv:isIndicatedBy": `${record.surface}, ${record.control}`,
      },
      "waypost:record": record,
    },
    "waypost:notice": notice,
  };
}

function statusOf({ granted, control, policy }: ConsentRecord): ConsentStatus {
  // An objection of somebody who has not chosen.
  if (policy === "") return "dpv:ConsentUnknown";
  if (granted.length > 0) return "dpv:ConsentGiven";
  return control === "withdraw" ? "dpv:ConsentWithdrawn" : "dpv:ConsentRefused";
}

function processOf(purpose: Purpose, { granted }: ConsentRecord, notice: Notice | null): ReceiptProcess {
  const recipients = notice?.recipients.filter(({ purposes }) => purposes.includes(purpose)) ?? [];
  return {
    "@type": "dpv:Process",
    "dpv:hasPurpose": { "@id": `waypost:${purpose}`, "dct:description": notice?.text.purposes[purpose] ?? "" },
    "dpv:hasLegalBasis": "dpv:Consent",
    "dpv:hasConsentStatus": granted.includes(purpose) ? "dpv:ConsentGiven" : "dpv:ConsentRefused",
    "dpv:hasRecipient": recipients.map(({ name }) => name),
    "dpv:hasStorageCondition": {
      "@type": "dpv:StorageDuration",
      "dpv:hasDuration": notice ? `P${notice.retentionDays}D` : "",
    },
  };
}
