import { env } from "cloudflare:workers";
import { ACTIONS, type Action, type Role } from "../../models/access.ts";
import { makeToken } from "../../worker/access/token.ts";
import { base64url, sha256 } from "../../worker/keys.ts";
import { siteObject } from "../../worker/objects.ts";

const LATER = Date.now() + 3_600_000;

/** A member of a site, and how they ask: an API token with all scopes, or with some. */
export async function memberOf(site: string, role: Role, scopes: Action[] = ACTIONS) {
  const account = `${role}-${crypto.randomUUID()}`;
  const link = crypto.randomUUID();
  const object = siteObject(env, site);
  await object.invite({ kind: "installation" }, await digestOf(link), { id: link, role, expiresAt: LATER });
  await object.join(await digestOf(link), account);
  const token = makeToken(site);
  const kept = { id: crypto.randomUUID(), name: "tests", account, scopes, createdAt: Date.now(), expiresAt: LATER };
  await object.createToken({ kind: "account", account }, await digestOf(token), kept, 1_000);
  return { account, token, tokenId: kept.id, headers: { Authorization: `Bearer ${token}` } };
}

export async function digestOf(secret: string): Promise<string> {
  return base64url(await sha256(secret));
}

/** Entries of a site's audit log, oldest first. */
export async function auditOf(site: string, after = 0) {
  const { entries } = await siteObject(env, site).auditPage(after, 1_000);
  return entries.map((text) => JSON.parse(text)) as {
    no: number;
    who: string;
    action: string;
    subject: string;
    before: unknown;
    after: unknown;
    previous: string;
  }[];
}
