import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { layOut } from "../../../worker/cli/public-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "waypost-public-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string | Buffer): void {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function read(path: string): string {
  return readFileSync(join(folder, path), "utf8");
}

test("built files and pages lie together, with key and secrets written in, without the configuration and what lay there before", async () => {
  write("dist/_headers", "/*\n");
  write("dist/waypost.js", "tag");
  write("site/index.html", '<script data-site="%WAYPOST_KEY%"></script>');
  write("site/checkout/details.html", "%WAYPOST_KEY%");
  write("site/demo-visitor.js", 'const secrets = ["%TREATED_SECRETS%"];');
  write("site/waypost.config.ts", "secret audiences");
  write("site/images/a.bin", Buffer.from([0xff, 0x00, 0xfe]));
  write("public/old.html", "old");
  await layOut({
    dist: join(folder, "dist"),
    site: join(folder, "site"),
    to: join(folder, "public"),
    publicKey: "KEY",
    secrets: ["one", "two"],
  });
  expect(read("public/_headers")).toBe("/*\n");
  expect(read("public/waypost.js")).toBe("tag");
  expect(read("public/index.html")).toBe('<script data-site="KEY"></script>');
  expect(read("public/checkout/details.html")).toBe("KEY");
  expect(read("public/demo-visitor.js")).toBe('const secrets = ["one","two"];');
  expect(readFileSync(join(folder, "public/images/a.bin"))).toEqual(Buffer.from([0xff, 0x00, 0xfe]));
  expect(existsSync(join(folder, "public/waypost.config.ts"))).toBe(false);
  expect(existsSync(join(folder, "public/old.html"))).toBe(false);
  expect(read("site/index.html")).toContain("%WAYPOST_KEY%");
});

test("the demo site has the places that are written into", () => {
  expect(readFileSync("test/site/index.html", "utf8")).toContain('data-site="%WAYPOST_KEY%"');
  expect(readFileSync("test/site/demo-visitor.js", "utf8")).toContain('["%TREATED_SECRETS%"]');
});
