import type { Context } from "hono";
import type { ServerCall } from "../../models/segment.ts";
import type { ItemResult } from "../../models/server-item.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { Parsed } from "../../models/touchpoint.ts";
import type { Bindings } from "../env.ts";
import { problem, refused, tooMany } from "../problems.ts";
import type { Body } from "../routes/body.ts";
import { newestConfig, type Site } from "../sites.ts";
import { takeItems } from "./take.ts";
import { siteOfWriteKey } from "./write-key.ts";

/** How a route of servers reads a call, and how it answers. */
export interface Reading {
  read: () => Promise<Body>;
  /** `now`: ms since 1970. */
  parse: (value: unknown, now: number) => Parsed<ServerCall>;
  answer: (results: ItemResult[]) => Response | Promise<Response>;
}

/** Answers a call that a write key proves: what is wrong with all of it is a problem, what is wrong with an item its result. */
export async function answerCall(c: Context<Bindings>, reading: Reading): Promise<Response> {
  const site = await siteOfWriteKey(c);
  if (!site) return problem(c, "unauthorised", "Send the write key as the user of Basic authorization.");
  c.set("site", site.id);
  const body = await reading.read();
  if (!body.ok) return refusedBody(c, body);
  const parsed = reading.parse(body.value, Date.now());
  if (!parsed.ok) return refused(c, parsed);
  return answerItems(c, { site, call: parsed.value, answer: reading.answer });
}

/** What was read of a site's call. */
interface Answering {
  site: Site;
  call: ServerCall;
  /** What a call with seqs covers (see `ReceivedStream`), by the configuration that it is judged by. */
  covers?: (config: SiteConfig) => [number, number][];
  answer: Reading["answer"];
}

/** Gives it to its journeys and answers what became of it, or why nothing of it was taken. */
export async function answerItems(c: Context<Bindings>, { site, call, covers, answer }: Answering): Promise<Response> {
  const newest = await newestConfig(c.env, site.id);
  if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${site.id}/config.`);
  const taken = await takeItems(c, { site, newest, call, ...(covers ? { covers: covers(newest.config) } : {}) });
  return "waitMs" in taken ? tooMany(c, taken.waitMs) : answer(taken.results);
}

/** The answer to a body that is too large, packed in a way that is not known, or no JSON. `advice`: what to do with a larger one. */
export function refusedBody(c: Context<Bindings>, body: Exclude<Body, { ok: true }>, advice = ""): Response {
  if (body.reason !== "too-large") return refused(c, body);
  return problem(c, "too-large", `At most ${body.bytesMax} bytes. ${advice}`.trim());
}

/**
 * The answer to a call whose items have no seqs: what was refused, by place, and how many were taken. Where something could not be
 * given it is 503, so that an SDK sends the call again: what was taken is known by its id then.
 */
export function answerUncounted(c: Context<Bindings>, results: ItemResult[]): Response {
  if (results.some(({ result }) => result === "unavailable")) {
    return problem(c, "unavailable", "Not all of it could be taken: send the same call again.");
  }
  const count = (of: ItemResult["result"]) => results.filter(({ result }) => result === of).length;
  const told = {
    success: true,
    accepted: count("accepted"),
    duplicates: count("duplicate"),
    excluded: count("excluded"),
    refused: results.flatMap((one) => (one.result === "refused" ? [{ ...one, result: undefined }] : [])),
  };
  return c.json(told, 200, { "Cache-Control": "no-store" });
}
