import type { Context } from "hono";
import { permits } from "../../models/consent.ts";
import {
  HANDOVER_VALID_MS,
  type HandedOver,
  type HandoverRequest,
  type HandoverToken,
  parseHandover,
} from "../../models/handover.ts";
import { isSecret } from "../../models/identity.ts";
import { heldBy, takenOver } from "../cookie.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { base64url, browserVisitor, open, seal } from "../keys.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { problem, refused, unavailable } from "../problems.ts";
import { lastRecord, recordStamp } from "../rights/object.ts";
import { type PageRequest, readPageRequest } from "./page-request.ts";

const BYTES_MAX = 8 * 1024;
const USE = "handover";
const NO_STORE = { "Cache-Control": "no-store" };

/** What is sealed in a token. Whoever reads an address learns nothing of it, and can use it on one host alone, once. */
type Sealed = [site: string, secret: string, to: string, nonce: string, until: number];

/**
 * `POST /v1/handover`: takes a visitor along a link to another host of the same site. The page that is left asks for a
 * token while its visitor is about to follow the link; the page that is come to gives it back, once, within a minute.
 */
export const handover = new Hono<Bindings>().post("/", async (c) => {
  const request = await readPageRequest(c, BYTES_MAX, parseHandover);
  if (request instanceof Response) return request;
  if (!permits(request.value.consent, "analytics")) return problem(c, "not-permitted", "“analytics” is not granted.");
  try {
    return "to" in request.value
      ? await issue(c, request, request.value.to)
      : await redeem(c, request, request.value.token);
  } catch (error) {
    return unavailable(c, error, "Follow the link without it.");
  }
});

async function issue(c: Context<Bindings>, asked: PageRequest<HandoverRequest>, to: string): Promise<Response> {
  const { site, newest, value } = asked;
  const { domains = [] } = newest.config.identity ?? {};
  if (!domains.includes(to)) {
    return refused(c, { ok: false, reason: "malformed", field: "to", bound: "one of “identity.domains”" });
  }
  const held = await heldBy(c, asked, await browserVisitor(c.env, site.id, value.secret));
  if (!permits(held, "analytics")) return problem(c, "not-permitted", "“analytics” is not granted.");
  const nonce = base64url(crypto.getRandomValues(new Uint8Array(16)));
  const sealed: Sealed = [site.id, value.secret, to, nonce, Date.now() + HANDOVER_VALID_MS];
  const token = await seal(c.env, USE, sealed);
  return c.json({ token, expiresInMs: HANDOVER_VALID_MS } satisfies HandoverToken, 200, NO_STORE);
}

async function redeem(c: Context<Bindings>, asked: PageRequest<HandoverRequest>, token: string): Promise<Response> {
  const { site, value } = asked;
  const opened = (await open(c.env, USE, token))?.value as Sealed | undefined;
  const over = () => problem(c, "handover-over", "The visitor is a new one on this host.");
  if (!opened) return over();
  const [of, secret, to, nonce, until] = opened;
  if (of !== site.id || to !== c.req.header("Origin") || until <= Date.now() || !isSecret(secret)) return over();
  const visitor = await browserVisitor(c.env, site.id, secret);
  const consent = await takenOver(c, asked, { secret, chosen: value.consent });
  if (!consent) return over();
  // Last, so that a request that is refused for anything else has not used it up.
  if (!(await callObject(async () => journeyObject(c.env, site.id, visitor).redeem(nonce, until)))) return over();
  // It was chosen on this host, by the visitor that its browser has been here until now.
  const { record } = await lastRecord(c.env, site, await browserVisitor(c.env, site.id, value.secret));
  const chosen = record?.rev === value.consent.rev ? record : null;
  await recordStamp(c, { ...asked, visitor }, { stamp: consent, surface: "handover", asked: chosen });
  return c.json({ secret, consent } satisfies HandedOver, 200, NO_STORE);
}
