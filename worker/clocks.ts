import { SITE_ZONE, type WallClocks } from "../models/schedule.ts";
import type { SiteConfig } from "../models/site-config.ts";

/** Making one takes longer than all else that a decision does. */
const formats = new Map<string, Intl.DateTimeFormat>();
/** The minute that `shown` is of, since 1970. */
let minute = -1;
const shown = new Map<string, string>();

/** What the wall clocks of a site show: its own, and those of its campaigns. */
export function wallClocks({ timeZone = SITE_ZONE, campaigns }: SiteConfig, now: number): WallClocks {
  const clocks: WallClocks = { [timeZone]: wallClock(timeZone, now) };
  for (const { schedule } of campaigns) {
    const zone = schedule?.timeZone;
    if (zone && !(zone in clocks)) clocks[zone] = wallClock(zone, now);
  }
  return clocks;
}

/** "2026-12-01T09:00" in a zone. */
function wallClock(zone: string, now: number): string {
  const current = Math.floor(now / 60_000);
  if (current !== minute) {
    shown.clear();
    minute = current;
  }
  const known = shown.get(zone);
  if (known) return known;
  const parts = formatOf(zone).formatToParts(now);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  const text = `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}`;
  shown.set(zone, text);
  return text;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat("en-u-ca-iso8601", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  formats.set(timeZone, made);
  return made;
}
