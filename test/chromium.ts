import { existsSync } from "node:fs";
import { platform } from "node:os";

const SYSTEM = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/**
 * A Chromium on this machine: `CHROME_PATH`, an installed one, else (Linux x64) the one inside the npm package
 * @sparticuz/chromium, so that a fresh machine needs nothing but `npm ci`.
 */
export async function chromiumPath(): Promise<string> {
  const found = process.env.CHROME_PATH ?? SYSTEM.find((path) => existsSync(path));
  if (found) return found;
  if (platform() !== "linux") throw new Error("No Chromium or Chrome found: install one, or set CHROME_PATH.");
  const { default: packed } = await import("@sparticuz/chromium");
  return packed.executablePath();
}

/** What tests call themselves: a browser that says "HeadlessChrome" is a robot to the edge, and so is "node". */
export const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36";

/** Nothing of Chromium's own goes to the network; the sandbox is left out only where it cannot start (root). */
export const CHROMIUM_ARGS = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
  `--user-agent=${USER_AGENT}`,
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];
