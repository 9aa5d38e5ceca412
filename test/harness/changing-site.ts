import { env } from "cloudflare:workers";
import type { Action, Role } from "../../models/access.ts";
import type { Change } from "../../models/change.ts";
import type { Governance, SiteConfig } from "../../models/site-config.ts";
import type { Problem } from "../../models/wire.ts";
import { ask } from "./site-of.ts";
import { SMALL_SITE } from "./small-site.ts";
import { auditOf, memberOf } from "./team-of.ts";

export const governed = (approvals: Governance["approvals"], separateDuties = false): SiteConfig => ({
  ...SMALL_SITE,
  governance: { approvals, separateDuties },
});
/** A configuration that differs from the small site's in one path. */
export const named = (name: string, config: SiteConfig = SMALL_SITE): SiteConfig => ({
  ...config,
  campaigns: config.campaigns.map((campaign) => ({ ...campaign, name })),
});

export interface Answer {
  status: number;
  body: Record<string, unknown> & { change?: Change; version?: number };
}

/** A site, and people who ask: by the installation's token, or each by an API token of their own. */
export async function changingSite(id: string, config: SiteConfig | null) {
  const stub = env.SITE.getByName(id);
  await stub.create(id, id.padEnd(22, "k"), `${id}-write`);
  if (config) await stub.apply(config);
  const asking =
    (own: Record<string, string>) =>
    async (method: string, path: string, body?: unknown, more = {}) => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const answer = await ask(`/api/sites/${id}${path}`, { method, headers: { ...own, ...more }, ...sent });
      return { status: answer.status, body: (await answer.json()) as Answer["body"] };
    };
  const member = async (role: Role, scopes?: Action[]) => {
    const { headers, tokenId, account } = await memberOf(id, role, scopes);
    return Object.assign(asking(headers), { account, who: `token:${tokenId}` });
  };
  const owner = asking({ Authorization: `Bearer ${env.ADMIN_TOKEN}` });
  const inForce = async () =>
    (await owner("GET", "/config")).body as unknown as { version: number; config: SiteConfig };
  const log = () => auditOf(id);
  return { id, stub, owner, member, inForce, log };
}

export const refusalOf = ({ status, body }: Answer) => [status, (body as unknown as Problem).type?.split("/").at(-1)];
export const idOf = ({ body }: Answer) => (body.change as Change).id;
export const stateOf = ({ body }: Answer) => body.change?.state;
