import { type Context, Hono } from "hono";
import {
  COLLECT_BYTES_MAX,
  type CollectReply,
  type ParsedCollect,
  parseCollect,
  WIRE_VERSION,
} from "../../models/wire.ts";
import type { Bindings } from "../env.ts";
import type { CollectResult } from "../journey/object.ts";
import { browserVisitor, openPerson, sealPerson } from "../keys.ts";
import { callObject } from "../platform-errors.ts";
import { problem } from "../problems.ts";
import { minimumVersions, type Site, type VersionedConfig } from "../sites.ts";
import { readPageRequest } from "./page-request.ts";

/** `POST /v1/collect`: one batch of one visitor, one call of one object, and the decisions that the batch asked for. */
export const collect = new Hono<Bindings>().post("/", async (c) => {
  const request = await readPageRequest(c, COLLECT_BYTES_MAX, parseCollect);
  if (request instanceof Response) return request;
  const { value: batch, site, newest } = request;
  const known = await knownAs(c, batch, site);
  if (!known) return problem(c, "unknown-person", "Send “secret” with the batch again.");
  const { visitor } = known;
  try {
    const result = await callJourney(c, { batch, site, visitor, newest });
    const person = known.token ?? (await sealPerson(c.env, { visitor, site: site.id, epoch: site.epoch }));
    return c.json(replyTo(batch, result, { person, config: newest.version }), 200, { "Cache-Control": "no-store" });
  } catch {
    return problem(c, "unavailable", "Nothing of the batch was acknowledged: send it again.");
  }
});

/**
 * A token that opens wins; the secret names the same visitor where there is none, or it is no longer understood.
 * `token` is one that the page may go on with: a new one would cost it a write.
 */
async function knownAs(
  c: Context<Bindings>,
  { person: token, secret }: ParsedCollect,
  site: Site,
): Promise<{ visitor: string; token: string | null } | null> {
  const person = token === undefined ? null : await openPerson(c.env, token);
  if (person?.site === site.id) return { visitor: person.visitor, token: person.isCurrent ? (token ?? null) : null };
  return secret === undefined ? null : { visitor: await browserVisitor(c.env, site.id, secret), token: null };
}

async function callJourney(
  c: Context<Bindings>,
  { batch, site, visitor, newest }: { batch: ParsedCollect; site: Site; visitor: string; newest: VersionedConfig },
): Promise<CollectResult> {
  const minimums = batch.asks.length > 0 ? await minimumVersions(c.env, site.id) : {};
  const { streams, consent, sentAt, asks } = batch;
  return callObject(async () =>
    c.env.JOURNEY.getByName(`${site.id}:${visitor}`).collect({
      site: { id: site.id, epoch: site.epoch, shards: site.shards },
      visitor,
      config: newest.version,
      minimums,
      streams,
      stamp: consent,
      sentAt,
      asks,
    }),
  ) as Promise<CollectResult>; // RPC types widen tuples to lists
}

function replyTo(
  batch: ParsedCollect,
  { acked, refused: late, decisions, consent, features }: CollectResult,
  { person, config }: { person: string; config: number },
): CollectReply {
  const names = batch.refused.filter((r) => r.seq >= 0);
  return {
    v: WIRE_VERSION,
    // What was refused at the border is final too: it counts as acknowledged.
    acked: [...acked, ...names.map(({ stream, seq }) => ({ stream, seqs: [[seq, seq]] as [number, number][] }))],
    refused: [...batch.refused, ...late],
    decisions,
    person,
    config,
    ...(consent.rev > batch.consent.rev ? { consent } : {}),
    ...(features ? { features } : {}),
  };
}
