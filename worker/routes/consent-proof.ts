import type { Context } from "hono";
import * as v from "valibot";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { ledgerCount, shardLedger } from "../ledger/shards.ts";
import { siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem, refused } from "../problems.ts";
import type { Site } from "../sites.ts";
import { described, query } from "./described.ts";

/** One call of an object carries at most 32 MiB: so many records stay far below, and so does what a reader has to hold. */
const RECORDS_MAX = 2_000;
const NOTICES_MAX = 100;
const NO_STORE = { "Cache-Control": "no-store" };
const TEXT = v.optional(v.string());

const LINK = { no: v.number(), hash: v.string() };
const HEADS = v.object({
  site: v.string(),
  at: v.number(),
  heads: v.array(v.object({ shard: v.number(), ...LINK, start: v.object(LINK) })),
  anchors: v.array(v.object({ at: v.number(), shard: v.number(), ...LINK })),
  refusals: v.array(v.object({ day: v.string(), policy: v.string(), count: v.number() })),
});
const NOTICES = v.object({
  notices: v.array(v.object({ hash: v.string(), text: v.string() })),
  next: v.nullable(v.string()),
});

/** `/api/sites/:site/consent*`: what an owner shows a regulator. Read only: nothing changes or deletes a record. */
export const consentProof = new Hono<Bindings>()
  .get(
    "/:site/consent",
    described({
      operationId: "readConsentHeads",
      summary: "Where the chains of consent records begin and end",
      answer: HEADS,
    }),
    async (c) => {
      const site = await siteOf(c);
      if (site instanceof Response) return site;
      const shards = Array.from({ length: ledgerCount(site) }, (_, shard) => shard);
      const heads = await Promise.all(
        shards.map(async (shard) => ({ shard, ...(await callObject(() => shardLedger(c.env, site, shard).head())) })),
      );
      const refusals = await Promise.all(
        shards.map((shard) => callObject(() => shardLedger(c.env, site, shard).refusals())),
      );
      const anchors = await callObject(async () => siteObject(c.env, site.id).anchors());
      return c.json({ site: site.id, at: Date.now(), heads, anchors, refusals: refusals.flat() }, 200, NO_STORE);
    },
  )
  // As lines, so that whoever reads them has the very bytes that the next record's hash is made of.
  .get(
    "/:site/consent/records",
    described({
      operationId: "readConsentRecords",
      summary: "Consent records of one chain, a line each, as they were written",
      answer: { media: "application/x-ndjson" },
      answerHeaders: { "Waypost-Next": "What to ask for next as “after”; absent at the end" },
    }),
    query(v.object({ shard: TEXT, after: TEXT, limit: TEXT })),
    async (c) => {
      const site = await siteOf(c);
      if (site instanceof Response) return site;
      const shard = wholeNumber(c.req.query("shard"), ledgerCount(site) - 1);
      if (shard === null) return refused(c, wrong("shard", `a whole number from 0 to ${ledgerCount(site) - 1}`));
      const after = wholeNumber(c.req.query("after") ?? "0", Number.MAX_SAFE_INTEGER);
      if (after === null) return refused(c, wrong("after", "the number of a record, or 0"));
      const limit = wholeNumber(c.req.query("limit") ?? String(RECORDS_MAX), RECORDS_MAX);
      if (!limit) return refused(c, wrong("limit", `a whole number from 1 to ${RECORDS_MAX}`));
      const { texts, next } = await callObject(() => shardLedger(c.env, site, shard).page(after, limit));
      const headers = { ...NO_STORE, "Content-Type": "application/x-ndjson; charset=utf-8" };
      const body = texts.map((text) => `${text}\n`).join("");
      return c.body(body, 200, next === null ? headers : { ...headers, "Waypost-Next": String(next) });
    },
  )
  .get(
    "/:site/consent/notices",
    described({ operationId: "readNotices", summary: "Notices that were shown, a hundred at a time", answer: NOTICES }),
    query(v.object({ after: TEXT })),
    async (c) => {
      const site = await siteOf(c);
      if (site instanceof Response) return site;
      const after = c.req.query("after") ?? "";
      const notices = await callObject(async () => siteObject(c.env, site.id).notices(after, NOTICES_MAX));
      const next = notices.length < NOTICES_MAX ? null : (notices.at(-1)?.hash ?? null);
      return c.json({ notices, next }, 200, NO_STORE);
    },
  )
  .get(
    "/:site/consent/notices/:hash",
    described({ operationId: "readNotice", summary: "One notice, byte for byte", answer: v.unknown() }),
    async (c) => {
      const site = await siteOf(c);
      if (site instanceof Response) return site;
      const text = await callObject(async () => siteObject(c.env, site.id).notice(c.req.param("hash")));
      if (text === null) return problem(c, "not-found", "The site has shown no notice with this hash.");
      return c.body(text, 200, { ...NO_STORE, "Content-Type": "application/json; charset=utf-8" });
    },
  );

async function siteOf(c: Context<Bindings>): Promise<Site | Response> {
  const id = c.req.param("site") as string;
  const site = (await callObject(async () => siteObject(c.env, id).site())) as Site | null;
  return site ?? problem(c, "unknown-site", `Create it with PUT /api/sites/${id}.`);
}

/** A whole number from 0 to `max`, or null. */
function wholeNumber(text: string | undefined, max: number): number | null {
  const value = /^\d{1,16}$/.test(text ?? "") ? Number(text) : Number.NaN;
  return value <= max ? value : null;
}

function wrong(field: string, bound: string) {
  return { ok: false, reason: "malformed", field, bound } as const;
}
