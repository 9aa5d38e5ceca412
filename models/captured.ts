import type { Purpose } from "./consent.ts";
import type { SiteConfig } from "./site-config.ts";
import type { TouchpointType } from "./touchpoint-type.ts";

/** Kinds of what is kept of a visit, as a visitor would tell them apart. */
export type CapturedId =
  | "views"
  | "arrival"
  | "device"
  | "leaving"
  | "clicks"
  | "forms"
  | "copies"
  | "friction"
  | "errors"
  | "vitals"
  | "events"
  | "names"
  | "outcomes"
  | "scores";

/** What a site keeps of one kind, and what for. */
export interface Captured {
  id: CapturedId;
  purpose: Purpose;
  /** Touchpoints of this kind; none where it comes with others. */
  types: TouchpointType[];
}

type Switch = (config: SiteConfig) => boolean;

const ALWAYS: Switch = () => true;
const asks =
  (purpose: Purpose): Switch =>
  ({ consent }) =>
    consent.purposes.includes(purpose);

/** Every kind there is, in the order of the page. A type that stands nowhere here fails a test. */
const KINDS: readonly (Captured & { isOn: Switch })[] = [
  { id: "views", purpose: "analytics", types: ["page", "screen"], isOn: ALWAYS },
  { id: "arrival", purpose: "analytics", types: [], isOn: ALWAYS },
  { id: "device", purpose: "analytics", types: [], isOn: ALWAYS },
  { id: "leaving", purpose: "analytics", types: ["leave"], isOn: ALWAYS },
  { id: "clicks", purpose: "analytics", types: ["click"], isOn: ({ capture }) => capture?.clicks !== false },
  {
    id: "forms",
    purpose: "analytics",
    types: ["form_start", "form_submit", "form_field", "form_error", "form_abandon"],
    isOn: ({ capture }) => capture?.forms !== false,
  },
  { id: "copies", purpose: "analytics", types: ["copy"], isOn: ({ capture }) => capture?.copies !== false },
  {
    id: "friction",
    purpose: "analytics",
    types: ["rage_click", "dead_click", "error_click", "u_turn", "form_struggle"],
    isOn: ({ capture }) => Object.values(capture?.friction ?? { rage: true }).some((set) => set !== false),
  },
  { id: "errors", purpose: "analytics", types: ["error"], isOn: ({ capture }) => capture?.errors !== false },
  { id: "vitals", purpose: "analytics", types: ["vital"], isOn: ({ capture }) => capture?.vitals === true },
  { id: "events", purpose: "analytics", types: ["track"], isOn: ALWAYS },
  {
    id: "names",
    purpose: "analytics",
    types: ["identify", "group", "alias"],
    isOn: ({ consent }) => consent.preset !== "audience-measurement",
  },
  { id: "scores", purpose: "scoring", types: [], isOn: asks("scoring") },
  { id: "outcomes", purpose: "personalization", types: ["outcome"], isOn: asks("personalization") },
];

/** What a site keeps, by its configuration and the code that does it. */
export function capturedBy(config: SiteConfig): Captured[] {
  return KINDS.filter(({ isOn }) => isOn(config)).map(({ id, purpose, types }) => ({ id, purpose, types }));
}
