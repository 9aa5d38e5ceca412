import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { workedOf } from "../worker/cli/waypost/campaigns.ts";
import { type Ended, logIn, waypost } from "./harness/cli.ts";
import { freePort } from "./harness/console-edge.ts";
import { createSite } from "./harness/edge.ts";
import { memberAt } from "./harness/member.ts";
import { pageClient } from "./harness/page-client.ts";
import { type Shop, secretOf, startShop } from "./harness/shop.ts";
import { waitFor } from "./harness/wait-for.ts";
import { senderOf } from "./harness/webhook-sender.ts";
import demo from "./site/waypost.config.ts";

const README = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
const FILE = "waypost.config.jsonc";

/** The lines that stand in the README under each step of the tour. */
const steps = new Map(
  [...README.matchAll(/<!-- tour: (\w+) -->\n\s*```\w+\n([\s\S]+?)\n\s*```/g)].map(([, name = "", text = ""]) => [
    name,
    text.split("\n").map((line) => line.trim()),
  ]),
);

const folder = mkdtempSync(join(tmpdir(), "waypost-tour-"));
let shop: Shop;
beforeAll(async () => {
  shop = await startShop(30_000, { port: await freePort() });
});
afterAll(async () => {
  await shop?.close();
  rmSync(folder, { recursive: true });
});

interface Following {
  /** Stands for CHANGE. */
  change?: string;
  env?: Record<string, string>;
  at?: Shop;
}

/** Runs a step's commands one after the other, as the README has them. */
async function follow(
  own: string,
  step: string,
  { change = "", env = {}, at = shop }: Following = {},
): Promise<Ended[]> {
  const ended: Ended[] = [];
  for (const line of steps.get(step) ?? []) {
    const [npx, name, ...args] = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
    expect([npx, name]).toEqual(["npx", "waypost"]);
    // Signing in needs a browser: the test's people do it by themselves.
    if (args[0] === "login") continue;
    const meant = args.map((arg) => arg.replace("http://localhost:8787", at.edge.url).replace("CHANGE", change));
    ended.push(await waypost(own, meant, env));
  }
  return ended;
}

/** Signs a folder's terminal in as an owner, and fetches the files of the demo. */
async function begin(own: string, at: Shop): Promise<void> {
  const ada = await memberAt(at.edge, { name: "Ada", site: "demo", role: "owner" });
  expect((await logIn(own, at.edge.url, ada.decide)).code).toBe(0);
  expect(codes(await follow(own, "begin", { at }))).toEqual(["0"]);
}

/** Every command of a step did what it was to do. */
const codes = (ended: Ended[]) => ended.map(({ code, stderr }) => `${code}${stderr}`);
const changeIn = ({ stdout }: Ended) => /Change (\S+) waits for an approval/.exec(stdout)?.[1] as string;

/** Names of the stages that somebody was in, as the live map has them. */
async function stagesSeen(): Promise<string[]> {
  const map = await (await shop.edge.api("GET", `/api/sites/demo/journeys/${demo.journeys[0]?.id}/map`)).json();
  const { stages } = map as { stages: { name: string; visits: number }[] };
  return stages.filter(({ visits }) => visits > 0).map(({ name }) => name);
}

test("the README's tour of a campaign: from a worked file to a bar in the demo shop, its verdicts and its counts", async () => {
  const at = await startShop(30_000, { port: await freePort() });
  try {
    const own = mkdtempSync(join(folder, "campaign-"));
    await begin(own, at);
    expect((await follow(own, "campaign", { at })).map(({ code }) => code)).toEqual([0, 0, 2, 0]);
    const { page } = await at.visitor({ secret: secretOf(at.edge.keys, "treated", workedOf("upsell")[0]) });
    await page.goto("/");
    await page.getByRole("button", { name: "Accept" }).click();
    await page.waitForFunction(() => "track" in (window as unknown as { waypost: object }).waypost);
    await page.evaluate((steps.get("tell") ?? []).join("\n"));
    const bar = page.getByRole("region", { name: "Announcement" });
    await bar.getByRole("button", { name: "Why am I seeing this?" }).waitFor();
    await bar.getByRole("button", { name: "Close" }).click();
    const counted = (steps.get("counted") ?? []).join("\n");
    const shown = async () => (await follow(own, "counts", { at }))[0]?.stdout ?? "";
    await waitFor(shown, (text) => text.replaceAll(/ +$/gm, "").includes(counted));
  } finally {
    await at.close();
  }
});

test("the README's tour: two people, a journey in a file, planned, approved, seen in the demo shop, and reverted", async () => {
  const own = mkdtempSync(join(folder, "ada-"));
  await begin(own, shop);
  expect((await follow(own, "campaign")).map(({ code }) => code)).toEqual([0, 0, 2, 0]);
  const begun = await follow(own, "owner");
  expect(codes(begun)).toEqual(["0"]);
  const invitation = /#join=(demo\.[\w-]{43})/.exec(begun.at(-1)?.stdout ?? "")?.[1] as string;
  const grace = await memberAt(shop.edge, { name: "Grace", invitation });

  const file = join(own, FILE);
  const [governance = ""] = steps.get("governance") ?? [];
  writeFileSync(file, readFileSync(file, "utf8").replace('"campaigns": [', `${governance}\n  "campaigns": [`));
  expect(codes(await follow(own, "govern"))).toEqual(["0"]);

  const theirs = mkdtempSync(join(folder, "grace-"));
  cpSync(join(own, "waypost.json"), join(theirs, "waypost.json"));
  expect((await logIn(theirs, shop.edge.url, grace.decide)).code).toBe(0);

  writeFileSync(file, readFileSync(file, "utf8").replace('"name": "Basket"', '"name": "Shopping bag"'));
  const asked = await follow(own, "change");
  expect(codes(asked)).toEqual(["2", "3"]);
  expect(asked[0]?.stdout).toContain('stages.cart.name: "Basket" → "Shopping bag"');
  const change = changeIn(asked[1] as Ended);
  const approved = await follow(theirs, "approver", { change });
  expect(codes(approved)).toEqual(["0", "0", "0"]);
  expect(approved[0]?.stdout).toContain("The cart is a shopping bag");

  const published = await follow(own, "publish");
  expect(codes(published)).toEqual(["0", "0"]);
  expect(published[0]?.stdout).toContain("demo has it as version 4");

  const { page } = await shop.visitor();
  await page.goto("/");
  await page.getByRole("button", { name: "Accept" }).click();
  await page.goto("/product?id=tarn-2");
  await page.getByRole("button", { name: "Add to basket" }).click();
  await page.goto("/cart");
  await waitFor(stagesSeen, (seen) => seen.includes("Shopping bag"));
  expect(await stagesSeen()).not.toContain("Basket");

  const back = changeIn((await follow(own, "revert"))[0] as Ended);
  await follow(theirs, "approver", { change: back });
  const reverted = await follow(own, "reverted", { change: back });
  expect(codes(reverted)).toEqual(["0", "0", "0"]);
  expect(readFileSync(file, "utf8")).toContain('"name": "Basket"');
  expect(await stagesSeen()).toContain("Basket");
  for (const action of ["change.create", "change.approve", "config.publish", "member.join"]) {
    expect(reverted.at(-1)?.stdout).toContain(action);
  }
});

/** The code of a step in a process of its own, where its packages are installed. */
function runScript(step: string, env: Record<string, string>): Promise<string> {
  const code = (steps.get(step) ?? []).join("\n").replace("http://localhost:8787", shop.edge.url);
  return new Promise((resolve, reject) => {
    const ran = execFile(
      process.execPath,
      ["--input-type=module"],
      { cwd: join(import.meta.dirname, ".."), env: { PATH: process.env.PATH, ...env } },
      (error, stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(stdout)),
    );
    ran.stdin?.end(code);
  });
}

test("the README's tour of the channels: a server's SDK, a file and a support desk tell of one person, who is watched across them", async () => {
  const site = await createSite(shop.edge, "channels", demo);
  const own = mkdtempSync(join(folder, "channels-"));
  const ada = await memberAt(shop.edge, { name: "Ada", site: site.id, role: "owner" });
  expect((await logIn(own, shop.edge.url, ada.decide)).code).toBe(0);
  expect((await waypost(own, ["init", "--edge", shop.edge.url, "--site", site.id])).code).toBe(0);
  const { reply } = await pageClient(shop.edge, site).send(["/listing"]);
  const env = { WAYPOST_WRITE_KEY: site.writeKey, VISITOR: reply.visitor as string };
  await runScript("sdk", env);

  writeFileSync(join(own, "events.ndjson"), (steps.get("file") ?? []).join("\n"));
  const imported = await follow(own, "import", { env });
  expect(codes(imported).map((code) => code.slice(0, 1))).toEqual(["0"]);
  expect(imported[0]?.stdout).toMatch(/accepted +2/);

  const desk = senderOf("zendesk");
  const wired = await follow(own, "webhook", { env: { WAYPOST_SOURCE_SECRET: desk.secret } });
  expect(codes(wired)).toEqual(["0", "0", "0", "0"]);
  const address = /^support-desk +zendesk .* (http\S+)$/m.exec(wired.at(-1)?.stdout ?? "")?.[1] as string;
  const [{ payload }] = JSON.parse(
    readFileSync(join(import.meta.dirname, "cases/webhooks/support-desk.json"), "utf8"),
  ).cases;
  const body = JSON.stringify(payload);
  const headers = desk.headers(body, { url: address, at: Date.now() });
  expect(await (await fetch(address, { method: "POST", headers, body })).json()).toMatchObject({ accepted: 1 });

  const [, path, alias] = /localhost:8787(\S+) -d '(.+)'/.exec((steps.get("alias") ?? [])[0] ?? "") ?? [];
  const basic = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}` };
  const said = await fetch(shop.edge.url + path, { method: "POST", headers: basic, body: alias as string });
  expect(await said.json()).toMatchObject({ accepted: 1 });

  await waitFor(
    async () => (await follow(own, "watch"))[1]?.stdout ?? "",
    (text) => text.includes("7 touchpoints"),
  );
  const [person] = await follow(own, "watch");
  const rows = (person?.stdout ?? "").split("\n").map((line) => line.split(/ {2,}/).slice(1, 4).join(" | "));
  expect(rows.filter((row) => row.includes(" | ")).sort()).toEqual(
    [
      "WHERE | WHAT | NAME",
      "email: mailer | track | Newsletter Opened",
      "store: till | track | Order Completed",
      "support: support-desk | track | Ticket Opened",
      "web | page | /listing",
      "web: @segment/analytics-node | identify | ada",
      "web: @segment/analytics-node | track | Invoice Paid",
      "web | alias | ada",
    ].sort(),
  );
  expect(person?.stdout).toMatch(/^[\w-]{22}: a user, on 2 devices; /);
});
