/** Stored states know a type by its place in this list: new ones come last. */
export const TOUCHPOINT_TYPES = [
  // the Segment spec's
  "page",
  "track",
  "identify",
  "group",
  "alias",
  "screen",
  // what capture sees of a page
  "click",
  "form_start",
  "form_submit",
  "leave",
  "outcome",
  "form_field",
  "form_error",
  "form_abandon",
  "copy",
  // what it makes of that, and what happens beside it
  "rage_click",
  "dead_click",
  "error_click",
  "u_turn",
  "form_struggle",
  "error",
  "vital",
] as const;

export type TouchpointType = (typeof TOUCHPOINT_TYPES)[number];

const PASSIVE: readonly TouchpointType[] = [
  "rage_click",
  "dead_click",
  "error_click",
  "u_turn",
  "form_struggle",
  "error",
  "vital",
  "outcome",
];

/** Whether it is something that the visitor did: only then it moves features, enters stages and keeps a visit open. */
export function isActivity(type: TouchpointType): boolean {
  return !PASSIVE.includes(type);
}
