/** What became of a decision, as the page reports it in `props.outcome` of a touchpoint of type `outcome`. */
export const OUTCOMES = ["shown", "dismissed", "acted", "converted", "withheld"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Why the page did not show what it was given: the reservation is returned. */
export const VETOES = ["expired", "busy", "hidden", "surface-open", "consent", "failed"] as const;
export type Veto = (typeof VETOES)[number];
