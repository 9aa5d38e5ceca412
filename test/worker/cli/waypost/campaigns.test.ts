import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { afterAll, beforeAll, expect, test } from "vitest";
import { starterText } from "../../../../worker/cli/waypost/starter.ts";
import { WORKED_CAMPAIGNS } from "../../../../worker/cli/waypost/worked-campaigns.ts";
import { type Ended, waypost } from "../../../harness/cli.ts";
import { type DemoSite, type Edge, randomKey, startEdge } from "../../../harness/edge.ts";
import { anAsk, pageClient } from "../../../harness/page-client.ts";

const folder = mkdtempSync(join(tmpdir(), "waypost-campaigns-"));
const CONFIG = join(folder, "waypost.config.jsonc");
let edge: Edge;
let site: DemoSite;
let env: Record<string, string>;
beforeAll(async () => {
  edge = await startEdge();
  site = { id: "team", publicKey: randomKey(16), writeKey: randomKey(16) };
  expect((await edge.api("PUT", "/api/sites/team", site)).status).toBe(200);
  writeFileSync(CONFIG, starterText({ edge: edge.url, origin: edge.url }));
  writeFileSync(join(folder, "waypost.json"), JSON.stringify({ edge: edge.url, site: "team", version: 0 }));
  env = { WAYPOST_EDGE: edge.url, WAYPOST_TOKEN: edge.keys.ADMIN_TOKEN };
});
afterAll(async () => {
  await edge?.close();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]): Promise<Ended> => waypost(folder, args, env);
const campaignsOfFile = () => parse(readFileSync(CONFIG, "utf8")).campaigns as { id: string; status: string }[];
const statusOf = (id: string) => campaignsOfFile().find((one) => one.id === id)?.status;

test("G55 each worked campaign goes into the files with its comments, as a draft, and is a valid one", async () => {
  const listed = await run("campaigns");
  expect([listed.code, listed.stderr]).toEqual([0, ""]);
  expect(listed.stdout).toContain("team has no campaigns.");
  for (const name of Object.keys(WORKED_CAMPAIGNS)) {
    expect(listed.stdout).toMatch(new RegExp(`^${name}\\s`, "m"));
    const added = await run("campaigns", "add", name);
    expect([name, added.code, added.stderr]).toEqual([name, 0, ""]);
  }
  const text = readFileSync(CONFIG, "utf8");
  expect(text).toContain("// The steps towards the goal, in order");
  expect(text).toContain("// Help for somebody who is stuck");
  const worked = Object.values(WORKED_CAMPAIGNS).flatMap((one) => parse(one) as { id: string }[]);
  expect(
    campaignsOfFile()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(worked.map(({ id }) => id).sort());
  expect(new Set(campaignsOfFile().map(({ status }) => status))).toEqual(new Set(["draft"]));
  expect((await run("campaigns", "add", "upsell")).stderr).toContain("has a campaign “upsell” already");
  expect((await run("campaigns", "add", "nothing")).stderr).toContain("there are ");
  expect((await run("campaigns", "add")).stderr).toContain("Use: waypost campaigns");
});

test("G55 a campaign is started, paused, ended and copied in the file, and what takes it back is said", async () => {
  const started = await run("campaigns", "start", "service-recovery");
  expect([started.code, statusOf("service-recovery")]).toEqual([0, "live"]);
  const paused = await run("campaigns", "pause", "service-recovery");
  expect(paused.stdout).toContain("waypost campaigns start service-recovery takes it back");
  expect(paused.stdout).toContain("waypost stop service-recovery stops it within seconds");
  expect(statusOf("service-recovery")).toBe("paused");
  expect((await run("campaigns", "pause", "service-recovery")).stdout).toContain(
    "is paused in waypost.config.jsonc already",
  );
  await run("campaigns", "end", "service-recovery");
  expect(statusOf("service-recovery")).toBe("ended");
  expect((await run("campaigns", "start", "nowhere")).stderr).toContain("has no campaign “nowhere”: it has ");
  expect((await run("campaigns", "copy", "rating", "rating-two")).code).toBe(0);
  const [copied] = campaignsOfFile().filter(({ id }) => id === "rating-two");
  expect(copied).toMatchObject({ id: "rating-two", version: 1, status: "draft", name: "How was your order?" });
  expect((await run("campaigns", "copy", "rating", "upsell")).stderr).toContain("already");
  expect(readFileSync(CONFIG, "utf8")).toContain("// How was it? Asked once the order is through.");
});

test("G55 from the files to verdicts and counts: applied, tried on what is recorded, shown by a link, live, read", async () => {
  await run("campaigns", "copy", "upsell", "more-seats");
  expect((await run("apply", "--yes")).code).toBe(0);
  const seatsFull = async () => {
    const page = pageClient(edge, site);
    const touchpoint = { seq: 9, type: "track", name: "Seat Limit Reached", at: Date.now(), url: edge.url, props: {} };
    const streams = [{ stream: page.stream, touchpoints: [touchpoint] }] as never;
    const asks = [anAsk({ on: "touchpoint.Seat Limit Reached", score: null, model: null })];
    return (await page.send([], { streams, asks })).reply.decisions[0];
  };
  expect((await seatsFull())?.reason).toBe("draft");

  const link = await run("campaigns", "preview", "more-seats", `${edge.url}/cart`);
  expect(link.stdout).toMatch(/#waypost-preview=[\w-]+\n$/);
  expect((await run("campaigns", "preview", "more-seats", edge.url, "--variant", "loud")).stderr).toContain("treated");

  const tried = await run("campaigns", "dry-run", "more-seats");
  expect([tried.code, tried.stderr]).toEqual([0, ""]);
  expect(tried.stdout).toContain("Of 1 people, 1 (100.0 %) would have seen “more-seats”");
  expect(tried.stdout).toContain("No other campaign would have given way.");

  await run("campaigns", "start", "more-seats");
  expect((await run("apply", "--yes")).code).toBe(0);
  const listed = await run("campaigns");
  expect(listed.stdout).toMatch(/more-seats\s+banner\s+live\s+touchpoint\.Seat Limit Reached\s+treated, holdout/);
  await expect.poll(async () => (await seatsFull())?.reason, { timeout: 30_000 }).toMatch(/^(chosen|holdout)$/);
  const shown = async () => (await run("campaigns", "show", "more-seats")).stdout;
  await expect.poll(shown, { timeout: 30_000 }).toMatch(/ARM\s+PEOPLE/);
  expect(await shown()).toMatch(/^draft\s+1$/m);
  expect((await run("campaigns", "show", "rating")).stdout).toContain("Nobody has been asked about “rating” yet");
  expect((await run("campaigns", "show", "nowhere")).stderr).toContain("no such campaign");
});

test("G55 codes come from a file, a line each; sent again they change nothing, and a campaign without a list takes none", async () => {
  const file = join(folder, "codes.txt");
  writeFileSync(file, "AAA\nBBB\n\nAAA\r\nCCC");
  expect((await run("campaigns", "codes", "more-seats", file)).stderr).toContain("pool");
  const text = readFileSync(CONFIG, "utf8").replace('"code": { "text": "ONUS" }', '"code": { "pool": true }');
  writeFileSync(CONFIG, text);
  expect((await run("apply", "--yes")).code).toBe(0);
  const added = await run("campaigns", "codes", "offer-on-intent", file);
  expect([added.stdout, added.stderr]).toEqual(["offer-on-intent has 3 codes, 3 of which can be given.\n", ""]);
  expect((await run("campaigns", "codes", "offer-on-intent", file)).stdout).toContain("has 3 codes");
  writeFileSync(file, "\n");
  expect((await run("campaigns", "codes", "offer-on-intent", file)).stderr).toContain("has no code");
});
