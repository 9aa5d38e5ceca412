import { expect, test } from "vitest";
import type { Purpose, Stamp } from "../../models/consent.ts";
import {
  broughtChoice,
  type Device,
  deviceIndex,
  devicesOf,
  heldOf,
  isParted,
  wayEndsAt,
  withChoice,
  withDevices,
} from "../../models/devices.ts";
import { EMPTY_STATE } from "../../models/journey-state.ts";

const stamp = (rev: number, ...purposes: Purpose[]): Stamp => ({ rev, purposes });
const device = (visitor: string, of: Stamp | null, more: Partial<Device> = {}): Device => ({
  visitor,
  merge: `merge-${visitor}`,
  at: 1,
  stamp: of,
  ...more,
});
const ALL: Purpose[] = ["analytics", "scoring", "personalization", "improvement", "sharing"];

test("I9 analytics holds where one browser grants it, everything else where none refuses it", () => {
  const phone = device("phone", stamp(3, "analytics", "scoring", "sharing"));
  const laptop = device("laptop", stamp(7, ...ALL));
  expect(withDevices(EMPTY_STATE, [phone, laptop]).consent).toEqual(stamp(7, "analytics", "scoring", "sharing"));
  const withdrawn = device("phone", stamp(4));
  expect(withDevices(EMPTY_STATE, [withdrawn, laptop]).consent).toEqual(stamp(7, "analytics"));
  expect(withDevices(EMPTY_STATE, [laptop]).consent).toEqual(stamp(7, ...ALL));
  expect(withDevices(EMPTY_STATE, []).consent).toEqual(stamp(0));
  // Another user's journey that was renamed has no choice of its own, and one that was parted has none here.
  const renamed = device("old", null);
  const parted = device("gone", stamp(9), { parted: true });
  expect(withDevices(EMPTY_STATE, [laptop, renamed, parted]).consent).toEqual(stamp(7, ...ALL));
});

test("I9 B33 an objection in one browser is the person's", () => {
  const objecting = device("phone", { ...stamp(2, ...ALL), objects: true });
  const { consent } = withDevices(EMPTY_STATE, [objecting, device("laptop", stamp(1, ...ALL))]);
  expect(consent).toEqual({ ...stamp(2, "analytics", "improvement", "sharing"), objects: true });
});

test("I9 a browser's choice counts by its own count of choices, and what is no news changes nothing", () => {
  const state = withDevices(EMPTY_STATE, [device("phone", stamp(3, "analytics")), device("laptop", stamp(1, ...ALL))]);
  expect(heldOf(state, "phone")).toEqual(stamp(3, "analytics"));
  expect(heldOf(state, "nobody")).toEqual(stamp(0));
  // A second choice of the laptop is later than its first, though the phone has made three.
  const chosen = withChoice(state, "laptop", stamp(2), 9);
  expect([heldOf(chosen, "laptop"), heldOf(chosen, "phone")]).toEqual([stamp(2), stamp(3, "analytics")]);
  expect(withChoice(chosen, "laptop", stamp(1, ...ALL), 9)).toBe(chosen);
  const alone = withChoice(EMPTY_STATE, null, stamp(1, "analytics"), 9);
  expect([alone.consent, alone.devices]).toEqual([stamp(1, "analytics"), undefined]);
  expect(withChoice(alone, null, stamp(1), 9)).toBe(alone);
});

test("I5 a browser that comes by its token alone is noted; one that was parted is none, until it is joined again", () => {
  const known = withChoice(withDevices(EMPTY_STATE, []), "tablet", stamp(1, "analytics"), 9);
  expect(devicesOf(known)).toEqual([{ visitor: "tablet", merge: "", at: 9, stamp: stamp(1, "analytics") }]);
  const parted = { devices: [device("phone", stamp(1), { parted: true })] };
  expect([deviceIndex(parted, "phone"), isParted(parted, "phone"), devicesOf(parted)]).toEqual([-1, true, []]);
  const again = { devices: [...parted.devices, device("phone", stamp(2))] };
  expect([deviceIndex(again, "phone"), isParted(again, "phone")]).toEqual([1, false]);
  expect(isParted(parted, "other")).toBe(false);
});

test("I20 a browser brings the newer of two choices along; what was no choice replaces none", () => {
  expect(broughtChoice(stamp(1, ...ALL), stamp(2))).toEqual(stamp(2));
  expect(broughtChoice(stamp(3, "analytics"), stamp(2, ...ALL))).toEqual(stamp(3, "analytics"));
  expect(broughtChoice(stamp(0, "analytics"), stamp(0))).toEqual(stamp(0, "analytics"));
});

test("I18 a browser's way lasts as long as the journey that it is part of, and no moment where it is none", () => {
  const devices = [device("phone", stamp(1)), device("gone", stamp(1), { parted: true })];
  const journey = { devices, receivedAt: 5_000 };
  expect(["phone", "gone", "other"].map((one) => wayEndsAt(journey, one, 300))).toEqual([5_300, 0, 0]);
});
