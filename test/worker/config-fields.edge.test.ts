import { beforeAll, expect, test } from "vitest";
import { ACTIONS, ROLES, type Role } from "../../models/access.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { SourceConfig } from "../../models/source-config.ts";
import { changingSite, idOf, named, refusalOf } from "../harness/changing-site.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const KEY = { kid: "k1", alg: "HS256" } as const;
const DESK: SourceConfig = {
  id: "desk",
  name: "Desk",
  signature: { scheme: "zendesk" },
  rules: [{ type: "track", name: "Told", userId: ["{user}"], messageId: "{id}" }],
};
const IN_FORCE: SiteConfig = {
  ...SMALL_SITE,
  sources: [DESK],
  identity: { keys: [KEY] },
  governance: { approvals: 0, separateDuties: false },
};
const { governance: _, ...UNGOVERNED } = IN_FORCE;
/** What is changed, and by whom it may be, written down apart from the code. */
const FIELDS: [path: string, config: SiteConfig, who: Role[]][] = [
  ["identity.keys.k2", { ...IN_FORCE, identity: { keys: [KEY, { ...KEY, kid: "k2" }] } }, ["owner", "admin"]],
  ["identity.audience", { ...IN_FORCE, identity: { keys: [KEY], audience: "other" } }, ["owner", "admin"]],
  [
    "governance.separateDuties",
    { ...IN_FORCE, governance: { approvals: 0, separateDuties: true } },
    ["owner", "admin"],
  ],
  ["governance", UNGOVERNED, ["owner", "admin"]],
  [
    "sources.desk.signature.scheme",
    { ...IN_FORCE, sources: [{ ...DESK, signature: { scheme: "basic" } }] },
    ["owner", "admin"],
  ],
  ["campaigns.help.name", named("Other", IN_FORCE), ["owner", "admin", "editor"]],
];

type Site = Awaited<ReturnType<typeof changingSite>>;
type Member = Awaited<ReturnType<Site["member"]>>;
let site: Site;
/** Puts back what is in force, whatever was published. */
const reset = async () => {
  await site.stub.apply(IN_FORCE);
  return (await site.inForce()).version;
};
/** A proposal of somebody who may. */
const proposed = async (config: SiteConfig, base: number) =>
  idOf(await site.owner("POST", "/changes", { title: "T", config, base, submit: true }));

const ROUTES: Record<
  string,
  (who: Member, config: SiteConfig, base: number) => Promise<{ status: number; body: object }>
> = {
  apply: (who, config) => who("PUT", "/config", config),
  propose: (who, config, base) => who("POST", "/changes", { title: "T", config, base }),
  edit: async (who, config, base) => {
    const own = await who("POST", "/changes", { title: "T", config: named("Mine", IN_FORCE), base });
    return own.status === 201 ? who("PUT", `/changes/${idOf(own)}`, { config }) : own;
  },
  publish: async (who, config, base) => who("POST", `/changes/${await proposed(config, base)}/publish`, {}),
  schedule: async (who, config, base) =>
    who("POST", `/changes/${await proposed(config, base)}/publish`, { at: Date.now() + 3_600_000 }),
  revert: async (who, config, base) => {
    await site.stub.apply(config);
    await reset();
    return who("POST", `/versions/${base + 1}/revert`, {});
  },
};

beforeAll(async () => {
  site = await changingSite("field-roles", IN_FORCE);
});

/** Open changes are few: what a route left is withdrawn. */
async function withdrawAll() {
  const { changes } = (await site.owner("GET", "/changes")).body as unknown as {
    changes: { id: string; state: string }[];
  };
  for (const { id, state } of changes) {
    if (["draft", "in-review", "approved"].includes(state)) await site.owner("POST", `/changes/${id}/withdraw`);
  }
}

test.each(Object.keys(ROUTES))(
  "G49 S17 %s: keys and governance are changed by owners and admins alone, each role and field",
  async (name) => {
    const route = ROUTES[name] as (typeof ROUTES)[string];
    for (const role of ROLES) {
      const who = await site.member(role);
      for (const [path, config, roles] of FIELDS) {
        const base = await reset();
        const answer = await route(who, config, base);
        const isDone = answer.status < 300;
        expect([role, path, isDone]).toEqual([role, path, roles.includes(role)]);
        if (isDone) continue;
        expect(refusalOf(answer as never)).toEqual([403, "forbidden"]);
        // Who may publish other things is told which field it is.
        const field = role === "editor" ? path : undefined;
        expect([role, path, (answer.body as { field?: string }).field]).toEqual([role, path, field]);
        if (name !== "revert") expect((await site.inForce()).version).toBe(base);
      }
      await withdrawAll();
    }
  },
);

test("G49 a token reaches no further than its scopes in a configuration either, and the installation may", async () => {
  await reset();
  const [, keyed] = FIELDS[0] as (typeof FIELDS)[number];
  const narrow = await site.member("owner", ["config.publish", "config.propose", "config.read"]);
  const wide = await site.member("owner", ACTIONS);
  const answer = await narrow("PUT", "/config", keyed);
  expect([...refusalOf(answer), answer.body.field]).toEqual([403, "forbidden", "identity.keys.k2"]);
  expect((await narrow("PUT", "/config", named("Other", IN_FORCE))).status).toBe(200);
  await reset();
  expect((await wide("PUT", "/config", keyed)).status).toBe(200);
  await reset();
  expect((await site.owner("PUT", "/config", keyed)).status).toBe(200);
});
