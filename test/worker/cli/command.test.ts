import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reportLines } from "../../../worker/cli/replay.ts";
import { createSite, type DemoSite, type Edge, startEdge } from "../../harness/edge.ts";
import { SMALL_SITE } from "../../harness/small-site.ts";

const folder = mkdtempSync(join(tmpdir(), "waypost-command-"));
const file = join(folder, "events.jsonl");
let edge: Edge;
let site: DemoSite;

beforeAll(async () => {
  edge = await startEdge();
  site = await createSite(edge, "command", SMALL_SITE);
  const item = { type: "page", anonymousId: "ann", timestamp: "2025-03-01T10:00:00Z" };
  const lines = [item, item, { ...item, type: "dance" }, { type: "page", timestamp: 0 }].map((i) => JSON.stringify(i));
  writeFileSync(file, lines.join("\n"));
});

afterAll(async () => {
  await edge?.close();
  rmSync(folder, { recursive: true });
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command of worker/cli as a person does. */
function run(name: string, args: string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [`worker/cli/${name}.ts`, ...args],
      { env: { ...process.env, ...env } },
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

test("replay sends a file, tells what became of it, and again finds only duplicates", async () => {
  const args = [file, "--edge", edge.url, "--write-key", site.writeKey];
  const first = await run("replay", args);
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(/^100 % {2}4 of 4 events {2}\d+ events\/s$/m);
  expect(first.stdout.split("\n").slice(1)).toEqual([
    "  accepted    2",
    "  duplicates  0",
    "  refused     2",
    expect.stringMatching(/^ {4}unknown-type 1, first at line 3: type must be one of page, track/),
    "    malformed 1, first at line 4: anonymousId must be 1 to 128 characters",
    "",
  ]);
  const again = await run("replay", args);
  expect(again.stdout.split("\n").slice(1, 3)).toEqual(["  accepted    0", "  duplicates  2"]);
});

test("replay says in one sentence what a person can mend, and exits with 1", async () => {
  const at = ["--edge", edge.url, "--write-key", site.writeKey];
  const failures = await Promise.all([
    run("replay", []),
    run("replay", [file, "--speed", "9"]),
    run("replay", [join(folder, "none.jsonl"), ...at]),
    run("replay", [file, "--edge", edge.url, "--write-key", "wrong"]),
    run("replay", [file, "--site", "never-started"]),
  ]);
  expect(failures.map(({ code }) => code)).toEqual([1, 1, 1, 1, 1]);
  const words = failures.map(({ stderr }) => stderr.trimEnd());
  expect(words).toEqual([
    expect.stringMatching(/^Which file\? npm run replay -- FILE/),
    expect.stringMatching(/^Unknown option '--speed'\. Use: npm run replay -- FILE/),
    expect.stringMatching(/none\.jsonl does not exist: check the path\.$/),
    `${edge.url} does not know this write key. Check --write-key, or the site that it is for.`,
    expect.stringMatching(
      /never-started\.json does not exist: it is written by the first npm start\. Or give --edge URL\.$/,
    ),
  ]);
  expect(words.every((word) => !word.includes("\n"))).toBe(true);
});

test("a report names what stayed unsent and what to do", () => {
  const lines = reportLines({
    visitors: 1,
    events: 5,
    sent: 3,
    accepted: 3,
    duplicates: 0,
    refused: [],
    unsent: 2,
    elapsedMs: 1500,
  });
  expect(lines[0]).toBe("5 events of 1 visitors: 3 sent in 1.5 s (2 events/s)");
  expect(lines.at(-1)).toBe("  unsent      2: run the same command again; what was sent stays counted once");
});

test("start says that its port is taken", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await run("start", [], { PORT: String(port) });
  server.close();
  expect(code).toBe(1);
  expect(stderr.trimEnd()).toBe(
    `Port ${port} is taken. Stop what listens there, or choose another: PORT=8788 npm start`,
  );
});

test("start refuses a port that is none", async () => {
  const { code, stderr } = await run("start", [], { PORT: "80 80" });
  expect(code).toBe(1);
  expect(stderr.trimEnd()).toBe("PORT is “80 80”: a number from 1 to 65535.");
});
