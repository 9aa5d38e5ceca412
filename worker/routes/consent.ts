import type { Context } from "hono";
import { permits } from "../../models/consent.ts";
import { recordKeptDays } from "../../models/publish-consent.ts";
import { type ConsentReply, type ConsentRequest, parseConsent, WIRE_VERSION } from "../../models/wire.ts";
import { signalsOf } from "../consent-basis.ts";
import { forgetCookie, keptCookie, takenOver } from "../cookie.ts";
import type { Bindings } from "../env.ts";
import { countArrivals } from "../events/arrivals.ts";
import { Hono } from "../hono.ts";
import { browserVisitor } from "../keys.ts";
import type { RecordCall } from "../ledger/object.ts";
import { anyLedger, visitorLedger } from "../ledger/shards.ts";
import { spend } from "../limits.ts";
import { jurisdictionAt, keptNotice } from "../notices.ts";
import { journeyObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { tooMany, unavailable } from "../problems.ts";
import { VERSION } from "../version.ts";
import { type PageRequest, readPageRequest } from "./page-request.ts";

/** A choice is a few hundred bytes. */
const CONSENT_BYTES_MAX = 4 * 1024;
/** What a refusal is counted under whose policy is none of the site's: whoever sends it names no row. */
const UNKNOWN_POLICY = "unknown";

/**
 * `POST /v1/consent`: a choice goes to the ledger, then to the journey where an id exists. A cookie of the site's own
 * host names one too: a first grant goes on under it, and a refusal withdraws what it stands for.
 */
export const consent = new Hono<Bindings>().post("/", async (c) => {
  const taken = await readPageRequest(c, CONSENT_BYTES_MAX, parseConsent);
  if (taken instanceof Response) return taken;
  const { value: request, site, newest } = taken;
  const isGrant = permits(request.consent, "analytics");
  try {
    const spent = { kind: isGrant ? "grants" : "refusals", count: 1 } as const;
    // A choice waits for its turn, but not for a count that cannot be had.
    const waitMs = await spend(c.env, { site: site.id, config: newest.config }, spent).catch(() => 0);
    if (waitMs > 0) return tooMany(c, waitMs);
    const kept = await keptCookie(c, taken);
    // A reset is neither: it follows on a choice of the same storage. What is no choice speaks for its own visitor alone.
    const speaksForIt = request.policy !== "" && (!isGrant || request.consent.rev === 1);
    const following =
      kept && speaksForIt && kept.secret !== request.secret ? await followingOn(c, taken, kept.secret) : null;
    const choices = [...(following && isGrant ? [] : [request]), ...(following ? [following] : [])];
    for (const choice of choices) if (choice.secret !== undefined) await record(c, taken, choice);
    if (choices.every(({ secret }) => secret === undefined)) {
      // No id, so no shard of its own: any one counts it, and the sum is what is asked for.
      const known = newest.former?.some(({ policy }) => policy === request.policy) ?? newest.policy === request.policy;
      const policy = known ? request.policy : UNKNOWN_POLICY;
      await callObject(async () => anyLedger(c.env, site).countRefusal(policy));
    }
  } catch (error) {
    return unavailable(c, error, "The choice is not recorded yet: send it again.");
  }
  countArrivals(c.env, site.id, { choices: 1 });
  if (!isGrant || request.control === "reset") forgetCookie(c, taken, request.secret !== undefined);
  return c.json({ v: WIRE_VERSION, recorded: true } satisfies ConsentReply, 200, { "Cache-Control": "no-store" });
});

/** The same choice for the visitor of an earlier secret, as `takenOver` has it; null where their journey holds no grant. */
async function followingOn(
  c: Context<Bindings>,
  asked: PageRequest<ConsentRequest>,
  secret: string,
): Promise<ConsentRequest | null> {
  const request = asked.value;
  const consent = await takenOver(c, asked, { secret, chosen: request.consent });
  const control = permits(request.consent, "analytics") ? request.control : "withdraw";
  return consent && { ...request, secret, control, consent };
}

async function record(
  c: Context<Bindings>,
  { site, newest }: Pick<PageRequest<ConsentRequest>, "site" | "newest">,
  request: ConsentRequest,
): Promise<void> {
  const visitor = await browserVisitor(c.env, site.id, request.secret as string);
  const { consent: config } = newest.config;
  const signals = signalsOf(c);
  const call: RecordCall = {
    offered: newest.former?.find(({ policy }) => policy === request.policy)?.material?.purposes ?? config.purposes,
    notice: await keptNotice(c.env, { site: site.id, consent: config }, request.notice ?? ""),
    jurisdiction: jurisdictionAt(c, config),
    signals: {
      gpc: signals.gpc || request.signals?.gpc === true,
      dnt: signals.dnt || request.signals?.dnt === true,
    },
    build: VERSION,
    keptDays: recordKeptDays(config),
  };
  const ledger = () => visitorLedger(c.env, site, visitor);
  // Whoever has an id that it can be recorded under has something to withdraw.
  const control = request.control === "reject" ? "withdraw" : request.control;
  const taken = await callObject(async () => (await ledger()).record(visitor, site.id, { ...request, control }, call));
  // Who was erased does not come back by a choice that grants nothing.
  if (taken === false) return;
  await callObject(async () => journeyObject(c.env, site.id, visitor).consent(request.consent));
}
