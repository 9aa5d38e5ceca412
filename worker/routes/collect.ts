import type { Context } from "hono";
import { permits, type Stamp } from "../../models/consent.ts";
import { excludedAs } from "../../models/excluded.ts";
import { isNameSpent } from "../../models/privacy-record.ts";
import type { Journey } from "../../models/site-config.ts";
import {
  COLLECT_BYTES_MAX,
  type CollectReply,
  type ParsedCollect,
  parseCollect,
  WIRE_VERSION,
} from "../../models/wire.ts";
import { agentOf, isRobot } from "../agent.ts";
import { judgedBatch } from "../consent-basis.ts";
import { type Asked, forgetCookie, type KeptCookie, keepSecret, keptCookie, takenOver } from "../cookie.ts";
import type { Bindings } from "../env.ts";
import { countArrivals, countBatch } from "../events/arrivals.ts";
import { Hono } from "../hono.ts";
import { isProven } from "../identity.ts";
import type { CollectResult } from "../journey/call.ts";
import { collectProven, type Identified } from "../journey/identified.ts";
import type { Place } from "../journey/joining.ts";
import { collectAt } from "../journey/reach.ts";
import { base64url, browserVisitor, openPerson, sealPerson } from "../keys.ts";
import { giveBack, spend, spendOfAddress } from "../limits.ts";
import { countExcluded } from "../map/excluded.ts";
import { openPreviews } from "../preview.ts";
import { problem, tooMany, unavailable } from "../problems.ts";
import { minimumVersions, type Site, siteCall, type VersionedConfig } from "../sites.ts";
import { type PageRequest, readPageRequest } from "./page-request.ts";

/** `POST /v1/collect`: one batch of one visitor, one call of one object, and the decisions that the batch asked for. */
export const collect = new Hono<Bindings>().post("/", async (c) => {
  const request = await readPageRequest(c, COLLECT_BYTES_MAX, parseCollect);
  if (request instanceof Response) return request;
  const { site, newest } = request;
  const batch = judgedBatch(c, request.value, newest.config);
  try {
    const waitMs = await spendFor(c, request);
    if (waitMs > 0) return tooMany(c, waitMs);
    if (isRobot(c.req.raw.headers)) return await answerRobot(c, request);
    const known = await knownAs(c, batch, request);
    if (!known) return problem(c, "unknown-person", "Send “secret” with the batch again.");
    const { secret, kept, consent } = known;
    const { result, place, identity } = await callJourney(
      c,
      { batch: { ...batch, consent }, site, newest },
      known.place,
    );
    giveBack(site.id, { kind: "touchpoints", count: costOf(batch) - costOf(batch, result) });
    if (result.waitMs !== undefined) return tooMany(c, result.waitMs);
    const isSame = place.visitor === known.place.visitor && place.device === known.place.device;
    const token = isSame ? known.token : null;
    const person = token ?? (await sealPerson(c.env, { ...place, site: site.id, epoch: site.epoch }));
    const permitted = permits(batch.consent, "analytics") && permits(result.consent, "analytics");
    if (result.erased) forgetCookie(c, request, true);
    else if (secret !== null && permitted) await keepSecret(c, request, { secret, kept });
    const renewed = await renewedName(c, request, result);
    const told = replyTo(batch, result, { person, visitor: place.visitor, config: newest.version });
    const reply = { ...told, ...renewed };
    const { streams, refused, asks } = batch;
    countBatch(
      c.env,
      site.id,
      { config: newest.config, streams, refused, asks, source: "page", visitor: place.visitor },
      result,
    );
    const earlier = known.isEarlier && secret !== null ? { secret } : {};
    return c.json(
      { ...reply, ...earlier, ...(identity ? { identity } : {}), ...(result.erased ? { erased: true } : {}) },
      200,
      { "Cache-Control": "no-store" },
    );
  } catch (error) {
    return unavailable(c, error, "Nothing of the batch was acknowledged: send it again.");
  }
});

/** Another name in the place of one that has lasted as long as it may; nothing connects the two. */
async function renewedName(
  c: Context<Bindings>,
  { site, newest }: Asked,
  { bornAt = 0 }: CollectResult,
): Promise<Partial<CollectReply>> {
  if (!isNameSpent(newest.config, bornAt, Date.now())) return {};
  const secret = base64url(crypto.getRandomValues(new Uint8Array(16)));
  const visitor = await browserVisitor(c.env, site.id, secret);
  return { secret, visitor, person: await sealPerson(c.env, { visitor, site: site.id, epoch: site.epoch }) };
}

interface Known {
  place: Place;
  /** One that the page may go on with: a new one would cost it a write. */
  token: string | null;
  /** What the site's own host may keep: null where the page has a token, and so nothing is new. */
  secret: string | null;
  kept: KeptCookie | null;
  /** Whether `secret` is an earlier one, which the page has lost. */
  isEarlier: boolean;
  /** What the batch is stamped with: its own, or what follows on the earlier visitor's choices. */
  consent: Stamp;
}

/**
 * A token that opens wins; the secret names the same visitor where there is none, or it is no longer understood. A
 * secret of a first choice (rev 1: nothing was stored before it) gives way to the one that the host's cookie has kept.
 */
async function knownAs(
  c: Context<Bindings>,
  { person: token, secret, consent }: ParsedCollect,
  asked: Asked,
): Promise<Known | null> {
  const named = (of: string) => browserVisitor(c.env, asked.site.id, of);
  const placed = async (of: string): Promise<Place> => ({ visitor: await named(of), device: null });
  const known = { token: null, isEarlier: false, consent };
  const person = token === undefined ? null : await openPerson(c.env, token);
  if (token !== undefined && person?.site === asked.site.id) {
    const { visitor, device = null, isCurrent } = person;
    const place = { visitor, device };
    if (isCurrent) return { ...known, place, token, secret: null, kept: null };
    const kept = await keptCookie(c, asked);
    const isKept = kept && (await named(kept.secret)) === (device ?? visitor);
    return { ...known, place, secret: isKept ? kept.secret : null, kept };
  }
  if (secret === undefined) return null;
  const kept = await keptCookie(c, asked);
  const isFirst = token === undefined && consent.rev === 1 && permits(consent, "analytics");
  if (kept && kept.secret !== secret && isFirst) {
    const follows = await takenOver(c, asked, { secret: kept.secret, chosen: consent });
    const place = await placed(kept.secret);
    if (follows) return { ...known, place, secret: kept.secret, kept, isEarlier: true, consent: follows };
  }
  return { ...known, place: await placed(secret), secret, kept };
}

/** Gives a batch to its journey; where it proves who the visitor is, that becomes part of the user's. */
async function callJourney(
  c: Context<Bindings>,
  { batch, site, newest }: { batch: ParsedCollect; site: Site; newest: VersionedConfig },
  place: Place,
): Promise<Identified> {
  const { streams, consent, sentAt, asks, debug = false, identity: proof } = batch;
  const address = c.req.header("CF-Connecting-IP") ?? "";
  const call = {
    site: siteCall(site),
    config: newest.version,
    minimums: asks.length > 0 ? await minimumVersions(c.env, site.id) : {},
    streams,
    stamp: consent,
    sentAt,
    asks,
    previews: await openPreviews(c.env, site.id, asks),
    agent: agentOf(c.req.raw.headers, c.req.raw.cf?.country),
    excluded: excludedAs({ address, debug }, newest.config),
  };
  if (!proof) return collectAt(c.env, place, call);
  const isGood = permits(consent, "analytics") && (await isProven(c.env, { site, newest }, proof));
  return isGood
    ? collectProven(c.env, { place, user: proof.user }, call)
    : { ...(await collectAt(c.env, place, call)), identity: "refused" };
}

/** Gives 0, or how long the address or the site has to wait, ms. */
async function spendFor(
  c: Context<Bindings>,
  { value: batch, site, newest: { config } }: PageRequest<ParsedCollect>,
): Promise<number> {
  const count = costOf(batch);
  const addressWaitMs = spendOfAddress(c.req.header("CF-Connecting-IP"), { site: site.id, config }, count);
  return addressWaitMs || spend(c.env, { site: site.id, config }, { kind: "touchpoints", count });
}

/** What a batch costs its site: what it brings at most, and, once it is answered, what was taken of it; 1 at least. */
function costOf(batch: ParsedCollect, result?: CollectResult): number {
  if (result?.waitMs !== undefined) return 1;
  const left = result ? result.refused.length + result.duplicates.length : 0;
  return Math.max(1, batch.asks.length + touchpointsIn(batch) - left);
}

function touchpointsIn({ streams }: Pick<ParsedCollect, "streams">): number {
  return streams.reduce((sum, { touchpoints }) => sum + touchpoints.length, 0);
}

/** A robot is acknowledged, so that it does not send again, and counted; it has no journey and is shown nothing. */
async function answerRobot(c: Context<Bindings>, request: PageRequest<ParsedCollect>): Promise<Response> {
  const { value: batch, site, newest } = request;
  const { id: journey } = newest.config.journeys[0] as Journey;
  const touchpoints = touchpointsIn(batch);
  countArrivals(c.env, site.id, { batches: 1, robots: touchpoints });
  if (touchpoints > 0) await countExcluded(c.env, site, { journey, kind: "bot", touchpoints });
  const acked = batch.streams.map(({ stream, touchpoints }) => ({
    stream,
    seqs: touchpoints.map(({ seq }): [number, number] => [seq, seq]),
  }));
  const nothing: CollectResult = {
    acked,
    refused: [],
    duplicates: [],
    decisions: [],
    consent: batch.consent,
    features: null,
  };
  const reply = replyTo(batch, nothing, { person: batch.person ?? "", config: newest.version });
  return c.json(reply, 200, { "Cache-Control": "no-store" });
}

function replyTo(
  batch: ParsedCollect,
  { acked, refused: late, decisions, consent, features, on, onInMs }: CollectResult,
  { person, visitor, config }: { person: string; visitor?: string; config: number },
): CollectReply {
  const names = batch.refused.filter((r) => r.seq >= 0);
  return {
    v: WIRE_VERSION,
    // What was refused at the border is final too: it counts as acknowledged.
    acked: [...acked, ...names.map(({ stream, seq }) => ({ stream, seqs: [[seq, seq]] as [number, number][] }))],
    refused: [...batch.refused, ...late],
    decisions,
    person,
    ...(visitor === undefined ? {} : { visitor }),
    config,
    ...(consent.rev > batch.consent.rev ? { consent } : {}),
    ...(features ? { features } : {}),
    ...(on === undefined ? {} : { on }),
    ...(onInMs === undefined ? {} : { onInMs }),
  };
}
