import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { type Actor, ROLES, type Role } from "../../models/access.ts";
import { NEEDED } from "../../worker/access/routes.ts";
import type { AccountsObject } from "../../worker/accounts/object.ts";
import { api } from "../../worker/api.ts";
import { accountsObject, siteObject } from "../../worker/objects.ts";
import type { SiteObject } from "../../worker/site/object.ts";
import { atConsole, outcomeOf, personOf } from "../harness/person-of.ts";
import { ask, createSite } from "../harness/site-of.ts";
import { auditOf, digestOf, memberOf } from "../harness/team-of.ts";

/**
 * Who may, route by route, written down apart from the code: owner, admin, editor, approver, analyst, viewer, privacy
 * officer. A route that is not here fails.
 */
const MATRIX = `
  o a e p n v y
  . . . . . . .  PUT /api/sites/:site
  x x x . . . .  PUT /api/sites/:site/config
  x x x x x x x  GET /api/sites/:site/config
  x x x . . . .  POST /api/sites/:site/changes
  x x x x x x x  GET /api/sites/:site/changes
  x x x x x x x  GET /api/sites/:site/changes/:id
  x x x . . . .  PUT /api/sites/:site/changes/:id
  x x x . . . .  POST /api/sites/:site/changes/:id/submit
  x x . x . . .  POST /api/sites/:site/changes/:id/approve
  x x . x . . .  POST /api/sites/:site/changes/:id/reject
  x x x . . . .  POST /api/sites/:site/changes/:id/withdraw
  x x x . . . .  POST /api/sites/:site/changes/:id/publish
  x x x x x x x  GET /api/sites/:site/versions
  x x x x x x x  GET /api/sites/:site/versions/:version
  x x x . . . .  POST /api/sites/:site/versions/:version/revert
  x x x x x x x  GET /api/sites/:site/diff
  x x x x . . .  POST /api/sites/:site/stop
  x x x x . . .  POST /api/sites/:site/resume
  x x x x . . .  POST /api/sites/:site/campaigns/:campaign/stop
  x x x x . . .  POST /api/sites/:site/campaigns/:campaign/resume
  x x x x x x x  GET /api/sites/:site/campaigns
  x x x x x x x  GET /api/sites/:site/campaigns/:campaign/counts
  x x x x x x x  GET /api/sites/:site/campaigns/:campaign/budget
  x x x . . . .  POST /api/sites/:site/campaigns/:campaign/codes
  x x x . . . .  POST /api/sites/:site/campaigns/:campaign/preview
  x x x . . . .  POST /api/sites/:site/campaigns/:campaign/dry-run
  x x x . x x x  GET /api/sites/:site/campaigns/:campaign/dry-run
  x x . . . . .  POST /api/sites/:site/shards
  x x . . . . .  PUT /api/sites/:site/identity/:kid
  x x . . . . .  DELETE /api/sites/:site/identity/:kid
  x x x x x x x  GET /api/sites/:site/sources
  x x . . . . .  PUT /api/sites/:site/sources/:source/secret
  x x . . . . .  DELETE /api/sites/:site/sources/:source/secret
  x x . . . . x  POST /api/sites/:site/visitors/:visitor/separate
  x x . . . . x  GET /api/sites/:site/consent
  x x . . . . x  GET /api/sites/:site/consent/records
  x x . . . . x  GET /api/sites/:site/consent/notices
  x x . . . . x  GET /api/sites/:site/consent/notices/:hash
  x x x x x x x  GET /api/sites/:site/journeys/:journey/map
  x x x x x x x  GET /api/sites/:site/journeys/:journey/live
  x x x . x x x  GET /api/sites/:site/journeys/:journey/people
  x x x . x x x  POST /api/sites/:site/people/find
  x x x . x . .  GET /api/sites/:site/events
  x x x . x . .  GET /api/sites/:site/events/live
  x x x . . . .  PUT /api/sites/:site/events/:type/:name
  x x x . x . x  GET /api/sites/:site/health
  x x x x x x x  GET /api/sites/:site/members
  x x . . . . .  PUT /api/sites/:site/members/:account
  x x . . . . .  DELETE /api/sites/:site/members/:account
  x x . . . . .  POST /api/sites/:site/invitations
  x x . . . . .  DELETE /api/sites/:site/invitations/:id
  x x . . . . .  GET /api/sites/:site/tokens
  x x . . . . .  POST /api/sites/:site/tokens
  x x . . . . .  DELETE /api/sites/:site/tokens/:id
  x x . . . . x  GET /api/sites/:site/audit
`;
const COLUMNS: Record<string, Role> = {
  o: "owner",
  a: "admin",
  e: "editor",
  p: "approver",
  n: "analyst",
  v: "viewer",
  y: "privacy-officer",
};
/** Routes of no site: anybody's, or of whoever has signed in. Their own tests tell what they do. */
const OF_NO_SITE = [
  "GET /api/openapi.json",
  "GET /api/audit",
  "GET /api/sign-in",
  "POST /api/sign-in/passkey/options",
  "POST /api/sign-in/passkey",
  "POST /api/sign-in/oidc",
  "GET /api/schemas/site-config.json",
  "GET /api/sign-in/oidc/callback",
  "POST /api/sign-in/access",
  "POST /api/invitations/read",
  "POST /api/invitations/passkey/options",
  "POST /api/invitations/passkey",
  "POST /api/invitations/join",
  "GET /api/session",
  "DELETE /api/session",
  "GET /api/sessions",
  "DELETE /api/sessions",
  "DELETE /api/sessions/:id",
  "GET /api/passkeys",
  "POST /api/passkeys/options",
  "POST /api/passkeys",
  "DELETE /api/passkeys/:id",
  "POST /api/device",
  "POST /api/device/token",
  "POST /api/device/approve",
];

function matrix(): Map<string, Set<Role>> {
  const [head = "", ...lines] = MATRIX.trim().split("\n");
  const roles = head.trim().split(" ");
  return new Map(
    lines.map((line) => {
      const [, marks = "", route = ""] = /^\s*([x. ]+?)\s\s(\w+ \/.*)$/.exec(line) ?? [];
      const may = marks.split(" ").flatMap((mark, i) => (mark === "x" ? [COLUMNS[roles[i] ?? ""] as Role] : []));
      return [route, new Set(may)];
    }),
  );
}

const routes = [
  ...new Set(api.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`)),
];
const people = new Map<Role, Awaited<ReturnType<typeof memberOf>>>();

beforeAll(async () => {
  await createSite("access-own");
  await createSite("access-other");
  for (const role of ROLES) people.set(role, await memberOf("access-own", role));
  // Who is only refused must not be the last owner, so that nothing stands in the way of what is tried.
  await memberOf("access-own", "owner");
});

type Send = (
  path: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<Response>;

/** Asks a route of a site with nothing in it: whoever may is told what it lacks, whoever may not that they may not. */
function knock(route: string, site: string, headers: Record<string, string>, send: Send = ask): Promise<Response> {
  const [method = "", pattern = ""] = route.split(" ");
  const path = pattern.replace(":site", site).replace(/:(\w+)/g, "none");
  const isRead = method === "GET" || method === "HEAD";
  return send(path, { method, headers, ...(isRead ? {} : { body: "[]" }) });
}

/** What those are told who may: what they have sent, or asked for, is nothing. */
const LACKS = ["malformed", "not-found", "upgrade-required"];

/** `may`, or why not; whatever is neither, a failure among them, is itself, and equals nothing. */
async function verdictOf(response: Response): Promise<string> {
  if (response.status < 400) return "may";
  const { type } = (await response.json()) as { type: string };
  const name = type.split("/").at(-1) as string;
  return LACKS.includes(name) ? "may" : name;
}

const reads = () => [...matrix().keys()].filter((route) => route.startsWith("GET ")).map((route) => route.slice(4));

test("S17 every route has a row in both tables, and no row is without a route", () => {
  expect(Object.keys(NEEDED).sort()).toEqual([...routes].sort());
  expect([...matrix().keys(), ...OF_NO_SITE].sort()).toEqual([...routes].sort());
});

test.each(ROLES)("S17 %s: may what the table says on the own site, and nothing on another", async (role) => {
  const { headers } = people.get(role) as { headers: Record<string, string> };
  for (const [route, may] of matrix()) {
    const own = await verdictOf(await knock(route, "access-own", headers));
    expect([route, own]).toEqual([route, may.has(role) ? "may" : "forbidden"]);
  }
});

test("S17 HEAD is answered as GET is: to whoever may with its headers alone, to whoever may not as little", async () => {
  const nobody = { role: "nobody", headers: {} as Record<string, string> };
  const everybody = [nobody, ...[...people].map(([role, { headers }]) => ({ role, headers }))];
  for (const path of reads()) {
    for (const { role, headers } of everybody) {
      const [get, head] = await Promise.all(
        ["GET", "HEAD"].map((method) => knock(`${method} ${path}`, "access-own", headers)),
      );
      expect([path, role, head?.status, await head?.text()]).toEqual([path, role, get?.status, ""]);
      if (role === "nobody") expect([path, head?.status]).toEqual([path, 401]);
      if (head?.ok) continue;
      for (const name of ["Waypost-Head", "Waypost-Next", "ETag"]) {
        expect([path, role, name, head?.headers.get(name)]).toEqual([path, role, name, null]);
      }
    }
  }
  for (const path of ["/api/audit", "/api/session", "/api/sessions", "/api/passkeys"]) {
    expect([path, (await ask(path, { method: "HEAD" })).status]).toEqual([path, 401]);
  }
  // The twin: the headers come to whoever may.
  const owner = people.get("owner") as { headers: Record<string, string> };
  const log = await knock("HEAD /api/sites/:site/audit", "access-own", owner.headers);
  expect(log.headers.get("Waypost-Head")).toMatch(/^\d+ [\w-]{43}$/);
});

test("S17 HEAD opens no socket, whoever asks", async () => {
  const owner = people.get("owner") as { headers: Record<string, string> };
  const upgrade = { Upgrade: "websocket" };
  for (const path of ["/journeys/checkout/live", "/events/live"]) {
    const asked = (method: string, headers: Record<string, string>) =>
      ask(`/api/sites/access-own${path}`, { method, headers: { ...headers, ...upgrade } });
    expect([path, (await asked("HEAD", {})).status]).toEqual([path, 401]);
    expect([path, (await asked("HEAD", owner.headers)).status]).toEqual([path, 426]);
    // The twin.
    const opened = await asked("GET", owner.headers);
    expect([path, opened.status]).toEqual([path, 101]);
    opened.webSocket?.accept();
    opened.webSocket?.close(1000);
  }
});

test("S17 a token of one site proves nothing at another, whether there is one or not", async () => {
  for (const role of ROLES) {
    const { headers } = people.get(role) as { headers: Record<string, string> };
    for (const route of matrix().keys()) {
      const [other, nowhere] = await Promise.all([
        knock(route, "access-other", headers),
        knock(route, "access-nowhere", headers),
      ]);
      expect([route, other.status]).toEqual([route, 401]);
      expect(await other.text()).toBe(await nowhere.text());
    }
  }
});

test("S17 whoever has signed in is told of another site what is told of one that does not exist", async () => {
  for (const role of ROLES) {
    const { headers } = await personOf("access-own", role);
    // The twin: on their own site they are somebody.
    expect(await verdictOf(await knock("GET /api/sites/:site/members", "access-own", headers, atConsole))).toBe("may");
    for (const route of matrix().keys()) {
      const [other, nowhere] = await Promise.all([
        knock(route, "access-other", headers, atConsole),
        knock(route, "access-nowhere", headers, atConsole),
      ]);
      const needsMore = route === "PUT /api/sites/:site";
      const wanted = needsMore ? "403 forbidden" : "404 unknown-site";
      expect([role, route, await outcomeOf(other.clone())]).toEqual([role, route, wanted]);
      expect(await other.text()).toBe(await nowhere.text());
    }
  }
});

test("S17 who proves nothing, or something that is nobody's, is let in nowhere", async () => {
  const bearers = ["", "Bearer ", `Bearer ${"x".repeat(43)}`, `Bearer wpt_access-own_${"x".repeat(43)}`, "Basic eDp5"];
  for (const route of matrix().keys()) {
    for (const bearer of bearers) {
      const headers = bearer === "" ? {} : { Authorization: bearer };
      expect([route, bearer, await verdictOf(await knock(route, "access-own", headers))]).toEqual([
        route,
        bearer,
        "unauthorised",
      ]);
    }
  }
});

test("S17 a token reaches no further than its scopes, and its scopes no further than the role of who made it", async () => {
  const narrow = await memberOf("access-own", "owner", ["map.read"]);
  expect(await verdictOf(await knock("GET /api/sites/:site/journeys/:journey/map", "access-own", narrow.headers))).toBe(
    "may",
  );
  for (const [route] of matrix()) {
    if (/\/(map|live|counts)$/.test(route)) continue;
    expect([route, await verdictOf(await knock(route, "access-own", narrow.headers))]).toEqual([route, "forbidden"]);
  }
  const wide = await memberOf("access-own", "viewer");
  expect(await verdictOf(await knock("GET /api/sites/:site/audit", "access-own", wide.headers))).toBe("forbidden");
});

test("S18 what is taken away is gone with the next request: role, membership, token", async () => {
  const admin = await memberOf("access-own", "admin");
  const owner = people.get("owner") as { headers: Record<string, string> };
  const audit = "GET /api/sites/:site/audit";
  const put = (body: object) =>
    ask(`/api/sites/access-own/members/${admin.account}`, {
      method: "PUT",
      headers: owner.headers,
      body: JSON.stringify(body),
    });
  expect(await verdictOf(await knock(audit, "access-own", admin.headers))).toBe("may");
  expect((await put({ role: "viewer" })).status).toBe(200);
  expect(await verdictOf(await knock(audit, "access-own", admin.headers))).toBe("forbidden");
  expect((await put({ role: "admin" })).status).toBe(200);
  expect(await verdictOf(await knock(audit, "access-own", admin.headers))).toBe("may");

  const revoked = await ask(`/api/sites/access-own/tokens/${admin.tokenId}`, {
    method: "DELETE",
    headers: owner.headers,
  });
  expect(revoked.status).toBe(200);
  expect(await verdictOf(await knock(audit, "access-own", admin.headers))).toBe("unauthorised");

  const another = await memberOf("access-own", "admin");
  expect(await verdictOf(await knock(audit, "access-own", another.headers))).toBe("may");
  const removed = await ask(`/api/sites/access-own/members/${another.account}`, {
    method: "DELETE",
    headers: owner.headers,
  });
  expect(removed.status).toBe(200);
  expect(await verdictOf(await knock(audit, "access-own", another.headers))).toBe("unauthorised");
});

/** Asks for a site as somebody who has signed in, and gives status and name of the problem. */
const asPerson = (by: { headers: Record<string, string> }, method: string, path: string, body?: object) =>
  atConsole(`/api/sites/${path}`, { method, headers: by.headers, ...(body ? { body } : {}) }).then(outcomeOf);

test("S17 an admin makes and unmakes no owner, and the last owner stays", async () => {
  await createSite("access-owners");
  const owner = await personOf("access-owners", "owner");
  const admin = await personOf("access-owners", "admin");
  const viewer = await personOf("access-owners", "viewer");
  const appoint = (by: typeof owner, account: string, role: Role) =>
    asPerson(by, "PUT", `access-owners/members/${account}`, { role });
  const invite = (by: typeof owner, role: Role) => asPerson(by, "POST", "access-owners/invitations", { role });
  const before = (await auditOf("access-owners")).length;
  expect(await appoint(admin, viewer.account, "owner")).toBe("403 forbidden");
  expect(await appoint(admin, admin.account, "owner")).toBe("403 forbidden");
  expect(await appoint(admin, owner.account, "viewer")).toBe("403 forbidden");
  expect(await invite(admin, "owner")).toBe("403 forbidden");
  expect(await appoint(owner, owner.account, "admin")).toBe("409 last-owner");
  // None of it left a trace, because none of it was done.
  expect(await auditOf("access-owners", before)).toEqual([]);
  expect(await invite(admin, "admin")).toBe("200");
  expect(await invite(owner, "owner")).toBe("200");
  expect(await appoint(owner, viewer.account, "owner")).toBe("200");
  expect(await appoint(owner, owner.account, "admin")).toBe("200");
});

test("S17 an owner's API token makes and unmakes no owner, by no way: who was made by it would outlive it", async () => {
  await createSite("access-token-owners");
  const owner = await memberOf("access-token-owners", "owner");
  const other = await memberOf("access-token-owners", "owner");
  const viewer = await memberOf("access-token-owners", "viewer");
  const by = async (method: string, path: string, body?: object) =>
    outcomeOf(
      await ask(`/api/sites/access-token-owners/${path}`, {
        method,
        headers: owner.headers,
        ...(body ? { body: JSON.stringify(body) } : {}),
      }),
    );
  expect(await by("POST", "invitations", { role: "owner" })).toBe("403 forbidden");
  expect(await by("PUT", `members/${viewer.account}`, { role: "owner" })).toBe("403 forbidden");
  expect(await by("DELETE", `members/${other.account}`)).toBe("403 forbidden");
  expect(await by("POST", "invitations", { role: "admin" })).toBe("200");
  expect(await by("PUT", `members/${viewer.account}`, { role: "admin" })).toBe("200");
  expect(await by("DELETE", `members/${viewer.account}`)).toBe("200");
});

test("S17 an admin takes back no invitation of an owner", async () => {
  await createSite("access-owner-links");
  const owner = await personOf("access-owner-links", "owner");
  const admin = await personOf("access-owner-links", "admin");
  const invite = async (role: Role) => {
    const made = await atConsole("/api/sites/access-owner-links/invitations", {
      method: "POST",
      headers: owner.headers,
      body: { role },
    });
    return ((await made.json()) as { id: string }).id;
  };
  const [first, second, third] = [await invite("owner"), await invite("viewer"), await invite("owner")];
  const take = (by: typeof owner, id: string) => asPerson(by, "DELETE", `access-owner-links/invitations/${id}`);
  expect(await take(admin, first)).toBe("403 forbidden");
  expect(await take(admin, second)).toBe("200");
  expect(await take(owner, third)).toBe("200");
  const { invitations } = await siteObject(env, "access-owner-links").team();
  expect(invitations.map(({ id }) => id)).toEqual([first]);
});

/** What has become of the links that somebody made: the role of each that is still good. */
async function linksOf(site: string, digests: string[]): Promise<(string | undefined)[]> {
  return Promise.all(digests.map(async (digest) => (await siteObject(env, site).invitation(digest))?.role));
}

test("S18 a link is good as long as its maker might make it: not after removal, demotion or revocation", async () => {
  const site = "access-links";
  await createSite(site);
  const object = siteObject(env, site);
  await memberOf(site, "owner");
  const makers = { removed: await memberOf(site, "admin"), demoted: await memberOf(site, "owner") };
  const withToken = await memberOf(site, "admin");
  const link = async (actor: Actor, role: Role) => {
    const digest = await digestOf(crypto.randomUUID());
    const invitation = { id: crypto.randomUUID(), role, expiresAt: Date.now() + 3_600_000 };
    expect(await object.invite(actor, digest, invitation)).toBe("done");
    return digest;
  };
  const account = (who: { account: string }) => ({ kind: "account", account: who.account }) as const;
  const links = [
    await link(account(makers.removed), "admin"),
    await link(account(makers.demoted), "owner"),
    await link(account(makers.demoted), "admin"),
    await link({ kind: "token", token: withToken.tokenId, account: withToken.account }, "viewer"),
    // What is nobody's of them stays.
    await link({ kind: "installation" }, "owner"),
    await link(account(withToken), "viewer"),
  ];
  const good = () => linksOf(site, links);
  expect(await good()).toEqual(["admin", "owner", "admin", "viewer", "owner", "viewer"]);
  const chief = { kind: "installation" } as const;
  await object.appoint(chief, "owner", makers.removed.account, null);
  await object.appoint(chief, "owner", makers.demoted.account, "admin");
  await object.revokeToken(chief, withToken.tokenId);
  expect(await good()).toEqual([undefined, undefined, "admin", undefined, "owner", "viewer"]);
  // Nobody follows them, the one who made them least of all.
  expect(await object.join(links[0] as string, makers.removed.account)).toBeNull();
  expect(await object.join(links[1] as string, "somebody")).toBeNull();
  // Nor do they come back with the role.
  await object.appoint(chief, "owner", makers.demoted.account, "owner");
  expect((await good())[1]).toBeUndefined();
  // The twins.
  expect(await object.join(links[2] as string, "ann")).toEqual({ role: "admin" });
  expect(await object.join(links[4] as string, "bob")).toEqual({ role: "owner" });
});

test("S12 a site has fifty open invitations at most, and room again for each that is taken back or followed", async () => {
  const site = "access-many-links";
  await createSite(site);
  const owner = await personOf(site, "owner");
  const invite = () => asPerson(owner, "POST", `${site}/invitations`, { role: "viewer" });
  for (let i = 0; i < 50; i++) expect([i, await invite()]).toEqual([i, "200"]);
  expect(await invite()).toBe("409 too-many-invitations");
  const { invitations } = await siteObject(env, site).team();
  expect(invitations).toHaveLength(50);
  expect(await asPerson(owner, "DELETE", `${site}/invitations/${invitations[0]?.id}`)).toBe("200");
  expect(await invite()).toBe("200");
});

/** The tables that an object has, but for the platform's own. */
const tablesOf = (site: string) =>
  runInDurableObject(siteObject(env, site), (_: SiteObject, { storage }: DurableObjectState) =>
    storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
      )
      .toArray()
      .map(({ name }) => name),
  );

test("S12 S17 who guesses at sites leaves nothing in the objects of those that are none: by a token, by a session, by HEAD", async () => {
  const person = await personOf("access-own", "owner");
  for (const site of ["access-ghost-1", "access-ghost-2"]) {
    const bearer = { Authorization: `Bearer wpt_${site}_${"x".repeat(43)}` };
    for (const route of [...matrix().keys(), ...reads().map((path) => `HEAD ${path}`)]) {
      expect([route, (await knock(route, site, bearer)).status]).toEqual([route, 401]);
      expect((await knock(route, site, person.headers, atConsole)).status).toBeGreaterThanOrEqual(403);
    }
    expect(await tablesOf(site)).toEqual([]);
  }
  // The twin: whoever is let in leaves something.
  expect(await tablesOf("access-own")).toEqual(expect.arrayContaining(["members", "invitations", "tokens"]));
});

/** The bindings of now, with every question to the accounts counted. */
function countingAccounts(): { bindings: Partial<typeof env>; calls: () => number } {
  let calls = 0;
  const accountOf = (...args: Parameters<AccountsObject["accountOf"]>) => {
    calls++;
    return accountsObject(env).accountOf(...args);
  };
  return { bindings: { ACCOUNTS: { getByName: () => ({ accountOf }) } as never }, calls: () => calls };
}

test("S12 who shows a hundred wrong credentials waits, and meanwhile no object is asked for them; others do not", async () => {
  const { bindings, calls } = countingAccounts();
  const from = (address: string, secret: string) =>
    ask("/api/session", { headers: { Authorization: `Bearer ${secret}`, "CF-Connecting-IP": address } }, bindings);
  const began = Date.now();
  const statuses: number[] = [];
  for (let i = 0; i < 130; i++) statuses.push((await from("203.0.113.201", `wps_${i}`)).status);
  const secondsMax = Math.ceil((Date.now() - began) / 1000);
  const tried = statuses.filter((status) => status === 401).length;
  expect(statuses.slice(0, 100)).toEqual(Array(100).fill(401));
  expect(tried).toBeLessThanOrEqual(100 + secondsMax);
  expect(statuses.slice(100).filter((status) => status === 429).length).toBe(130 - tried);
  expect(calls()).toBe(tried);
  const waits = await from("203.0.113.201", "wps_again");
  expect(Number(waits.headers.get("Retry-After"))).toBeGreaterThanOrEqual(1);
  // Another address goes on, and so does the installation at this one.
  expect((await from("203.0.113.202", "wps_x")).status).toBe(401);
  const installation = await ask("/api/audit", {
    headers: { Authorization: `Bearer ${env.ADMIN_TOKEN}`, "CF-Connecting-IP": "203.0.113.201" },
  });
  expect(installation.status).toBe(200);
});

test("S12 who asks for sites that they are no member of is counted as who shows wrong credentials", async () => {
  const person = await personOf("access-own", "viewer");
  const headers = { ...person.headers, "CF-Connecting-IP": "203.0.113.203" };
  const outcomes = new Set<string>();
  for (let i = 0; i < 110; i++) {
    outcomes.add(await outcomeOf(await atConsole(`/api/sites/access-guess-${i}/members`, { headers })));
  }
  expect([...outcomes]).toEqual(["404 unknown-site", "429 too-many-requests"]);
  // The twin: elsewhere they are let in.
  expect((await atConsole("/api/sites/access-own/members", { headers: person.headers })).status).toBe(200);
});
