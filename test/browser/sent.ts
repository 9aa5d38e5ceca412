import type { Touchpoint, TouchpointType } from "../../models/touchpoint.ts";
import { carries, collectRequest, isCollect, type Visitor } from "./install.ts";
import type { WaypostWindow } from "./waypost-window.ts";

/** Everything of these types that reached the edge, each touchpoint once, in the order of stream and seq. */
export function sent(v: Visitor, ...types: TouchpointType[]): Touchpoint[] {
  const all = v
    .asked()
    .filter((exchange) => isCollect(exchange) && exchange.status === 200)
    .flatMap((exchange) => collectRequest(exchange).streams)
    .flatMap(({ stream, touchpoints }) => touchpoints.map((t): [string, Touchpoint] => [`${stream} ${t.seq}`, t]));
  return [...new Map(all).values()].filter(({ type }) => types.includes(type));
}

/** Resolves when all that was captured has arrived: the page is told that it is left, and so sends at once. */
export async function sendAll(v: Visitor, mark = "End"): Promise<void> {
  await v.page.evaluate((name) => {
    (window as unknown as WaypostWindow).waypost.track(name);
    dispatchEvent(new PageTransitionEvent("pagehide"));
  }, mark);
  await v.seen(carries("track", mark));
}
