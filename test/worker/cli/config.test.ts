import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SiteConfig } from "../../../models/site-config.ts";
import { createSite, type Edge, putConfig, startEdge } from "../../harness/edge.ts";
import { SMALL_SITE } from "../../harness/small-site.ts";

const folder = mkdtempSync(join(tmpdir(), "waypost-config-"));
let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(async () => {
  await edge?.close();
  rmSync(folder, { recursive: true });
});

interface Exported {
  site: string;
  version: number;
  config: SiteConfig;
}

/** Runs the command as a person does. */
function run(args: string[], token = edge.keys.ADMIN_TOKEN) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      ["worker/cli/config.ts", ...args, "--edge", edge.url],
      { env: { ...process.env, ADMIN_TOKEN: token } },
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

const inForce = async (site: string) => (await (await edge.api("GET", `/api/sites/${site}/config`)).json()) as Exported;
const retitled = (title: string): SiteConfig => {
  const { text } = SMALL_SITE.consent;
  return { ...SMALL_SITE, consent: { ...SMALL_SITE.consent, text: { ...text, title } } };
};

test("U29 an exported configuration is restored as it was, as a new version, though another had come between", async () => {
  await createSite(edge, "round", SMALL_SITE);
  const file = join(folder, "round.json");
  expect(await run(["export", "round", "--file", file])).toMatchObject({ code: 0, stdout: "", stderr: "" });
  const exported = JSON.parse(readFileSync(file, "utf8")) as Exported;
  expect(exported).toMatchObject({ site: "round", version: 1, config: { ...SMALL_SITE, origins: [edge.url] } });
  expect(JSON.parse((await run(["export", "round"])).stdout)).toEqual(exported);

  await putConfig(edge, "round", retitled("Another"));
  const refused = await run(["restore", "round", file]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/: 412 .+ Version 2 is in force, not 1: read it first\. Export it .+ --over/);
  expect((await inForce("round")).config.consent.text?.title).toBe("Another");

  const restored = await run(["restore", "round", file, "--over", "2"]);
  expect(restored).toMatchObject({ code: 0, stdout: expect.stringContaining("as version 3") });
  expect(await inForce("round")).toEqual({ ...exported, version: 3 });
});

test("U29 a site that is new, or was created again, takes an exported configuration over none", async () => {
  const from = await createSite(edge, "lost", retitled("Kept in a file"));
  const file = join(folder, "lost.json");
  await run(["export", "lost", "--file", file]);
  const keys = {
    publicKey: from.writeKey.slice(0, 21).padEnd(22, "x"),
    writeKey: from.publicKey.slice(0, 21).padEnd(22, "x"),
  };
  expect((await edge.api("PUT", "/api/sites/again", keys)).status).toBe(200);
  expect((await edge.api("GET", "/api/sites/again/config")).status).toBe(404);
  expect((await run(["restore", "again", file])).stderr).toContain("Version 0 is in force, not 1");
  expect((await run(["restore", "again", file, "--over", "0"])).code).toBe(0);
  const [restored, exported] = [await inForce("again"), await inForce("lost")];
  expect(restored.config).toEqual(exported.config);
});

test("U29 the version is the ETag; a change names the one that it replaces, and of two at once one is refused", async () => {
  await createSite(edge, "etag", SMALL_SITE);
  const read = await edge.api("GET", "/api/sites/etag/config");
  expect([read.headers.get("ETag"), read.headers.get("Cache-Control")]).toEqual(['"1"', "no-store"]);
  const put = (ifMatch: string) =>
    fetch(`${edge.url}/_w/api/sites/etag/config`, {
      method: "PUT",
      headers: { Authorization: `Bearer ${edge.keys.ADMIN_TOKEN}`, "If-Match": ifMatch },
      body: JSON.stringify(SMALL_SITE),
    });
  const answers = await Promise.all([put('"1"'), put('"1"')]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  expect(answers.find(({ status }) => status === 200)?.headers.get("ETag")).toBe('"2"');
  expect((await put("2")).status).toBe(400);
  expect((await put("*")).status).toBe(200);
  expect((await inForce("etag")).version).toBe(3);
});

test("U29 S16 nobody reads a configuration without the token", async () => {
  await createSite(edge, "closed", SMALL_SITE);
  const headers = { Authorization: "Bearer wrong" };
  expect((await fetch(`${edge.url}/api/sites/closed/config`, { headers })).status).toBe(401);
  expect((await fetch(`${edge.url}/api/sites/closed/config`)).status).toBe(401);
  expect((await edge.api("GET", "/api/sites/closed/config")).status).toBe(200);
});

test("config says in one sentence what a person can mend, and exits with 1", async () => {
  const file = join(folder, "none.json");
  writeFileSync(file, "{}");
  const failures = await Promise.all([
    run([]),
    run(["restore", "round"]),
    run(["restore", "round", file]),
    run(["restore", "round", join(folder, "absent.json")]),
    run(["export", "round"], "wrong"),
  ]);
  expect(failures.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1]);
  const words = failures.map(({ stderr }) => stderr.trimEnd());
  expect(words).toEqual([
    expect.stringMatching(/^What, and of which site\? npm run -s config -- export SITE/),
    expect.stringMatching(/^Use: npm run -s config/),
    expect.stringMatching(/none\.json is no exported configuration: it needs “version” and “config”/),
    expect.stringMatching(/absent\.json does not exist: check the path\.$/),
    expect.stringMatching(/: 401 The key or token is missing or wrong\./),
  ]);
  expect(words.every((word) => !word.includes("\n"))).toBe(true);
});
