import type { Context } from "hono";
import { latest, permits, type Stamp } from "../../models/consent.ts";
import type { ConsentRecord } from "../../models/consent-record.ts";
import { recordKeptDays } from "../../models/publish-consent.ts";
import { WIRE_VERSION } from "../../models/wire.ts";
import { signalsOf } from "../consent-basis.ts";
import type { Bindings, Env } from "../env.ts";
import { heldAt } from "../journey/reach.ts";
import type { LastRecord } from "../ledger/object.ts";
import { visitorLedger } from "../ledger/shards.ts";
import { jurisdictionAt } from "../notices.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { type Site, siteCall } from "../sites.ts";
import { VERSION } from "../version.ts";
import { journeysOf, type Subject } from "./subject.ts";

/**
 * Takes an objection to profiling, or takes it back (B33): a choice of every browser of the person, with all that it had
 * granted. Recorded first, then heard by the journey: from then on nothing is predicted, targeted or assigned. False
 * where there is nobody whose choice it could be: they were erased.
 */
export async function objectTo(c: Context<Bindings>, subject: Subject, objects: boolean): Promise<boolean> {
  const journeys = await journeysOf(c.env, subject);
  let isTaken = journeys.some(({ kept }) => kept.state.receivedAt > 0);
  for (const { visitor, kept } of journeys) {
    // A user's own journey has no browser: its choices are those of its devices.
    if (kept.state.devices === undefined) isTaken = (await objectOf(c, { ...subject, visitor }, objects)) || isTaken;
  }
  return isTaken;
}

async function objectOf(c: Context<Bindings>, { site, newest, visitor }: Subject, objects: boolean): Promise<boolean> {
  const call = { site: siteCall(site), config: newest.version };
  const [heard, { rev, record }] = await Promise.all([
    heldAt(c.env, { visitor, device: null }, call),
    lastRecord(c.env, site, visitor),
  ]);
  // A first grant is known to the ledger alone, until the first batch brings it to the journey.
  const held = record ? latest(heard, stampOf(record, heard)) : heard;
  let stamp = held;
  if ((held.objects ?? false) !== objects) {
    stamp = {
      rev: Math.max(held.rev, rev) + 1,
      purposes: held.purposes,
      ...(objects ? { objects: true } : {}),
    };
    // Of a choice that the ledger has not got yet, nobody here knows the words.
    const asked = record && record.rev >= held.rev ? record : null;
    const taken = await recordStamp(c, { site, newest, visitor }, { stamp, surface: "privacy-page", asked });
    if (taken === false) return false;
  }
  // Who has granted nothing has no journey that could hear of it. What was recorded and not heard is heard now.
  if (stamp !== heard && permits(held, "analytics")) {
    await callObject(async () => journeyObject(c.env, site.id, visitor).consent(stamp));
  }
  return true;
}

/** What a record says as a stamp. An act that is no choice says nothing of purposes: what ran goes on (C14). */
function stampOf({ rev, policy, granted, objects }: ConsentRecord, { purposes }: Stamp): Stamp {
  return { rev, purposes: policy === "" ? purposes : granted, ...(objects ? { objects } : {}) };
}

/** The last record that the ledger has of a visitor, null for none, and the last `rev` that counts there. */
export function lastRecord(env: Env, site: Site, visitor: string): Promise<LastRecord> {
  return callObject(async () => (await visitorLedger(env, siteCall(site), visitor)).last(visitor));
}

/**
 * Has the ledger record a choice that no banner and no centre has taken; `surface` is where it was made or brought. `asked`:
 * the record of the choice that it goes on with, whose words count; null: of an act, by which nothing is granted or refused.
 * Gives what `LedgerObject.record` does.
 */
export async function recordStamp(
  c: Context<Bindings>,
  { site, newest, visitor }: Subject,
  { stamp, surface, asked }: { stamp: Stamp; surface: "privacy-page" | "handover"; asked: ConsentRecord | null },
): Promise<boolean> {
  const { consent } = newest.config;
  const { policy = "", mode, language = consent.language, notice = "", granted = [], refused = [] } = asked ?? {};
  const request = { v: WIRE_VERSION, site: site.publicKey, consent: stamp, policy, mode, language };
  const told = { ...request, control: "api", surface } as const;
  const context = {
    offered: [...granted, ...refused],
    notice,
    jurisdiction: jurisdictionAt(c, consent),
    signals: signalsOf(c),
    build: VERSION,
    keptDays: recordKeptDays(consent),
  };
  return callObject(async () =>
    (await visitorLedger(c.env, siteCall(site), visitor)).record(visitor, site.id, told, context),
  );
}
