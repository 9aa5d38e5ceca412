import { execFile } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, test } from "vitest";

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
