import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logIn, waypost } from "../../../harness/cli.ts";
import { freePort, startConsole } from "../../../harness/console-edge.ts";
import type { Edge } from "../../../harness/edge.ts";
import { type MemberAt, memberAt } from "../../../harness/member.ts";

const folder = mkdtempSync(join(tmpdir(), "waypost-files-"));
const FILE = "waypost.config.jsonc";
let edge: Edge;
beforeAll(async () => {
  edge = await startConsole({ port: await freePort() });
});
afterAll(async () => {
  await edge?.close();
  rmSync(folder, { recursive: true });
});

const edit = (own: string, from: string, to: string) => {
  const path = join(own, FILE);
  const text = readFileSync(path, "utf8");
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
  writeFileSync(path, text.replace(from, to));
};
const projectOf = (own: string) => JSON.parse(readFileSync(join(own, "waypost.json"), "utf8")) as { version: number };

/** A site as init makes it, with its first configuration, and the folder of its owner. */
async function started(site: string): Promise<{ own: string; owner: MemberAt }> {
  const own = mkdtempSync(join(folder, `${site}-`));
  const args = ["init", "--edge", edge.url, "--site", site, "--origin", "https://shop.example"];
  const made = await waypost(own, args, { ADMIN_TOKEN: edge.keys.ADMIN_TOKEN });
  const invitation = new RegExp(`#join=(${site}\\.[\\w-]{43})\n`).exec(made.stdout)?.[1];
  if (invitation === undefined) throw new Error(made.stdout + made.stderr);
  const owner = await memberAt(edge, { name: "Ada", invitation });
  await logIn(own, edge.url, owner.decide);
  const applied = await waypost(own, ["apply", "--yes"]);
  expect([applied.code, applied.stderr]).toEqual([0, ""]);
  return { own, owner };
}

/** The same files in a colleague's folder, and the colleague signed in. */
async function colleague(own: string, site: string, role: string): Promise<string> {
  const other = mkdtempSync(join(folder, `${site}-`));
  for (const file of [FILE, "waypost.json"]) cpSync(join(own, file), join(other, file));
  const person = await memberAt(edge, { name: "Bob", site, role });
  await logIn(other, edge.url, person.decide);
  return other;
}

test("init makes a site with its files, tag, write key and the owner's link; files and site are never overwritten", async () => {
  const own = mkdtempSync(join(folder, "init-"));
  const args = ["init", "--edge", edge.url, "--site", "made", "--origin", "https://shop.example"];
  expect((await waypost(own, args)).stderr).toContain("Set ADMIN_TOKEN in the environment");
  const env = { ADMIN_TOKEN: edge.keys.ADMIN_TOKEN };
  const made = await waypost(own, args, env);
  expect(made.stdout).toMatch(
    new RegExp(`<script async src="${edge.url}/waypost.js" data-site="[\\w-]{22}"></script>`),
  );
  expect(made.stdout).toMatch(/#join=made\.[\w-]{43}\n/);
  expect(projectOf(own)).toEqual({ edge: edge.url, site: "made", version: 0 });
  expect((await waypost(own, args, env)).stderr).toBe("waypost.json is here already, for the site made.\n");
  const full = mkdtempSync(join(folder, "init-"));
  writeFileSync(join(full, FILE), "mine");
  const kept = await waypost(full, args.with(4, "kept"), env);
  expect([kept.code, kept.stderr]).toEqual([1, `${FILE} is here already: move it away first.\n`]);
  expect((await edge.api("GET", "/api/sites/kept/config")).status).toBe(404);
  const elsewhere = mkdtempSync(join(folder, "init-"));
  expect((await waypost(elsewhere, args, env)).stderr).toContain("has a site “made” already: waypost login");
});

test("a change is planned, applied, and read back; a plan says by its end whether there is anything to do", async () => {
  const { own } = await started("planned");
  expect(projectOf(own).version).toBe(1);
  expect(await waypost(own, ["plan"])).toMatchObject({ code: 0, stdout: "planned is as the files say: version 1.\n" });
  edit(own, '"name": "Checkout"', '"name": "Purchase"');
  const planned = await waypost(own, ["plan"]);
  expect([planned.code, planned.stdout]).toEqual([
    2,
    '~ journeys.checkout.name: "Checkout" → "Purchase"\n\n1 to change in planned, version 1.\n',
  ]);
  expect((await waypost(own, ["apply"])).stderr).toBe("Nobody is here to ask: --yes says that it is meant.\n");
  const applied = await waypost(own, ["apply", "--yes"]);
  expect([applied.code, applied.stdout]).toEqual([0, expect.stringContaining("planned has it as version 2")]);
  expect(projectOf(own).version).toBe(2);
  // Comments of the file are still there.
  expect(readFileSync(join(own, FILE), "utf8")).toContain("// What is shown, to whom and when");
  expect((await waypost(own, ["versions"])).stdout).toMatch(/VERSION.*\n2\s.*\n1\s/);
  expect(await waypost(own, ["doctor"])).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/✓ edge\n✓ clock\n✗ tag: .*\n✓ sign-in and site\n✓ files/),
  });
});

test("what is wrong in the file is told by line, before anything is sent", async () => {
  const { own } = await started("wrong-line");
  edit(own, '"goal": "thanks"', '"goal": "paid"');
  for (const command of [["plan"], ["apply", "--yes"]]) {
    const ended = await waypost(own, command);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /waypost\.config\.jsonc:\d+ “journeys\.0\.goal” must be: the id of one of its stages\.\n$/,
    );
  }
  expect((await waypost(own, ["versions"])).stdout).not.toMatch(/\n2\s/);
});

test("where two change different things the second pulls and applies; where they change the same it is named, and nothing is lost", async () => {
  const { own } = await started("two");
  const other = await colleague(own, "two", "editor");
  edit(other, '"name": "Browsing"', '"name": "Looking"');
  expect((await waypost(other, ["apply", "--yes"])).code).toBe(0);

  edit(own, '"name": "Checkout"', '"name": "Purchase"');
  const late = await waypost(own, ["apply", "--yes"]);
  expect([late.code, late.stderr]).toEqual([
    4,
    expect.stringContaining("go from version 1, and 2 is in force: waypost pull"),
  ]);
  const pulled = await waypost(own, ["pull"]);
  expect([pulled.code, pulled.stdout]).toEqual([
    0,
    expect.stringContaining('~ journeys.checkout.stages.browse.name: "Browsing" → "Looking"'),
  ]);
  const text = readFileSync(join(own, FILE), "utf8");
  for (const part of ['"Purchase"', '"Looking"', "// The steps towards the goal"]) expect(text).toContain(part);
  expect((await waypost(own, ["apply", "--yes"])).code).toBe(0);

  edit(other, '"name": "Checkout"', '"name": "Ordering"');
  for (const command of [["apply", "--yes"], ["plan"], ["pull"]]) {
    const ended = await waypost(other, command);
    expect([command, ended.code, ended.stderr]).toEqual([
      command,
      4,
      expect.stringContaining("Changed here, and otherwise in version 3:\n  journeys.checkout.name\n"),
    ]);
  }
  expect(readFileSync(join(other, FILE), "utf8")).toContain('"Ordering"');
  // What means nothing any more is written anew.
  writeFileSync(join(other, FILE), "{");
  expect((await waypost(other, ["pull", "--force"])).code).toBe(0);
  expect(readFileSync(join(other, FILE), "utf8")).toContain('"Purchase"');
});

test("where approvals are needed apply waits, is asked for once, and goes through when a second person has approved", async () => {
  const { own } = await started("governed");
  edit(own, '"campaigns": []', '"governance": { "approvals": 1, "separateDuties": true },\n  "campaigns": []');
  expect((await waypost(own, ["apply", "--yes"])).code).toBe(0);
  edit(own, '"name": "Checkout"', '"name": "Purchase"');
  const waiting = await waypost(own, ["apply", "--yes", "--title", "Call it a purchase"]);
  const change = /Change (\S+) waits for an approval/.exec(waiting.stdout)?.[1] as string;
  expect([waiting.code, change]).toEqual([3, expect.stringMatching(/^[A-Za-z0-9]{12}$/)]);
  expect((await waypost(own, ["apply", "--yes"])).stdout).toContain(`Change ${change} waits`);
  expect((await waypost(own, ["changes", "approve", change])).code).toBe(1);
  expect((await waypost(own, ["changes", "publish", change])).code).toBe(3);
  expect(projectOf(own).version).toBe(2);

  const other = await colleague(own, "governed", "approver");
  expect((await waypost(other, ["changes"])).stdout).toMatch(
    new RegExp(`${change}\\s+in-review\\s+0\\s+version 2.*\\s+Ada\\s+Call it a purchase`),
  );
  expect((await waypost(other, ["changes", "show", change])).stdout).toContain(
    '~ journeys.checkout.name: "Checkout" → "Purchase"',
  );
  expect((await waypost(other, ["changes", "approve", change])).stdout).toMatch(
    new RegExp(`"Checkout" → "Purchase"\n\nChange ${change} is approved\\.\n$`),
  );
  expect((await waypost(other, ["apply", "--yes"])).code).toBe(1);
  expect((await waypost(own, ["apply", "--yes"])).stdout).toContain("governed has it as version 3");
  const reverted = await waypost(own, ["revert", "2"]);
  expect([reverted.code, reverted.stdout]).toEqual([3, expect.stringMatching(/^Change \S+ waits for an approval/)]);
});

test("stop and resume say what becomes of whom", async () => {
  const { own } = await started("stopped");
  expect((await waypost(own, ["stop"])).stdout).toBe(
    "Every campaign of stopped is shown to nobody from five seconds on.\n",
  );
  expect((await waypost(own, ["resume"])).stdout).toBe("Every campaign of stopped goes on.\n");
  expect((await waypost(own, ["stop", "none"])).stderr).toMatch(/^stopCampaign: 404 /);
  const later = await waypost(own, ["changes", "publish", "x", "--at", "tomorrow"]);
  expect(later.stderr).toBe("--at is “tomorrow”: a time, as 2026-12-01T09:00Z\n");
});
