/** From the sending of the ask, by the page's clocks, until the page must not show any more. */
export const RESERVATION_MS = 60_000;
/** From its making, until the object forgets a reservation that nobody reported. */
export const RESERVATION_COUNTED_MS = 90_000;
/** 72 hours, written out because the tag would carry the product: the page drops unsent touchpoints after this; the object forgets a page's stream later (`STREAM_FORGOTTEN_MS`). */
export const OUTBOX_MAX_AGE_MS = 259_200_000;
/** A page may report a showing as long as it keeps what it has not sent: until then a silent lease may have been shown. */
export const LEASE_SILENT_MS = OUTBOX_MAX_AGE_MS + RESERVATION_MS;
