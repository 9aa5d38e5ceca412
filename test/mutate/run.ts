/**
 * `npm run mutate`: breaks the rules of models/ one at a time and expects the tests to notice. First each mutation that
 * models/SPEC.md lists, which a test with the rule's id in its title has to catch; then every comparison and boolean of
 * the files below, flipped by machine, which any test may catch. Exit code 1 where one survives.
 *
 * A runner of our own because Stryker 10.1.1 does not start beside TypeScript 7: it rewrites tsconfig.json by functions
 * of the compiler's old JavaScript API. It could not ask for a test by its title either.
 */
import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Equivalent, equivalentFor, lineOf } from "./equivalent.ts";
import { flipsOf, type Mutant, mutated } from "./flips.ts";
import { type ListedMutant, listedMutants } from "./listed.ts";
import type { Outcome, Task } from "./worker.ts";

const ROOT = join(import.meta.dirname, "../..");
const FLIPPED = [
  "touchpoint",
  "consent",
  "journey",
  "journey-state",
  "journey-blob",
  "streams",
  "stage",
  "visit",
  "decision",
  "answer",
  "outcome",
  "catalogue",
  "change",
  "config-fields",
  "config-diff",
  "config-faults",
  "stops",
  "template",
  "written-time",
  "minor-units",
  "webhook-mapping",
  "webhook-signature",
];
const WORKERS = 2;
/** A mutant may loop for ever: then its process is ended, and the mutant counts as noticed. */
const HUNG_MS = 60_000;
/** The unchanged code runs all tests of models/, in two processes at once, and loads them for the first time. */
const WHOLE_MS = 300_000;
/** How often progress is printed, in mutants. */
const PROGRESS_EVERY = 20;

const texts = new Map<string, string>();

function read(file: string): string {
  const text = texts.get(file) ?? readFileSync(join(ROOT, file), "utf8");
  texts.set(file, text);
  return text;
}

/** One process with a vitest in it, started anew after it was ended. */
class Worker {
  #child: ChildProcess | null = null;

  /** Null where the process had to be ended. */
  async try(task: Task): Promise<Outcome | null> {
    const child = this.#child ?? (await this.#start());
    const answer = await this.#send(child, task);
    if (answer === null) this.stop();
    return answer;
  }

  stop(): void {
    this.#child?.kill("SIGKILL");
    this.#child = null;
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(join(import.meta.dirname, "worker.ts"));
    this.#child = child;
    await message(child);
    // The unchanged code has to pass; this run also tells vitest which test imports what.
    const unchanged = await this.#send(child, { change: null, rule: null }, WHOLE_MS);
    const failed = unchanged ? [...unchanged.failed, ...unchanged.broken] : ["the tests do not come to an end"];
    if (failed.length > 0) throw new Error(`mend the tests first:\n  ${failed.join("\n  ")}`);
    return child;
  }

  async #send(child: ChildProcess, task: Task, boundMs = HUNG_MS): Promise<Outcome | null> {
    const timer = AbortSignal.timeout(boundMs);
    const hung = new Promise<null>((resolve) => timer.addEventListener("abort", () => resolve(null), { once: true }));
    child.send(task);
    return Promise.race([message(child) as Promise<Outcome>, hung]);
  }
}

/** The next message of a process. Rejects where it ends instead. */
function message(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onMessage = (value: unknown) => {
      child.off("exit", onExit);
      resolve(value);
    };
    const onExit = (code: number | null) => {
      child.off("message", onMessage);
      reject(new Error(`test/mutate/worker.ts ended with code ${code}`));
    };
    child.once("message", onMessage);
    child.once("exit", onExit);
  });
}

interface Verdict {
  mutant: Mutant;
  rule: string | null;
  /** Why it is not as it has to be; null where it is. */
  fault: string | null;
  killed: boolean;
}

const { mutants: listed, faults } = listedMutants(read("models/SPEC.md"), read);
const flips = FLIPPED.flatMap((name) => flipsOf(`models/${name}.ts`, read(`models/${name}.ts`)));
const entries = JSON.parse(read("test/mutate/equivalent.json")) as Equivalent[];
const only = process.argv.slice(2);
const wanted = (file: string) => only.length === 0 || only.some((part) => file.includes(part));
const tasks: { mutant: Mutant; rule: string | null }[] = [
  ...listed.map((mutant: ListedMutant) => ({ mutant, rule: mutant.rule })),
  ...flips.map((mutant) => ({ mutant, rule: null })),
].filter(({ mutant }) => wanted(mutant.file));

for (const fault of faults) console.log(`SPEC.md ${fault}`);
const startedAt = performance.now();
const verdicts: Verdict[] = [];
const used = new Set<Equivalent>();
console.log(
  `${tasks.length} mutants: ${tasks.filter((t) => t.rule).length} listed in models/SPEC.md, the others by machine`,
);
const waiting = [...tasks];
const workers = Array.from({ length: WORKERS }, () => new Worker());
try {
  await Promise.all(workers.map(work));
} finally {
  for (const worker of workers) worker.stop();
}

async function work(worker: Worker): Promise<void> {
  for (let task = waiting.shift(); task; task = waiting.shift()) {
    const { mutant, rule } = task;
    const change = { file: mutant.file, text: mutated(mutant, read(mutant.file)) };
    const outcome = await worker.try({ change, rule });
    const verdict = judge(task, outcome);
    verdicts.push(verdict);
    if (verdict.fault) console.log(describe(verdict));
    if (verdicts.length % PROGRESS_EVERY === 0) console.log(`${verdicts.length} of ${tasks.length}, ${seconds()} s`);
  }
}

function judge({ mutant, rule }: { mutant: Mutant; rule: string | null }, outcome: Outcome | null): Verdict {
  if (rule) {
    const killed = outcome !== null && outcome.failed.length > 0;
    const fault = killed ? null : outcome?.ran === 0 ? `no test is named ${rule}` : `no test named ${rule} noticed`;
    return { mutant, rule, fault, killed };
  }
  const killed = outcome === null || outcome.failed.length > 0;
  const entry = equivalentFor(entries, mutant, read(mutant.file));
  if (entry) used.add(entry);
  const fault = killed ? (entry ? "listed as equivalent, but a test noticed" : null) : entry ? null : "no test noticed";
  return { mutant, rule, fault, killed };
}

function describe({ mutant, rule, fault }: Verdict): string {
  const { number, line, becomes } = lineOf(mutant, read(mutant.file));
  return `SURVIVED ${mutant.file}:${number} ${rule ?? ""}: ${fault}\n  - ${line}\n  + ${becomes}`;
}

function seconds(): string {
  return ((performance.now() - startedAt) / 1000).toFixed(0);
}

const stale = entries.filter((entry) => wanted(entry.file) && !used.has(entry));
for (const entry of stale)
  console.log(`STALE test/mutate/equivalent.json: no such flip any more: ${entry.file}: ${entry.becomes}`);
const killed = verdicts.filter((v) => v.killed && !v.fault).length;
const survived = verdicts.filter((v) => v.fault).length;
const equivalent = verdicts.filter((v) => !v.killed && !v.fault).length;
console.log(`${seconds()} s`);
console.log(`${killed} killed, ${survived} survived, ${equivalent} equivalent`);
process.exitCode = survived + stale.length + faults.length > 0 ? 1 : 0;
