import { env } from "cloudflare:workers";
import { afterEach, expect, test, vi } from "vitest";
import { accountsObject, siteObject } from "../../worker/objects.ts";
import { makeAuthenticator } from "../harness/authenticator.ts";
import {
  accountAudit,
  atConsole,
  CONSOLE,
  cookie,
  follow,
  givenSession,
  invite,
  outcomeOf,
  personOf,
  signIn,
  signInChallenge,
} from "../harness/person-of.ts";
import { createSite } from "../harness/site-of.ts";
import { digestOf } from "../harness/team-of.ts";

const MINUTE_MS = 60_000;

afterEach(() => {
  vi.useRealTimers();
});

function later(ms: number): void {
  vi.useFakeTimers({ now: Date.now() + ms, toFake: ["Date"] });
}

test("S16 nobody is known before an invitation was followed, and whoever follows one is a member with its role", async () => {
  await createSite("passkey-join");
  const authenticator = await makeAuthenticator(CONSOLE);
  expect(await outcomeOf(await signIn(authenticator))).toBe("403 no-account");
  expect(await outcomeOf(await follow("passkey-join.guessed", { authenticator }))).toBe("410 invitation-over");

  const invitation = await invite("passkey-join", "editor");
  const read = await atConsole("/api/invitations/read", { method: "POST", body: { invitation } });
  expect(await read.json()).toMatchObject({ site: "passkey-join", role: "editor" });
  const joined = await follow(invitation, { name: "  Ada Byron ", authenticator });
  expect(joined.status).toBe(200);
  const { account } = (await joined.clone().json()) as { account: string };
  const session = await atConsole("/api/session", { headers: cookie(givenSession(joined) as string) });
  expect(await session.json()).toEqual({
    account,
    name: "Ada Byron",
    sites: [{ site: "passkey-join", role: "editor" }],
    via: "passkey",
  });
  // The link is spent, also for a passkey that nobody knows.
  const another = await makeAuthenticator(CONSOLE);
  expect(await outcomeOf(await follow(invitation, { authenticator: another }))).toBe("410 invitation-over");
  expect(await outcomeOf(await signIn(another))).toBe("403 no-account");
  // The twin: the one that joined signs in by itself, without saying who it is.
  const signedIn = await signIn(authenticator);
  expect(await signedIn.clone().json()).toEqual({ account });
});

test("S16 two who follow one link at once: one of them joins, and the other is nobody", async () => {
  await createSite("passkey-race");
  const invitation = await invite("passkey-race", "viewer");
  const both = await Promise.all([1, 2].map(() => makeAuthenticator(CONSOLE)));
  const joined = await Promise.all(both.map((authenticator) => follow(invitation, { authenticator })));
  expect((await Promise.all(joined.map(outcomeOf))).sort()).toEqual(["200", "410 invitation-over"]);
  expect((await env.SITE.getByName("passkey-race").team()).members).toHaveLength(1);
  const after = await Promise.all(both.map(async (one) => outcomeOf(await signIn(one))));
  expect(after.sort()).toEqual(["200", "403 no-account"]);
});

test("S16 a passkey is taken that answered our challenge, on the console's own origin, for its verified owner", async () => {
  await createSite("passkey-made");
  const invitation = await invite("passkey-made", "viewer");
  for (const made of [
    { origin: "https://console.example.evil.example" },
    { origin: "http://console.example" },
    { origin: `${CONSOLE}:444` },
    { host: "example" },
    { type: "webauthn.get" },
    { verified: false },
    { fmt: "packed-with-certificate" as const },
  ]) {
    const authenticator = await makeAuthenticator(CONSOLE);
    const refused = await follow(invitation, { authenticator, made });
    expect([made, await outcomeOf(refused), givenSession(refused)]).toEqual([made, "403 sign-in-refused", null]);
  }
  const authenticator = await makeAuthenticator(CONSOLE);
  for (const challenge of ["", "AAAA", await signInChallenge()]) {
    const response = await authenticator.register(challenge);
    const body = { invitation, name: "Eve", passkeyName: "x", response };
    const refused = await atConsole("/api/invitations/passkey", { method: "POST", body });
    expect([challenge, await outcomeOf(refused)]).toEqual([challenge, "403 sign-in-refused"]);
  }
  expect((await follow(invitation, { authenticator })).status).toBe(200);
});

test("S16 a sign-in is taken once, within five minutes, from the console's own origin, by its verified owner", async () => {
  await createSite("passkey-in");
  const { authenticator, account } = await personOf("passkey-in", "viewer");
  for (const made of [
    { origin: "https://evil.example" },
    { host: "evil.example" },
    { type: "webauthn.create" },
    { verified: false },
    { userHandle: "somebody-els" },
  ]) {
    const refused = await signIn(authenticator, made);
    expect([made, await outcomeOf(refused), givenSession(refused)]).toEqual([made, "403 sign-in-refused", null]);
  }
  expect(await outcomeOf(await signIn(authenticator, { userHandle: account }))).toBe("200");
  const send = (response: object) => atConsole("/api/sign-in/passkey", { method: "POST", body: { response } });
  const response = await authenticator.answer(await signInChallenge());
  expect(await (await send(response)).json()).toEqual({ account });
  expect(await outcomeOf(await send(response))).toBe("403 sign-in-refused");
  // Another's signature below a good challenge is nobody's.
  const other = await (await makeAuthenticator(CONSOLE)).answer(await signInChallenge());
  expect(await outcomeOf(await send({ ...other, id: authenticator.id, rawId: authenticator.id }))).toBe(
    "403 sign-in-refused",
  );

  const inTime = await authenticator.answer(await signInChallenge());
  const tooLate = await authenticator.answer(await signInChallenge());
  later(4.9 * MINUTE_MS);
  expect(await outcomeOf(await send(inTime))).toBe("200");
  later(0.2 * MINUTE_MS);
  expect(await outcomeOf(await send(tooLate))).toBe("403 sign-in-refused");
});

test("S16 a passkey that counts backwards is a copy, and is refused; one that counts on is taken", async () => {
  await createSite("passkey-count");
  const authenticator = await makeAuthenticator(CONSOLE);
  await follow(await invite("passkey-count", "viewer"), { authenticator, made: { counter: 5 } });
  const counting = async (counter: number) => outcomeOf(await signIn(authenticator, { counter }));
  expect([await counting(6), await counting(6), await counting(4), await counting(0)]).toEqual([
    "200",
    "403 sign-in-refused",
    "403 sign-in-refused",
    "403 sign-in-refused",
  ]);
  expect(await counting(7)).toBe("200");
});

test("S16 a further passkey takes a sign-in of the last hour, and opens the same account", async () => {
  await createSite("passkey-more");
  const person = await personOf("passkey-more", "viewer");
  const add = async (headers: Record<string, string>, authenticator: { register: (c: string) => Promise<object> }) => {
    const options = await atConsole("/api/passkeys/options", { method: "POST", headers });
    if (!options.ok) return options;
    const response = await authenticator.register(((await options.json()) as { challenge: string }).challenge);
    return atConsole("/api/passkeys", { method: "POST", headers, body: { name: "Phone", response } });
  };
  const phone = await makeAuthenticator(CONSOLE);
  later(61 * MINUTE_MS);
  expect(await outcomeOf(await add(person.headers, phone))).toBe("403 sign-in-again");
  const again = cookie(givenSession(await signIn(person.authenticator)) as string);
  expect((await add(again, phone)).status).toBe(200);
  expect(await outcomeOf(await add(again, phone))).toBe("403 sign-in-refused");
  expect(await (await signIn(phone)).json()).toEqual({ account: person.account });

  // An answer to somebody else's challenge is not added to this account.
  const other = await personOf("passkey-more", "viewer");
  const theirs = await atConsole("/api/passkeys/options", { method: "POST", headers: other.headers });
  // The other's session is of an hour later.
  const { challenge } = (await theirs.json()) as { challenge: string };
  const response = await (await makeAuthenticator(CONSOLE)).register(challenge);
  const stolen = await atConsole("/api/passkeys", { method: "POST", headers: again, body: { name: "x", response } });
  expect(await outcomeOf(stolen)).toBe("403 sign-in-refused");
});

test("S18 a passkey that was removed opens nothing any more, and the last one stays", async () => {
  await createSite("passkey-gone");
  const { authenticator, headers, account } = await personOf("passkey-gone", "viewer");
  const list = async () => {
    const listed = await atConsole("/api/passkeys", { headers });
    return ((await listed.json()) as { passkeys: { id: string; name: string; kind: string }[] }).passkeys;
  };
  const remove = (id: string) => atConsole(`/api/passkeys/${id}`, { method: "DELETE", headers });
  const [first] = await list();
  expect(first).toMatchObject({ name: "Laptop", kind: "passkey" });
  expect(await outcomeOf(await remove(first?.id as string))).toBe("409 last-identity");
  expect(await outcomeOf(await remove("none"))).toBe("404 not-found");

  const options = await atConsole("/api/passkeys/options", { method: "POST", headers });
  const { challenge, excludeCredentials } = (await options.json()) as {
    challenge: string;
    excludeCredentials: object[];
  };
  expect(excludeCredentials).toMatchObject([{ id: authenticator.id }]);
  const phone = await makeAuthenticator(CONSOLE);
  const body = { name: "Phone", response: await phone.register(challenge) };
  expect((await atConsole("/api/passkeys", { method: "POST", headers, body })).status).toBe(200);
  expect((await remove(first?.id as string)).status).toBe(200);
  expect(await outcomeOf(await signIn(authenticator))).toBe("403 no-account");
  expect((await signIn(phone)).status).toBe(200);
  expect((await list()).map(({ name }) => name)).toEqual(["Phone"]);

  // S19: an entry a change, by ids alone.
  const told = await accountAudit(account);
  expect(told.map(({ action }) => action)).toEqual([
    "account.create",
    "passkey.add",
    "passkey.remove",
    "session.begin",
  ]);
  const text = JSON.stringify(told);
  for (const secret of ["Ada", "Phone", "Laptop", authenticator.id, phone.id]) expect(text).not.toContain(secret);
  expect(text).toContain(first?.id);
});

test("S16 a passkey that is somebody's is not made anybody else's", async () => {
  await createSite("passkey-twice");
  const { authenticator } = await personOf("passkey-twice", "viewer");
  const invitation = await invite("passkey-twice", "owner");
  expect(await outcomeOf(await follow(invitation, { authenticator }))).toBe("403 sign-in-refused");
  // The invitation was not spent by it.
  expect((await follow(invitation, { authenticator: await makeAuthenticator(CONSOLE) })).status).toBe(200);
});

test("S16 who has signed in follows a link as who they are", async () => {
  await createSite("passkey-first");
  await createSite("passkey-second");
  const { headers, account } = await personOf("passkey-first", "viewer");
  const invitation = await invite("passkey-second", "admin");
  const join = (asked: Record<string, string>) =>
    atConsole("/api/invitations/join", { method: "POST", headers: asked, body: { invitation } });
  expect(await outcomeOf(await join({}))).toBe("401 unauthorised");
  expect(await (await join(headers)).json()).toEqual({ site: "passkey-second", role: "admin" });
  const session = await atConsole("/api/session", { headers });
  expect(await session.json()).toMatchObject({
    account,
    sites: [
      { site: "passkey-first", role: "viewer" },
      { site: "passkey-second", role: "admin" },
    ],
  });
});

test("S18 with a passkey ends what was begun with it: its sessions, and the command lines that they approved", async () => {
  await createSite("passkey-lost");
  const { authenticator: lost, headers: first, account } = await personOf("passkey-lost", "owner");
  // A second passkey, and a session by it.
  const kept = await makeAuthenticator(CONSOLE);
  const options = await atConsole("/api/passkeys/options", { method: "POST", headers: first });
  const { challenge } = (await options.json()) as { challenge: string };
  const added = await atConsole("/api/passkeys", {
    method: "POST",
    headers: first,
    body: { name: "Phone", response: await kept.register(challenge) },
  });
  expect(added.status).toBe(200);
  const byKept = cookie(givenSession(await signIn(kept)) as string);
  const [byLost, alsoByLost] = [
    cookie(givenSession(await signIn(lost)) as string),
    cookie(givenSession(await signIn(lost)) as string),
  ];
  const askForDevice = async () =>
    (await (await atConsole("/api/device", { method: "POST" })).json()) as { deviceCode: string; userCode: string };
  const redeem = (deviceCode: string) => atConsole("/api/device/token", { method: "POST", body: { deviceCode } });
  const approve = async (userCode: string, headers: Record<string, string>) =>
    expect(
      (await atConsole("/api/device/approve", { method: "POST", headers, body: { userCode, approve: true } })).status,
    ).toBe(200);
  const commandLine = async (headers: Record<string, string>) => {
    const { deviceCode, userCode } = await askForDevice();
    await approve(userCode, headers);
    const { token } = (await (await redeem(deviceCode)).json()) as { token: string };
    return { Authorization: `Bearer ${token}` };
  };
  const [cliOfLost, cliOfKept] = [await commandLine(byLost), await commandLine(byKept)];
  // Approved, and not fetched yet.
  const waiting = await askForDevice();
  await approve(waiting.userCode, byLost);

  const isIn = async (headers: Record<string, string>) => (await atConsole("/api/session", { headers })).status;
  const all = [first, byLost, alsoByLost, cliOfLost, byKept, cliOfKept];
  expect(await Promise.all(all.map(isIn))).toEqual([200, 200, 200, 200, 200, 200]);
  const { passkeys } = (await (await atConsole("/api/passkeys", { headers: byKept })).json()) as {
    passkeys: { id: string; name: string }[];
  };
  const { id } = passkeys.find(({ name }) => name === "Laptop") as { id: string };
  expect((await atConsole(`/api/passkeys/${id}`, { method: "DELETE", headers: byKept })).status).toBe(200);
  expect(await Promise.all(all.map(isIn))).toEqual([401, 401, 401, 401, 200, 200]);
  expect(await outcomeOf(await redeem(waiting.deviceCode))).toBe("410 device-over");
  const entries = (await accountAudit(account)).filter(({ action }) => action === "passkey.remove");
  expect(entries).toHaveLength(1);
  expect((entries[0] as unknown as { before: { sessions: string[] } }).before.sessions).toHaveLength(4);
});

/** The bindings of now, with a site's object whose `join` fails: before it is asked, or with the answer lost. */
function failing(site: string, when: "before" | "after", of: "join" | "noteSite" = "join"): Partial<typeof env> {
  const fail = () => Promise.reject(new Error("away"));
  if (of === "noteSite") {
    const object = accountsObject(env);
    const create = (...args: Parameters<typeof object.create>) => object.create(...args);
    return { ACCOUNTS: { getByName: () => ({ create, noteSite: fail }) } as never };
  }
  const object = siteObject(env, site);
  const join = async (...args: Parameters<typeof object.join>) => {
    if (when === "after") await object.join(...args);
    return fail();
  };
  const invitation = (digest: string) => object.invitation(digest);
  return { SITE: { getByName: () => ({ join, invitation }) } as never };
}

test.each([
  ["the site was not asked", "before", "join"],
  ["the answer was lost", "after", "join"],
  ["the accounts did not answer", "before", "noteSite"],
] as const)(
  "S16 a newcomer whose joining failed halfway is somebody, and follows the same link again: %s",
  async (_, when, of) => {
    const site = `passkey-half-${when}-${of.toLowerCase()}`;
    await createSite(site);
    const invitation = await invite(site, "editor");
    const authenticator = await makeAuthenticator(CONSOLE);
    const half = await follow(invitation, { authenticator, bindings: failing(site, when, of) });
    expect(await outcomeOf(half.clone())).toBe("503 unavailable");
    const headers = cookie(givenSession(half) as string);
    const joined = await atConsole("/api/invitations/join", { method: "POST", headers, body: { invitation } });
    expect(await joined.json()).toEqual({ site, role: "editor" });
    const session = await atConsole("/api/session", { headers });
    expect(await session.json()).toMatchObject({ sites: [{ site, role: "editor" }] });
    expect((await siteObject(env, site).team()).members).toHaveLength(1);
    expect((await signIn(authenticator)).status).toBe(200);
    // Nobody else follows it, and nobody is a member of what they only name.
    const other = await personOf(site, "viewer");
    expect(await siteObject(env, site).invitation(await digestOf(invitation.split(".")[1] as string))).toBeNull();
    const guessed = { method: "POST", headers: other.headers, body: { invitation: "access-nowhere.guessed" } };
    expect(await outcomeOf(await atConsole("/api/invitations/join", guessed))).toBe("410 invitation-over");
    expect((await accountsObject(env).whoIs(await digestOf(other.secret)))?.sites).toEqual([site]);
  },
);
