import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { CollectReply } from "../../models/wire.ts";
import { browserVisitor } from "../../worker/keys.ts";
import { createSite, ORIGIN, post, randomKey, type SiteOf } from "../harness/site-of.ts";

/** 1,000 withdrawals: of each visitor one after the other, of different visitors at once. */
const VISITORS = 40;
const ROUNDS = 25;
const FAST = { limits: { touchpointsPerSecond: 50_000 } };

interface Visitor {
  secret: string;
  stream: string;
  /** Position of the next touchpoint. */
  seq: number;
}

/** Posts two touchpoints under a grant; `aheadMs` is how far the page's claim of their time is ahead. */
async function send(site: SiteOf, visitor: Visitor, rev: number, aheadMs: number): Promise<CollectReply> {
  const { secret, stream } = visitor;
  const now = Date.now();
  const touchpoints = [0, 1].map(() => ({
    seq: visitor.seq++,
    type: "page",
    name: "",
    at: now + aheadMs,
    url: `${ORIGIN}/cart`,
    props: {},
  }));
  const consent = { rev, purposes: ["analytics"] };
  const frame = { v: 1, site: site.publicKey, secret, sentAt: now, consent, asks: [] };
  const answer = await post("/v1/collect", { ...frame, streams: [{ stream, touchpoints }] });
  expect(answer.status).toBe(200);
  return (await answer.json()) as CollectReply;
}

async function withdraw(site: SiteOf, { secret }: Visitor, rev: number): Promise<void> {
  const consent = { rev, purposes: [] };
  const body = {
    v: 1,
    site: site.publicKey,
    secret,
    consent,
    policy: "policy-hash",
    language: "en",
    control: "withdraw",
  };
  expect((await post("/v1/consent", body)).status).toBe(200);
}

/** One withdrawal while the batch of a new grant is under way. Gives the seqs of the round, and when all was answered. */
async function race(site: SiteOf, visitor: Visitor, round: number) {
  const rev = 2 + 2 * round;
  const from = visitor.seq;
  // Both orders, and everything between: the later one starts after 0 to 3 turns of the event loop.
  const pause = async () => {
    for (let turn = 0; turn < (round >> 1) % 4; turn++) await scheduler.wait(0);
  };
  const inFlight = () => send(site, visitor, rev, 5_000);
  const choice = () => withdraw(site, visitor, rev + 1);
  const [first, second] = round % 2 === 0 ? [inFlight, choice] : [choice, inFlight];
  const begun = first();
  await pause();
  await Promise.all([begun, second()]);
  const withdrawnAt = Date.now();
  const late = await send(site, visitor, rev, 10);
  return { from, withdrawnAt, refused: late.refused.map(({ reason }) => reason).join() };
}

test("B15 B16 of 1,000 withdrawals while a batch is under way nothing is kept that happened after; what happened before is there", async () => {
  const site = await createSite("withdrawn", FAST);
  const visits = Array.from({ length: VISITORS }, async () => {
    const visitor: Visitor = { secret: randomKey(16), stream: randomKey(8), seq: 0 };
    await send(site, visitor, 1, -1_000);
    const rounds: Awaited<ReturnType<typeof race>>[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await race(site, visitor, round));
    const id = await browserVisitor(env, site.id, visitor.secret);
    const kept = await runInDurableObject(env.JOURNEY.getByName(`${site.id}:${id}`), ({ store }) => {
      const { folded, consent } = store.load().state;
      return { ring: folded.ring.map(({ seq, at }) => ({ seq, at })), consent };
    });
    return { rounds, ...kept };
  });
  const results = await Promise.all(visits);
  const rounds = results.flatMap(({ rounds, ring }) =>
    rounds.map(({ from, withdrawnAt, refused }) => {
      const mine = ring.filter(({ seq }) => seq >= from && seq < from + 4);
      return { kept: mine.length, after: mine.filter(({ at }) => at > withdrawnAt).length, refused };
    }),
  );
  expect(rounds).toHaveLength(1_000);
  expect(rounds.filter(({ after }) => after > 0)).toEqual([]);
  expect(results.every(({ consent }) => consent.rev === 1 + 2 * ROUNDS && consent.purposes.length === 0)).toBe(true);
  // What is sent later is answered, dropped and named.
  expect(rounds.every(({ refused }) => refused === "consent,consent")).toBe(true);
  // The twin: what was sent before is there, of every visitor and of every batch that came first; and the race went both ways.
  expect(results.every(({ ring }) => ring[0]?.seq === 0 && ring[1]?.seq === 1)).toBe(true);
  expect(new Set(rounds.map(({ kept }) => kept))).toEqual(new Set([0, 2]));
});
