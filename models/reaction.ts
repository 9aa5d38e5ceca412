import { CAP_COUNT_MAX } from "./campaign.ts";
import { heldOf } from "./devices.ts";
import type { Accepted, JourneyState } from "./journey-state.ts";
import { isOutcome, reported } from "./outcome.ts";
import { isSiteId } from "./read-field.ts";

/** Whether the visitor has turned all campaigns off, and has not chosen anew since in the browser that said so. */
export function isOff(state: Pick<JourneyState, "off" | "consent" | "devices">): boolean {
  const { off } = state;
  return off !== undefined && heldOf(state, off.device).rev <= off.rev;
}

/**
 * The state with a touchpoint that may report what became of a reservation, by one of the devices of a user (null: the only
 * one). What is no report of a known reservation changes nothing.
 */
export function withOutcome(
  state: JourneyState,
  { touchpoint: { props }, entry: { at } }: Accepted,
  device: string | null,
): JourneyState {
  const { outcome, item } = props;
  const held = state.reservations.find((r) => r.id === props.reservation);
  if (!held || !isOutcome(outcome)) return state;
  const next = reported(held, outcome);
  const reservations = state.reservations.map((r) => (r === held ? next : r));
  const { campaign } = held;
  const record = state.records[campaign] ?? { variant: held.arm ?? "treated", countedAt: [], exposedAt: held.at };
  const isNew = next.state === "shown" && held.state !== "shown";
  const said = {
    ...record,
    ...(isNew ? { countedAt: [...record.countedAt, held.at].slice(-CAP_COUNT_MAX) } : {}),
    ...(outcome === "dismissed" ? { dismissedAt: Math.max(at, record.dismissedAt ?? 0) } : {}),
    ...(outcome === "less" ? { lessAt: Math.max(at, record.lessAt ?? 0) } : {}),
  };
  const isSaid = isNew || outcome === "dismissed" || outcome === "less";
  return {
    ...(outcome === "ticked" && typeof item === "string" && isSiteId(item)
      ? withTicked(state, campaign, [item])
      : state),
    reservations,
    ...(isSaid ? { records: { ...state.records, [campaign]: said } } : {}),
    ...(outcome === "off" ? { off: { at, rev: heldOf(state, device).rev, device } } : {}),
  };
}

/** Items of all checklists that a journey remembers. */
const TICKED_MAX = 100;

/** The state with items of a checklist that are done. */
export function withTicked(state: JourneyState, campaign: string, items: readonly string[]): JourneyState {
  const { ticked = {} } = state;
  const done = [...new Set([...(ticked[campaign] ?? []), ...items])];
  const all = Object.values(ticked).reduce((sum, one) => sum + one.length, 0);
  if (done.length === (ticked[campaign]?.length ?? 0) || all >= TICKED_MAX) return state;
  return { ...state, ticked: { ...ticked, [campaign]: done } };
}
