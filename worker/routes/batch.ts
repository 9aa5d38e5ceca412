import type { Context } from "hono";
import { isVisitorId } from "../../models/identity.ts";
import { isMeasured } from "../../models/privacy-record.ts";
import {
  BATCH_BYTES_MAX,
  type HistoricalBatch,
  type HistoricalItems,
  type HistoricalVisitor,
  type ItemResult,
  parseHistorical,
  type VisitorName,
} from "../../models/segment.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { isName, NO_NAME } from "../consent-basis.ts";
import type { Bindings } from "../env.ts";
import { countBatch, countRefused } from "../events/arrivals.ts";
import { Hono } from "../hono.ts";
import type { CollectResult } from "../journey/call.ts";
import { collectAt, joinAt } from "../journey/reach.ts";
import { base64url, serverVisitor, sha256, userVisitor } from "../keys.ts";
import { spend } from "../limits.ts";
import { logFailure } from "../log.ts";
import { adviceOn } from "../platform-errors.ts";
import { problem, refused, tooMany } from "../problems.ts";
import { newestConfig, type Site, siteByWriteKey, siteCall, type VersionedConfig } from "../sites.ts";
import { readBody } from "./body.ts";

/** `POST /v1/batch`: what a server knows of many visitors, of the past or of just now. */
export const batch = new Hono<Bindings>().post("/", async (c) => {
  const site = await siteOfWriteKey(c);
  if (!site) return problem(c, "unauthorised", "Send the write key as the user of Basic authorization.");
  c.set("site", site.id);
  const body = await readBody(c, BATCH_BYTES_MAX);
  if (!body.ok && body.reason === "too-large") return problem(c, "too-large", `At most ${body.bytesMax} bytes.`);
  const parsed = body.ok ? parseHistorical(body.value) : body;
  if (!parsed.ok) {
    const { field, bound } = parsed;
    return field === "historical"
      ? problem(c, "not-historical", "Send “historical”, a “stream”, and in each item a “seq”.", { field, bound })
      : refused(c, parsed);
  }
  const newest = await newestConfig(c.env, site.id);
  if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${site.id}/config.`);
  const count = parsed.value.visitors.reduce(
    (sum, { items }) => items.reduce((own, { touchpoints }) => own + touchpoints.length, sum),
    0,
  );
  const waitMs = await spend(c.env, { site: site.id, config: newest.config }, { kind: "imports", count });
  if (waitMs > 0) return tooMany(c, waitMs);
  const results = await Promise.all(
    parsed.value.visitors.map((v) =>
      (isMeasured(newest.config) ? takeUnnamed : take)(c, v, { site, newest, batch: parsed.value }),
    ),
  );
  countRefused(c.env, site.id, parsed.value.refused.flatMap(barOf), "server");
  const inOrder = [...parsed.value.refused, ...results.flat()].sort((a, b) => a.index - b.index);
  return c.json({ results: inOrder }, 200, { "Cache-Control": "no-store" });
});

async function siteOfWriteKey(c: Context<Bindings>): Promise<Site | null> {
  const basic = c.req.header("Authorization")?.match(/^Basic ([\w+/=]+)$/)?.[1];
  if (basic === undefined) return null;
  let writeKey: string;
  try {
    writeKey = atob(basic).split(":")[0] as string;
  } catch {
    return null;
  }
  return siteByWriteKey(c.env, base64url(await sha256(writeKey)));
}

function barOf(item: ItemResult) {
  return item.result === "refused" ? [item] : [];
}

interface Told {
  site: Site;
  newest: VersionedConfig;
  batch: HistoricalBatch;
}

/** The same of exempt measurement: what says who somebody is is refused, and joins nobody (B32). */
async function takeUnnamed(
  c: Context<Bindings>,
  { name, items }: HistoricalVisitor,
  told: Told,
): Promise<ItemResult[]> {
  const named = ({ touchpoints, indices }: HistoricalItems) =>
    indices.filter((_, i) => isName(touchpoints[i] as Touchpoint));
  const rest = items.map(({ touchpoints, indices, ...own }) => ({
    ...own,
    touchpoints: touchpoints.filter((touchpoint) => !isName(touchpoint)),
    indices: indices.filter((_, i) => !isName(touchpoints[i] as Touchpoint)),
  }));
  const refused = items.flatMap(named).map((index) => ({ index, result: "refused" as const, ...NO_NAME }));
  countRefused(c.env, told.site.id, refused, "server");
  const isLeft = rest.some(({ indices }) => indices.length > 0);
  return [...refused, ...(isLeft ? await take(c, { name, was: [], items: rest }, told) : [])];
}

/** Gives one visitor's items to their journey. What could not be given is to be sent again; the others stand. */
async function take(
  c: Context<Bindings>,
  { name, isUser, was, items }: HistoricalVisitor,
  { site, newest, batch }: Told,
): Promise<ItemResult[]> {
  // An id that a page was given names its visitor, if there is one; any other text names nobody's but the server's own.
  const isGiven = "anonymousId" in name && isVisitorId(name.anonymousId);
  const named = await Promise.all(items.map(async (own) => ({ ...own, stream: await streamOf(batch, own) })));
  const userOf = (userId: string) => userVisitor(c.env, site.id, userId);
  const asked = { site: siteCall(site), config: newest.version };
  try {
    const visitor = await visitorNamed(c, site, name);
    // The write key is the site's own word: no other proof is needed.
    const place = { visitor, device: null };
    if (isUser !== undefined) await joinAt(c.env, { place, to: await userOf(isUser), ifKnown: isGiven }, asked);
    for (const previousId of was) {
      const isVisitor = isVisitorId(previousId);
      const previous = isVisitor ? previousId : await userOf(previousId);
      const from = { visitor: previous, device: null };
      await joinAt(c.env, { place: from, to: visitor, ifKnown: isVisitor }, asked);
    }
    const call = {
      minimums: {},
      streams: named.map(({ stream, touchpoints }) => ({ stream, touchpoints })),
      stamp: null,
      sentAt: 0,
      asks: [],
    };
    const rest = { agent: null, excluded: null, live: !batch.historical, ifKnown: isGiven };
    const { result } = await collectAt(c.env, place, { ...asked, ...call, ...rest });
    const told = { config: newest.config, streams: call.streams, refused: [], source: "server", visitor } as const;
    countBatch(c.env, site.id, told, result);
    return named.flatMap((own) => itemResults(result, own));
  } catch (error) {
    logFailure(c, error, adviceOn(error));
    return items.flatMap(({ indices }) => indices.map((index) => ({ index, result: "unavailable" as const })));
  }
}

function visitorNamed({ env }: Context<Bindings>, { id }: Site, name: VisitorName): Promise<string> {
  if ("userId" in name) return userVisitor(env, id, name.userId);
  const { anonymousId } = name;
  return isVisitorId(anonymousId) ? Promise.resolve(anonymousId) : serverVisitor(env, id, anonymousId);
}

/** A source counts each of its visitors from 0: two who are joined later would be taken for repetitions of each other. */
async function streamOf({ stream }: HistoricalBatch, { countedBy }: HistoricalItems): Promise<string> {
  return base64url((await sha256(`${stream}\0${countedBy}`)).subarray(0, 8));
}

function itemResults(
  { refused: late, duplicates }: CollectResult,
  { stream, touchpoints, indices }: HistoricalItems & { stream: string },
): ItemResult[] {
  return touchpoints.map(({ seq }, i): ItemResult => {
    const index = indices[i] as number;
    const isIt = (one: { stream: string; seq: number }) => one.stream === stream && one.seq === seq;
    const bar = late.find(isIt);
    if (bar) return { index, result: "refused", reason: bar.reason, field: bar.field, bound: bar.bound };
    return { index, result: duplicates.some(isIt) ? "duplicate" : "accepted" };
  });
}
