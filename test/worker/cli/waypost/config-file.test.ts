import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { SiteConfig } from "../../../../models/site-config.ts";
import { configOf, readConfigFile, rewritten } from "../../../../worker/cli/waypost/config-file.ts";
import { starterText } from "../../../../worker/cli/waypost/starter.ts";

const PATH = "waypost.config.jsonc";
const text = starterText({ edge: "https://edge.example", origin: "https://shop.example" });
const lineOf = (part: string) => text.slice(0, text.indexOf(part)).split("\n").length;

test("the configuration that init writes is one that an edge takes", () => {
  expect(configOf(text, PATH)).toMatchObject({ origins: ["https://shop.example"], campaigns: [] });
});

test("what is wrong in the file is told with its line, its field and the bound", () => {
  const wrong = [
    [text.replace('"goal": "thanks"', '"goal": "paid"'), '"goal"', "journeys.0.goal", "the id of one of its stages"],
    [
      text.replace('"path": "/thanks"', '"path": 3'),
      '{ "path": "/thanks" }',
      "journeys.0.stages.1.match.path",
      "a text",
    ],
    // What is missing has no line of its own: that of what it is missing from.
    [text.replace('"name": "Checkout",', ""), '"id": "checkout"', "journeys.0.name", ""],
  ] as const;
  for (const [changed, near, field, bound] of wrong) {
    const error = `^${PATH}:(\\d+) “${field.replaceAll(".", "\\.")}” must be: .*${bound}`;
    expect(() => configOf(changed, PATH)).toThrow(new RegExp(error));
    const told = Number(new RegExp(`${PATH}:(\\d+)`).exec(messageOf(() => configOf(changed, PATH)))?.[1]);
    expect(Math.abs(told - lineOf(near))).toBeLessThanOrEqual(1);
  }
  expect(messageOf(() => configOf(text.replace('"campaigns": [],', '"campaigns": [,'), PATH))).toMatch(
    /:\d+ is no JSON: /,
  );
});

test("another configuration is written into the file where it differs: comments, and defaults that were left out, stay", () => {
  const config = configOf(text, PATH);
  const next: SiteConfig = structuredClone(config);
  (next.journeys[0] as { name: string }).name = "Purchase";
  next.thresholds.stall.high = 0.9;
  next.capture.vitals = true;
  const written = rewritten({ text, config }, next) as string;
  expect(configOf(written, PATH)).toEqual(next);
  const changedLines = written.split("\n").filter((line) => !text.split("\n").includes(line));
  expect(changedLines.join("\n")).toMatch(/Purchase[\s\S]*0\.9[\s\S]*vitals/);
  for (const comment of text.match(/\/\/.*$/gm) ?? []) expect(written).toContain(comment);
  expect(written).not.toContain("friction");
  expect(rewritten({ text, config }, config)).toBe(text);
});

test("a file that cannot be made to mean it is not written to: of a key that stands there twice, the last one counts", () => {
  const twice = text.replace('"serverBasis": "contract",', '"serverBasis": "consent",\n  "serverBasis": "contract",');
  const config = configOf(twice, PATH);
  expect(config.serverBasis).toBe("contract");
  expect(rewritten({ text: twice, config }, { ...config, serverBasis: "law" })).toBeNull();
  // The twin: once it stands there once, it is.
  expect(rewritten({ text, config }, { ...config, serverBasis: "law" })).toContain('"serverBasis": "law"');
});

test("a file is read with the mark that some editors begin it with, and without", async () => {
  const folder = mkdtempSync(join(tmpdir(), "waypost-mark-"));
  const path = join(folder, PATH);
  writeFileSync(path, `\u{feff}${text}`);
  expect((await readConfigFile(path)).config).toEqual(configOf(text, PATH));
  rmSync(folder, { recursive: true });
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
}
