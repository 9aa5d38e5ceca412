import type { Context } from "hono";
import { segmentName } from "../../models/set-name.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { utcDay } from "../../models/visit.ts";
import type { Bindings } from "../env.ts";
import type { MapQuery } from "../map/object.ts";
import { problem, refused } from "../problems.ts";

/** Which part of what was counted a query asks for: `from`, `to` (UTC days, both included), `segment`; or the problem. */
export function askedDays(c: Context<Bindings>, { segments }: SiteConfig): Omit<MapQuery, "journey"> | Response {
  const { from, to, segment } = c.req.query();
  const days = { from: dayOf(from), to: dayOf(to) };
  for (const [field, day] of Object.entries(days)) {
    if (day === null) return refused(c, wrong(field, "a UTC day, as in 2026-11-22"));
  }
  const known = segments?.find(({ id }) => id === segment);
  if (segment !== undefined && !known) return problem(c, "not-found", `There is no live segment “${segment}”.`);
  return {
    ...(days.from === undefined ? {} : { from: days.from as number }),
    ...(days.to === undefined ? {} : { to: days.to as number }),
    ...(known ? { segment: segmentName(known) } : {}),
  };
}

/** A day as the map counts them; undefined where none is given, null where it is no day. */
function dayOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : utcDay(at);
}

/** What a field would have to be. */
export function wrong(field: string, bound: string) {
  return { ok: false, reason: "malformed", field, bound } as const;
}
