import { contributions, differences, type Folded, merge } from "./journey.ts";
import { withChanges } from "./journey-push.ts";
import type { JourneyState } from "./journey-state.ts";
import type { Journey } from "./site-config.ts";

/**
 * Two journeys that turn out to be one person's: `into` goes on, `from` takes nothing more. What is still open to being
 * put in order is put in order in `into`, and the seqs that `from` has go with it, so that a batch sent again is known.
 * What `from` has sealed stays where it was counted: its days on the map stand, and nothing is counted twice. So the
 * union is the journey of one person to the letter wherever `from` has no checkpoint; else the totals are. Touchpoints
 * alone: what was decided stays with each.
 */
export function unite(
  into: JourneyState,
  from: JourneyState,
  journey: Journey,
): { into: JourneyState; from: JourneyState } {
  const { ring } = from.folded;
  const left: Folded = { ...from.folded, ring: [], touchpoints: from.folded.touchpoints - ring.length };
  const merged = merge(into.folded, ring, journey);
  const leaving = differences(contributions(from.folded, journey), contributions(left, journey));
  return {
    into: {
      ...into,
      folded: merged.folded,
      streams: { ...from.streams, ...into.streams },
      push: ring.length > 0 ? withChanges(into, merged, journey) : into.push,
      bornAt: into.bornAt || from.bornAt,
      receivedAt: Math.max(into.receivedAt, from.receivedAt),
    },
    from: {
      ...from,
      folded: left,
      streams: {},
      push: ring.length > 0 ? withChanges(from, { folded: left, changed: leaving }, journey) : from.push,
    },
  };
}
