import type { Context } from "hono";
import type { ItemResult } from "../../models/server-item.ts";
import type { SourceConfig } from "../../models/source-config.ts";
import { readWebhook } from "../../models/webhook-mapping.ts";
import { claimOf } from "../../models/webhook-signature.ts";
import type { Bindings } from "../env.ts";
import { Hono } from "../hono.ts";
import { noteFailure, waitAfterFailures } from "../limits.ts";
import { problem, refused, tooMany } from "../problems.ts";
import { jsonOf, readBytes } from "../routes/body.ts";
import { newestConfig, type Site, siteByKey, type VersionedConfig } from "../sites.ts";
import { isPassword, isSigned } from "./signature.ts";
import { SECRETS_MAX_AGE_MS, SECRETS_MIN_AGE_MS, secretsOf } from "./source-secrets.ts";
import { takeItems } from "./take.ts";

/** Largest body: SendGrid's batches have up to 768 KB. */
const BYTES_MAX = 1024 * 1024;
/** How many refused events an answer names. */
const REFUSED_TOLD = 100;

/** `POST /v1/webhooks/:key/:source`: what one of the site's other systems tells, in its own words. `key`: the public one. */
export const webhooks = new Hono<Bindings>().post("/webhooks/:key/:source", async (c) => {
  const site = await siteByKey(c.env, c.req.param("key"));
  if (!site) return problem(c, "unknown-site", "The address of a webhook names the site's public key.");
  c.set("site", site.id);
  const newest = await newestConfig(c.env, site.id);
  const source = newest?.config.sources?.find(({ id }) => id === c.req.param("source"));
  if (!newest || !source) return problem(c, "not-found", "The site's configuration has no source of this name.");
  const address = c.req.header("CF-Connecting-IP");
  // Counted by source: a provider's addresses speak for many sites, and one wrong secret must not hold up the others.
  const place = `${site.id}/${source.id} `;
  const waitMs = waitAfterFailures(address, place);
  if (waitMs > 0) return tooMany(c, waitMs);
  const body = await readBytes(c, BYTES_MAX);
  if (!body) return problem(c, "too-large", `At most ${BYTES_MAX} bytes.`);
  if (!(await isProven(c, { site, source, body }))) {
    noteFailure(address, place);
    return problem(
      c,
      "unauthorised",
      "The signature is missing, wrong or older than 5 minutes; or the source has no secret yet (npx waypost sources secret ID).",
    );
  }
  return take(c, { site, newest, source, body });
});

interface Asked {
  site: Site;
  source: SourceConfig;
  /** As it came: signatures are over its bytes. */
  body: Uint8Array<ArrayBuffer>;
}

/** Whether the source's own secret vouches for a request. One that none of the remembered has signed is judged by those of now. */
async function isProven(c: Context<Bindings>, { site, source, body }: Asked): Promise<boolean> {
  const { signature } = source;
  const named = { site: site.id, source: source.id };
  const claim = signature.scheme === "basic" ? null : claimOf(signature, signedRequest(c), Date.now());
  if (signature.scheme !== "basic" && !claim) return false;
  const vouches = (secrets: readonly string[]) =>
    claim ? isSigned(claim, body, secrets) : isPassword(c.req.header("Authorization"), secrets);
  return (
    (await vouches(await secretsOf(c.env, named, SECRETS_MAX_AGE_MS))) ||
    (await vouches(await secretsOf(c.env, named, SECRETS_MIN_AGE_MS)))
  );
}

/** The provider signs the address that it was given: with `/_w` on a site's own host. What was before it is no longer known here. */
function signedRequest({ req }: Context<Bindings>) {
  const url = new URL(req.url);
  const own = url.href;
  url.pathname = `/_w${url.pathname}`;
  return { method: req.method, urls: [own, url.href], header: (name: string) => req.header(name) ?? null };
}

async function take(c: Context<Bindings>, { site, newest, source, body }: Asked & { newest: VersionedConfig }) {
  const payload = jsonOf(body);
  const read = payload.ok ? readWebhook(source, payload.value, Date.now()) : payload;
  if (!read.ok) return read.reason === "too-many" ? problem(c, "too-large", `${read.bound}.`, read) : refused(c, read);
  const { ignored, ...items } = read.value;
  const taken = await takeItems(c, { site, newest, call: { ...items, isLive: true, stream: null } });
  if ("waitMs" in taken) return tooMany(c, taken.waitMs);
  const of = <R extends ItemResult["result"]>(result: R) =>
    taken.results.filter((one): one is Extract<ItemResult, { result: R }> => one.result === result);
  // The provider sends all of it again: what was taken is a repetition then.
  if (of("unavailable").length > 0) return problem(c, "unavailable", "Send it again: not all of it could be taken.");
  const bad = of("refused").map(({ index: event, reason, field, bound }) => ({ event, reason, field, bound }));
  const answer = {
    accepted: of("accepted").length,
    duplicates: of("duplicate").length,
    ignored,
    refused: bad.slice(0, REFUSED_TOLD),
    more: Math.max(0, bad.length - REFUSED_TOLD),
  };
  return c.json(answer, 200, { "Cache-Control": "no-store" });
}
