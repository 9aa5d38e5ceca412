import { randomBytes } from "node:crypto";
import { existsSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { CHROMIUM_ARGS, chromiumPath } from "./test/chromium.ts";
import { eagerImports } from "./test/harness/eager-imports.ts";

/** Tests of models/ run in all three places that the code runs in; `.node.` and `.edge.` tests only in theirs. */
const EVERYWHERE = ["test/models/**/*.test.ts"];
const NOT_EVERYWHERE = ["**/*.node.test.ts", "**/*.edge.test.ts", "**/*.data.test.ts"];
/** Tests of what an isolate remembers: its counts, its limits. */
const OWN_MEMORY = ["health", "log", "limits"].map((name) => `test/worker/${name}.edge.test.ts`);
/** They are pure, so they share a process, a workerd, a page: one of each for every file is a minute more. */
const SHARED = { isolate: false, include: EVERYWHERE, exclude: NOT_EVERYWHERE };
/** A browser's first start on a busy machine, or a round of kills. */
const PATIENT = { testTimeout: 60_000, hookTimeout: 60_000 };

function randomKey(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}

/** Unpacked to disk: what is in memory may not be allowed to run. */
const CHROMIUM = await chromiumPath();
const DISK = tmpdir();
/** Objects sync every write: in memory that costs nothing. Not where there is little of it. */
const MEMORY = "/dev/shm";
const MEMORY_MIN_BYTES = 2 ** 31;
if (existsSync(MEMORY)) {
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize >= MEMORY_MIN_BYTES) process.env.TMPDIR = MEMORY;
}

const NETWORK_GUARD = "test/harness/network-guard.ts";
const WORDS = "test/harness/write-words.ts";

function workerd() {
  return cloudflareTest({
    main: "./worker/index.ts",
    wrangler: { configPath: "./wrangler.toml" },
    miniflare: {
      cf: false,
      // Nothing leaves this machine: a Worker under test that asks for another host gets an error.
      outboundService: (request) => {
        throw new Error(`tests speak to this machine alone, not to ${request.url}`);
      },
      // Random for each run: no key of any kind is in the repository.
      bindings: {
        ID_KEY: randomKey(32),
        TOKEN_KEY: randomKey(32),
        ADMIN_TOKEN: randomKey(16),
        // Nobody waits five seconds for a count.
        TALLY_AFTER_MS: "200",
      },
    },
  });
}

export default defineConfig({
  test: {
    // Page tests wait for browsers more than they compute: two files at a time, also on two cores.
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...PATIENT,
          name: "node",
          // What a file imports (wrangler, Playwright) is loaded once a process, what it bundles is bundled once.
          isolate: false,
          env: { TMPDIR: DISK },
          include: ["test/**/*.test.{ts,tsx}"],
          exclude: ["test/models/**/!(*.node).test.ts", "**/*.edge.test.ts", "**/*.data.test.ts"],
          setupFiles: [NETWORK_GUARD],
        },
      },
      { test: { ...PATIENT, ...SHARED, name: "models in node", setupFiles: [NETWORK_GUARD] } },
      {
        test: {
          name: "data",
          include: process.env.WAYPOST_DATA ? ["test/**/*.data.test.ts"] : [],
          setupFiles: [NETWORK_GUARD],
          testTimeout: 600_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [workerd(), eagerImports()],
        test: {
          ...PATIENT,
          name: "workerd",
          isolate: false,
          include: ["test/**/*.edge.test.ts"],
          exclude: OWN_MEMORY,
          globalSetup: WORDS,
        },
      },
      {
        plugins: [workerd(), eagerImports()],
        test: { ...PATIENT, name: "workerd, own memory", include: OWN_MEMORY, globalSetup: WORDS },
      },
      { plugins: [workerd()], test: { ...PATIENT, ...SHARED, name: "models in workerd" } },
      {
        test: {
          ...SHARED,
          name: "models in chromium",
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: CHROMIUM, args: CHROMIUM_ARGS } }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
