import type { Touchpoint } from "./touchpoint.ts";
import type { StreamBatch } from "./wire.ts";

/** What a batch holds of before its visitor was identified, and of from then on. */
export interface SplitBatch {
  before: StreamBatch[];
  after: StreamBatch[];
}

/**
 * Parts a batch where its page said who the visitor is: what came before may be somebody else's, who used the browser
 * until then. Where the batch does not hold that moment, all of it came before: whatever is the user's goes along with
 * the journey.
 */
export function splitAtIdentify(streams: readonly StreamBatch[], user: string): SplitBatch {
  const told = streams.flatMap(({ stream, touchpoints }) =>
    touchpoints
      .filter(({ type, name }) => type === "identify" && name === user)
      .map(({ at, seq }) => ({ at, seq, stream })),
  );
  const first = told.reduce<(typeof told)[number] | null>((a, b) => (a && a.at <= b.at ? a : b), null);
  const isAfter = (stream: string, { at, seq }: Touchpoint) =>
    first !== null && (stream === first.stream ? seq >= first.seq : at >= first.at);
  const pick = (after: boolean) =>
    streams
      .map(({ stream, touchpoints }) => ({
        stream,
        touchpoints: touchpoints.filter((touchpoint) => isAfter(stream, touchpoint) === after),
      }))
      .filter(({ touchpoints }) => touchpoints.length > 0);
  return { before: pick(false), after: pick(true) };
}
