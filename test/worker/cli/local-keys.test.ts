import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { hash } from "../../../models/assignment.ts";
import { isSecret } from "../../../models/identity.ts";
import { localKeys, treatedSecrets, visitorOf } from "../../../worker/cli/local-keys.ts";

const folder = mkdtempSync(join(tmpdir(), "waypost-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the first start makes three keys that only this user can read; later starts find them as they are", async () => {
  const path = join(folder, "first");
  const keys = await localKeys(path);
  expect(Buffer.from(keys.ID_KEY, "base64url")).toHaveLength(32);
  expect(Buffer.from(keys.TOKEN_KEY, "base64url")).toHaveLength(32);
  expect(new Set(Object.values(keys)).size).toBe(3);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const text = readFileSync(path, "utf8");
  expect(await localKeys(path)).toEqual(keys);
  expect(readFileSync(path, "utf8")).toBe(text);
});

test("a key that is missing is added, and what else the file says stays", async () => {
  const path = join(folder, "partial");
  writeFileSync(path, "ID_KEY=mine\n# a note\nOTHER=1");
  const { ID_KEY, TOKEN_KEY } = await localKeys(path);
  expect(ID_KEY).toBe("mine");
  expect(readFileSync(path, "utf8")).toMatch(
    new RegExp(`^ID_KEY=mine\n# a note\nOTHER=1\nTOKEN_KEY=${TOKEN_KEY}\nADMIN_TOKEN=.+\n$`),
  );
});

test("a visitor is the HMAC-SHA-256 of site, NUL and secret under the key's bytes", async () => {
  const bytes = Buffer.alloc(32, 7);
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode("demo\0secret"));
  expect(visitorOf(bytes.toString("base64url"), "demo", "secret")).toBe(Buffer.from(mac).toString("base64url"));
});

test("treated secrets name visitors whom no campaign holds out", () => {
  const idKey = Buffer.alloc(32, 1).toString("base64url");
  const campaigns = [
    { id: "help", holdout: 0.5 },
    { id: "tip", holdout: 0.2 },
  ];
  const secrets = treatedSecrets(50, { idKey, site: "demo", campaigns });
  expect(secrets.every(isSecret)).toBe(true);
  expect(new Set(secrets).size).toBe(50);
  for (const { id, holdout } of campaigns) {
    const places = secrets.map((secret) => hash(id, visitorOf(idKey, "demo", secret), 2) as number);
    expect(Math.min(...places)).toBeGreaterThanOrEqual(holdout);
  }
  expect(() => treatedSecrets(1, { idKey, site: "demo", campaigns: [{ id: "all", holdout: 1 }] })).toThrow("everybody");
});
