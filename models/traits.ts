import { permits } from "./consent.ts";
import type { Accepted, JourneyState } from "./journey-state.ts";
import type { Props } from "./touchpoint.ts";

/** Longest text of a trait that is kept, in UTF-16 code units: a plan, a role, a country; not a biography. */
const TRAIT_TEXT_MAX = 64;

/**
 * The state with what `identify` said last of the traits that the site has declared: unverified, kept only while
 * `personalization` is granted, and gone with it.
 */
export function withTraits(
  state: JourneyState,
  accepted: readonly Accepted[],
  declared: readonly string[],
): JourneyState {
  if (!permits(state.consent, "personalization")) return state.traits ? { ...state, traits: null } : state;
  let { traits } = state;
  for (const { touchpoint, entry } of accepted) {
    if (touchpoint.type !== "identify" || (traits && traits.at > entry.at)) continue;
    traits = { at: entry.at, values: { ...traits?.values, ...kept(touchpoint.props, declared) } };
  }
  return traits === state.traits ? state : { ...state, traits };
}

function kept(props: Props, declared: readonly string[]): Record<string, string | number | boolean> {
  const values: Record<string, string | number | boolean> = {};
  for (const name of declared) {
    const value = Object.hasOwn(props, name) ? props[name] : null;
    if (typeof value === "string") values[name] = value.slice(0, TRAIT_TEXT_MAX);
    else if (value !== null && value !== undefined) values[name] = value;
  }
  return values;
}

/**
 * The state with traits put right by their visitor: what is null is taken away, what the site has not declared is not
 * kept, and nothing is where `personalization` is not granted.
 */
export function withCorrected(
  state: JourneyState,
  corrected: Props,
  { declared, now }: { declared: readonly string[]; now: number },
): JourneyState {
  if (!permits(state.consent, "personalization")) return state;
  const left = Object.entries(state.traits?.values ?? {}).filter(([name]) => corrected[name] !== null);
  const values = { ...Object.fromEntries(left), ...kept(corrected, declared) };
  return { ...state, traits: { at: now, values } };
}
