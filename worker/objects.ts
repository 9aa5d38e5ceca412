import type { AccountsObject } from "./accounts/object.ts";
import type { BudgetObject } from "./budget/object.ts";
import type { DryRunObject } from "./dry-run/object.ts";
import type { Env } from "./env.ts";
import type { EventsObject } from "./events/object.ts";
import type { JourneyObject } from "./journey/object.ts";
import type { LedgerObject } from "./ledger/object.ts";
import type { LiveMapObject } from "./map/live.ts";
import type { MapObject } from "./map/object.ts";
import type { SiteObject } from "./site/object.ts";

/**
 * Every object is reached here, and nowhere else, because where it lives is decided here: with `DATA_REGION` set to a
 * jurisdiction ("eu") it is created, runs and stores its data there. The same name is another object in each
 * jurisdiction, so a deployment keeps the region that it began with. The local runtime knows no jurisdictions.
 */
function inRegion<T extends Rpc.DurableObjectBranded>(
  env: Pick<Env, "DATA_REGION">,
  namespace: DurableObjectNamespace<T>,
): DurableObjectNamespace<T> {
  const { DATA_REGION } = env;
  return DATA_REGION === undefined || DATA_REGION === ""
    ? namespace
    : namespace.jurisdiction(DATA_REGION as DurableObjectJurisdiction);
}

/** One a person and site. */
export function journeyObject(env: Env, site: string, visitor: string): DurableObjectStub<JourneyObject> {
  return inRegion(env, env.JOURNEY).getByName(`${site}:${visitor}`);
}

/** One a site and shard: `name` as `ledgerName` makes it. */
export function ledgerObject(env: Env, name: string): DurableObjectStub<LedgerObject> {
  return inRegion(env, env.LEDGER).getByName(name);
}

/** One a site. */
export function siteObject(env: Env, site: string): DurableObjectStub<SiteObject> {
  return inRegion(env, env.SITE).getByName(site);
}

/** One a site, epoch and shard: `name` as `shardName` makes it. */
export function mapObject(env: Env, name: string): DurableObjectStub<MapObject> {
  return inRegion(env, env.MAP).getByName(name);
}

/** One a site and journey: hands the map on to those who watch it. */
export function liveMapObject(env: Env, site: string, journey: string): DurableObjectStub<LiveMapObject> {
  return inRegion(env, env.LIVE_MAP).getByName(`${site}:${journey}`);
}

/** One a deployment. */
export function accountsObject(env: Env): DurableObjectStub<AccountsObject> {
  return inRegion(env, env.ACCOUNTS).getByName("accounts");
}

/** One a site: what arrives, and who watches it. */
export function eventsObject(env: Env, site: string): DurableObjectStub<EventsObject> {
  return inRegion(env, env.EVENTS).getByName(site);
}

/** One a site and campaign that has a budget: what its visitors share. */
export function budgetObject(env: Env, site: string, campaign: string): DurableObjectStub<BudgetObject> {
  return inRegion(env, env.BUDGET).getByName(`${site}:${campaign}`);
}

/** One a site: tries campaigns on what was recorded. */
export function dryRunObject(env: Env, site: string): DurableObjectStub<DryRunObject> {
  return inRegion(env, env.DRY_RUN).getByName(site);
}
