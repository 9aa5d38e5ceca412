import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { randomId } from "../../worker/random-id.ts";
import { ask, createSite, randomKey } from "../harness/site-of.ts";
import { everythingStored } from "../harness/stores.ts";
import { auditOf, digestOf, memberOf } from "../harness/team-of.ts";

const CONSOLE = "https://console.example";
const DAY_MS = 86_400_000;
const installation = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };

async function call(method: string, path: string, { headers, body }: { headers: object; body?: object }) {
  const response = await ask(
    path,
    { method, headers: headers as HeadersInit, ...(body ? { body: JSON.stringify(body) } : {}) },
    { CONSOLE_ORIGIN: CONSOLE },
  );
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("S16 an invitation is a link that makes one person a member, once, for seven days, and its secret is stored nowhere", async () => {
  await createSite("team-invite");
  const before = Date.now();
  const made = await call("POST", "/api/sites/team-invite/invitations", {
    headers: installation,
    body: { role: "editor" },
  });
  const { link, role, expiresAt, id } = made.body as { link: string; role: string; expiresAt: number; id: string };
  expect([made.status, role]).toEqual([200, "editor"]);
  expect(Math.abs(expiresAt - before - 7 * DAY_MS)).toBeLessThan(60_000);
  const secret = /^https:\/\/console\.example\/console\/#join=team-invite\.([\w-]{43})$/.exec(link)?.[1] as string;
  const digest = await digestOf(secret);
  const stored = await everythingStored();
  for (const [place, text] of stored) expect([place, text.includes(secret)]).toEqual([place, false]);
  // The twin: what is stored of it is its digest.
  expect([...stored.values()].some((text) => text.includes(digest))).toBe(true);

  const site = env.SITE.getByName("team-invite");
  expect(await site.invitation(await digestOf(`${secret}x`))).toBeNull();
  expect(await site.join(await digestOf(secret), "ann")).toEqual({ role: "editor" });
  expect(await site.join(await digestOf(secret), "bob")).toBeNull();
  const listed = await call("GET", "/api/sites/team-invite/members", { headers: installation });
  expect(listed.body).toMatchObject({ members: [{ account: "ann", role: "editor" }], invitations: [] });
  // After those of how the site was made.
  expect(await auditOf("team-invite", 2)).toMatchObject([
    { action: "invitation.create", who: "installation", subject: id, after: { role: "editor" } },
    { action: "member.join", who: "account:ann", subject: "ann", before: null, after: { role: "editor" } },
  ]);
});

test("S16 an invitation that was taken back makes nobody a member, and who is a member already spends none", async () => {
  await createSite("team-back");
  const site = env.SITE.getByName("team-back");
  const invite = async () => {
    const { body } = await call("POST", "/api/sites/team-back/invitations", {
      headers: installation,
      body: { role: "viewer" },
    });
    const { link, id } = body as { link: string; id: string };
    return { digest: await digestOf(link.split(".").at(-1) as string), id };
  };
  const [back, kept] = [await invite(), await invite()];
  expect((await call("DELETE", `/api/sites/team-back/invitations/${back.id}`, { headers: installation })).status).toBe(
    200,
  );
  expect((await call("DELETE", `/api/sites/team-back/invitations/${back.id}`, { headers: installation })).status).toBe(
    404,
  );
  expect(await site.join(back.digest, "ann")).toBeNull();
  expect(await site.join(kept.digest, "bob")).toEqual({ role: "viewer" });
  const again = await invite();
  expect(await site.join(again.digest, "bob")).toEqual({ role: "viewer" });
  expect(await site.join(again.digest, "ann")).toEqual({ role: "viewer" });
});

test("no id begins with a dash: a command line would take it for an option", () => {
  const ids = Array.from({ length: 2_000 }, randomId);
  expect(ids.filter((id) => !/^[A-Za-z0-9]{12}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("S21 an API token is shown once, stored as its digest, told apart by its prefix, and made by people alone", async () => {
  await createSite("team-tokens");
  const owner = await memberOf("team-tokens", "owner");
  const ask = { name: "nightly import", scopes: ["map.read", "map.read", "config.read"], days: 30 };
  // Whoever asks with a token makes none: it would outlive its own end.
  expect((await call("POST", "/api/sites/team-tokens/tokens", { headers: owner.headers, body: ask })).status).toBe(403);
  expect((await call("POST", "/api/sites/team-tokens/tokens", { headers: installation, body: ask })).status).toBe(403);
  const listed = await call("GET", "/api/sites/team-tokens/tokens", { headers: owner.headers });
  expect(listed.body.tokens).toMatchObject([{ id: owner.tokenId, account: owner.account, name: "tests" }]);
  expect(JSON.stringify(listed.body)).not.toContain(owner.token);
  expect(owner.token).toMatch(/^wpt_team-tokens_[\w-]{43}$/);
  for (const [place, text] of await everythingStored()) {
    expect([place, text.includes(owner.token.slice(-43))]).toEqual([place, false]);
  }
});

test("S17 what a team sends is refused with the field and the bound, and a field that is none with it", async () => {
  await createSite("team-wrong");
  const cases = [
    ["POST", "invitations", { role: "boss" }, "role", "one of owner, admin, editor"],
    ["POST", "invitations", { role: "viewer", rol: "owner" }, "rol", "no such field"],
    ["POST", "invitations", {}, "role", "given"],
    ["PUT", "members/ann", { role: 3 }, "role", "one of owner"],
    ["GET", "audit?after=x", undefined, "after", "a whole number"],
    ["GET", "audit?limit=1001", undefined, "limit", "at most 1000"],
  ] as const;
  for (const [method, path, body, field, bound] of cases) {
    const answer = await call(method, `/api/sites/team-wrong/${path}`, {
      headers: installation,
      ...(body ? { body } : {}),
    });
    expect([path, answer.status, answer.body.field]).toEqual([path, 400, field]);
    expect(answer.body.bound).toContain(bound);
  }
});

test("S19 the log is read as it was written, each entry names the hash of the one before, and one byte that differs shows", async () => {
  await createSite("team-audit");
  for (const role of ["viewer", "editor", "admin"]) {
    await call("POST", "/api/sites/team-audit/invitations", { headers: installation, body: { role } });
  }
  const read = async (query: string) => {
    const response = await ask(`/api/sites/team-audit/audit${query}`, { headers: installation });
    return { lines: (await response.text()).trimEnd().split("\n"), headers: response.headers };
  };
  const { lines, headers } = await read("");
  const hashes = await Promise.all(lines.map(digestOf));
  expect(lines.map((line) => (JSON.parse(line) as { previous: string }).previous)).toEqual([
    "",
    ...hashes.slice(0, -1),
  ]);
  expect(headers.get("Waypost-Head")).toBe(`${lines.length} ${hashes.at(-1)}`);
  const page = await read("?after=1&limit=1");
  expect([page.lines, page.headers.get("Waypost-Next")]).toEqual([[lines[1]], "2"]);
  const invited = lines.findIndex((line) => line.includes("viewer"));
  expect(await digestOf((lines[invited] as string).replace("viewer", "editor"))).not.toBe(
    (JSON.parse(lines[invited + 1] as string) as { previous: string }).previous,
  );
});

test("S19 no entry holds a secret, a name or an address of whoever is meant", async () => {
  await createSite("team-secret");
  const planted = { secret: randomKey(32), visitor: "v".repeat(43) };
  await call("PUT", "/api/sites/team-secret/identity/key-1", {
    headers: installation,
    body: { secret: planted.secret },
  });
  await call("DELETE", "/api/sites/team-secret/identity/key-1", { headers: installation });
  await call("POST", `/api/sites/team-secret/visitors/${planted.visitor}/separate`, {
    headers: installation,
    body: {},
  });
  const entries = await auditOf("team-secret", 2);
  expect(entries.map(({ action, before, after }) => [action, before, after])).toEqual([
    ["key.keep", { kept: false }, { kept: true }],
    ["key.keep", { kept: true }, { kept: false }],
    ["person.separate", null, null],
  ]);
  const text = JSON.stringify(entries);
  for (const value of [...Object.values(planted), env.ADMIN_TOKEN]) expect(text).not.toContain(value);
  // The twin: who knows the visitor finds the entry by the keyed hash that stands for them.
  expect(entries[2]?.subject).toMatch(/^[\w-]{43}$/);
});
