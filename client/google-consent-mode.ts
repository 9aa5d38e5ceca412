/**
 * Google Consent Mode v2, for sites that ask for it (B36): what the visitor chose is told to Google's tags, which the site
 * loads itself, and where the site says so what another tool told them is read.
 */

import { grantable, type Purpose, permits, type Stamp } from "../models/consent.ts";
import type { GoogleConsentMode } from "../models/consent-config.ts";
import type { Gate } from "./gate.ts";

/** Every type that Google knows, by the purpose that grants it; null: needs no consent, so it is always granted. */
const TYPES = {
  ad_storage: "sharing",
  ad_user_data: "sharing",
  ad_personalization: "sharing",
  analytics_storage: "analytics",
  functionality_storage: "personalization",
  personalization_storage: "personalization",
  security_storage: null,
} as const satisfies Record<string, Purpose | null>;

type State = Partial<Record<keyof typeof TYPES, "granted" | "denied">> & { [option: string]: unknown };

interface GooglePage {
  dataLayer?: unknown[];
}

/** Begins to tell and to read. Ends with the page. */
export function show(gate: Gate): void {
  const { googleConsentMode } = gate.consent;
  if (!googleConsentMode) return;
  const page = window as unknown as GooglePage;
  page.dataLayer ??= [];
  const layer = page.dataLayer;
  if (googleConsentMode.send) send(gate, googleConsentMode, layer);
  if (googleConsentMode.receive) receive(gate, layer);
}

function send(gate: Gate, { waitForUpdateMs, regions }: GoogleConsentMode, layer: unknown[]): void {
  const update = () => mark(command("update", stateOf(gate.stamp)));
  const own = layer.findIndex((entry) => isConsent(entry, "default"));
  const first: object[] = [];
  // Exactly one default: a site that has Google's own line in its head keeps it.
  if (own < 0) {
    const options = { wait_for_update: waitForUpdateMs, ...(regions ? { region: regions } : {}) };
    first.push(command("default", { ...stateOf({ rev: 0, purposes: [] }), ...options }));
  }
  // A choice of an earlier page, or what the place permits without one.
  if (gate.decided || gate.stamp.purposes.length > 0) first.push(update());
  // Before any tag's line, after the site's default. Where Google's script has read its lines already, nothing is before them.
  if (layer.push === Array.prototype.push) layer.splice(own + 1, 0, ...first);
  else layer.push(...first);
  gate.parts.events.on("consent", () => layer.push(update()));
}

/** What others push: Google reads `arguments` objects alone, so an array is not one of these. */
function receive(gate: Gate, layer: unknown[]): void {
  let hasSpoken = false;
  const hear = (entry: unknown) => {
    if (!isConsent(entry, "update") || OURS in (entry as object)) return;
    // On each page the other tool first says what it remembers. Only what follows, on the visitor's own press, is a new choice.
    const isNew = hasSpoken && navigator.userActivation?.isActive;
    hasSpoken = true;
    const said = (entry as ArrayLike<unknown>)[2] as State;
    const spoken = Object.entries(TYPES).filter(([type]) => said[type as keyof State] !== undefined);
    const { choice, stamp } = gate;
    // What was chosen here stands against what is only remembered there: that may deny more. It answers no new terms and
    // renews no old ones, so that the choice stays one of here, on later pages too.
    const own = choice?.own && !isNew ? choice : null;
    const before = own ?? stamp;
    // A purpose is granted only where all of its types are; what is not spoken of stays as it is.
    const granted = gate.consent.purposes.filter((purpose) => {
      const types = spoken.filter(([, of]) => of === purpose);
      return types.length > 0
        ? types.every(([type]) => said[type as keyof State] === "granted")
        : before.purposes.includes(purpose);
    });
    const purposes = grantable(own ? granted.filter((purpose) => own.purposes.includes(purpose)) : granted);
    const isSame = purposes.join() === before.purposes.join();
    if (own && !isSame) gate.note({ ...own, purposes }, "api");
    else if (!own && !(gate.decided && isSame)) gate.choose(purposes, "api");
  };
  layer.forEach(hear);
  const { push } = layer;
  layer.push = (...entries: unknown[]) => {
    const length = push.apply(layer, entries);
    entries.forEach(hear);
    return length;
  };
}

const OURS = Symbol("waypost");

function mark(entry: object): object {
  return Object.assign(entry, { [OURS]: true });
}

function stateOf(stamp: Stamp): State {
  const states = Object.entries(TYPES).map(([type, purpose]) => [
    type,
    purpose === null || permits(stamp, purpose) ? "granted" : "denied",
  ]);
  return Object.fromEntries(states);
}

/** Google's tags take an `arguments` object, and nothing that only looks like one. */
function command(kind: "default" | "update", state: State): object {
  return (
    function () {
      // biome-ignore lint/complexity/noArguments: the object itself is what Google reads
      return arguments;
    } as (...values: unknown[]) => object
  )("consent", kind, state);
}

function isConsent(entry: unknown, kind: string): boolean {
  const [name, what, state] = Array.from((entry ?? []) as ArrayLike<unknown>);
  return name === "consent" && what === kind && typeof state === "object" && state !== null;
}
