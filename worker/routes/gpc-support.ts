import type { GpcSupport } from "../../models/gpc-support.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";

/** Since when the Worker heeds the signal as it does. */
const SUPPORT: GpcSupport = { gpc: true, lastUpdate: "2026-11-28" };
const DAY_S = 86_400;

/** `GET /.well-known/gpc.json`: the site heeds Global Privacy Control. */
export const gpcSupport = new Hono<Bindings>().get("/", (c) =>
  c.json(SUPPORT, 200, { "Cache-Control": `public, max-age=${DAY_S}`, "Access-Control-Allow-Origin": "*" }),
);
