import { execFile, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildCommand } from "../../build-package.ts";

let built: Promise<string> | undefined;

/** The command as the package has it; built once a process. */
function command(): Promise<string> {
  built ??= mkdtemp(join(tmpdir(), "waypost-command-")).then(async (folder) => {
    const file = join(folder, "waypost.mjs");
    await buildCommand(file);
    process.once("exit", () => rmSync(folder, { recursive: true }));
    return file;
  });
  return built;
}

/** How a command ended, and what it said. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `waypost` in a folder as a person or a script does, with nothing of the environment but what it needs. */
export async function waypost(
  folder: string,
  args: string[],
  env: Record<string, string> = {},
  input = "",
): Promise<Ended> {
  const main = await command();
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [main, ...args],
      { cwd: folder, env: { PATH: process.env.PATH, NO_COLOR: "1", XDG_CONFIG_HOME: join(folder, ".config"), ...env } },
      (_, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

/** Signs a folder's command line in, as `decide` answers for whoever looks at the code in a browser. */
export async function logIn(
  folder: string,
  edge: string,
  decide: (userCode: string) => Promise<unknown>,
): Promise<Ended> {
  const env = { PATH: process.env.PATH, NO_COLOR: "1", XDG_CONFIG_HOME: join(folder, ".config") };
  const child = spawn(process.execPath, [await command(), "login", "--edge", edge], { cwd: folder, env });
  let [stdout, stderr, asked] = ["", "", false];
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    const code = /#device=([A-Z]{8})/.exec(stdout)?.[1];
    if (code === undefined || asked) return;
    asked = true;
    void decide(code);
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}
