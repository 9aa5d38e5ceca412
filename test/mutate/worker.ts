/**
 * One process of `npm run mutate`: keeps a vitest alive and runs the tests of models/ against one mutant after another.
 * A mutant exists only in what vitest's server hands to the tests: no file is ever changed.
 */
import { basename, join } from "node:path";
import type { TestModule, TestSpecification } from "vitest/node";
import { createVitest } from "vitest/node";

const ROOT = join(import.meta.dirname, "../..");

/** One file of the repository as it is to be for a run: path from the root, and the whole text. */
interface Change {
  file: string;
  text: string;
}

/** Tries one change; null is the code as it is. `rule`: only tests whose title has this id run. */
export interface Task {
  change: Change | null;
  rule: string | null;
}

/** Titles of the tests that failed, and files that could not even be loaded. */
export interface Outcome {
  failed: string[];
  broken: string[];
  /** How many tests ran. */
  ran: number;
}

let current: Change | null = null;

const vitest = await createVitest(
  "test",
  {
    root: ROOT,
    config: false,
    watch: false,
    include: ["test/models/**/*.test.ts"],
    // Ten thousand histories take longer than a mutant may: what breaks a rule is for the rule's own test to notice.
    exclude: ["**/*.edge.test.ts", "**/*.data.test.ts", "**/algebra.node.test.ts"],
    pool: "threads",
    maxWorkers: 1,
    bail: 1,
    // A mutant must neither come from the cache on disk nor get into it: it is not what the file says.
    fsModuleCache: false,
    reporters: [{}],
    testTimeout: 60_000,
  },
  {
    plugins: [
      {
        name: "waypost-mutant",
        enforce: "pre",
        transform: (code, id) => (current && id === join(ROOT, current.file) ? current.text : code),
      },
    ],
  },
);
const specifications = await vitest.globTestSpecifications();

async function run({ change, rule }: Task): Promise<Outcome> {
  for (const file of [current?.file, change?.file]) if (file) vitest.invalidateFile(join(ROOT, file));
  current = change;
  if (rule) vitest.setGlobalTestNamePattern(new RegExp(`\\b${rule}\\b`));
  else vitest.resetGlobalTestNamePattern();
  if (!change) return runFiles(specifications);
  const reached = importersOf(join(ROOT, change.file));
  const own = `${basename(change.file, ".ts")}.`;
  const [first, rest] = [true, false].map((isOwn) =>
    specifications.filter((s) => reached.has(s.moduleId) && basename(s.moduleId).startsWith(own) === isOwn),
  ) as [TestSpecification[], TestSpecification[]];
  const outcome = await runFiles(first);
  if (outcome.failed.length + outcome.broken.length > 0) return outcome;
  const later = await runFiles(rest);
  return { ...later, ran: outcome.ran + later.ran };
}

/** Every module that imports a file, at whatever remove: only these tests can tell that it changed. Known after a first whole run. */
function importersOf(path: string): Set<string> {
  const seen = new Set<string>();
  const graphs = Object.values(vitest.vite.environments).map((environment) => environment.moduleGraph);
  const waiting = graphs.flatMap((graph) => [...(graph.getModulesByFile(path) ?? [])]);
  for (let module = waiting.pop(); module; module = waiting.pop()) {
    if (module.id === null || seen.has(module.id)) continue;
    seen.add(module.id);
    waiting.push(...module.importers);
  }
  return seen;
}

async function runFiles(files: TestSpecification[]): Promise<Outcome> {
  if (files.length === 0) return { failed: [], broken: [], ran: 0 };
  // `bail` counts every failure that vitest remembers, those of the mutant before this one too.
  vitest.state.filesMap.clear();
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(files);
  const outcome: Outcome = { failed: [], broken: unhandledErrors.map(String), ran: 0 };
  for (const module of testModules) add(outcome, module);
  return outcome;
}

function add(outcome: Outcome, module: TestModule): void {
  if (module.errors().length > 0) outcome.broken.push(module.relativeModuleId);
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === "failed") outcome.failed.push(test.fullName);
    if (state === "failed" || state === "passed") outcome.ran++;
  }
}

process.on("message", (task: Task) => {
  void run(task).then((outcome) => process.send?.(outcome));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
