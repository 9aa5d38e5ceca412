import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { NEEDED } from "../../worker/access/routes.ts";
import { accountsObject } from "../../worker/objects.ts";
import { makeAuthenticator } from "../harness/authenticator.ts";
import { atConsole, CONSOLE, cookie, follow, givenSession, invite, personOf, signIn } from "../harness/person-of.ts";
import { randomKey } from "../harness/site-of.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { auditOf, memberOf } from "../harness/team-of.ts";

const SITE = "audited";
/** The same again, where each call of the site's object is made twice: its first answer is lost. */
const LOSSY_SITE = "audited-twice";
const USER = "ada@shop.example";
/** Texts of a configuration, names and secrets: no entry may hold one. */
const PLANTED = {
  title: "A title that says too much",
  name: "Nightly import",
  secret: randomKey(32),
  person: "Adelaide",
};
const [HELP] = SMALL_SITE.campaigns as [(typeof SMALL_SITE.campaigns)[0]];
const OFFER = {
  ...HELP,
  id: "offer",
  kind: "offer",
  trigger: { kind: "stage", stage: "pay" },
  content: { ...HELP.content, code: { pool: true } },
};
const CONFIG = { ...SMALL_SITE, campaigns: [HELP, OFFER], catalogue: { events: [{ name: "Seen" }] } };
const named = (name: string) => ({ ...CONFIG, campaigns: CONFIG.campaigns.map((one) => ({ ...one, name })) });
const CODES = { path: "/campaigns/offer/codes", body: { codes: [PLANTED.secret] } };

type Body = Record<string, unknown>;
interface Asking {
  path: string;
  body?: unknown;
  /** What a later step needs of the answer. */
  keeps?: (answer: Body) => void;
}

/** What a step leaves for the next. */
const left = { change: "", token: "", invitation: "", member: "" };
const keysOf = Object.fromEntries(
  [SITE, LOSSY_SITE].map((site) => [site, { publicKey: randomKey(16), writeKey: randomKey(16) }]),
);
const keepsChange = (answer: Body) => {
  left.change = (answer.change as { id: string }).id;
};
const propose = (name: string, base: number) => ({
  path: "/changes",
  body: { title: PLANTED.title, config: named(name), base },
  keeps: keepsChange,
});

/** Every route of a site that changes something, asked with success, in an order in which that works. */
const OF_A_SITE: [route: string, ask: (site: string) => Asking][] = [
  ["PUT /api/sites/:site", (site) => ({ path: "", body: keysOf[site] })],
  ["PUT /api/sites/:site/config", () => ({ path: "/config", body: CONFIG })],
  ["POST /api/sites/:site/changes", () => propose("One", 1)],
  ["PUT /api/sites/:site/changes/:id", () => ({ path: `/changes/${left.change}`, body: { config: named("Two") } })],
  ["POST /api/sites/:site/changes/:id/submit", () => ({ path: `/changes/${left.change}/submit` })],
  ["POST /api/sites/:site/changes/:id/approve", () => ({ path: `/changes/${left.change}/approve` })],
  ["POST /api/sites/:site/changes/:id/reject", () => ({ path: `/changes/${left.change}/reject` })],
  ["POST /api/sites/:site/changes/:id/publish", () => ({ path: `/changes/${left.change}/publish`, body: {} })],
  ["POST /api/sites/:site/changes", () => propose("Three", 2)],
  ["POST /api/sites/:site/changes/:id/withdraw", () => ({ path: `/changes/${left.change}/withdraw` })],
  ["POST /api/sites/:site/versions/:version/revert", () => ({ path: "/versions/1/revert", body: {} })],
  [
    "POST /api/sites/:site/campaigns/:campaign/stop",
    () => ({ path: `/campaigns/${SMALL_SITE.campaigns[0]?.id}/stop`, body: {} }),
  ],
  [
    "POST /api/sites/:site/campaigns/:campaign/resume",
    () => ({ path: `/campaigns/${SMALL_SITE.campaigns[0]?.id}/resume`, body: {} }),
  ],
  ["POST /api/sites/:site/campaigns/:campaign/codes", () => CODES],
  [
    "POST /api/sites/:site/campaigns/:campaign/preview",
    () => ({ path: "/campaigns/offer/preview", body: { url: "https://shop.example/" } }),
  ],
  ["POST /api/sites/:site/campaigns/:campaign/dry-run", () => ({ path: "/campaigns/offer/dry-run", body: {} })],
  ["POST /api/sites/:site/stop", () => ({ path: "/stop", body: {} })],
  ["POST /api/sites/:site/resume", () => ({ path: "/resume", body: {} })],
  ["POST /api/sites/:site/shards", () => ({ path: "/shards", body: { shards: 9 } })],
  ["PUT /api/sites/:site/identity/:kid", () => ({ path: "/identity/key-1", body: { secret: PLANTED.secret } })],
  ["DELETE /api/sites/:site/identity/:kid", () => ({ path: "/identity/key-1" })],
  [
    "PUT /api/sites/:site/sources/:source/secret",
    () => ({ path: "/sources/desk/secret", body: { secret: PLANTED.secret } }),
  ],
  ["DELETE /api/sites/:site/sources/:source/secret", () => ({ path: "/sources/desk/secret" })],
  [
    "POST /api/sites/:site/visitors/:visitor/separate",
    () => ({ path: `/visitors/${"v".repeat(43)}/separate`, body: {} }),
  ],
  ["PUT /api/sites/:site/events/:type/:name", () => ({ path: "/events/track/Seen", body: { hidden: true } })],
  [
    "POST /api/sites/:site/invitations",
    () => ({
      path: "/invitations",
      body: { role: "viewer" },
      keeps: ({ id }) => {
        left.invitation = id as string;
      },
    }),
  ],
  ["DELETE /api/sites/:site/invitations/:id", () => ({ path: `/invitations/${left.invitation}` })],
  ["PUT /api/sites/:site/members/:account", () => ({ path: `/members/${left.member}`, body: { role: "editor" } })],
  ["DELETE /api/sites/:site/members/:account", () => ({ path: `/members/${left.member}` })],
  [
    "POST /api/sites/:site/tokens",
    () => ({
      path: "/tokens",
      body: { name: PLANTED.name, scopes: ["map.read"] },
      keeps: ({ id }) => {
        left.token = id as string;
      },
    }),
  ],
  ["DELETE /api/sites/:site/tokens/:id", () => ({ path: `/tokens/${left.token}` })],
];
/** Looks somebody up; who was found by whom is noted like a change. */
const LOOKS_UP = "POST /api/sites/:site/people/find";

/** Routes that change no site: what somebody does with their own account, which has a log of its own. */
const OF_AN_ACCOUNT = [
  "POST /api/invitations/passkey",
  "POST /api/invitations/join",
  "POST /api/sign-in/passkey",
  "POST /api/sign-in/oidc",
  "POST /api/sign-in/access",
  "DELETE /api/session",
  "DELETE /api/sessions",
  "DELETE /api/sessions/:id",
  "POST /api/passkeys",
  "DELETE /api/passkeys/:id",
  "POST /api/device/token",
  "POST /api/device/approve",
];
/** Routes that only prepare: what comes of them is noted where it comes. */
const PREPARING = [
  "POST /api/sign-in/passkey/options",
  "POST /api/invitations/read",
  "POST /api/invitations/passkey/options",
  "POST /api/passkeys/options",
  "POST /api/device",
];

test("S19 every route that changes something is among those that are tried here", () => {
  const changing = Object.keys(NEEDED).filter((route) => !route.startsWith("GET "));
  const tried = [...OF_A_SITE.map(([route]) => route), LOOKS_UP, ...OF_AN_ACCOUNT, ...PREPARING];
  expect([...new Set(tried)].sort()).toEqual([...changing].sort());
});

/** Objects whose answers to what changes something are lost, the first time. */
function forgetful(): Partial<typeof env> {
  const seen = new Set<string>();
  const lossy = (stub: object) =>
    new Proxy(stub as Record<string, (...given: unknown[]) => Promise<unknown>>, {
      get: (of, name) => {
        if (typeof name !== "string" || name === "then") return undefined;
        return async (...given: unknown[]) => {
          const answer = await of[name]?.(...given);
          if (seen.has(name)) return answer;
          seen.add(name);
          throw Object.assign(new Error("Network connection lost."), { retryable: true });
        };
      },
    });
  const SITE = { getByName: (name: string) => lossy(env.SITE.getByName(name)) } as unknown as typeof env.SITE;
  return { SITE };
}

test.each([
  [SITE, "each call answered", () => ({})],
  [LOSSY_SITE, "each call made again, its answer lost", forgetful],
] as const)(
  "S19 U32 every change of a site leaves exactly one entry, with who, when and of what, and none holds a secret, a name or a text: %s, %s",
  async (site, _, bindings) => {
    const owner = cookie((await personOf(site, "owner", PLANTED.person)).secret);
    left.member = (await memberOf(site, "viewer")).account;
    const installation = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
    for (const [route, asking] of OF_A_SITE) {
      const { path, body, keeps } = asking(site);
      const before = await auditOf(site);
      const startedAt = Date.now();
      const method = route.split(" ")[0] as string;
      const headers = route === "PUT /api/sites/:site" ? installation : owner;
      const asked = { method, headers, ...(body === undefined ? {} : { body }) };
      const answer = await atConsole(`/api/sites/${site}${path}`, asked, bindings());
      expect([route, answer.status, answer.ok ? "" : await answer.text()]).toEqual([
        route,
        expect.toBeOneOf([200, 201]),
        "",
      ]);
      const told = (await answer.json()) as Body;
      keeps?.(told);
      const entries = (await auditOf(site)).slice(before.length);
      expect([route, entries.length]).toEqual([route, 1]);
      const [entry] = entries;
      expect(entry).toMatchObject({
        who: route === "PUT /api/sites/:site" ? "installation" : expect.stringMatching(/^account:/),
        action: expect.stringMatching(/^[a-z]+\.[a-z-]+$/),
        subject: expect.stringMatching(/./),
      });
      expect((entry as { at?: number }).at).toBeGreaterThanOrEqual(startedAt);
    }
    const log = JSON.stringify(await auditOf(site));
    const texts = [
      ...Object.values(PLANTED),
      ...Object.values(keysOf[site] ?? {}),
      env.ADMIN_TOKEN,
      "v".repeat(43),
      "One",
      "Two",
      "Three",
    ];
    for (const text of texts) expect([text, log.includes(`"${text}"`)]).toEqual([text, false]);
    for (const text of Object.values(PLANTED)) expect([text, log.includes(text)]).toEqual([text, false]);
    // Each was done once: three versions, one change that waits for nobody.
    const { versions } = (await (await atConsole(`/api/sites/${site}/versions`, { headers: owner })).json()) as Body & {
      versions: { version: number }[];
    };
    expect(versions.map(({ version }) => version)).toEqual([3, 2, 1]);
  },
);

test("S19 what is refused leaves no entry", async () => {
  const { headers } = await memberOf(SITE, "viewer");
  const before = (await auditOf(SITE)).length;
  for (const [route, asking] of OF_A_SITE) {
    const { path, body } = asking(SITE);
    const asked = { method: route.split(" ")[0] as string, headers, ...(body === undefined ? {} : { body }) };
    const answer = await atConsole(`/api/sites/${SITE}${path}`, asked);
    expect([route, answer.status]).toEqual([route, 403]);
  }
  expect((await auditOf(SITE)).length).toBe(before);
});

test("S19 what changes nothing leaves no entry, whichever route it is", async () => {
  const owner = cookie((await personOf(SITE, "owner", PLANTED.person)).secret);
  const installation = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const ask = async (route: string, { path, body }: Asking) => {
    const headers = route === "PUT /api/sites/:site" ? installation : owner;
    const method = route.split(" ")[0] as string;
    const answer = await atConsole(`/api/sites/${SITE}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, body: (await answer.json()) as Body };
  };
  const { version } = (await ask("GET", { path: "/config" })).body;
  const at = Date.now() + 3_600_000;
  await ask("POST", {
    path: "/changes",
    body: { title: "T", config: named("Same"), base: version, submit: true },
  }).then(({ body }) => keepsChange(body));
  const change = (rest: string) => `/changes/${left.change}${rest}`;
  const member = (await memberOf(SITE, "viewer")).account;
  const help = `/campaigns/${SMALL_SITE.campaigns[0]?.id}`;
  // Twice each: what the first may change, the second does not.
  const twice: [route: string, asking: Asking, second: number][] = [
    ["PUT /api/sites/:site", { path: "", body: keysOf[SITE] }, 200],
    ["POST /api/sites/:site/shards", { path: "/shards", body: { shards: 10 } }, 200],
    ["PUT /api/sites/:site/identity/:kid", { path: "/identity/key-2", body: { secret: PLANTED.secret } }, 200],
    ["DELETE /api/sites/:site/identity/:kid", { path: "/identity/key-2" }, 200],
    ["DELETE /api/sites/:site/identity/:kid", { path: `/identity/${encodeURIComponent(USER)}` }, 200],
    [
      "PUT /api/sites/:site/sources/:source/secret",
      { path: "/sources/till/secret", body: { secret: PLANTED.secret } },
      200,
    ],
    ["DELETE /api/sites/:site/sources/:source/secret", { path: "/sources/till/secret" }, 200],
    ["DELETE /api/sites/:site/sources/:source/secret", { path: `/sources/${encodeURIComponent(USER)}/secret` }, 400],
    ["PUT /api/sites/:site/events/:type/:name", { path: "/events/track/Seen", body: { hidden: true } }, 200],
    ["PUT /api/sites/:site/members/:account", { path: `/members/${member}`, body: { role: "editor" } }, 200],
    ["DELETE /api/sites/:site/members/:account", { path: `/members/${member}` }, 404],
    ["DELETE /api/sites/:site/invitations/:id", { path: `/invitations/${left.invitation}` }, 404],
    ["DELETE /api/sites/:site/tokens/:id", { path: `/tokens/${left.token}` }, 404],
    ["POST /api/sites/:site/campaigns/:campaign/stop", { path: `${help}/stop`, body: {} }, 200],
    ["POST /api/sites/:site/campaigns/:campaign/codes", CODES, 200],
    ["POST /api/sites/:site/stop", { path: "/stop", body: {} }, 200],
    ["POST /api/sites/:site/campaigns/:campaign/resume", { path: `${help}/resume`, body: {} }, 200],
    ["POST /api/sites/:site/resume", { path: "/resume", body: {} }, 200],
    ["POST /api/sites/:site/changes/:id/approve", { path: change("/approve") }, 200],
    ["POST /api/sites/:site/changes/:id/publish", { path: change("/publish"), body: { at } }, 200],
    ["POST /api/sites/:site/changes/:id/reject", { path: change("/reject") }, 409],
    ["PUT /api/sites/:site/changes/:id", { path: change(""), body: { config: named("Same") } }, 200],
    ["POST /api/sites/:site/changes/:id/submit", { path: change("/submit") }, 409],
    ["POST /api/sites/:site/changes/:id/withdraw", { path: change("/withdraw") }, 409],
    ["POST /api/sites/:site/versions/:version/revert", { path: "/versions/999/revert", body: {} }, 404],
  ];
  for (const [route, asking, second] of twice) {
    await ask(route, asking);
    const before = (await auditOf(SITE)).length;
    expect([route, (await ask(route, asking)).status]).toEqual([route, second]);
    expect([route, (await auditOf(SITE)).length]).toEqual([route, before]);
  }
  // These make something new with each call: there is no second time that changes nothing.
  const MAKING = [
    "PUT /api/sites/:site/config",
    "POST /api/sites/:site/changes",
    "POST /api/sites/:site/visitors/:visitor/separate",
    "POST /api/sites/:site/invitations",
    "POST /api/sites/:site/tokens",
    "POST /api/sites/:site/campaigns/:campaign/preview",
    "POST /api/sites/:site/campaigns/:campaign/dry-run",
  ];
  expect([...new Set([...twice.map(([route]) => route), ...MAKING])].sort()).toEqual(
    [...new Set(OF_A_SITE.map(([route]) => route))].sort(),
  );
});

test("S19 a key is named by the configuration, or has the form of an id, and twenty secrets are kept: the log holds no text of others", async () => {
  const owner = cookie((await personOf(SITE, "owner", PLANTED.person)).secret);
  const put = async (kid: string) => {
    const body = { secret: randomKey(32) };
    const answer = await atConsole(`/api/sites/${SITE}/identity/${encodeURIComponent(kid)}`, {
      method: "PUT",
      headers: owner,
      body,
    });
    return [answer.status, ((await answer.json()) as { type?: string }).type?.split("/").at(-1)];
  };
  const before = (await auditOf(SITE)).length;
  expect(await put(USER)).toEqual([400, "malformed"]);
  expect(await put("k".repeat(65))).toEqual([400, "malformed"]);
  for (let i = 0; i < 20; i++) expect(await put(`many-${i}`)).toEqual([200, undefined]);
  expect(await put("many-20")).toEqual([409, "too-many-keys"]);
  expect(await put("many-3")).toEqual([200, undefined]);
  const entries = (await auditOf(SITE)).slice(before);
  expect([entries.length, JSON.stringify(entries).includes("shop.example")]).toEqual([21, false]);
});

test("S19 who looks a person up by who they are is noted, and the person under a keyed hash alone", async () => {
  const before = (await auditOf(SITE)).length;
  const installation = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  await atConsole(`/api/sites/${SITE}/people/find`, { method: "POST", headers: installation, body: { userId: USER } });
  const entries = (await auditOf(SITE)).slice(before);
  expect(entries).toHaveLength(1);
  expect(JSON.stringify(entries)).not.toContain("ada");
});

test("S19 what people do with their own accounts is logged apart, once each, by ids alone", async () => {
  const accounts = accountsObject(env);
  const count = async () => (await accounts.auditPage(0, 10_000)).entries.length;
  const grows = async (by: number, what: () => Promise<Response>) => {
    const before = await count();
    const answer = await what();
    expect([answer.status, (await count()) - before]).toEqual([200, by]);
    return answer;
  };
  const authenticator = await makeAuthenticator(CONSOLE);
  const link = await invite(SITE, "viewer");
  const joined = await grows(1, () => follow(link, { name: PLANTED.person, authenticator }));
  const first = givenSession(joined) as string;
  const signedIn = await grows(1, () => signIn(authenticator));
  const second = givenSession(signedIn) as string;
  const device = (await (await atConsole("/api/device", { method: "POST" })).json()) as {
    deviceCode: string;
    userCode: string;
  };
  const decision = { userCode: device.userCode, approve: true };
  await grows(1, () => atConsole("/api/device/approve", { method: "POST", headers: cookie(second), body: decision }));
  await grows(1, () => atConsole("/api/device/token", { method: "POST", body: { deviceCode: device.deviceCode } }));
  await grows(1, () => atConsole("/api/session", { method: "DELETE", headers: cookie(first) }));
  await grows(1, () => atConsole("/api/sessions", { method: "DELETE", headers: cookie(second) }));
  const { entries } = await accounts.auditPage(0, 10_000);
  const log = entries.join("\n");
  for (const secret of [PLANTED.person, first, second, device.deviceCode, device.userCode, link]) {
    expect([secret, log.includes(secret)]).toEqual([secret, false]);
  }
});
