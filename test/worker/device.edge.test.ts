import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import {
  accountAudit,
  atConsole,
  CONSOLE,
  cookie,
  givenSession,
  outcomeOf,
  personOf,
  signIn,
} from "../harness/person-of.ts";
import { ask, createSite } from "../harness/site-of.ts";
import { everythingStored } from "../harness/stores.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

afterEach(() => {
  vi.useRealTimers();
});

function later(ms: number): void {
  vi.useFakeTimers({ now: Date.now() + ms, toFake: ["Date"] });
}

/** A command line asks without a cookie and without an origin, at whatever host of the edge. */
const post = (path: string, body: object, headers = {}) =>
  ask(path, { method: "POST", headers, body: JSON.stringify(body) }, { CONSOLE_ORIGIN: CONSOLE });

interface Asked {
  deviceCode: string;
  userCode: string;
  verificationUrl: string;
  expiresInS: number;
  intervalS: number;
}
const askForOne = async () => (await (await post("/api/device", {})).json()) as Asked;
const redeem = (deviceCode: string) => post("/api/device/token", { deviceCode });
const decide = (userCode: string, approve: boolean, headers: Record<string, string>) =>
  atConsole("/api/device/approve", { method: "POST", headers, body: { userCode, approve } });

test("S16 a command line is signed in once, by whoever compares its code in the console", async () => {
  await createSite("device-in");
  const person = await personOf("device-in", "owner");
  const asked = await askForOne();
  expect(asked).toMatchObject({ expiresInS: 600, intervalS: 1 });
  expect(asked.userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
  expect(asked.verificationUrl).toBe(`${CONSOLE}/console/#device=${asked.userCode}`);
  const pending = await redeem(asked.deviceCode);
  expect([pending.status, Object.keys((await pending.json()) as object)]).toEqual([202, ["pending"]]);

  // However somebody copies it.
  const typed = `${asked.userCode.slice(0, 4).toLowerCase()}-${asked.userCode.slice(4)} `;
  expect(await outcomeOf(await decide(typed, true, person.headers))).toBe("200");
  const redeemed = (await (await redeem(asked.deviceCode)).json()) as { token: string; account: string };
  expect(redeemed).toMatchObject({ account: person.account });
  expect(redeemed.token).toMatch(/^wps_[\w-]{43}$/);
  expect(await outcomeOf(await redeem(asked.deviceCode))).toBe("410 device-over");
  expect(await outcomeOf(await decide(asked.userCode, true, person.headers))).toBe("410 device-over");

  const bearer = { Authorization: `Bearer ${redeemed.token}` };
  const session = await ask("/_w/api/session", { headers: bearer }, { CONSOLE_ORIGIN: CONSOLE });
  expect(await session.json()).toMatchObject({ account: person.account, via: "device" });
  expect((await ask("/api/sites/device-in/audit", { headers: bearer }, {})).status).toBe(200);

  const stored = await everythingStored();
  for (const secret of [asked.deviceCode, asked.userCode, redeemed.token]) {
    for (const [place, text] of stored) expect([place, text.includes(secret)]).toEqual([place, false]);
  }
  // S19
  const told = (await accountAudit(person.account)).map(({ action }) => action);
  expect(told).toEqual(["account.create", "device.approve", "session.begin"]);
  const audit = (headers: Record<string, string>) => ask("/api/audit", { headers }, {});
  expect((await audit(bearer)).status).toBe(403);
  const exported = await audit({ Authorization: `Bearer ${env.ADMIN_TOKEN}` });
  expect(exported.headers.get("Waypost-Head")).toMatch(/^\d+ [\w-]{43}$/);
  expect(await exported.text()).toContain('"action":"device.approve"');
});

test("S16 a request that was refused, that nobody knows, or that is ten minutes old gives nothing", async () => {
  await createSite("device-no");
  const { headers, account } = await personOf("device-no", "owner");
  const refused = await askForOne();
  expect(await outcomeOf(await decide(refused.userCode, false, headers))).toBe("200");
  expect(await outcomeOf(await redeem(refused.deviceCode))).toBe("403 device-refused");
  // S19
  expect((await accountAudit(account)).map(({ action }) => action)).toEqual(["account.create", "device.refuse"]);
  // Who has refused does not approve afterwards.
  expect(await outcomeOf(await decide(refused.userCode, true, headers))).toBe("410 device-over");
  expect(await outcomeOf(await redeem("x".repeat(43)))).toBe("410 device-over");
  expect(await outcomeOf(await decide("BCDFGHJK", true, headers))).toBe("410 device-over");
  expect(await outcomeOf(await decide("BCD", true, headers))).toBe("400 malformed");

  const [undecided, approved] = [await askForOne(), await askForOne()];
  expect(await outcomeOf(await decide(approved.userCode, true, headers))).toBe("200");
  later(10 * MINUTE_MS + 1);
  expect(await outcomeOf(await decide(undecided.userCode, true, headers))).toBe("410 device-over");
  expect(await outcomeOf(await redeem(approved.deviceCode))).toBe("410 device-over");
  // The code that people see is not the one that is redeemed.
  const another = await askForOne();
  expect(await outcomeOf(await redeem(another.userCode))).toBe("410 device-over");
});

test("S16 nobody approves who has not signed in, and no command line approves another", async () => {
  await createSite("device-who");
  const { headers } = await personOf("device-who", "owner");
  const first = await askForOne();
  expect(await outcomeOf(await decide(first.userCode, true, {}))).toBe("401 unauthorised");
  expect(await outcomeOf(await decide(first.userCode, true, { Authorization: `Bearer ${env.ADMIN_TOKEN}` }))).toBe(
    "403 forbidden",
  );
  await decide(first.userCode, true, headers);
  const { token } = (await (await redeem(first.deviceCode)).json()) as { token: string };
  const second = await askForOne();
  const bearer = { Authorization: `Bearer ${token}` };
  expect(await outcomeOf(await decide(second.userCode, true, bearer))).toBe("403 forbidden");
  // Nor does it change how its owner signs in.
  expect(await outcomeOf(await atConsole("/api/passkeys/options", { method: "POST", headers: bearer }))).toBe(
    "403 sign-in-again",
  );
  expect((await redeem(second.deviceCode)).status).toBe(202);
});

test("S18 a command line's session is listed, ends where its owner ends it or it signs out, and after 30 days", async () => {
  await createSite("device-end");
  const { headers } = await personOf("device-end", "owner");
  const signedIn = async () => {
    const { deviceCode, userCode } = await askForOne();
    await decide(userCode, true, headers);
    const { token } = (await (await redeem(deviceCode)).json()) as { token: string };
    return { Authorization: `Bearer ${token}` };
  };
  const isIn = async (bearer: Record<string, string>) =>
    outcomeOf(await ask("/api/session", { headers: bearer }, { CONSOLE_ORIGIN: CONSOLE }));
  const [ended, out, kept] = [await signedIn(), await signedIn(), await signedIn()];
  const listed = (await (await atConsole("/api/sessions", { headers: ended })).json()) as {
    sessions: { id: string; kind: string; current: boolean }[];
  };
  expect(listed.sessions.map(({ kind }) => kind).sort()).toEqual(["browser", "cli", "cli", "cli"]);
  const own = listed.sessions.find(({ current }) => current) as { id: string };
  await atConsole(`/api/sessions/${own.id}`, { method: "DELETE", headers });
  await ask("/api/session", { method: "DELETE", headers: out }, { CONSOLE_ORIGIN: CONSOLE });
  expect([await isIn(ended), await isIn(out), await isIn(kept)]).toEqual([
    "401 unauthorised",
    "401 unauthorised",
    "200",
  ]);
  // A token is no cookie.
  const token = (kept.Authorization as string).slice("Bearer ".length);
  const asCookie = await atConsole("/api/session", { headers: { Cookie: `__Host-waypost-session=${token}` } });
  expect(asCookie.status).toBe(401);

  later(30 * DAY_MS - MINUTE_MS);
  expect(await isIn(kept)).toBe("200");
  later(2 * MINUTE_MS);
  expect(await isIn(kept)).toBe("401 unauthorised");
});

test("S12 at most 1,000 requests wait at once: beyond, who asks is told to wait", async () => {
  later(20 * MINUTE_MS);
  const all = await Promise.all(Array.from({ length: 1_001 }, () => post("/api/device", {})));
  expect(all.filter(({ status }) => status === 200)).toHaveLength(1_000);
  expect(all.filter(({ status }) => status === 429)).toHaveLength(1);
  later(10 * MINUTE_MS + 1);
  expect((await post("/api/device", {})).status).toBe(200);
});

test("S12 one address asks for ten at once and then for one in twenty seconds, so it locks nobody else out", async () => {
  const start = Date.now() + 40 * MINUTE_MS;
  vi.useFakeTimers({ now: start, toFake: ["Date"] });
  const from = async (address: string) => outcomeOf(await post("/api/device", {}, { "CF-Connecting-IP": address }));
  const first: string[] = [];
  for (let i = 0; i < 100; i++) first.push(await from("203.0.113.90"));
  expect(first.filter((outcome) => outcome === "200")).toHaveLength(10);
  expect(await from("203.0.113.91")).toBe("200");
  vi.setSystemTime(start + 19_000);
  expect(await from("203.0.113.90")).toBe("429 too-many-requests");
  vi.setSystemTime(start + 20_000);
  expect([await from("203.0.113.90"), await from("203.0.113.90")]).toEqual(["200", "429 too-many-requests"]);
  // Those that wait are asked for as often as every second.
  const asked = await post("/api/device/token", { deviceCode: "none" }, { "CF-Connecting-IP": "203.0.113.90" });
  expect(await outcomeOf(asked)).toBe("410 device-over");
});

test("a deployment without a console signs no command line in", async () => {
  expect(await outcomeOf(await ask("/api/device", { method: "POST", body: "{}" }))).toBe("404 not-found");
});

test("S16 approving takes a sign-in of the last hour, as a new passkey does; refusing does not", async () => {
  await createSite("device-recent");
  const { headers, authenticator } = await personOf("device-recent", "owner");
  later(61 * MINUTE_MS);
  const { deviceCode, userCode } = await askForOne();
  expect(await outcomeOf(await decide(userCode, true, headers))).toBe("403 sign-in-again");
  expect((await redeem(deviceCode)).status).toBe(202);
  const again = cookie(givenSession(await signIn(authenticator)) as string);
  expect(await outcomeOf(await decide(userCode, true, again))).toBe("200");
  expect((await redeem(deviceCode)).status).toBe(200);
  const unwanted = await askForOne();
  later(61 * MINUTE_MS);
  const late = await askForOne();
  expect(await outcomeOf(await decide(late.userCode, false, again))).toBe("200");
  expect(await outcomeOf(await redeem(late.deviceCode))).toBe("403 device-refused");
  expect(await outcomeOf(await redeem(unwanted.deviceCode))).toBe("410 device-over");
});
