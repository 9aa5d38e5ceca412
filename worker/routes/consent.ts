import { Hono } from "hono";
import { type ConsentReply, parseConsent, WIRE_VERSION } from "../../models/wire.ts";
import type { Bindings } from "../env.ts";
import { browserVisitor, sha256 } from "../keys.ts";
import { callObject } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import type { Site } from "../sites.ts";
import { readPageRequest } from "./page-request.ts";

/** A choice is a few hundred bytes. */
const CONSENT_BYTES_MAX = 4 * 1024;

/** `POST /v1/consent`: a choice goes to the ledger, then to the journey where an id exists. */
export const consent = new Hono<Bindings>().post("/", async (c) => {
  const taken = await readPageRequest(c, CONSENT_BYTES_MAX, parseConsent);
  if (taken instanceof Response) return taken;
  const { value: request, site } = taken;
  const { secret } = request;
  try {
    if (secret === undefined) {
      // No id, so no shard of its own: any one counts it, and the sum is what is asked for.
      const shard = Math.floor(Math.random() * site.shards);
      await callObject(async () => c.env.LEDGER.getByName(ledgerName(site, shard)).countRefusal(request.policy));
    } else {
      const visitor = await browserVisitor(c.env, site.id, secret);
      const shard = (await sha256(`ledger\0${visitor}`))[0] as number;
      await callObject(async () => c.env.LEDGER.getByName(ledgerName(site, shard)).record(visitor, site.id, request));
      await callObject(async () => c.env.JOURNEY.getByName(`${site.id}:${visitor}`).consent(request.consent));
    }
  } catch {
    return problem(c, "unavailable", "The choice is not recorded yet: send it again.");
  }
  return c.json({ v: WIRE_VERSION, recorded: true } satisfies ConsentReply, 200, { "Cache-Control": "no-store" });
});

function ledgerName({ id, shards }: Site, shard: number): string {
  return `${id}:${shard % shards}`;
}
