import type { Context } from "hono";
import { latest, permits, type Stamp } from "../../models/consent.ts";
import { recordKeptDays } from "../../models/publish-consent.ts";
import { WIRE_VERSION } from "../../models/wire.ts";
import { signalsOf } from "../consent-basis.ts";
import type { Bindings } from "../env.ts";
import { heldAt } from "../journey/reach.ts";
import { visitorLedger } from "../ledger/shards.ts";
import { jurisdictionAt } from "../notices.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { siteCall } from "../sites.ts";
import { VERSION } from "../version.ts";
import { journeysOf, type Subject } from "./subject.ts";

/**
 * Takes an objection to profiling, or takes it back (B33): a choice of every browser of the person, with all that it had
 * granted. Recorded first, then heard by the journey: from then on nothing is predicted, targeted or assigned.
 */
export async function objectTo(c: Context<Bindings>, subject: Subject, objects: boolean): Promise<void> {
  for (const { visitor, kept } of await journeysOf(c.env, subject)) {
    // A user's own journey has no browser: its choices are those of its devices.
    if (kept.state.devices === undefined) await objectOf(c, { ...subject, visitor }, objects);
  }
}

async function objectOf(c: Context<Bindings>, { site, newest, visitor }: Subject, objects: boolean): Promise<void> {
  const call = { site: siteCall(site), config: newest.version };
  const [heard, { rev, choice }] = await Promise.all([
    heldAt(c.env, { visitor, device: null }, call),
    callObject(async () => (await visitorLedger(c.env, siteCall(site), visitor)).last(visitor)),
  ]);
  // A first grant is known to the ledger alone, until the first batch brings it to the journey.
  const held = choice ? latest(heard, choice as Stamp) : heard;
  if ((held.objects ?? false) === objects) return;
  const stamp: Stamp = {
    rev: Math.max(held.rev, rev) + 1,
    purposes: held.purposes,
    ...(objects ? { objects: true } : {}),
  };
  await recordStamp(c, { site, newest, visitor }, { stamp, surface: "privacy-page" });
  // Who has granted nothing has no journey that could hear of it.
  if (!permits(held, "analytics")) return;
  await callObject(async () => journeyObject(c.env, site.id, visitor).consent(stamp));
}

/** Has the ledger record a choice that no banner and no centre has taken; `surface` is where it was made or brought. */
export async function recordStamp(
  c: Context<Bindings>,
  { site, newest, visitor }: Subject,
  { stamp, surface }: { stamp: Stamp; surface: "privacy-page" | "handover" },
): Promise<void> {
  const { policy, config } = newest;
  const { language, purposes } = config.consent;
  const request = { v: WIRE_VERSION, site: site.publicKey, consent: stamp, policy, language };
  const told = { ...request, control: "api", surface } as const;
  const context = {
    offered: purposes,
    notice: "",
    jurisdiction: jurisdictionAt(c, config.consent),
    signals: signalsOf(c),
    build: VERSION,
    keptDays: recordKeptDays(config.consent),
  };
  await callObject(async () =>
    (await visitorLedger(c.env, siteCall(site), visitor)).record(visitor, site.id, told, context),
  );
}
