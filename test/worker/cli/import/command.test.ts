import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waypost } from "../../../harness/cli.ts";
import { createSite, type DemoSite, type Edge, startEdge } from "../../../harness/edge.ts";
import { SMALL_SITE } from "../../../harness/small-site.ts";

const folder = mkdtempSync(join(tmpdir(), "waypost-command-"));
let edge: Edge;
let site: DemoSite;
let at: string[];

beforeAll(async () => {
  edge = await startEdge();
  site = await createSite(edge, "command", SMALL_SITE);
  // A key may begin with “-”: then only this form of the option takes it.
  at = ["--edge", edge.url, `--write-key=${site.writeKey}`];
});

afterAll(async () => {
  await edge?.close();
  rmSync(folder, { recursive: true });
});

interface Ended {
  code: number | null;
  stdout: string[];
  stderr: string;
}

/** Runs the command as a person does, in a folder of the test. */
function run(args: string[], { cwd = folder, stdin = "" } = {}): Promise<Ended> {
  return new Promise((done) => {
    const child = execFile(process.execPath, [resolve("worker/cli/import.ts"), ...args], { cwd }, (_, stdout, stderr) =>
      done({ code: child.exitCode, stdout: stdout.trimEnd().split("\n"), stderr }),
    );
    child.stdin?.end(stdin);
  });
}

function file(name: string, lines: unknown[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join("\n"));
  return path;
}

const page = (anonymousId: string, second: number, more: object = {}) => ({
  anonymousId,
  type: "page",
  timestamp: Date.UTC(2025, 2, 1) + second * 1000,
  ...more,
});
const head = (name: string, from: number, to: number, of: number) =>
  expect.stringMatching(
    new RegExp(
      `^${name.replaceAll(".", "\\.")}: lines ${from} to ${to} of ${of} in \\d+\\.\\d s \\(\\d+ lines/s\\), file [0-9a-f]{64}$`,
    ),
  );

test("import sends a file and tells of each line that was refused, on the screen and in a file; once more it is through already", async () => {
  const lines = [
    page("ann", 0),
    page("ann", 1),
    page("ann", 2, { type: "dance" }),
    "{",
    { type: "page", timestamp: 0 },
    page("bob", 3),
  ];
  const path = file("some.ndjson", lines);
  const refused = join(folder, "refused.ndjson");
  const first = await run([path, ...at, "--refused", refused]);
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(/^100 % {2}6 of 6 lines {2}\d+ lines\/s$/m);
  expect(first.stdout).toEqual([
    head(path, 1, 6, 6),
    "  accepted    3",
    "  duplicates  0",
    expect.stringMatching(/^ {2}refused {5}3: malformed 2, unknown-type 1$/),
    "    line 4: it must be a JSON object",
    expect.stringMatching(/^ {4}line 3: type must be one of page, track, /),
    "    line 5: anonymousId must be 1 to 128 characters",
  ]);
  const told = readFileSync(refused, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(told).toEqual([
    { line: 4, reason: "malformed", field: "", bound: "a JSON object" },
    { line: 3, reason: "unknown-type", field: "type", bound: expect.stringContaining("one of page, track, ") },
    { line: 5, reason: "malformed", field: "anonymousId", bound: "1 to 128 characters" },
  ]);
  const again = await run([path, ...at, "--refused", refused]);
  expect([again.code, again.stdout]).toEqual([
    0,
    [
      expect.stringMatching(
        /some\.ndjson is imported already, and 3 of its 6 lines were refused \(file [0-9a-f]{64}\)\.$/,
      ),
      `  ${refused} lists them.`,
      "  They are tried again with another --mapping, or with --again: what was taken is not taken twice.",
    ],
  ]);
  // What was refused then is not forgotten by it.
  expect(readFileSync(refused, "utf8").trimEnd().split("\n")).toHaveLength(3);
  expect((await run([path, ...at, "--again"])).stdout.slice(1, 3)).toEqual(["  accepted    0", "  duplicates  3"]);
  // It was noted without the key, and for this site alone.
  const notes = join(folder, ".waypost/imports");
  const names = readdirSync(notes);
  expect(names).toHaveLength(1);
  expect(names.join() + readFileSync(join(notes, names[0] as string), "utf8")).not.toContain(site.writeKey);
  const other = await createSite(edge, "command-two", SMALL_SITE);
  const elsewhere = await run([path, "--edge", edge.url, `--write-key=${other.writeKey}`]);
  expect(elsewhere.stdout.slice(1, 3)).toEqual(["  accepted    3", "  duplicates  0"]);
});

test("W28 what one mapping refuses another brings, line for line; what was taken stays as it is", async () => {
  const kinds = { view: { type: "page", url: "https://shop.example/" } };
  const mapping = { visitor: "who", time: "at", kind: "kind" };
  const written = (name: string, own: object) => file(name, [{ ...mapping, kinds: own }]);
  const poor = written("poor.json", kinds);
  const rich = written("rich.json", { ...kinds, buy: { type: "track", event: "Order Completed" } });
  const path = file("kinds.csv", ["who,kind,at", "ann,view,1", "ann,buy,2", "bob,buy,3", "ann,view,4"]);
  const first = await run([path, ...at, "--mapping", poor]);
  expect(first.stdout.slice(1, 4)).toEqual(["  accepted    2", "  duplicates  0", "  refused     2: malformed 2"]);
  const same = await run([path, ...at, "--mapping", poor]);
  expect(same.stdout).toEqual([
    expect.stringMatching(/kinds\.csv is imported already, and 2 of its 5 lines were refused \(file [0-9a-f]{64}\)\.$/),
    "  --again --refused FILE lists them.",
    "  They are tried again with another --mapping, or with --again: what was taken is not taken twice.",
  ]);
  const mended = await run([path, ...at, "--mapping", rich]);
  expect(mended.stdout.slice(1)).toEqual(["  accepted    2", "  duplicates  2", "  refused     0"]);
  const again = await run([path, ...at, "--mapping", rich, "--again"]);
  expect(again.stdout.slice(1)).toEqual(["  accepted    0", "  duplicates  4", "  refused     0"]);
  // With nothing refused another mapping has nothing to mend.
  expect((await run([path, ...at, "--mapping", poor])).stdout).toEqual([
    expect.stringMatching(/kinds\.csv is imported already, all 5 lines of it \(file [0-9a-f]{64}\)\. /),
  ]);
});

test("of many refused lines ten are named, and columns that are not read", async () => {
  const rows = Array.from({ length: 12 }, (_, i) => `ann,dance,${i},x`);
  const path = file("many.csv", ["anonymousId,type,timestamp,colour", ...rows]);
  const { code, stdout } = await run([path, ...at]);
  expect(code).toBe(1);
  expect(stdout.filter((line) => line.startsWith("    line "))).toHaveLength(10);
  expect(stdout.slice(-2)).toEqual([
    "    … and 2 more: --refused FILE has them all",
    "  not read    the columns colour",
  ]);
  // Once more it is as little through as then; one line that is taken is enough.
  expect((await run([path, ...at])).code).toBe(1);
  expect((await run([file("most.csv", ["anonymousId,type,timestamp", "ann,dance,1", "ann,page,2"]), ...at])).code).toBe(
    0,
  );
});

test("a file that has changed under its name is another one: it is sent where --new says so, and its lines are new", async () => {
  const lines = [page("grow", 0), page("grow", 1)];
  const path = file("grows.ndjson", lines);
  expect((await run([path, ...at])).stdout[1]).toBe("  accepted    2");
  const elsewhere = file("as-it-was.ndjson", lines);
  file("grows.ndjson", [...lines, page("grow", 2)]);
  const warned = await run([path, ...at, "--again"]);
  expect([warned.code, warned.stdout, warned.stderr.trimEnd()]).toEqual([
    1,
    [""],
    expect.stringMatching(
      /grows\.ndjson held something else when it was imported: 2 of 2 lines, \d{4}-\d\d-\d\d \d\d:\d\d UTC \(file [0-9a-f]{64}\)\. As it is now each of its 3 lines would be counted as a new one, also those that were sent then\. Put what is new into a file of its own; or send all of this one with --new\.$/,
    ),
  ]);
  // Nothing of it was sent: under its old name and content all is known, under a name of its own it is not asked about.
  expect((await run([elsewhere, ...at, "--again"])).stdout.slice(1, 3)).toEqual(["  accepted    0", "  duplicates  2"]);
  const other = await createSite(edge, "command-grown", SMALL_SITE);
  const there = await run([path, "--edge", edge.url, `--write-key=${other.writeKey}`]);
  expect(there.stdout[1]).toBe("  accepted    3");
  expect((await run([path, ...at, "--new"])).stdout.slice(1, 3)).toEqual(["  accepted    3", "  duplicates  0"]);
  // Once it was sent so, it is the file of this name.
  expect((await run([path, ...at])).stdout[0]).toContain("is imported already, all 3 lines of it");
  const piped = (text: unknown[]) => run(["-", ...at], { stdin: text.map((one) => JSON.stringify(one)).join("\n") });
  expect((await piped([page("pipe", 0)])).code).toBe(0);
  expect((await piped([page("pipe", 0), page("pipe", 1)])).stdout[1]).toBe("  accepted    2");
});

test("an empty file is said to be that, and those behind it are imported; what robots did is told apart", async () => {
  const robot = { context: { userAgent: "Googlebot/2.1 (+http://www.google.com/bot.html)" } };
  const path = file("robot.ndjson", [page("bot", 0, robot), page("rita", 1)]);
  const empty = [file("none.csv", []), file("none.json", [])];
  const { code, stdout } = await run([...empty, path, ...at]);
  expect([code, stdout]).toEqual([
    0,
    [
      ...empty.map((name) => `${name} is empty: there is nothing in it to import.`),
      head(path, 1, 2, 2),
      "  accepted    1",
      "  duplicates  0",
      "  refused     0",
      "  excluded    1: what robots did",
    ],
  ]);
});

test("a touchpoint that came too late for its edge is counted as such, with what to do", async () => {
  const ring = Array.from({ length: 130 }, (_, i) => page("late", 1_000 + i));
  const path = file("late.ndjson", [...ring, page("late", 0)]);
  const { code, stdout } = await run([path, ...at, "--window", "130"]);
  expect(code).toBe(0);
  expect(stdout.at(-1)).toBe(
    "  late        1: counted, but too far out of order for an edge of the map. Sort a file by time before it is imported",
  );
  // In one window it stands where it belongs.
  const sorted = file(
    "not-late.ndjson",
    [...ring, page("late", 0)].map((one) => ({ ...one, anonymousId: "early" })),
  );
  expect((await run([sorted, ...at])).stdout).toHaveLength(4);
});

test("what comes in is imported, and --from-line leaves out what is before it, and notes nothing", async () => {
  const lines = [page("in", 0), page("in", 1), page("in", 2)].map((one) => JSON.stringify(one));
  const cwd = join(folder, "piped");
  mkdirSync(cwd);
  const part = await run(["-", ...at, "--from-line", "3"], { cwd, stdin: lines.join("\n") });
  expect(part.stdout).toEqual([head("-", 3, 3, 3), "  accepted    1", "  duplicates  0", "  refused     0"]);
  // Nothing was said of the lines before: they are new.
  const whole = await run(["-", ...at], { cwd, stdin: lines.join("\n") });
  expect(whole.stdout).toEqual([head("-", 1, 3, 3), "  accepted    2", "  duplicates  1", "  refused     0"]);
});

test("waypost import sends files with the write key of the environment, to the edge that was named and no other", async () => {
  const path = file("package.ndjson", [page("npm", 0)]);
  const env = { WAYPOST_WRITE_KEY: site.writeKey };
  const done = await waypost(folder, ["import", path, "--edge", edge.url], env);
  expect([done.code, done.stdout.trimEnd().split("\n").slice(1)]).toEqual([
    0,
    ["  accepted    1", "  duplicates  0", "  refused     0"],
  ]);
  writeFileSync(join(folder, "waypost.json"), JSON.stringify({ edge: edge.url, site: "command", version: 1 }));
  const told = await Promise.all([
    waypost(folder, ["import", path], env),
    waypost(folder, ["import", path, "--edge", edge.url]),
    waypost(folder, ["import"], env),
  ]);
  expect(told.map(({ code, stderr }) => [code, stderr.trimEnd()])).toEqual([
    [1, "Which edge? Give --edge URL, or set WAYPOST_EDGE."],
    [1, "Set WAYPOST_WRITE_KEY to the site's write key: it goes with every line."],
    [1, expect.stringMatching(/^Which file\? waypost import FILE\.\.\. \[--mapping FILE\]/)],
  ]);
});

test("import says in one sentence what a person can mend, and exits with 1", async () => {
  const path = file("fine.ndjson", [page("ann", 0)]);
  const failures = await Promise.all([
    run([]),
    run([path, "--speed", "9"]),
    run([join(folder, "none.ndjson"), ...at]),
    run([path, "--edge", edge.url, "--write-key", "wrong"]),
    run([path, "--edge", "http://127.0.0.1:1", "--write-key", "k"]),
    run([path, "--site", "never-started"]),
    run([path, ...at, "--from-line", "0"]),
    run([path, ...at, "--window", "many"]),
    run([path, path, ...at, "--refused", "x"]),
    run([path, ...at, "--refused", join(folder, "no-such-folder/x")]),
  ]);
  expect(failures.map(({ code }) => code)).toEqual(failures.map(() => 1));
  const words = failures.map(({ stderr }) => stderr.trimEnd().split("\n").at(-1));
  expect(words).toEqual([
    expect.stringMatching(/^Which file\? npm run import -- FILE\.\.\. /),
    expect.stringMatching(/^Unknown option '--speed'\. Use: npm run import -- FILE/),
    expect.stringMatching(/none\.ndjson does not exist: check the path\.$/),
    `${edge.url} does not know this write key. Check the key, or the site that it is for.`,
    "Nothing answers at http://127.0.0.1:1. Is it running? (npm start, or --edge URL for another.)",
    expect.stringMatching(
      /never-started\.json does not exist: it is written by the first npm start\. Or give --edge URL\.$/,
    ),
    "--from-line is “0”: a number of lines, from 1 to 999999999.",
    "--window is “many”: a number of lines, from 1 to 999999999.",
    "--refused FILE is of one file: name one.",
    expect.stringMatching(/^The file of --refused cannot be written: ENOENT/),
  ]);
});
