import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { LIVE_PROTOCOL } from "../../models/wire.ts";
import { accountsObject } from "../../worker/objects.ts";
import {
  accountAudit,
  atConsole,
  CONSOLE,
  cookie,
  givenSession,
  invite,
  outcomeOf,
  personOf,
  signIn,
} from "../harness/person-of.ts";
import { ask, createSite } from "../harness/site-of.ts";
import { everythingStored } from "../harness/stores.ts";
import { digestOf } from "../harness/team-of.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.now();

afterEach(() => {
  vi.useRealTimers();
});

function at(ms: number): void {
  vi.useFakeTimers({ now: START + ms, toFake: ["Date"] });
}

const isIn = async (headers: Record<string, string>) => outcomeOf(await atConsole("/api/session", { headers }));

interface Listed {
  id: string;
  kind: string;
  current: boolean;
  lastSeenAt: number;
}
const sessionsOf = async (headers: Record<string, string>) =>
  ((await (await atConsole("/api/sessions", { headers })).json()) as { sessions: Listed[] }).sessions;

test("S15 the session is a cookie that no script reads and no other host gets, and only its digest is stored", async () => {
  await createSite("session-cookie");
  const { authenticator } = await personOf("session-cookie", "viewer");
  const signedIn = await signIn(authenticator);
  const [pair, ...attributes] = (signedIn.headers.get("Set-Cookie") as string).split("; ");
  expect(pair).toMatch(/^__Host-waypost-session=[\w-]{43}$/);
  expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=604800", "Path=/", "SameSite=Lax", "Secure"]);
  const secret = givenSession(signedIn) as string;
  const stored = await everythingStored();
  for (const [place, text] of stored) expect([place, text.includes(secret)]).toEqual([place, false]);
  // The twin: its digest is.
  const digest = await digestOf(secret);
  expect([...stored.values()].some((text) => text.includes(digest))).toBe(true);
});

test("S16 a sign-in is a new secret, and ends the session that the browser had", async () => {
  await createSite("session-rotated");
  const { authenticator, headers, secret } = await personOf("session-rotated", "viewer");
  const again = givenSession(await signIn(authenticator, {}, headers)) as string;
  expect(again).not.toBe(secret);
  expect([await isIn(headers), await isIn(cookie(again))]).toEqual(["401 unauthorised", "200"]);
  // A secret that somebody planted before is not taken over.
  const planted = "x".repeat(43);
  const given = givenSession(await signIn(authenticator, {}, cookie(planted)));
  expect(given).not.toBe(planted);
  expect(await isIn(cookie(planted))).toBe("401 unauthorised");
});

test("S18 a session ends after 12 hours unused, and 7 days after the sign-in however much it is used", async () => {
  await createSite("session-bounds");
  at(0);
  const idle = await personOf("session-bounds", "viewer");
  at(11.9 * HOUR_MS);
  expect(await isIn(idle.headers)).toBe("200");
  at(11.9 * HOUR_MS + 11.9 * HOUR_MS);
  expect(await isIn(idle.headers)).toBe("200");
  at(11.9 * HOUR_MS + 11.9 * HOUR_MS + 12.1 * HOUR_MS);
  expect(await isIn(idle.headers)).toBe("401 unauthorised");

  at(0);
  const busy = await personOf("session-bounds", "viewer");
  for (let ms = 0; ms < 7 * DAY_MS; ms += 11 * HOUR_MS) {
    at(ms);
    expect([ms, await isIn(busy.headers)]).toEqual([ms, "200"]);
  }
  at(7 * DAY_MS - HOUR_MS);
  expect(await isIn(busy.headers)).toBe("200");
  at(7 * DAY_MS);
  expect(await isIn(busy.headers)).toBe("401 unauthorised");
});

test("a use of a session is noted once an hour", async () => {
  await createSite("session-seen");
  at(0);
  const { headers } = await personOf("session-seen", "viewer");
  const seen = async () => (await sessionsOf(headers))[0]?.lastSeenAt;
  at(0.9 * HOUR_MS);
  expect(await seen()).toBe(START);
  at(1.1 * HOUR_MS);
  expect(await seen()).toBe(START + 1.1 * HOUR_MS);
  at(1.9 * HOUR_MS);
  expect(await seen()).toBe(START + 1.1 * HOUR_MS);
});

test("S18 signing out ends this session, ending one ends that, and everywhere ends all, each with the next request", async () => {
  await createSite("session-out");
  const first = await personOf("session-out", "viewer");
  const other = await personOf("session-out", "viewer");
  const [second, third] = [
    cookie(givenSession(await signIn(first.authenticator)) as string),
    cookie(givenSession(await signIn(first.authenticator)) as string),
  ];
  const listed = await sessionsOf(second);
  expect(listed.map(({ kind, current }) => [kind, current]).sort()).toEqual([
    ["browser", false],
    ["browser", false],
    ["browser", true],
  ]);
  const signedOut = await atConsole("/api/session", { method: "DELETE", headers: second });
  expect(signedOut.headers.get("Set-Cookie")).toMatch(/^__Host-waypost-session=; Max-Age=0; Path=\//);
  expect([await isIn(second), await isIn(third), await isIn(first.headers)]).toEqual([
    "401 unauthorised",
    "200",
    "200",
  ]);

  const left = await sessionsOf(first.headers);
  const thirds = left.find(({ current }) => !current)?.id as string;
  const end = (id: string, headers: Record<string, string>) =>
    atConsole(`/api/sessions/${id}`, { method: "DELETE", headers });
  // Nobody ends another's.
  expect(await outcomeOf(await end(thirds, other.headers))).toBe("404 not-found");
  expect(await isIn(third)).toBe("200");
  expect(await outcomeOf(await end(thirds, first.headers))).toBe("200");
  expect([await isIn(third), await isIn(first.headers)]).toEqual(["401 unauthorised", "200"]);

  const fourth = cookie(givenSession(await signIn(first.authenticator)) as string);
  expect(await outcomeOf(await atConsole("/api/sessions", { method: "DELETE", headers: fourth }))).toBe("200");
  expect([await isIn(fourth), await isIn(first.headers), await isIn(other.headers)]).toEqual([
    "401 unauthorised",
    "401 unauthorised",
    "200",
  ]);
  // S19
  const told = (await accountAudit(first.account)).map(({ action }) => action);
  expect(told.filter((action) => action.startsWith("session.end"))).toEqual([
    "session.end",
    "session.end",
    "session.end-all",
  ]);
});

test("S18 who was taken out of a site sees it no more, and asks it nothing more, in the same session", async () => {
  await createSite("session-member");
  const owner = await personOf("session-member", "owner");
  const editor = await personOf("session-member", "editor");
  const audit = async () => outcomeOf(await atConsole("/api/sites/session-member/audit", { headers: editor.headers }));
  const sites = async () =>
    ((await (await atConsole("/api/session", { headers: editor.headers })).json()) as { sites: object[] }).sites;
  expect([await audit(), await sites()]).toEqual(["403 forbidden", [{ site: "session-member", role: "editor" }]]);
  const path = `/api/sites/session-member/members/${editor.account}`;
  const put = (body: object) => atConsole(path, { method: "PUT", headers: owner.headers, body });
  expect((await put({ role: "admin" })).status).toBe(200);
  expect(await audit()).toBe("200");
  expect((await atConsole(path, { method: "DELETE", headers: owner.headers })).status).toBe(200);
  expect([await audit(), await sites()]).toEqual(["404 unknown-site", []]);
});

test("names are told for a list of members, of accounts that are there", async () => {
  await createSite("session-names");
  const { account } = await personOf("session-names", "owner", "Grace");
  expect(await accountsObject(env).names([account, "nobody"])).toEqual({ [account]: "Grace" });
});

const FORGED = {
  missing: undefined,
  null: "null",
  other: "https://evil.example",
  suffix: `${CONSOLE}.evil.example`,
  prefix: "https://evil-console.example",
  port: `${CONSOLE}:8443`,
  scheme: "http://console.example",
};

test.each(Object.entries(FORGED))(
  "S15 a change that another site's page asks for is refused: Origin %s",
  async (name, origin) => {
    const site = `session-csrf-${name}`;
    await createSite(site);
    const { headers, authenticator } = await personOf(site, "owner");
    const from = (asked: Record<string, string>) => ({ ...asked, ...(origin === undefined ? {} : { Origin: origin }) });
    const send = async (method: string, path: string, body?: object) => {
      const request = new Request(CONSOLE + path, {
        method,
        headers: from(headers),
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const { default: app } = await import("../../worker/index.ts");
      return app.fetch(request, { ...env, CONSOLE_ORIGIN: CONSOLE });
    };
    for (const [method, path, body] of [
      ["DELETE", "/api/session"],
      ["DELETE", "/api/sessions"],
      ["POST", `/api/sites/${site}/invitations`, { role: "owner" }],
      ["POST", "/api/device/approve", { userCode: "BCDFGHJK", approve: true }],
    ] as const) {
      expect([path, await outcomeOf(await send(method, path, body))]).toEqual([path, "403 forbidden"]);
    }
    // Nor does it sign a browser in, as somebody else.
    const { challenge } = (await (await atConsole("/api/sign-in/passkey/options", { method: "POST" })).json()) as {
      challenge: string;
    };
    const login = await send("POST", "/api/sign-in/passkey", { response: await authenticator.answer(challenge) });
    expect([await outcomeOf(login), givenSession(login)]).toEqual(["403 forbidden", null]);
    expect(await isIn(headers)).toBe("200");
    // The twin: the console's own page may.
    expect(await outcomeOf(await atConsole("/api/session", { method: "DELETE", headers }))).toBe("200");
  },
);

test("S15 a socket is a change: another site's page opens none with the session", async () => {
  await createSite("session-socket");
  const { headers } = await personOf("session-socket", "owner");
  const path = "/api/sites/session-socket/journeys/checkout/live";
  const upgrade = { ...headers, Upgrade: "websocket", "Sec-WebSocket-Protocol": LIVE_PROTOCOL };
  const open = (Origin: string) => atConsole(path, { headers: { ...upgrade, Origin } });
  expect(await outcomeOf(await open("https://evil.example"))).toBe("403 forbidden");
  const opened = await open(CONSOLE);
  expect(opened.status).toBe(101);
  opened.webSocket?.accept();
  opened.webSocket?.close();
});

test("S15 a session is good at the console's own address alone, and no cookie's secret is a token", async () => {
  await createSite("session-place");
  const { headers, secret } = await personOf("session-place", "owner");
  const elsewhere = await ask("/api/session", { headers }, { CONSOLE_ORIGIN: CONSOLE });
  expect(await outcomeOf(elsewhere)).toBe("401 unauthorised");
  expect(await isIn({ Authorization: `Bearer ${secret}` })).toBe("401 unauthorised");
  const signIn = await ask("/api/sign-in", {}, { CONSOLE_ORIGIN: CONSOLE });
  expect(await outcomeOf(signIn)).toBe("404 not-found");
  expect(await (await atConsole("/api/sign-in")).json()).toEqual({ passkey: true, oidc: false, access: false });
  expect(await isIn(headers)).toBe("200");
});

test("S16 who may guess is counted by address, and told to wait", async () => {
  // All at one moment: a bucket fills as time goes by.
  at(0);
  const from = (path: string, body: object) =>
    atConsole(path, { method: "POST", body, headers: { "CF-Connecting-IP": "203.0.113.77" } });
  const tried = Array.from({ length: 1_001 }, () => from("/api/invitations/read", {}));
  const outcomes = await Promise.all((await Promise.all(tried)).map(({ status }) => status));
  expect(outcomes.filter((status) => status === 400).length).toBeLessThanOrEqual(1_000);
  expect(outcomes).toContain(429);
  expect(await outcomeOf(await from("/api/sign-in/passkey", {}))).toBe("429 too-many-requests");
  const elsewhere = { "CF-Connecting-IP": "203.0.113.78" };
  const read = { method: "POST", body: { invitation: await invite("session-out", "viewer") }, headers: elsewhere };
  expect(await outcomeOf(await atConsole("/api/invitations/read", read))).toBe("200");
});
