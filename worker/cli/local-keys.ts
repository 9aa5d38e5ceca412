import { createHmac, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { assign } from "../../models/assignment.ts";
import type { Campaign } from "../../models/campaign.ts";
import { browserName } from "../../models/identity.ts";

/** Keys of an edge that runs on this machine: see `Env` in worker/env.ts. */
export interface LocalKeys {
  ID_KEY: string;
  TOKEN_KEY: string;
  ADMIN_TOKEN: string;
}

/** `n` random bytes in base64url without padding. */
export function randomKey(n: number): string {
  return randomBytes(n).toString("base64url");
}

/**
 * The keys in a `.dev.vars` file, which `wrangler dev` gives to the Worker as secrets. What it lacks is made and added;
 * what it has stays, because another ID_KEY would name every visitor anew.
 */
export async function localKeys(path: string): Promise<LocalKeys> {
  const text = await readFile(path, "utf8").catch(() => "");
  const has = parseEnv(text);
  const keys = {
    ID_KEY: has.ID_KEY ?? randomKey(32),
    TOKEN_KEY: has.TOKEN_KEY ?? randomKey(32),
    ADMIN_TOKEN: has.ADMIN_TOKEN ?? randomKey(32),
  };
  const added = Object.entries(keys).filter(([name]) => has[name] === undefined);
  if (added.length > 0) {
    const before = text === "" || text.endsWith("\n") ? text : `${text}\n`;
    const lines = added.map(([name, value]) => `${name}=${value}\n`);
    await writeFile(path, before + lines.join(""), { mode: 0o600 });
  }
  return keys;
}

/** The visitor that a browser's secret names on a site, as `browserVisitor` of worker/keys.ts has it. */
export function visitorOf(idKey: string, site: string, secret: string): string {
  return createHmac("sha256", Buffer.from(idKey, "base64url")).update(browserName(site, secret)).digest("base64url");
}

/** `count` random secrets whose visitors no campaign holds out: found by trying, so no holdout may be everybody. */
export function treatedSecrets(
  count: number,
  { idKey, site, campaigns }: { idKey: string; site: string; campaigns: readonly Pick<Campaign, "id" | "holdout">[] },
): string[] {
  if (campaigns.some((campaign) => campaign.holdout >= 1)) throw new Error("a campaign holds everybody out");
  const secrets: string[] = [];
  while (secrets.length < count) {
    const secret = randomKey(16);
    const visitor = visitorOf(idKey, site, secret);
    if (campaigns.every((campaign) => assign(visitor, campaign).variant === "treated")) secrets.push(secret);
  }
  return secrets;
}
