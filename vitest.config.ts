import { randomBytes } from "node:crypto";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { CHROMIUM_ARGS, chromiumPath } from "./test/chromium.ts";

/** Tests of models/ run in all three places that the code runs in; `.node.` and `.edge.` tests only in theirs. */
const EVERYWHERE = ["test/models/**/*.test.ts"];
const ONE_PLACE = ["**/*.node.test.ts", "**/*.edge.test.ts"];

function randomKey(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}

export default defineConfig({
  test: {
    // Page tests wait for browsers more than they compute: two files at a time, also on two cores.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.{ts,tsx}"],
          exclude: ["**/*.edge.test.ts", "**/*.data.test.ts"],
          setupFiles: ["test/harness/network-guard.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "data",
          include: process.env.WAYPOST_DATA ? ["test/**/*.data.test.ts"] : [],
          setupFiles: ["test/harness/network-guard.ts"],
          testTimeout: 600_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              cf: false,
              // Nothing leaves this machine: a Worker under test that asks for another host gets an error.
              outboundService: (request) => {
                throw new Error(`tests speak to this machine alone, not to ${request.url}`);
              },
              // Random for each run: no key of any kind is in the repository.
              bindings: { ID_KEY: randomKey(32), TOKEN_KEY: randomKey(32), ADMIN_TOKEN: randomKey(16) },
            },
          }),
        ],
        test: {
          name: "workerd",
          testTimeout: 60_000,
          hookTimeout: 60_000,
          include: [...EVERYWHERE, "test/**/*.edge.test.ts"],
          exclude: ["**/*.node.test.ts", "**/*.data.test.ts"],
        },
      },
      {
        test: {
          name: "chromium",
          include: EVERYWHERE,
          exclude: [...ONE_PLACE, "**/*.data.test.ts"],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: await chromiumPath(), args: CHROMIUM_ARGS } }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
