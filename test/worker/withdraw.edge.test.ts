import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import type { CollectReply } from "../../models/wire.ts";
import { JourneyObject } from "../../worker/journey/object.ts";
import { browserVisitor } from "../../worker/keys.ts";
import { createSite, ORIGIN, post, randomKey, type SiteOf } from "../harness/site-of.ts";

/** 1,000 withdrawals: of each visitor one after the other, of different visitors at once. */
const VISITORS = 20;
const ROUNDS = 50;

afterEach(() => vi.restoreAllMocks());

interface Visitor {
  secret: string;
  id: string;
  stream: string;
  /** Position of the next touchpoint. */
  seq: number;
}

const journeyOf = (site: SiteOf, { id }: Visitor) => env.JOURNEY.getByName(`${site.id}:${id}`);

/** Two views of the visitor's stream, `aheadMs` ahead of their clock: the edge takes them for as late as they arrive. */
function viewsOf(visitor: Visitor, aheadMs: number) {
  const at = Date.now() + aheadMs;
  const view = () => ({ seq: visitor.seq++, type: "page" as const, name: "", at, url: `${ORIGIN}/cart`, props: {} });
  return [{ stream: visitor.stream, touchpoints: [view(), view()] }];
}

/** A batch as its page sends it. */
async function send(site: SiteOf, visitor: Visitor, rev: number): Promise<CollectReply> {
  const frame = { v: 1, site: site.publicKey, secret: visitor.secret, sentAt: Date.now(), asks: [] };
  const consent = { rev, purposes: ["analytics"] };
  const answer = await post("/v1/collect", { ...frame, consent, streams: viewsOf(visitor, -1_000) });
  expect(answer.status).toBe(200);
  return (await answer.json()) as CollectReply;
}

/**
 * One withdrawal while the batch of a new grant is under way, where the two meet: at the journey, as the border hands them
 * on. Either comes first, by none to three turns of the event loop.
 */
async function race(site: SiteOf, visitor: Visitor, round: number): Promise<{ from: number; rev: number }> {
  const rev = 2 + 2 * round;
  const from = visitor.seq;
  const journey = journeyOf(site, visitor);
  const inFlight = () =>
    journey.collect({
      site: { id: site.id, epoch: 1, shards: 8 },
      visitor: visitor.id,
      device: null,
      config: 1,
      minimums: {},
      streams: viewsOf(visitor, 5_000),
      stamp: { rev, purposes: ["analytics"] },
      sentAt: Date.now(),
      asks: [],
      agent: null,
      excluded: null,
    });
  const choice = () => journey.consent({ rev: rev + 1, purposes: [] });
  const [first, second] = round % 2 === 0 ? [inFlight, choice] : [choice, inFlight];
  const begun = first();
  for (let turn = 0; turn < (round >> 1) % 4; turn++) await scheduler.wait(0);
  await Promise.all([begun, second()]);
  return { from, rev: rev + 1 };
}

test("B15 B16 of 1,000 withdrawals while a batch is under way nothing is kept that happened after; what happened before is there", async () => {
  const site = await createSite("withdrawn");
  // When each withdrawal was taken, by the clock of the very object that takes the batch beside it.
  const takenAt = new Map<string, number>();
  const real = JourneyObject.prototype.consent;
  vi.spyOn(JourneyObject.prototype, "consent").mockImplementation(async function (this: JourneyObject, stamp) {
    await real.call(this, stamp);
    const { id } = (this as unknown as { ctx: DurableObjectState }).ctx;
    takenAt.set(`${id.name} ${stamp.rev}`, Date.now());
  });
  const visits = Array.from({ length: VISITORS }, async () => {
    const secret = randomKey(16);
    const visitor = { secret, id: await browserVisitor(env, site.id, secret), stream: randomKey(8), seq: 0 };
    await send(site, visitor, 1);
    const rounds: Awaited<ReturnType<typeof race>>[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await race(site, visitor, round));
    const late = await send(site, visitor, 2 * ROUNDS);
    const { ring, consent } = await runInDurableObject(journeyOf(site, visitor), ({ store }) => {
      const { folded, consent } = store.load().state;
      return { ring: folded.ring.map(({ seq, at }) => ({ seq, at })), consent };
    });
    const raced = rounds.map(({ from, rev }) => {
      const mine = ring.filter(({ seq }) => seq === from || seq === from + 1);
      const withdrawnAt = takenAt.get(`${site.id}:${visitor.id} ${rev}`) ?? 0;
      return { kept: mine.length, after: mine.filter(({ at }) => at > withdrawnAt).length };
    });
    return { raced, ring, consent, late: late.refused.map(({ reason }) => reason).join() };
  });
  const results = await Promise.all(visits);
  const raced = results.flatMap((result) => result.raced);
  expect([raced.length, takenAt.size]).toEqual([1_000, 1_000]);
  expect(raced.filter(({ after }) => after > 0)).toHaveLength(0);
  expect(results.every(({ consent }) => consent.rev === 1 + 2 * ROUNDS && consent.purposes.length === 0)).toBe(true);
  // What is sent later is answered, dropped and named.
  expect(results.map(({ late }) => late)).toEqual(Array(VISITORS).fill("consent,consent"));
  // The twin: what was sent before is there, of every visitor and of every batch that came first; and the race went both ways.
  expect(results.every(({ ring }) => ring[0]?.seq === 0 && ring[1]?.seq === 1)).toBe(true);
  expect(new Set(raced.map(({ kept }) => kept))).toEqual(new Set([0, 2]));
});
