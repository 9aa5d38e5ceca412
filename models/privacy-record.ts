import { type Captured, capturedBy } from "./captured.ts";
import type { Purpose } from "./consent.ts";
import type { Controller, Recipient } from "./consent-config.ts";
import { FEATURES } from "./features.ts";
import { materialOf, recordKeptDays, textIn } from "./publish-consent.ts";
import { OUTBOX_MAX_AGE_MS } from "./report-time.ts";
import type { ModelRef, ScoreName, SiteConfig } from "./site-config.ts";
import type { StoreId } from "./texts/privacy-text.ts";
import type { VisitorText } from "./texts/visitor-text.ts";

/** How long one store keeps what it has. */
interface StoredFor {
  id: StoreId;
  /** Counted from the visitor's last visit; null: until the visitor withdraws or clears it. */
  days: number | null;
}

/** A model that predicts something of a visitor, and what it reads. */
interface ModelUse {
  name: ScoreName;
  version: string;
  purpose: Purpose;
  reads: string[];
}

/** What a site keeps of its visitors, why, how long, who gets it and which model uses it: made of configuration and code. */
export interface PrivacyRecord {
  v: 1;
  controller: Controller;
  language: string;
  purposes: { id: Purpose; meaning: string }[];
  captured: Captured[];
  stores: StoredFor[];
  recipients: Recipient[];
  models: ModelUse[];
  signals: { gpc: "all" | "sharing"; dnt: boolean };
}

/** The cookie ends 13 months after it was set, and no visit renews it; so does what names a visitor of exempt measurement (B32). */
const TRACKER_DAYS_MAX = 395;
/** History goes 13 months after it was received, and never later than a journey that was silent since. */
const HISTORY_DAYS = 395;
const DAY_MS = 86_400_000;

export interface RecordOf {
  language: string;
  /** Our words in that language. */
  ours: VisitorText;
  models: Record<ScoreName, ModelRef>;
  hasHistory: boolean;
}

/** The record of a site, in one of its languages. */
export function privacyRecord(config: SiteConfig, { language, ours, models, hasHistory }: RecordOf): PrivacyRecord {
  const { consent } = config;
  const { purposes, recipients, retentionDays } = materialOf(consent);
  const { purposes: meanings } = textIn(consent, { language, ours });
  const decides = purposes.includes("personalization");
  const days: [StoreId, number | null, boolean][] = [
    ["browser", isMeasured(config) ? TRACKER_DAYS_MAX : null, true],
    ["outbox", OUTBOX_MAX_AGE_MS / DAY_MS, true],
    ["cookie", TRACKER_DAYS_MAX, true],
    ["journey", retentionDays, true],
    ["map", retentionDays, true],
    ["decisions", retentionDays, decides],
    ["history", historyKeptMs(config) / DAY_MS, hasHistory && !isMeasured(config)],
    ["records", recordKeptDays(consent), true],
  ];
  return {
    v: 1,
    controller: consent.controller ?? { name: new URL(config.origins[0] as string).host, contact: "" },
    language,
    purposes: purposes.map((id) => ({ id, meaning: meanings[id] })),
    captured: capturedBy(config),
    stores: days.filter(([, , isKept]) => isKept).map(([id, kept]) => ({ id, days: kept })),
    recipients,
    models: purposes.includes("scoring") ? SCORES.map((name) => modelUse(name, models[name])) : [],
    signals: { gpc: consent.gpc ?? "all", dnt: consent.dnt ?? false },
  };
}

const SCORES: readonly ScoreName[] = ["stall", "intent"];

function modelUse(name: ScoreName, { version }: ModelRef): ModelUse {
  return { name, version, purpose: "scoring", reads: FEATURES.map((feature) => feature.name) };
}

/** Whether the site counts its audience and does nothing else (B32). */
export function isMeasured({ consent }: Pick<SiteConfig, "consent">): boolean {
  return consent.preset === "audience-measurement";
}

/** How long a journey is kept after its last batch, ms. */
export function journeyKeptMs({ consent }: Pick<SiteConfig, "consent">): number {
  return materialOf(consent).retentionDays * DAY_MS;
}

/** How long a row of the history is kept after it was received, ms; null: of a site that says nothing. */
export function historyKeptMs(config: Pick<SiteConfig, "consent"> | null): number {
  return Math.min(config ? journeyKeptMs(config) : Number.POSITIVE_INFINITY, HISTORY_DAYS * DAY_MS);
}

/** Whether a visitor of exempt measurement has had one name for as long as it may last: no visit makes it longer (B32). */
export function isNameSpent(config: Pick<SiteConfig, "consent">, bornAt: number, now: number): boolean {
  return isMeasured(config) && bornAt > 0 && now - bornAt >= TRACKER_DAYS_MAX * DAY_MS;
}
