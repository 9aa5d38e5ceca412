import type { Context } from "hono";
import { BATCH_BYTES_MAX, parseBatch, parseSingle, type ServerCall, SINGLE_CALLS } from "../../models/segment.ts";
import { ITEM_BYTES_MAX } from "../../models/server-item.ts";
import type { Parsed } from "../../models/touchpoint.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { answerCall, answerUncounted } from "./answer.ts";
import { readServerBody } from "./body.ts";

/** `POST /v1/batch`, `/v1/track` and its like: the Segment HTTP tracking API, and batches whose items have seqs. */
export const segment = new Hono<Bindings>().post("/batch", (c) => {
  let isCounted = false;
  const parse = (value: unknown, now: number): Parsed<ServerCall> => {
    const parsed = parseBatch(value, now);
    isCounted = parsed.ok && parsed.value.stream !== null;
    return parsed;
  };
  return answerCall(c, {
    read: () => readServerBody(c, BATCH_BYTES_MAX),
    parse,
    answer: (results) =>
      isCounted ? c.json({ results }, 200, { "Cache-Control": "no-store" }) : answerUncounted(c, results),
  });
});

for (const call of SINGLE_CALLS) {
  segment.post(`/${call}`, (c: Context<Bindings>) =>
    answerCall(c, {
      read: () => readServerBody(c, ITEM_BYTES_MAX),
      parse: (value, now) => parseSingle(value, call, now),
      answer: (results) => answerUncounted(c, results),
    }),
  );
}
