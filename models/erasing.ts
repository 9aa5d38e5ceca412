import type { JourneyState } from "./journey-state.ts";

/** Whether a journey is from before an erasure (ms since 1970, 0: there was none): whoever lives again since is not of it. */
export function isFromBefore(
  { bornAt, receivedAt }: Pick<JourneyState, "bornAt" | "receivedAt">,
  erasedAt: number,
): boolean {
  return erasedAt > 0 && receivedAt > 0 && bornAt <= erasedAt;
}
