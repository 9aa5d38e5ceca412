import type { Stamp } from "../../models/consent.ts";
import type { Env } from "../env.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import type { CollectCall, CollectResult } from "./call.ts";
import type { JoinCall, Place } from "./joining.ts";

/** From a browser to its user, from that user to whom they are now, and back again: who needs more is told the short way. */
const HOPS_MAX = 8;

/**
 * Asks the journey where a place leads by now, and says where that is. `movedOf`: where an answer leads on. A way of more
 * than one step is noted, so that the next one is short; one without an end, which an earlier version may have left, is
 * opened.
 */
export async function follow<T>(
  { env, site, config }: { env: Env } & Omit<JoinCall, "visitor">,
  place: Place,
  { ask, movedOf }: { ask: (at: Place) => Promise<T>; movedOf: (answer: T) => Place | null },
): Promise<{ answer: T; place: Place }> {
  const shorten = (visitor: string) =>
    callObject(async () => journeyObject(env, site.id, visitor).shorten({ site, config, visitor }));
  for (const isLastTry of [false, true]) {
    let at = place;
    for (let hops = 0; hops < HOPS_MAX; hops++) {
      const answer = await ask(at);
      const moved = movedOf(answer);
      if (!moved) {
        // The answer stands, whatever becomes of the short way.
        if (hops > 1) await shorten(place.visitor).catch(() => {});
        return { answer, place: at };
      }
      at = moved;
    }
    if (isLastTry) break;
    await shorten(at.visitor);
    await shorten(place.visitor);
  }
  throw new Error("a journey leads to itself");
}

/** Gives a batch to the journey where its place leads by now, and says where that is. */
export async function collectAt(
  env: Env,
  place: Place,
  call: Omit<CollectCall, "visitor" | "device">,
): Promise<{ result: CollectResult; place: Place }> {
  const ask = async ({ visitor, device }: Place) =>
    (await callObject(async () =>
      journeyObject(env, call.site.id, visitor).collect({ ...call, visitor, device }),
    )) as CollectResult; // RPC types widen tuples to lists
  const found = await follow({ env, ...call }, place, { ask, movedOf: ({ moved = null }) => moved });
  return { result: found.answer, place: found.place };
}

/** The choice that the journey of a place holds, of the browser that is asked for. */
export async function heldAt(env: Env, place: Place, call: Omit<JoinCall, "visitor">): Promise<Stamp> {
  const ask = async ({ visitor, device }: Place) =>
    (await callObject(async () => journeyObject(env, call.site.id, visitor).held({ ...call, visitor }, device))) as
      | Stamp
      | Place;
  const movedOf = (held: Stamp | Place) => ("visitor" in held ? held : null);
  return (await follow({ env, ...call }, place, { ask, movedOf })).answer as Stamp;
}

/**
 * Makes a browser's journey part of a user's. False where it stays what it was: its visitor has chosen against a journey,
 * or the user has too many devices. `ifKnown`: who has no journey yet is not given one.
 */
export function joinAt(
  env: Env,
  { place: { visitor, device }, to, ifKnown = false }: { place: Place; to: string; ifKnown?: boolean },
  call: Omit<JoinCall, "visitor">,
): Promise<boolean> {
  if (visitor === to) return Promise.resolve(true);
  const self = device ?? visitor;
  return callObject(async () => journeyObject(env, call.site.id, self).moveTo({ ...call, visitor: self }, to, ifKnown));
}
