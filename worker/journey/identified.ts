import { splitAtIdentify } from "../../models/identified.ts";
import type { Env } from "../env.ts";
import { userVisitor } from "../keys.ts";
import type { CollectCall, CollectResult } from "./call.ts";
import type { Place } from "./joining.ts";
import { collectAt, joinAt } from "./reach.ts";

/** What has become of a batch. */
export interface Identified {
  result: CollectResult;
  /** Where the batches of this page go from now on. */
  place: Place;
  /** Present where the batch carried a proof. */
  identity?: "proven" | "refused";
}

/**
 * Gives a batch, which proves that its visitor is this user, to whom it belongs: what came before that moment to whom
 * the browser was until then, the rest to the user, of whose journey it is a part by then.
 */
export async function collectProven(
  env: Env,
  { place, user }: { place: Place; user: string },
  call: Omit<CollectCall, "visitor" | "device">,
): Promise<Identified> {
  const to = await userVisitor(env, call.site.id, user);
  if (place.visitor === to) {
    const told = await collectAt(env, place, call);
    // It nearly always is where its token says.
    if (told.result.waitMs !== undefined || told.place.visitor === to) return { ...told, identity: "proven" };
    const isJoined = await joinAt(env, { place: told.place, to }, call);
    const { visitor } = told.place;
    return isJoined
      ? { result: told.result, place: { visitor: to, device: visitor }, identity: "proven" }
      : { ...told, identity: "refused" };
  }
  const { before, after } = splitAtIdentify(call.streams, user);
  const first = before.length > 0 ? await collectAt(env, place, { ...call, streams: before, asks: [] }) : null;
  if (first?.result.waitMs !== undefined) return first;
  const from = first?.place ?? place;
  const isJoined = await joinAt(env, { place: from, to }, call);
  const next = isJoined ? { visitor: to, device: from.device ?? from.visitor } : from;
  const second = await collectAt(env, next, { ...call, streams: after });
  return {
    place: second.place,
    result: first ? both(first.result, second.result) : second.result,
    identity: isJoined ? "proven" : "refused",
  };
}

/** What two journeys have answered to the two parts of a batch. What the later one says of the visitor counts. */
function both(first: CollectResult, second: CollectResult): CollectResult {
  if (second.waitMs !== undefined) return second;
  return {
    ...second,
    acked: [...first.acked, ...second.acked],
    refused: [...first.refused, ...second.refused],
    duplicates: [...first.duplicates, ...second.duplicates],
    decisions: [...first.decisions, ...second.decisions],
    late: [...(first.late ?? []), ...(second.late ?? [])],
    visits: (first.visits ?? 0) + (second.visits ?? 0),
    visitors: (first.visitors ?? 0) + (second.visitors ?? 0),
  };
}
