import type { MiddlewareHandler } from "hono";
import { addressGroup } from "../models/address.ts";
import { type Bucket, nextBlock, type Rate, take } from "../models/bucket.ts";
import { ADDRESS_RATE, addressRate, DEVICE_RATE, FAILED_RATE, type Spent, siteRate } from "../models/limits.ts";
import type { SiteConfig } from "../models/site-config.ts";
import type { Bindings, Env } from "./env.ts";
import { siteObject } from "./objects.ts";
import { callObject } from "./platform-errors.ts";
import { tooMany } from "./problems.ts";

/** Addresses that an isolate remembers; beyond, the one that was silent longest has a full bucket again. */
const ADDRESSES_KEPT = 10_000;
/** What the platform's binding is set to in wrangler.toml: it does not say when it would let through again. */
const BINDING_PERIOD_MS = 10_000;
/** Sites and kinds whose leases an isolate remembers. */
const LEASES_KEPT = 1_000;
/** A lease that was not answered in this time, because its request was given up, holds up no further one. */
const LEASING_MS = 2_000;

/** What an isolate holds of a site's bucket. */
interface Lease {
  left: number;
  block: { size: number; at: number } | undefined;
  /** Until then another request asks for a block, and others for no more than they need. ms since 1970. */
  leasingUntil: number;
  refusedUntil: number;
}

const addresses = new Map<string, Bucket>();
const leases = new Map<string, Lease>();

/** `call`: of pages and servers. `team`: of whoever works with a site. `choice`: of visitors, and of who signs in. */
type AddressKind = "call" | "choice" | "team" | "device";

/**
 * Counts requests by the address that the platform saw (never by a header that anybody may send), before anything of
 * them is read. Approximate: each isolate counts for itself, and the binding for its place. What has to be exact is
 * counted by site and visitor. A choice is counted apart, so that nobody's traffic holds up a withdrawal.
 */
export function limitByAddress(kind: AddressKind): MiddlewareHandler<Bindings> {
  const rate = kind === "device" ? DEVICE_RATE : ADDRESS_RATE;
  return async (c, next) => {
    const group = groupOf(c.req.header("CF-Connecting-IP"));
    if (group === "") return next();
    const key = `${kind} ${group}`;
    const waitMs = takeOf(key, 1, rate);
    if (waitMs > 0) return tooMany(c, waitMs);
    // A count that cannot be had bars nobody.
    const limited = await c.env.ADDRESS_LIMIT?.limit({ key }).catch(() => null);
    if (limited && !limited.success) return tooMany(c, BINDING_PERIOD_MS);
    return next();
  };
}

/** Counts what one address sends to a site, approximately as above; gives 0, or how long it has to wait, ms. */
export function spendOfAddress(
  address: string | undefined,
  { site, config }: { site: string; config: SiteConfig },
  count: number,
): number {
  const group = groupOf(address);
  return group === "" ? 0 : takeOf(`${site} ${group}`, count, addressRate(config));
}

/**
 * How long an address has to wait after credentials that were nobody's, ms; 0: not at all. Approximate, as above. `at`: where
 * they were shown, if that is counted apart: one provider's addresses speak for many sites.
 */
export function waitAfterFailures(address: string | undefined, at = ""): number {
  const group = groupOf(address);
  return group === ""
    ? 0
    : take(addresses.get(`failed ${at}${group}`), { least: 1 }, { rate: FAILED_RATE, now: Date.now() }).waitMs;
}

/** Notes a credential that was nobody's, or nobody's at the site that it was shown to. */
export function noteFailure(address: string | undefined, at = ""): void {
  const group = groupOf(address);
  if (group !== "") takeOf(`failed ${at}${group}`, 1, FAILED_RATE);
}

function groupOf(address: string | undefined): string {
  return address === undefined ? "" : addressGroup(address);
}

function takeOf(key: string, least: number, rate: Rate): number {
  const { bucket, waitMs } = take(addresses.get(key), { least }, { rate, now: Date.now() });
  remember(addresses, key, { value: bucket, most: ADDRESSES_KEPT });
  return waitMs;
}

/**
 * Spends some of what a site has of a kind. Exact over all places, because everything comes out of the site object's one
 * bucket; cheap, because an isolate leases a block of it at a time, about once a second. Gives 0, or how long to wait, ms.
 * Throws where the site object cannot be reached.
 */
export async function spend(
  env: Env,
  { site, config }: { site: string; config: SiteConfig },
  { kind, count }: { kind: Spent; count: number },
): Promise<number> {
  const key = `${kind} ${site}`;
  const lease = leases.get(key) ?? { left: 0, block: undefined, leasingUntil: 0, refusedUntil: 0 };
  remember(leases, key, { value: lease, most: LEASES_KEPT });
  const now = Date.now();
  if (lease.left >= count) {
    lease.left -= count;
    return 0;
  }
  if (now < lease.refusedUntil) return lease.refusedUntil - now;
  const most = now < lease.leasingUntil ? count : blockFor(lease, now, siteRate(kind, config));
  const { given, waitMs } = await callObject(async () =>
    siteObject(env, site).lease(kind, { least: count, most: Math.max(count, most) }),
  );
  if (most > count) lease.leasingUntil = 0;
  if (waitMs > 0) {
    lease.refusedUntil = Date.now() + waitMs;
    return waitMs;
  }
  lease.left += given - count;
  return 0;
}

/** Gives back what was spent on something that was not taken: the isolate's next requests have it. */
export function giveBack(site: string, { kind, count }: { kind: Spent; count: number }): void {
  const lease = leases.get(`${kind} ${site}`);
  if (lease) lease.left += count;
}

function blockFor(lease: Lease, now: number, rate: Rate): number {
  const size = nextBlock(lease.block, now, rate);
  lease.block = { size, at: now };
  lease.leasingUntil = now + LEASING_MS;
  return size;
}

/** Keeps the newest of a map's entries, by when they were last used. */
function remember<T>(memory: Map<string, T>, key: string, { value, most }: { value: T; most: number }): void {
  memory.delete(key);
  if (memory.size >= most) memory.delete(memory.keys().next().value as string);
  memory.set(key, value);
}
