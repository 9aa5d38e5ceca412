import type { Waypost } from "../../client/public-api.ts";

/** The API as a page's own code finds it, which no compiler keeps from asking for a purpose that there is not. */
export interface WaypostWindow {
  waypost: Waypost & {
    push: (...commands: unknown[][]) => void;
    consent: { set: (purposes: readonly string[]) => void };
  };
}
