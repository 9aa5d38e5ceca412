import type { Context } from "hono";
import { isbot } from "isbot";
import { contextOf } from "../../models/attributes.ts";
import { excludedAs } from "../../models/excluded.ts";
import { isVisitorId } from "../../models/identity.ts";
import type { ReceivedStream } from "../../models/journey-state.ts";
import { isMeasured } from "../../models/privacy-record.ts";
import { type ServerCall, VISITORS_MAX } from "../../models/segment.ts";
import {
  byVisitor,
  type CountedItems,
  type ItemResult,
  type ReadItems,
  type ServerItem,
  type ServerVisitor,
  type VisitorName,
} from "../../models/server-item.ts";
import type { Journey } from "../../models/site-config.ts";
import { agentOf } from "../agent.ts";
import { isName, NO_NAME } from "../consent-basis.ts";
import type { Bindings } from "../env.ts";
import { countArrivals, countBatch, countRefused } from "../events/arrivals.ts";
import type { CollectResult } from "../journey/call.ts";
import { collectAt, joinAt } from "../journey/reach.ts";
import { base64url, serverVisitor, sha256, userVisitor } from "../keys.ts";
import { spend } from "../limits.ts";
import { logFailure } from "../log.ts";
import { countExcluded } from "../map/excluded.ts";
import { adviceOn } from "../platform-errors.ts";
import { type Site, siteCall, type VersionedConfig } from "../sites.ts";

/** Touchpoints of one visitor that are given at once. */
const PORTION = 1_000;

/** Of which site a call is, and what it says. */
export interface Taking {
  site: Site;
  newest: VersionedConfig;
  call: ServerCall;
  /** Of a counted stream: see `ReceivedStream`. */
  covers?: [number, number][];
}

/** What became of a call's items, by their places; or how long the site's servers have to wait, ms: then nothing was taken. */
export type Taken = { waitMs: number } | { results: ItemResult[] };

/** Gives what a server tells to the journeys that it is of, a hundred at a time. What could not be given is to be sent again; the rest stands. */
export async function takeItems(c: Context<Bindings>, taking: Taking): Promise<Taken> {
  const { site, newest, call } = taking;
  const waitMs = await spend(
    c.env,
    { site: site.id, config: newest.config },
    { kind: call.isLive ? "server-events" : "imports", count: call.items.length },
  );
  if (waitMs > 0) return { waitMs };
  const { items, refused: unnamed } = isMeasured(newest.config)
    ? withoutNames(call.items)
    : { items: call.items, refused: [] };
  const refused = [...call.refused, ...unnamed];
  const robots = new Set(items.filter(({ item }) => isbot(item.told.userAgent)));
  const visitors = byVisitor(items.filter((one) => !robots.has(one)));
  const results = [...refused, ...(await excludeRobots(c, taking, [...robots]))];
  for (let from = 0; from < visitors.length; from += VISITORS_MAX) {
    const some = visitors.slice(from, from + VISITORS_MAX);
    results.push(...(await Promise.all(some.map((runs) => giveAll(c, runs, taking)))).flat());
  }
  countRefused(
    c.env,
    site.id,
    refused.flatMap((item) => (item.result === "refused" ? [item] : [])),
    "server",
  );
  return { results: results.sort((a, b) => a.index - b.index) };
}

/** What robots did is given to no journey, and counted, as of pages; of a file it may come again, so it is not. */
async function excludeRobots(
  c: Context<Bindings>,
  { site, newest, call }: Taking,
  robots: ReadItems["items"],
): Promise<ItemResult[]> {
  const excluded = robots.map(({ index }): ItemResult => ({ index, result: "excluded" }));
  if (robots.length === 0 || call.stream !== null) return excluded;
  const { id: journey } = newest.config.journeys[0] as Journey;
  countArrivals(c.env, site.id, { robots: robots.length });
  try {
    await countExcluded(c.env, site, { journey, kind: "bot", touchpoints: robots.length });
    return excluded;
  } catch (error) {
    logFailure(c, error, adviceOn(error));
    return robots.map(({ index }) => ({ index, result: "unavailable" }));
  }
}

/** Exempt measurement: what says who somebody is is refused, and joins nobody (B32). */
function withoutNames(items: ReadItems["items"]): ReadItems {
  const names = items.filter(({ item }) => isName(item.touchpoint));
  return {
    items: items.filter(({ item }) => !isName(item.touchpoint)),
    refused: names.map(({ index }) => ({ index, result: "refused", ...NO_NAME })),
  };
}

/** Gives what a visitor did as one user, and then as another, in that order. */
async function giveAll(c: Context<Bindings>, runs: readonly ServerVisitor[], taking: Taking): Promise<ItemResult[]> {
  const results: ItemResult[] = [];
  for (const run of runs) results.push(...(await give(c, run, taking)));
  return results;
}

async function give(
  c: Context<Bindings>,
  { name, isUser, was, counted }: ServerVisitor,
  { site, newest, call, covers }: Taking,
): Promise<ItemResult[]> {
  // An id that a page was given names its visitor, if there is one; any other text names nobody's but the server's own.
  const isGiven = "anonymousId" in name && isVisitorId(name.anonymousId);
  const told = await Promise.all(counted.map((own) => streamsOf(own, { call, covers, newest })));
  const { streams, repeated } = parted(told.flat());
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
    const keeps = call.stream === null ? streams.length : 0;
    const frame = { minimums: {}, stamp: null, sentAt: 0, asks: [], agent: null, excluded: null, keeps };
    const results = [...repeated];
    for (const part of portions(streams)) {
      const own = part.map(({ indices: _, ...stream }) => stream);
      const batch = { ...frame, ...asked, streams: own, live: call.isLive, ifKnown: isGiven };
      const { result } = await collectAt(c.env, place, batch);
      countBatch(
        c.env,
        site.id,
        { config: newest.config, streams: part, refused: [], source: "server", visitor },
        result,
      );
      results.push(...part.flatMap((stream) => itemResults(result, stream)));
    }
    return results;
  } catch (error) {
    logFailure(c, error, adviceOn(error));
    // Of some it may be known what became of them: sent again they are repetitions.
    const indices = told.flat().flatMap((own) => own.indices);
    return indices.map((index) => ({ index, result: "unavailable" as const }));
  }
}

/**
 * What one visitor is given at once: a journey takes no more than waits for its map in a megabyte and a half. Of what is covered each
 * portion says as much as it reaches: touchpoints are in the order of their seqs.
 */
function portions(streams: readonly Given[]): Given[][] {
  const all: Given[][] = [];
  let room = 0;
  for (const { covers, ...own } of streams) {
    for (let from = 0; from < own.touchpoints.length; ) {
      if (room === 0) {
        all.push([]);
        room = PORTION;
      }
      const to = Math.min(own.touchpoints.length, from + room);
      const touchpoints = own.touchpoints.slice(from, to);
      const reached = to === own.touchpoints.length ? Number.POSITIVE_INFINITY : (touchpoints.at(-1)?.seq ?? 0);
      // Of what is covered a journey keeps where its own are: a run for each stretch between refused lines would be of no use to it.
      const covered = covers
        ?.map(([first, last]): [number, number] => [first, Math.min(last, reached)])
        .filter(([first, last]) => touchpoints.some(({ seq }) => first <= seq && seq <= last));
      const indices = own.indices.slice(from, to);
      (all.at(-1) as Given[]).push({ ...own, touchpoints, indices, ...(covered ? { covers: covered } : {}) });
      room -= to - from;
      from = to;
    }
  }
  return all;
}

/** What comes twice in one call is given once. */
function parted(given: readonly Given[]): { streams: Given[]; repeated: ItemResult[] } {
  const first = new Map(given.toReversed().map((own) => [own.stream, own]));
  const isAgain = (own: Given) => own.message && first.get(own.stream) !== own;
  const repeated = given.filter(isAgain).flatMap(({ indices }) => indices);
  return {
    streams: given.filter((own) => !isAgain(own)),
    repeated: repeated.map((index) => ({ index, result: "duplicate" })),
  };
}

function visitorNamed({ env }: Context<Bindings>, { id }: Site, name: VisitorName): Promise<string> {
  if ("userId" in name) return userVisitor(env, id, name.userId);
  const { anonymousId } = name;
  return isVisitorId(anonymousId) ? Promise.resolve(anonymousId) : serverVisitor(env, id, anonymousId);
}

/** What one name counts, as its journey takes it; `indices` are the places in the call. */
type Given = ReceivedStream & { indices: number[] };

/**
 * Items with seqs are one stream; each of the others is its own, by its id. A source counts each of its visitors from 0: two
 * who are joined later would be taken for repetitions of each other.
 */
async function streamsOf(
  { countedBy, items, indices }: CountedItems,
  {
    call: { stream },
    covers,
    newest,
  }: { call: ServerCall; covers: [number, number][] | undefined; newest: VersionedConfig },
): Promise<Given[]> {
  if (stream !== null) {
    const id = await digestOf(`${stream}\0${countedBy}`);
    const inOrder = items
      .map(({ touchpoint }, i) => ({ touchpoint, index: indices[i] as number }))
      .sort((a, b) => a.touchpoint.seq - b.touchpoint.seq);
    const [touchpoints, places] = [inOrder.map((one) => one.touchpoint), inOrder.map(({ index }) => index)];
    return [{ stream: id, touchpoints, indices: places, ...(covers ? { covers } : {}) }];
  }
  const one = async (item: ServerItem, i: number): Promise<Given> => ({
    stream: item.messageId === "" ? randomStream() : await digestOf(`message\0${item.messageId}`),
    touchpoints: [item.touchpoint],
    message: true,
    ...said(item, newest),
    indices: [indices[i] as number],
  });
  return Promise.all(items.map(one));
}

/** What a server tells of its visitor's browser. Its address says whether it is one of the site's own people, and goes no further. */
function said({ told }: ServerItem, { config }: VersionedConfig): Pick<ReceivedStream, "context" | "excluded"> {
  const { userAgent, language, address } = told;
  const agent = agentOf(
    new Headers({ "User-Agent": printable(userAgent), "Accept-Language": printable(language) }),
    null,
  );
  const excluded = excludedAs({ address, debug: false }, config);
  return { ...(userAgent + language === "" ? {} : { context: contextOf(agent) }), ...(excluded ? { excluded } : {}) };
}

/** What may stand in a header. */
function printable(text: string): string {
  return text.replace(/[^ -~]/g, "").trim();
}

async function digestOf(text: string): Promise<string> {
  return base64url((await sha256(text)).subarray(0, 8));
}

function randomStream(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(8)));
}

function itemResults({ refused: barred, duplicates, late = [] }: CollectResult, given: Given): ItemResult[] {
  const { stream, touchpoints, indices } = given;
  const own = <T extends { stream: string; seq: number }>(told: readonly T[]) =>
    new Map(told.flatMap((one) => (one.stream === stream ? [[one.seq, one]] : [])));
  const [bars, known, lately] = [own(barred), own(duplicates), own(late)];
  return touchpoints.map(({ seq }, i): ItemResult => {
    const index = indices[i] as number;
    const bar = bars.get(seq);
    if (bar) return { index, result: "refused", reason: bar.reason, field: bar.field, bound: bar.bound };
    if (known.has(seq)) return { index, result: "duplicate" };
    return { index, result: "accepted", ...(lately.has(seq) ? { late: true as const } : {}) };
  });
}
