import type { Stamp } from "../../models/consent.ts";
import type { Env } from "../env.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import type { CollectCall, CollectResult } from "./call.ts";
import type { JoinCall, Place } from "./joining.ts";

/** From a browser to its user, from that user to whom they are now, and back again: further than this is a ring. */
const HOPS_MAX = 4;

/** Gives a batch to the journey where its place leads by now, and says where that is. */
export async function collectAt(
  env: Env,
  place: Place,
  call: Omit<CollectCall, "visitor" | "device">,
): Promise<{ result: CollectResult; place: Place }> {
  let at = place;
  for (let hops = 0; hops < HOPS_MAX; hops++) {
    const { visitor, device } = at;
    const result = (await callObject(async () =>
      journeyObject(env, call.site.id, visitor).collect({ ...call, visitor, device }),
    )) as CollectResult; // RPC types widen tuples to lists
    if (!result.moved) return { result, place: at };
    at = result.moved;
  }
  throw new Error("a journey leads to itself");
}

/** The choice that the journey of a place holds, of the browser that is asked for. */
export async function heldAt(env: Env, place: Place, call: Omit<JoinCall, "visitor">): Promise<Stamp> {
  let at = place;
  for (let hops = 0; hops < HOPS_MAX; hops++) {
    const { visitor, device } = at;
    const held = await callObject(async () =>
      journeyObject(env, call.site.id, visitor).held({ ...call, visitor }, device),
    );
    if (!("visitor" in held)) return held as Stamp;
    at = held;
  }
  throw new Error("a journey leads to itself");
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
