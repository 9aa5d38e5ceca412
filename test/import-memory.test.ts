import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const FEW = 100_000;
const MANY = 1_000_000;
/** Old generation of the command's heap: less than the longer file has, and a sixth of what its lines would take as objects. */
const HEAP_MB = 48;
/** Young generation: as large as Node takes it, it would be most of what is measured. */
const YOUNG_MB = 8;
/** So small a window that the command makes it a larger one: of a million lines 5,000. */
const WINDOW = "1";
const WINDOWS_MAX = 200;
/** What two runs of the same file may differ by; the longer file has 58 MB more, and four times that as objects. */
const GROWTH_MAX_MB = 40;
const SAY_PEAK = 'data:text/javascript,process.on("exit",()=>console.error("peak",process.resourceUsage().maxRSS))';

let folder: string;
let answered = 0;
/** What calls said that they cover: a window each. */
const windows = new Set<string>();
const ACCEPTED = Array.from({ length: FEW }, (_, index) => JSON.stringify({ index, result: "accepted" }));
/** Answers as the edge does, and keeps nothing: what is measured is the command. */
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  let items = 0;
  for (let at = body.indexOf('"seq":'); at >= 0; at = body.indexOf('"seq":', at + 1)) items++;
  answered += items;
  const [covers] = /"covers":\[\[\d+,\d+\]\]/.exec(body.toString("latin1", 0, 200)) ?? [];
  if (covers) windows.add(covers);
  response.setHeader("Content-Type", "application/json").end(`{"results":[${ACCEPTED.slice(0, items)}]}`);
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waypost-memory-"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

/** A file of so many lines of 64 bytes: of a thousand lines each twenty visitors. */
async function fileOf(lines: number): Promise<string> {
  const path = join(folder, `${lines}.ndjson`);
  const file = createWriteStream(path);
  for (let from = 0; from < lines; from += 10_000) {
    const some = Array.from({ length: 10_000 }, (_, i) => {
      const who = `v${Math.floor((from + i) / 1_000) * 20 + (i % 20)}`;
      return `{"anonymousId":"${who}","type":"page","timestamp":${1_577_880_000_000 + from + i}}\n`;
    });
    if (!file.write(some.join(""))) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
  return path;
}

/** The most memory that the command took, MB, for a file of so many lines. */
async function peakOf(lines: number): Promise<number> {
  windows.clear();
  const path = await fileOf(lines);
  const { port } = server.address() as AddressInfo;
  const node = [`--max-old-space-size=${HEAP_MB}`, `--max-semi-space-size=${YOUNG_MB}`, "--import", SAY_PEAK];
  const command = [join(import.meta.dirname, "../worker/cli/import.ts"), path, "--window", WINDOW];
  const target = ["--edge", `http://127.0.0.1:${port}`, "--write-key", "key"];
  const said = await new Promise<string>((done, fail) => {
    execFile(process.execPath, [...node, ...command, ...target], { cwd: folder }, (error, stdout, stderr) =>
      error ? fail(error) : done(stdout + stderr),
    );
  });
  await rm(path);
  expect(said).toContain(`  accepted    ${lines}\n`);
  // A visitor who is in each window has a run of each: in 200 of them nobody has too many.
  expect(windows.size).toBeGreaterThan(20);
  expect(windows.size).toBeLessThanOrEqual(WINDOWS_MAX);
  return Number(/peak (\d+)/.exec(said)?.[1]) / 1024;
}

test("W27 a million lines take the memory that a hundred thousand take", async () => {
  const few = await peakOf(FEW);
  const many = await peakOf(MANY);
  expect(answered).toBe(FEW + MANY);
  expect(few).toBeGreaterThan(0);
  expect(many - few).toBeLessThan(GROWTH_MAX_MB);
}, 120_000);
