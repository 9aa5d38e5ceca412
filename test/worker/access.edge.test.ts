import { beforeAll, expect, test } from "vitest";
import { ROLES, type Role } from "../../models/access.ts";
import { NEEDED } from "../../worker/access/routes.ts";
import { api } from "../../worker/api.ts";
import { atConsole, outcomeOf, personOf } from "../harness/person-of.ts";
import { ask, createSite } from "../harness/site-of.ts";
import { auditOf, memberOf } from "../harness/team-of.ts";

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
  x x . . . . .  POST /api/sites/:site/shards
  x x . . . . .  PUT /api/sites/:site/identity/:kid
  x x . . . . .  DELETE /api/sites/:site/identity/:kid
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
    if (route.endsWith("/map") || route.endsWith("/live")) continue;
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

test("S17 an admin makes and unmakes no owner, and the last owner stays", async () => {
  await createSite("access-owners");
  const owner = await memberOf("access-owners", "owner");
  const admin = await memberOf("access-owners", "admin");
  const viewer = await memberOf("access-owners", "viewer");
  const appoint = (by: { headers: object }, account: string, role: Role) =>
    ask(`/api/sites/access-owners/members/${account}`, {
      method: "PUT",
      headers: by.headers as HeadersInit,
      body: JSON.stringify({ role }),
    });
  const problemOf = async (response: Response) =>
    `${response.status} ${((await response.json()) as { type?: string }).type?.split("/").at(-1)}`;
  const before = (await auditOf("access-owners")).length;
  expect(await problemOf(await appoint(admin, viewer.account, "owner"))).toBe("403 forbidden");
  expect(await problemOf(await appoint(admin, admin.account, "owner"))).toBe("403 forbidden");
  expect(await problemOf(await appoint(admin, owner.account, "viewer"))).toBe("403 forbidden");
  const invite = (by: { headers: object }, role: Role) =>
    ask("/api/sites/access-owners/invitations", {
      method: "POST",
      headers: by.headers as HeadersInit,
      body: JSON.stringify({ role }),
    });
  expect(await problemOf(await invite(admin, "owner"))).toBe("403 forbidden");
  expect(await problemOf(await appoint(owner, owner.account, "admin"))).toBe("409 last-owner");
  // None of it left a trace, because none of it was done.
  expect(await auditOf("access-owners", before)).toEqual([]);
  expect((await invite(admin, "admin")).status).toBe(200);
  expect((await appoint(owner, viewer.account, "owner")).status).toBe(200);
  expect((await appoint(owner, owner.account, "admin")).status).toBe(200);
});
