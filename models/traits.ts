import { permits } from "./consent.ts";
import type { Accepted, JourneyState } from "./journey-state.ts";
import type { Props, Touchpoint } from "./touchpoint.ts";

/** Longest text of a trait that is kept, in UTF-16 code units: a plan, a role, a country; not a biography. */
const TRAIT_TEXT_MAX = 64;

type Traits = NonNullable<JourneyState["traits"]>["values"];

/** The trait that names the group of the last `group`; the group's own traits stand behind it, as `group.plan`. */
const GROUP = "group";

/**
 * The state with what `identify` and `group` said last of the traits that the site has declared: unverified, kept only
 * while `personalization` is granted, and gone with it.
 */
export function withTraits(
  state: JourneyState,
  accepted: readonly Accepted[],
  declared: readonly string[],
): JourneyState {
  if (!permits(state.consent, "personalization")) return state.traits ? { ...state, traits: null } : state;
  let { traits } = state;
  for (const { touchpoint, entry } of accepted) {
    const told = toldBy(touchpoint);
    if (!told || (traits && traits.at > entry.at)) continue;
    const next = kept(told, declared);
    const isOther = touchpoint.type === "group" && isOtherGroup(touchpoint.name, traits, next);
    traits = { at: entry.at, values: { ...(isOther ? withoutGroup(traits) : traits?.values), ...next } };
  }
  return traits === state.traits ? state : { ...state, traits };
}

/** What a touchpoint says of its visitor, by the names of declared traits; null where that is nothing. */
function toldBy({ type, name, props }: Touchpoint): Props | null {
  const entries = Object.entries(props);
  // What stands behind `group.` is the group's own word.
  if (type === "identify") return Object.fromEntries(entries.filter(([key]) => !key.startsWith(`${GROUP}.`)));
  if (type !== "group") return null;
  const own = entries.map(([key, value]) => [`${GROUP}.${key}`, value] as const);
  return { ...Object.fromEntries(own), ...(name === "" ? {} : { [GROUP]: name }) };
}

/** Whether a group is not the one that is kept, or nobody can tell, because its name is not declared. */
function isOtherGroup(name: string, traits: JourneyState["traits"], next: Traits): boolean {
  return name !== "" && (next[GROUP] === undefined || next[GROUP] !== traits?.values[GROUP]);
}

/** What is said of the visitor alone: of a group that they left nothing stays. */
function withoutGroup(traits: JourneyState["traits"]): Traits {
  const entries = Object.entries(traits?.values ?? {});
  return Object.fromEntries(entries.filter(([name]) => name !== GROUP && !name.startsWith(`${GROUP}.`)));
}

function kept(props: Props, declared: readonly string[]): Traits {
  const values: Traits = {};
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
