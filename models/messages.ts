/** Calls without a seq that a journey can tell from repetitions: its last so many. */
export const MESSAGES_KEPT = 1_000;

/**
 * A call that a server made without a seq, by the digest of its id: 11 characters of base64url, which is also the stream of
 * its touchpoint. `device`: whose it is, among the devices of a user's journey: its place there; absent: the journey's own.
 */
export type Message = [id: string, device?: number];

/**
 * The messages with further ones, in the order of their coming. Beyond `MESSAGES_KEPT` the first are forgotten, but none of a
 * call that has just come (`keeps`: how many it brought of this visitor): it may be sent again, whole.
 */
export function withMessages(messages: readonly Message[], more: readonly Message[], keeps = 0): Message[] {
  const known = new Set(messages.map(([id]) => id));
  return [...messages, ...more.filter(([id]) => !known.has(id))].slice(-Math.max(MESSAGES_KEPT, keeps));
}
