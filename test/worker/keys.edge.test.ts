import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { base64url, browserVisitor, open, openPerson, seal, sealPerson } from "../../worker/keys.ts";

const newKey = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

test("I1 S21 a token that an earlier key sealed still opens during a rotation, and is sealed anew; after it, it does not", async () => {
  const person = { visitor: await browserVisitor(env, "demo", "s".repeat(22)), site: "demo", epoch: 1 };
  const before = { ...env, TOKEN_KEY: newKey() };
  const token = await sealPerson(before, person);
  const rotating = { ...env, TOKEN_KEY: newKey(), TOKEN_KEY_BEFORE: before.TOKEN_KEY };
  expect(await openPerson(before, token)).toEqual({ ...person, isCurrent: true });
  expect(await openPerson(rotating, token)).toEqual({ ...person, isCurrent: false });
  expect(await openPerson({ ...env, TOKEN_KEY: rotating.TOKEN_KEY }, token)).toBe(null);
});

test("I1 a token shows nothing of its visitor, and one that was changed anywhere opens nothing (S9)", async () => {
  const visitor = await browserVisitor(env, "demo", "s".repeat(22));
  const token = await sealPerson(env, { visitor, site: "demo", epoch: 1 });
  expect(visitor).toMatch(/^[\w-]{43}$/);
  expect(token).not.toContain(visitor);
  for (let i = 0; i < token.length - 1; i += 7) {
    const changed = token.slice(0, i) + (token[i] === "A" ? "B" : "A") + token.slice(i + 1);
    expect(await openPerson(env, changed)).toBe(null);
  }
});

test("I1 Y4 what was sealed for one use opens for no other", async () => {
  const sealed = await seal(env, "cookie", ["demo", 1]);
  expect(await open(env, "cookie", sealed)).toEqual({ value: ["demo", 1], isCurrent: true });
  expect(await open(env, "", sealed)).toBe(null);
  expect(await open(env, "cookie", await seal(env, "", ["demo", 1]))).toBe(null);
});

test("I1 a key that is not 32 bytes is refused before anything is named with it (S21)", async () => {
  await expect(browserVisitor({ ...env, ID_KEY: base64url(new Uint8Array(16)) }, "demo", "s")).rejects.toThrow(
    "32 random bytes",
  );
});
