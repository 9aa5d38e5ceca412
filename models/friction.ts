import type { FrictionConfig } from "./site-config.ts";

/**
 * The definitions that the field has settled on. Rage: three clicks within a second inside 30 px. Dead: nothing within
 * 2.5 s. Error: within a second of a click. U-turn: back within 10 s. Struggle: come back to, or refused, twice.
 */
export const FRICTION_DEFAULTS = {
  rage: { clicks: 3, withinMs: 1_000, radiusPx: 30 },
  dead: { afterMs: 2_500 },
  error: { withinMs: 1_000 },
  uTurn: { withinMs: 10_000 },
  struggle: { times: 2 },
} satisfies FrictionConfig;
