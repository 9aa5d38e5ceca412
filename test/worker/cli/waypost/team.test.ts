import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logIn, waypost } from "../../../harness/cli.ts";
import { freePort, startConsole } from "../../../harness/console-edge.ts";
import { createSite, type Edge } from "../../../harness/edge.ts";
import { memberAt } from "../../../harness/member.ts";
import { SMALL_SITE } from "../../../harness/small-site.ts";

const folder = mkdtempSync(join(tmpdir(), "waypost-team-"));
let edge: Edge;
let at: string[];
beforeAll(async () => {
  edge = await startConsole({ port: await freePort() });
  await createSite(edge, "team", SMALL_SITE);
  at = ["--edge", edge.url, "--site", "team"];
  const owner = await memberAt(edge, { name: "Ada", site: "team", role: "owner" });
  await logIn(folder, edge.url, owner.decide);
});
afterAll(async () => {
  await edge?.close();
  rmSync(folder, { recursive: true });
});

test("login shows a code, waits for whoever approves it in a browser, and keeps the session for this user alone", async () => {
  const own = mkdtempSync(join(folder, "own-"));
  const editor = await memberAt(edge, { name: "Eve", site: "team", role: "editor" });
  const ended = await logIn(own, edge.url, editor.decide);
  expect([ended.code, ended.stderr]).toEqual([0, ""]);
  expect(ended.stdout).toMatch(new RegExp(`${edge.url}/console/#device=[A-Z]{8}`));
  expect(ended.stdout).toContain("Signed in as Eve.");
  expect(ended.stdout).toMatch(/team\s+editor/);
  const kept = join(own, ".config/waypost/credentials.json");
  expect(JSON.parse(readFileSync(kept, "utf8"))).toEqual({ [edge.url]: expect.stringMatching(/^wps_[\w-]{43}$/) });
  expect(statSync(kept).mode & 0o777).toBe(0o600);
  expect((await waypost(own, ["whoami", "--edge", edge.url])).stdout).toMatch(/^Eve, at http/);

  expect((await waypost(own, ["logout", "--edge", edge.url])).stdout).toBe("Signed out.\n");
  const after = await waypost(own, ["whoami", "--edge", edge.url]);
  expect([after.code, after.stderr]).toEqual([1, expect.stringContaining("waypost login")]);
});

test("login that is refused in the browser says so, and keeps nothing", async () => {
  const own = mkdtempSync(join(folder, "own-"));
  const viewer = await memberAt(edge, { name: "Vic", site: "team", role: "viewer" });
  const ended = await logIn(own, edge.url, (code) => viewer.decide(code, false));
  expect([ended.code, ended.stderr]).toEqual([1, "It was refused in the browser.\n"]);
  expect((await waypost(own, ["members", ...at])).stderr).toContain("You are not signed in");
});

test("members are invited by a link, listed by name, given another role and taken out, all in the log", async () => {
  const invited = await waypost(folder, ["members", "invite", "analyst", ...at]);
  const link = /#join=(team\.[\w-]{43})\n$/.exec(invited.stdout)?.[1] as string;
  const listed = await waypost(folder, ["members", ...at]);
  expect(listed.stdout).toMatch(/NAME\s+ROLE\s+SINCE\s+ACCOUNT\nAda\s+owner\s+20\d\d-\d\d-\d\d \d\d:\d\d UTC/);
  expect(listed.stdout).toMatch(/INVITED AS\s+UNTIL\s+INVITATION\nanalyst\s/);
  const ann = await memberAt(edge, { name: "Ann", invitation: link });
  expect((await waypost(folder, ["members", ...at])).stdout).toMatch(new RegExp(`Ann\\s+analyst\\s.*${ann.account}`));
  expect(await waypost(folder, ["members", "role", ann.account, "viewer", ...at])).toMatchObject({
    code: 0,
    stderr: "",
  });
  expect(await waypost(folder, ["members", "remove", ann.account, ...at])).toMatchObject({ code: 0, stderr: "" });
  expect((await waypost(folder, ["members", ...at])).stdout).not.toContain("Ann");
  const log = (await waypost(folder, ["audit", ...at])).stdout;
  for (const action of ["invitation.create", "member.join", "member.appoint", "member.remove"])
    expect(log).toContain(action);
  // Names are the members' list's: whoever was taken out is an id again.
  expect(log).toMatch(/Ada\s+member\.appoint/);
  expect(log).not.toContain("Ann");
});

test("a role that there is none of is refused in the edge's own words, and what nobody may in one sentence", async () => {
  const boss = await waypost(folder, ["members", "invite", "boss", ...at]);
  expect([boss.code, boss.stdout]).toEqual([1, ""]);
  expect(boss.stderr).toMatch(/^inviteMember: 400 .+“role” must be: one of owner, admin/);
  const viewer = mkdtempSync(join(folder, "own-"));
  const vic = await memberAt(edge, { name: "Vic", site: "team", role: "viewer" });
  await logIn(viewer, edge.url, vic.decide);
  const refused = await waypost(viewer, ["members", "invite", "viewer", ...at]);
  expect(refused.stderr).toContain("Your role here, viewer, does not permit “members.manage”.");
});

test("a key is shown once, lets a script do what its scopes say and no more, and ends when it is revoked", async () => {
  const made = await waypost(folder, ["keys", "create", "nightly", "--scopes", "members.read", "--days", "7", ...at]);
  const token = /(wpt_team_[\w-]{43})\n$/.exec(made.stdout)?.[1] as string;
  const script = mkdtempSync(join(folder, "script-"));
  const env = { WAYPOST_TOKEN: token, WAYPOST_EDGE: edge.url, WAYPOST_SITE: "team" };
  expect((await waypost(script, ["members"], env)).stdout).toContain("Ada");
  expect((await waypost(script, ["audit"], env)).stderr).toContain("This token does not permit “audit.read”.");
  const reads = await waypost(folder, ["keys", "create", "auditor", "--scopes", "audit.read", ...at]);
  const auditor = { ...env, WAYPOST_TOKEN: /(wpt_team_[\w-]{43})\n$/.exec(reads.stdout)?.[1] as string };
  expect((await waypost(script, ["audit"], auditor)).stdout).toMatch(/account:\S+\s+token\.create/);
  const listed = (await waypost(folder, ["keys", ...at])).stdout;
  const id = /nightly\s+\S+ \S+ UTC\s+(\S+)/.exec(listed)?.[1] as string;
  expect(listed).not.toContain(token.slice(-43));
  expect((await waypost(folder, ["keys", "revoke", id, ...at])).code).toBe(0);
  expect((await waypost(script, ["members"], env)).stderr).toMatch(/^listMembers: 401 /);
});

test("S19 an exported log is whole, and is not with one word changed or its end cut off", async () => {
  const file = join(folder, "audit.ndjson");
  const exported = await waypost(folder, ["audit", "export", file, ...at]);
  const head = /head (\d+:[\w-]{43})\n$/.exec(exported.stdout)?.[1] as string;
  expect(await waypost(folder, ["audit", "verify", file, head])).toMatchObject({ code: 0, stderr: "" });
  const text = readFileSync(file, "utf8");
  const lines = text.trimEnd().split("\n");
  writeFileSync(file, text.replace("owner", "admin"));
  expect((await waypost(folder, ["audit", "verify", file])).code).toBe(1);
  writeFileSync(file, `${lines.slice(0, -1).join("\n")}\n`);
  expect(await waypost(folder, ["audit", "verify", file, head])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("the chain ends at"),
  });
});

test("a token goes nowhere that only a file names, and over no line that others read", async () => {
  const repository = mkdtempSync(join(folder, "repository-"));
  const project = { edge: edge.url, site: "team", version: 0 };
  writeFileSync(join(repository, "waypost.json"), JSON.stringify(project));
  const token = { WAYPOST_TOKEN: `wpt_team_${"x".repeat(43)}` };
  const named = await waypost(repository, ["members"], token);
  expect([named.code, named.stderr]).toEqual([
    1,
    "Set WAYPOST_EDGE beside WAYPOST_TOKEN: a token goes nowhere that only waypost.json names.\n",
  ]);
  // The twin: where the environment names it, it goes.
  expect((await waypost(repository, ["members"], { ...token, WAYPOST_EDGE: `${edge.url}/` })).stderr).toMatch(/: 401 /);
  const plain = await waypost(repository, ["members"], { ...token, WAYPOST_EDGE: "http://shop.example" });
  expect(plain.stderr).toBe(
    "http://shop.example is not https: a token is sent nowhere that others on the way could read it.\n",
  );
  expect((await waypost(repository, ["whoami", "--edge", "shop"], token)).stderr).toContain("is no address of an edge");
});

test("a command that is mistyped says how it is used, and one that is not there what there is", async () => {
  expect((await waypost(folder, ["member"])).stderr).toMatch(/^There is no “member”\. npx waypost COMMAND/);
  expect((await waypost(folder, ["members", "role", "x"])).stderr).toMatch(/^Use: waypost members \[invite ROLE/);
  expect((await waypost(folder, ["plan", "--sight", "x"])).stderr).toMatch(
    /^Unknown option '--sight'\. Use: waypost plan/,
  );
  expect((await waypost(folder, ["help"])).stdout).toContain("waits for an approval");
  const nowhere = await waypost(folder, ["whoami", "--edge", "http://localhost:9"], { WAYPOST_TOKEN: "x" });
  expect([nowhere.code, nowhere.stderr]).toEqual([
    1,
    "http://localhost:9 does not answer. Is it running, and the address right?\n",
  ]);
});
