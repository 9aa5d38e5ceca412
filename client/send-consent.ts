import { type ConsentRequest, WIRE_VERSION } from "../models/wire.ts";
import type { Setting } from "./context.ts";

/** Waits before the second, third and fourth try, ms: afterwards the next batch's stamp tells the edge as well. */
const AGAIN_AFTER_MS = [1_000, 5_000, 20_000];

/** Counts choices: one that failed is not sent again after a later one. */
let newest = 0;

/** A choice on its way to the record. Without `secret` nothing in it can be told from anybody else's choice. */
export interface ConsentMessage extends Omit<ConsentRequest, "v" | "site" | "secret"> {
  secret: string | undefined;
}

/**
 * Sends a choice to `POST v1/consent`, outliving the page. Tried again on a network error, a 429 and a 5xx while
 * the page is open; kept nowhere, because after a withdrawal nothing that knows the visitor may stay.
 */
export function sendConsent(setting: Setting, message: ConsentMessage): void {
  // What is undefined is left out of JSON.
  const body = JSON.stringify({ v: WIRE_VERSION, site: setting.site, ...message });
  const mine = ++newest;
  const attempt = async (tries: number): Promise<void> => {
    const reply = await fetch(`${setting.base}v1/consent`, {
      method: "POST",
      body,
      keepalive: true,
      referrerPolicy: "origin",
      credentials: setting.credentials,
    }).catch(() => null);
    const waitMs = AGAIN_AFTER_MS[tries];
    // 429 and 5xx; of what stands between them the edge answers nothing.
    if (waitMs && !(reply && reply.status < 429)) setTimeout(() => mine === newest && attempt(tries + 1), waitMs);
  };
  void attempt(0);
}
