import type { Context } from "hono";
import { BATCH_BYTES_MAX, parseBatch, parseSingle, type ServerCall, SINGLE_CALLS } from "../../models/segment.ts";
import type { Parsed } from "../../models/touchpoint.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { problem, refused, tooMany } from "../problems.ts";
import { readBody } from "../routes/body.ts";
import { newestConfig } from "../sites.ts";
import { takeItems } from "./take.ts";
import { siteOfWriteKey } from "./write-key.ts";

/** `POST /v1/batch`, `/v1/track` and its like: what a server knows of many visitors, of the past or of just now. */
export const segment = new Hono<Bindings>().post("/batch", (c) => answer(c, parseBatch));
for (const call of SINGLE_CALLS) {
  segment.post(`/${call}`, (c) => answer(c, (value, now) => parseSingle(value, call, now)));
}

async function answer(
  c: Context<Bindings>,
  parse: (value: unknown, now: number) => Parsed<ServerCall>,
): Promise<Response> {
  const site = await siteOfWriteKey(c);
  if (!site) return problem(c, "unauthorised", "Send the write key as the user of Basic authorization.");
  c.set("site", site.id);
  const body = await readBody(c, BATCH_BYTES_MAX);
  if (!body.ok && body.reason === "too-large") return problem(c, "too-large", `At most ${body.bytesMax} bytes.`);
  const parsed = body.ok ? parse(body.value, Date.now()) : body;
  if (!parsed.ok) {
    const { field, bound } = parsed;
    return field === "historical"
      ? problem(c, "not-historical", "Send “historical”, a “stream”, and in each item a “seq”.", { field, bound })
      : refused(c, parsed);
  }
  const newest = await newestConfig(c.env, site.id);
  if (!newest) return problem(c, "no-configuration", `Put one with PUT /api/sites/${site.id}/config.`);
  const taken = await takeItems(c, { site, newest, call: parsed.value });
  if ("waitMs" in taken) return tooMany(c, taken.waitMs);
  return c.json({ results: taken.results }, 200, { "Cache-Control": "no-store" });
}
