import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PublishedConfig } from "../../../models/site-config.ts";
import { firstText, type PageText } from "../../../models/texts/visitor-text.ts";
import { exportConsent, showRecord } from "../../../worker/cli/consent.ts";
import { ChainVerifier, type Heads, sha256, verifyFolder } from "../../../worker/cli/verify-consent.ts";
import { createSite, type DemoSite, type Edge, randomKey, startEdge, stateFolder } from "../../harness/edge.ts";
import { chainOf, fillLedger } from "../../harness/full-ledger.ts";
import { SMALL_SITE } from "../../harness/small-site.ts";

let persist: string;
let folder: string;
let edge: Edge;
let site: DemoSite;
beforeAll(async () => {
  persist = await stateFolder();
  folder = mkdtempSync(`${persist}-export-`);
  edge = await startEdge({ persist });
  const consent = { ...SMALL_SITE.consent, texts: { "en-GB": { title: "Shall we help, £1?" } } };
  site = await createSite(edge, "proof", { ...SMALL_SITE, consent });
});
afterAll(async () => {
  await edge?.close();
  for (const path of [persist, folder]) rmSync(path, { recursive: true, force: true });
});

const target = () => ({ edge: edge.url, token: edge.keys.ADMIN_TOKEN, site: "proof" });

async function configIn(language: string): Promise<PublishedConfig["consent"]> {
  const headers = { Origin: edge.url, "Accept-Language": language };
  const answer = await fetch(`${edge.url}/v1/config/${site.publicKey}`, { headers });
  return ((await answer.json()) as PublishedConfig).consent;
}

async function choose(language: string, rev = 1, purposes = ["analytics"], secret = randomKey(16)): Promise<void> {
  const { policy, notice } = await configIn(language);
  const consent = { rev, purposes };
  const body = {
    v: 1,
    site: site.publicKey,
    secret,
    consent,
    policy,
    notice,
    language,
    control: "accept",
    surface: "banner",
  };
  const answer = await fetch(`${edge.url}/v1/consent`, {
    method: "POST",
    headers: { Origin: edge.url },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

/** The first fault of a chain, read from record `from` on: what is before it is as it was. */
function firstFault(
  lines: readonly string[],
  { marks = [] as { no: number; hash: string }[], head = HEAD, from = 1 } = {},
) {
  const start = from === 1 ? { no: 0, hash: "" } : { no: from - 1, hash: sha256(CHAIN[from - 2] as string) };
  const chain = new ChainVerifier(
    { shard: 0, no: CHAIN.length, hash: head, start },
    { site: "demo", marks: marks.map((mark) => ({ shard: 0, ...mark })), isNotice: () => true },
  );
  for (const line of lines.slice(from - 1)) {
    chain.take(line);
    if (chain.faults.length > 0) break;
  }
  if (chain.faults.length === 0) chain.end();
  return chain.faults[0]?.no;
}

const CHAIN = [...chainOf(1_000, "demo")];
const HEAD = sha256(CHAIN.at(-1) as string);

/** The chain with one record changed, dropped, or in the place of the next one; the last has none behind it. */
function mutations(i: number): { what: string; lines: string[]; no: number }[] {
  const text = CHAIN[i] as string;
  const changed = text.replace('"granted":["analytics"]', '"granted":["analytics","sharing"]');
  const at = Math.min(i, CHAIN.length - 2);
  const swapped = [CHAIN[at + 1] as string, CHAIN[at] as string];
  return [
    { what: "changed", lines: CHAIN.with(i, changed), no: i + 1 },
    { what: "dropped", lines: CHAIN.toSpliced(i, 1), no: i + 1 },
    { what: "moved", lines: CHAIN.toSpliced(at, 2, ...swapped), no: at + 1 },
  ];
}

test("B25 a chain of 1,000 is whole; changed, dropped or moved at any position, that record is named", () => {
  expect(firstFault(CHAIN)).toBeUndefined();
  const positions = CHAIN.map((_, i) => i);
  const told = positions.flatMap((i) =>
    mutations(i).map(({ what, lines, no }) => [what, no, firstFault(lines, { from: Math.max(1, i - 2) })]),
  );
  expect(told).toHaveLength(3_000);
  expect(told.filter(([, no, named]) => no !== named)).toEqual([]);
  // From the very first record on it is the same.
  for (const i of [0, 1, 2, 499, 997, 998, 999]) {
    for (const { what, lines, no } of mutations(i)) expect([what, firstFault(lines)]).toEqual([what, no]);
  }
});

test("B25 a changed hash, a record too many, one twice, and a chain written anew from some record on are found", () => {
  const text = CHAIN[499] as string;
  const { previous } = JSON.parse(text) as { previous: string };
  expect(firstFault(CHAIN.with(499, text.replace(previous, sha256("other"))))).toBe(500);
  expect(firstFault([...CHAIN, text])).toBe(500);
  expect(firstFault([...CHAIN, text.replace('"no":500', '"no":1001')])).toBe(1_001);
  expect(firstFault(CHAIN.toSpliced(500, 0, text))).toBe(500);
  expect(firstFault(CHAIN.with(499, "{"))).toBe(500);
  // Whoever rewrites the rest, head and all, is told by an end that was noted before.
  const rewritten = [...CHAIN.slice(0, 499)];
  for (const line of CHAIN.slice(499)) {
    const record = JSON.parse(line) as Record<string, unknown>;
    rewritten.push(JSON.stringify({ ...record, granted: [], previous: sha256(rewritten.at(-1) as string) }));
  }
  const head = sha256(rewritten.at(-1) as string);
  expect(firstFault(rewritten, { head })).toBeUndefined();
  const noted = { no: 700, hash: sha256(CHAIN[699] as string) };
  expect(firstFault(rewritten, { head, marks: [noted] })).toBe(700);
  expect(firstFault(CHAIN, { marks: [noted] })).toBeUndefined();
});

test("B26 from a record the very notice is shown again, byte for byte, in the language of the choice", async () => {
  await choose("en-GB");
  await choose("en");
  await exportConsent(target(), folder);
  const { heads } = JSON.parse(readFileSync(join(folder, "heads.json"), "utf8")) as Heads;
  const ids = heads.flatMap(({ shard, no }) => Array.from({ length: no }, (_, i) => `${shard}:${i + 1}`));
  const shown = await Promise.all(ids.map((id) => showRecord(folder, id)));
  const titles: Record<string, string> = {};
  for (const { record, notice } of shown) {
    const { language, notice: hash } = JSON.parse(record) as { language: string; notice: string };
    const published = await configIn(language);
    expect(sha256(notice as string)).toBe(published.notice);
    expect(hash).toBe(published.notice);
    const { text, dnt } = JSON.parse(notice as string) as { text: PageText; dnt: boolean };
    // A page gets the first layer of it, to the letter, and nothing else.
    expect(published.text).toEqual(firstText(text, dnt));
    titles[language] = text.title;
    const kept = await edge.api("GET", `/api/sites/proof/consent/notices/${hash}`);
    expect(await kept.text()).toBe(notice);
  }
  expect(titles).toEqual({ "en-GB": "Shall we help, £1?", en: "May we help?" });
});

/** Runs a command as a person does. */
function run(args: string[]) {
  const env = { ...process.env, ADMIN_TOKEN: edge.keys.ADMIN_TOKEN };
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, args, { env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

test("B27 one command exports records, notices, heads and a verifier that runs without the edge and finds a change", async () => {
  const out = join(folder, "b27");
  const exported = await run(["worker/cli/consent.ts", "export", "proof", out, "--edge", edge.url]);
  expect([exported.code, exported.stdout]).toEqual([0, expect.stringMatching(/has 2 records and 2 notices of proof/)]);
  const whole = await run([join(out, "verify.mjs")]);
  expect([whole.code, whole.stdout]).toEqual([0, expect.stringContaining("2 records, 2 notices, whole and in order")]);
  const { heads } = JSON.parse(readFileSync(join(out, "heads.json"), "utf8")) as Heads;
  const { shard } = heads.find(({ no }) => no > 0) as { shard: number };
  const file = join(out, `records-${shard}.jsonl`);
  writeFileSync(file, readFileSync(file, "utf8").replace('"granted":["analytics"]', '"granted":["sharing"]'));
  const changed = await run(["worker/cli/consent.ts", "verify", out]);
  expect(changed.code).toBe(1);
  expect(changed.stdout).toContain(`record ${shard}:1 was changed`);
  expect((await run(["worker/cli/consent.ts", "verify", join(folder, "none")])).stderr).toMatch(/cannot be read/);
});

test("B21 the Worker says at its well-known place that it heeds Global Privacy Control, and the command checks the form", async () => {
  const answer = await fetch(`${edge.url}/.well-known/gpc.json`);
  expect(answer.headers.get("Content-Type")).toMatch(/^application\/json/);
  const said = await answer.text();
  expect(said).toMatch(/^\{"gpc":true,"lastUpdate":"\d{4}-\d\d-\d\d"\}$/);
  const fine = await run(["worker/cli/consent.ts", "gpc", edge.url]);
  expect([fine.code, fine.stdout]).toEqual([0, expect.stringContaining("heeds Global Privacy Control")]);
  const none = await run(["worker/cli/consent.ts", "gpc", `${edge.url}/_w`]);
  expect([none.code, none.stdout]).toEqual([1, expect.stringContaining("answers 404")]);
});

test("B27 a notice that was changed is named", async () => {
  const out = join(folder, "words");
  await exportConsent(target(), out);
  const file = join(out, "notices.jsonl");
  writeFileSync(file, readFileSync(file, "utf8").replace("Shall we help", "We will help"));
  const lines: string[] = [];
  const faults = await verifyFolder(out, (line) => lines.push(line));
  expect(faults.length).toBeGreaterThan(0);
  expect(lines.join("\n")).toMatch(/notice [\w-]{43} was changed/);
});

test("B27 a long chain comes in pages, none longer than a reader has to hold, and is whole", async () => {
  await edge.close();
  fillLedger(persist, 7_001, "proof");
  edge = await startEdge({ persist, keys: edge.keys });
  const out = join(folder, "long");
  const pages: number[] = [];
  for (let after: string | null = "0"; after !== null; ) {
    const shard = await longShard();
    const page = await edge.api("GET", `/api/sites/proof/consent/records?shard=${shard}&after=${after}`);
    pages.push((await page.text()).split("\n").length - 1);
    after = page.headers.get("Waypost-Next");
  }
  expect(pages).toEqual([2_000, 2_000, 2_000, 1_001]);
  const exported = await exportConsent(target(), out);
  expect(exported.records).toBeGreaterThanOrEqual(7_001);
  expect(exported.pages).toBeGreaterThanOrEqual(4);
  expect(exported.pages).toBeLessThanOrEqual(5);
  expect(await verifyFolder(out, () => {})).toEqual([]);
});

async function longShard(): Promise<number> {
  const { heads } = (await (await edge.api("GET", "/api/sites/proof/consent")).json()) as Heads;
  return heads.toSorted((a, b) => b.no - a.no)[0]?.shard as number;
}
