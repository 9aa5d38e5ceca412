import { latest, NO_CONSENT, PURPOSES, permits, type Stamp } from "./consent.ts";
import type { JourneyState } from "./journey-state.ts";

/** A visitor whose journey has become part of a user's. Choices stay each browser's own. */
export interface Device {
  /** Of the browser; or of another user's journey that was named as this user's. */
  visitor: string;
  /** Which joining brought it, so that it comes once however often it is tried; "" where its token came alone. */
  merge: string;
  /** When it came, ms since 1970 by the edge's clock. */
  at: number;
  /** The latest choice of this browser; null where it is none. */
  stamp: Stamp | null;
  /** Whether it was taken apart again: what still comes of it is its own. */
  parted?: true;
}

type Choosing = Pick<JourneyState, "consent" | "devices">;

/** The devices that a journey is of now. */
export function devicesOf({ devices = [] }: Pick<JourneyState, "devices">): Device[] {
  return devices.filter(({ parted }) => !parted);
}

/** The place of a browser among a journey's devices, from 0; -1 where it is none, or was taken apart. */
export function deviceIndex({ devices = [] }: Pick<JourneyState, "devices">, visitor: string): number {
  return devices.findIndex((device) => device.visitor === visitor && !device.parted);
}

/** Whether a browser was part of the journey, and is no more. */
export function isParted({ devices = [] }: Pick<JourneyState, "devices">, visitor: string): boolean {
  return deviceIndex({ devices }, visitor) < 0 && devices.some((device) => device.visitor === visitor);
}

/** The choice that the browser's touchpoints are judged by: its own; without one, the journey's only one. */
export function heldOf(state: Choosing, device: string | null): Stamp {
  if (device === null) return state.consent;
  return state.devices?.[deviceIndex(state, device)]?.stamp ?? NO_CONSENT;
}

/**
 * A journey after a choice of a browser (null: of the journey's only one). A browser that is not known yet is noted: its
 * token says that it belongs here. What is no news changes nothing.
 */
export function withChoice<S extends Choosing>(state: S, device: string | null, stamp: Stamp, now: number): S {
  if (device === null) {
    const consent = latest(state.consent, stamp);
    return consent === state.consent ? state : { ...state, consent };
  }
  const { devices = [] } = state;
  const index = deviceIndex(state, device);
  const held = devices[index]?.stamp ?? NO_CONSENT;
  const own = latest(held, stamp);
  if (index >= 0 && own === held) return state;
  const known = devices[index] ?? { visitor: device, merge: "", at: now, stamp: null };
  const next = devices.toSpliced(index < 0 ? devices.length : index, 1, { ...known, stamp: own });
  return withDevices(state, next);
}

/** A journey of these devices: what is decided about the person is judged by all their choices. */
export function withDevices<S extends Choosing>(state: S, devices: Device[]): S {
  const stamps = devicesOf({ devices }).flatMap(({ stamp }) => (stamp ? [stamp] : []));
  return { ...state, devices, consent: stricter(stamps) };
}

/**
 * What several browsers of one person permit together. Each one's touchpoints are its own matter, so `analytics` holds
 * where any grants it; all else is done with the whole journey, so it holds only where none has refused it. An objection
 * of one is the person's.
 */
function stricter(stamps: readonly Stamp[]): Stamp {
  const purposes = PURPOSES.filter((purpose) =>
    purpose === "analytics"
      ? stamps.some((stamp) => permits(stamp, purpose))
      : stamps.length > 0 && stamps.every((stamp) => permits(stamp, purpose)),
  );
  const objects = stamps.some((stamp) => stamp.objects) ? { objects: true as const } : {};
  return { rev: Math.max(0, ...stamps.map(({ rev }) => rev)), purposes, ...objects };
}

/**
 * The choice of a browser that changes its user: the newer of what its own journey holds and what the former user's holds
 * of it. What no choice was made of (rev 0) takes the place of none.
 */
export function broughtChoice(own: Stamp, told: Stamp): Stamp {
  return told.rev > 0 ? latest(own, told) : own;
}

/** Until when a browser's way to a user's journey lasts, ms since 1970: as long as that is kept; 0: it is no part of it. */
export function wayEndsAt(state: Pick<JourneyState, "devices" | "receivedAt">, device: string, keptMs: number): number {
  return deviceIndex(state, device) >= 0 ? state.receivedAt + keptMs : 0;
}
