import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "jsonc-parser";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SourceConfig } from "../../../../models/source-config.ts";
import { withListed } from "../../../../worker/cli/waypost/listed-text.ts";
import { addressOf, sources } from "../../../../worker/cli/waypost/sources.ts";
import { starterText } from "../../../../worker/cli/waypost/starter.ts";
import { triedText } from "../../../../worker/cli/waypost/tried-source.ts";
import { WORKED } from "../../../../worker/cli/waypost/worked-sources.ts";
import { waypost } from "../../../harness/cli.ts";
import { type DemoSite, type Edge, randomKey, startEdge } from "../../../harness/edge.ts";
import { senderOf } from "../../../harness/webhook-sender.ts";

const folder = mkdtempSync(join(tmpdir(), "waypost-sources-"));
const CONFIG = join(folder, "waypost.config.jsonc");
let edge: Edge;
let site: DemoSite;
let env: Record<string, string>;
beforeAll(async () => {
  edge = await startEdge();
  site = { id: "wired", publicKey: randomKey(16), writeKey: randomKey(16) };
  expect((await edge.api("PUT", "/api/sites/wired", site)).status).toBe(200);
  writeFileSync(CONFIG, starterText({ edge: edge.url, origin: "https://shop.example" }));
  writeFileSync(join(folder, "waypost.json"), JSON.stringify({ edge: edge.url, site: "wired", version: 0 }));
  env = { WAYPOST_EDGE: edge.url, WAYPOST_TOKEN: edge.keys.ADMIN_TOKEN };
});
afterAll(async () => {
  await edge?.close();
  rmSync(folder, { recursive: true });
});

const CASE = join(import.meta.dirname, "../../../cases/webhooks/support-desk.json");
const [{ payload }] = (JSON.parse(readFileSync(CASE, "utf8")) as { cases: [{ payload: object }] }).cases;

test("G53 from the list of worked sources to a ticket that arrives, by the command alone", async () => {
  const file = join(folder, "payload.json");
  writeFileSync(file, JSON.stringify(payload));
  const listed = await waypost(folder, ["sources"], env);
  expect([listed.code, listed.stderr]).toEqual([0, ""]);
  for (const id of Object.keys(WORKED)) expect(listed.stdout).toMatch(new RegExp(`^${id}\\s`, "m"));
  expect(listed.stdout).toContain("wired has no sources.");

  const added = await waypost(folder, ["sources", "add", "support-desk"], env);
  expect([added.code, added.stderr]).toEqual([0, ""]);
  expect(added.stdout).toContain("npx waypost sources secret support-desk");
  const text = readFileSync(CONFIG, "utf8");
  expect(text).toContain("// Zendesk, event webhooks:");
  expect(text).toContain("// The steps towards the goal, in order");
  expect(parse(text).sources).toEqual([parse(WORKED["support-desk"] as string)]);
  expect((await waypost(folder, ["sources", "add", "support-desk"], env)).stderr).toContain(
    "has a source “support-desk” already",
  );

  const tried = await waypost(folder, ["sources", "try", "support-desk", file]);
  expect([tried.code, tried.stdout]).toEqual([
    0,
    [
      "event 0: track “Ticket Opened”",
      "  of user zendesk-8101",
      "  at 2026-11-02T09:14:06.000Z",
      "  channel support",
      "  id support-desk:11111111-0000-4000-8000-000000000001",
      '    ticket: "7301"',
      '    kind: "problem"',
      '    priority: "high"',
      '    via: "web"',
      "",
      "1 become touchpoints, 0 ignored, 0 refused.\n",
    ].join("\n"),
  ]);

  expect((await waypost(folder, ["sources"], env)).stdout).toMatch(
    /support-desk\s+zendesk\s+none\s+not in force: waypost apply/,
  );
  expect((await waypost(folder, ["apply", "--yes"], env)).code).toBe(0);
  const address = `${edge.url}/v1/webhooks/${site.publicKey}/support-desk`;

  const unarmed =
    "✗ sources: support-desk has no secret, so what comes is refused: waypost sources secret support-desk";
  expect((await waypost(folder, ["doctor"], env)).stdout).toContain(unarmed);

  const sender = senderOf("zendesk");
  const kept = await waypost(folder, ["sources", "secret", "support-desk"], env, `${sender.secret}\n`);
  expect([kept.code, kept.stdout, kept.stderr]).toEqual([
    0,
    `The secret of support-desk is kept. It sends to:\n${address}\n`,
    "",
  ]);
  const send = async () => {
    const body = JSON.stringify(payload);
    const headers = sender.headers(body, { url: address, at: Date.now() });
    return (await fetch(address, { method: "POST", headers, body })).status;
  };
  expect(await send()).toBe(200);
  const after = (await waypost(folder, ["sources"], env)).stdout;
  expect(after).toMatch(/support-desk\s+zendesk\s+since 20\d\d-\d\d-\d\d \d\d:\d\d UTC\s+http/);
  expect(after).toContain(address);
  expect(after + kept.stdout).not.toContain(sender.secret);

  expect((await waypost(folder, ["doctor"], env)).stdout).toContain("✓ sources\n");

  expect((await waypost(folder, ["sources", "secret", "support-desk", "--drop"], env)).code).toBe(0);
  expect(await send()).toBe(401);
});

test("G53 what can't be done is said in one sentence", async () => {
  for (const [words, said] of [
    [["add", "fax"], "There is no worked source “fax”: there are crm-deal, email, payments, support-desk, till."],
    [["add"], "Use: waypost sources"],
    [["add", "email", "till"], "Use: waypost sources"],
    [["try", "email"], "Use: waypost sources"],
    [["list", "me"], "Use: waypost sources"],
    [["secret"], "Use: waypost sources"],
    [["constructor", "a"], "Use: waypost sources"],
    [["add", "email"], "There are no files here"],
    [["try", "fax", CASE], "There is no source “fax”"],
    [["try", "email", "nowhere.json"], "nowhere.json does not exist"],
  ] as const) {
    await expect(sources.run({ words: [...words], flags: {} }), words.join(" ")).rejects.toThrow(said);
  }
  const none = await waypost(folder, ["sources", "secret", "email"], env);
  expect([none.code, none.stderr]).toEqual([
    1,
    expect.stringContaining("No secret came: give it as WAYPOST_SOURCE_SECRET"),
  ]);
  const short = await waypost(folder, ["sources", "secret", "email"], { ...env, WAYPOST_SOURCE_SECRET: "short" });
  expect(short.stderr).toMatch(/keepSourceSecret: 400 .+“secret” must be: 16 to 500/);
});

test("G53 a source sends to the edge that was asked, but never to the console's own host", () => {
  const one = { path: "/v1/webhooks/KEY/till" };
  expect(addressOf("https://shop.example/_w", { servedHere: true }, one)).toBe(
    "https://shop.example/_w/v1/webhooks/KEY/till",
  );
  expect(addressOf("https://console.example", { servedHere: false }, one)).toMatch(
    /^\/v1\/webhooks\/KEY\/till, at the address that pages/,
  );
});

test("G53 what is refused of a payload is named by its event, and what steers a terminal is shown as nothing", () => {
  const email = parse(WORKED.email as string) as SourceConfig;
  expect(triedText(email, [{ event: "open" }, { event: "bounce" }], 0)).toEqual({
    text: "event 0: refused: “userId” must be: what one of these says: {user_id}, {email|lower}.\n\n0 become touchpoints, 1 ignored, 1 refused.",
    isGood: false,
  });
  expect(triedText(email, [{ event: "bounce" }], 0)).toEqual({
    text: "0 become touchpoints, 1 ignored, 0 refused.",
    isGood: true,
  });
  expect(triedText({ ...email, events: "list" }, {}, 0)).toEqual({
    text: "The payload must be: a list of events, at “list”.",
    isGood: false,
  });
  const click = {
    event: "click",
    email: "a\u001b[2J",
    sg_event_id: "c",
    timestamp: 1,
    url: "https://shop.example/sale?q",
  };
  const { text } = triedText(email, [click], 0);
  expect(text).toContain("of user a\u{fffd}[2j");
  expect(text).toContain("  url https://shop.example/sale\n");
});

test("G53 a source is put into any file that is a configuration, and everything else in it stays to the letter", () => {
  const source = '{\n  // why\n  "id": "s"\n}\n';
  for (const text of [
    "{}",
    '{ "a": 1 }',
    '{ "a": 1, }',
    '{ "a": 1 /* one */, // two\n}',
    '{ "sources": [] }',
    '{ "sources": [ /* none */ ], "a": 1 }',
    '{ "sources": [{ "id": "t" }], }',
    '// head\n{\n  "sources": [\n    // first\n    { "id": "t" },\n  ],\n  "a": [1, 2,],\n}\n',
  ]) {
    const written = withListed(text, "sources", source) as string;
    const [before, after] = [parse(text), parse(written)];
    expect([text, after]).toEqual([text, { ...before, sources: [{ id: "s" }, ...(before.sources ?? [])] }]);
    expect(written).toContain("// why");
    for (const comment of text.match(/\/\/.*|\/\*.*?\*\//g) ?? []) expect(written).toContain(comment);
  }
  expect(withListed("[]", "sources", source)).toBeNull();
  expect(withListed('{ "sources": {} }', "sources", source)).toBeNull();
});
