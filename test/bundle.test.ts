import { readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { WORDS } from "../models/texts/all.ts";
import { LANGUAGES, type Language } from "../models/texts/languages.ts";
import { firstText, textFor } from "../models/texts/visitor-text.ts";
import { type TestBundle, testBundle } from "./harness/bundle.ts";
import config from "./site/waypost.config.ts";

let bundle: TestBundle;
beforeAll(async () => {
  bundle = await testBundle();
});

/** The source files inside, packages by their name alone. */
function filesIn(entry: string): string[] {
  const inputs = [...bundle.withStatic(bundle.outputOf(entry))].flatMap((path) =>
    Object.keys(bundle.outputs[path]?.inputs ?? {}),
  );
  const named = inputs.map((path) => /node_modules\/([^/]+)/.exec(path)?.[1] ?? path);
  return [...new Set(named)].filter((path) => !path.startsWith("<define:") && path !== IN_EVERY_PAGE).sort();
}

/** What the build puts in the place of `document`. */
const IN_EVERY_PAGE = "client/own-document.ts";
const TAG = "client/tag.ts";
const CAPTURE = "client/capture/index.ts";
const SOURCES = "client/capture/sources.ts";
const BANNER = "widgets/visitor/banner.tsx";
const NUDGE = "widgets/visitor/nudge.tsx";
const CENTRE = "widgets/visitor/centre.tsx";
/** Every other kind of campaign, with the most that it may weigh beside the first nudge, brotli. */
const KINDS = {
  "widgets/visitor/tip.tsx": 8_000,
  "widgets/visitor/tour.tsx": 8_000,
  "widgets/visitor/offer.tsx": 5_000,
  "widgets/visitor/survey.tsx": 5_000,
  "widgets/visitor/checklist.tsx": 5_000,
  "widgets/visitor/announcement.tsx": 5_000,
};
const PREFERENCES = "client/preferences.ts";

test("the tag holds the gate and nothing that records, sends or draws", () => {
  expect(filesIn(TAG)).toEqual([
    "client/api.ts",
    "client/context.ts",
    "client/database-name.ts",
    "client/emitter.ts",
    "client/fetch-config.ts",
    "client/forget-open.ts",
    "client/gate.ts",
    "client/load-chunk.ts",
    "client/privacy-control.ts",
    "client/random-id.ts",
    "client/runtime.ts",
    "client/send-consent.ts",
    "client/setting.ts",
    "client/stored.ts",
    "client/tag.ts",
    "models/consent.ts",
    "models/visit.ts",
    "models/wire.ts",
  ]);
});

test("the capture chunk is one file, and holds no engine, no widget and no database", () => {
  expect(bundle.withStatic(bundle.outputOf(CAPTURE)).size).toBe(1);
  expect(filesIn(CAPTURE)).toEqual([
    "client/batch.ts",
    "client/capture/arrival.ts",
    "client/capture/call.ts",
    "client/capture/index.ts",
    "client/capture/leave.ts",
    "client/capture/listen.ts",
    "client/capture/page.ts",
    "client/capture/recorder.ts",
    "client/clock.ts",
    "client/outbox.ts",
    "client/preview.ts",
    "client/retry.ts",
    "client/sync.ts",
    "models/arrival.ts",
    "models/scrub.ts",
    "models/touchpoint.ts",
    "models/wire.ts",
  ]);
});

test("the sources chunk is one file, and holds what reads a page", () => {
  expect(bundle.withStatic(bundle.outputOf(SOURCES)).size).toBe(1);
  const outside = filesIn(SOURCES).filter((path) => !path.startsWith("client/capture/"));
  expect(outside).toEqual([
    "client/forget-open.ts",
    "models/friction.ts",
    "models/handover.ts",
    "models/scrub.ts",
    "models/touchpoint.ts",
  ]);
});

test("the lazy chunks hold what their name says", () => {
  expect(filesIn("client/database.ts")).toEqual(["client/database-name.ts", "client/database.ts", "idb"]);
  expect(filesIn("client/asking.ts")).toEqual([
    "client/asking.ts",
    "client/forget-open.ts",
    "client/kept-open.ts",
    "client/preview.ts",
    "client/quiet-moments.ts",
    "client/quiet.ts",
    "models/stage.ts",
    "models/touchpoint-type.ts",
    "models/wire.ts",
  ]);
  expect(filesIn("client/page-triggers.ts")).toEqual(["client/find-target.ts", "client/page-triggers.ts"]);
  expect(filesIn("client/lasting.ts")).toEqual([
    "client/forget-open.ts",
    "client/kept-open.ts",
    "client/lasting.ts",
    "models/scrub.ts",
  ]);
  expect(filesIn("client/handover.ts")).toEqual([
    "client/database-name.ts",
    "client/handover.ts",
    "client/stored.ts",
    "models/handover.ts",
  ]);
  expect(filesIn("client/live.ts")).toEqual(["client/live.ts", "client/retry.ts", "models/wire.ts"]);
  expect(filesIn("client/present.ts")).toEqual(["client/fetch-text.ts", "client/present.ts"]);
  expect(filesIn(PREFERENCES)).toEqual(["client/fetch-text.ts", PREFERENCES]);
  expect(filesIn("widgets/visitor/control.ts")).toEqual(["widgets/visitor/control.ts"]);
  expect(filesIn("widgets/visitor/receipt.ts")).toEqual(["widgets/visitor/filled.ts", "widgets/visitor/receipt.ts"]);
  expect(filesIn("client/google-consent-mode.ts")).toEqual(["client/google-consent-mode.ts", "models/consent.ts"]);
  expect(filesIn("client/own-receipt.ts")).toEqual([
    "client/database-name.ts",
    "client/fetch-text.ts",
    "client/own-receipt.ts",
    "client/stored.ts",
  ]);
  expect(filesIn("client/tcf.ts")).toEqual(["client/stored.ts", "client/tcf.ts", "models/consent.ts"]);
  expect(filesIn("client/capture/vital.ts")).toEqual(["client/capture/vital.ts", "web-vitals"]);
  expect(filesIn("client/scoring/index.ts")).toEqual(["client/scoring/index.ts", "comlink"]);
});

test("the scoring worker is one file: engine, features and comlink", () => {
  const worker = "client/scoring/worker.ts";
  expect(bundle.withStatic(bundle.outputOf(worker)).size).toBe(1);
  expect(filesIn(worker)).toEqual([
    "client/scoring/models.ts",
    "client/scoring/scorer.ts",
    "client/scoring/worker.ts",
    "comlink",
    "models/features.ts",
    "models/onnx-file.ts",
    "models/onnx-trees.ts",
    "models/onnx.ts",
    "models/score.ts",
    "models/stage.ts",
    "models/touchpoint-type.ts",
    "models/visit.ts",
  ]);
});

test("the console is one file of its own, of which no page of a visitor's loads anything", () => {
  const scripts = Object.entries(bundle.console).filter(([path]) => path.endsWith(".js"));
  expect(scripts.map(([path]) => basename(path))).toEqual(["console.js"]);
  const inputs = scripts[0]?.[1].inputs ?? {};
  const own = Object.keys(inputs).filter((path) => !path.includes("node_modules"));
  expect(own.filter((path) => !path.startsWith("widgets/console/"))).toEqual([]);
  expect(Object.keys(inputs).some((path) => path.includes("@simplewebauthn/browser"))).toBe(true);
  const visited = Object.values(bundle.outputs).flatMap((output) => Object.keys(output.inputs));
  expect(visited.filter((path) => /widgets\/console|simplewebauthn/.test(path))).toEqual([]);
});

test("B18 what the browser asks for is read in one place, by the page: no worker has an opinion of its own", () => {
  const scripts = Object.keys(bundle.outputs).filter((path) => path.endsWith(".js"));
  const reading = scripts.filter((path) =>
    readFileSync(resolve(import.meta.dirname, "..", path), "utf8").includes("globalPrivacyControl"),
  );
  expect(reading).toEqual([bundle.outputOf(TAG)]);
});

test("onnxruntime-web is in the one chunk that only a worker asks for", () => {
  const holding = Object.entries(bundle.outputs).filter(([, { inputs }]) =>
    Object.keys(inputs).some((path) => path.includes("onnxruntime")),
  );
  expect(holding.map(([path]) => path)).toEqual([bundle.outputOf("client/scoring/onnx-runtime.ts")]);
});

test("nothing that judges audiences or arrivals is in any bundle of the page", () => {
  const inputs = Object.values(bundle.outputs).flatMap((output) => Object.keys(output.inputs));
  const judged =
    /models\/(rules|decision|answer|announce|audience|happened|turn|measure|content-text|dry-run|campaign-faults|publish|publish-consent|config-faults|consent-faults|privacy-record|captured|segment-set|texts|acquisition|channel-table|analysis|train)|re2js|worker\/(index|routes)/;
  expect(inputs.filter((path) => judged.test(path))).toEqual([]);
  // The twin: the same pattern does find such a file.
  expect(judged.test("models/rules.ts")).toBe(true);
});

test("Preact is in one file that banner, preference centre and every kind of campaign share", () => {
  const holding = Object.entries(bundle.outputs).filter(([, { inputs }]) =>
    Object.keys(inputs).some((path) => path.includes("node_modules/preact/")),
  );
  expect(holding).toHaveLength(1);
  const [[path]] = holding as [[string, unknown]];
  for (const entry of [BANNER, CENTRE, NUDGE, ...Object.keys(KINDS)]) {
    expect(bundle.withStatic(bundle.outputOf(entry)), entry).toContain(path);
  }
});

test("what positions a card is loaded with a tip or a tour, and with nothing else", () => {
  const holding = (entry: string) => filesIn(entry).includes("@floating-ui");
  expect([BANNER, CENTRE, NUDGE, ...Object.keys(KINDS)].filter(holding)).toEqual([
    "widgets/visitor/tip.tsx",
    "widgets/visitor/tour.tsx",
  ]);
});

test("bytes: the tag is at most 4,096 in brotli", () => {
  expect(bundle.bytesOf("brotli", TAG)).toBeLessThanOrEqual(4_096);
});

test("bytes: capture with all that it needs to run is at most 5,120 in brotli", () => {
  expect(bundle.bytesOf("brotli", CAPTURE)).toBeLessThanOrEqual(5_120);
});

/** All words, and those of the first layer, in a language and as long as the demo's own are. */
function wordsIn(language: Language): { all: number; first: number } {
  const all = textFor({ ...WORDS[language].visitor, ...(language === "en" ? config.consent.text : {}) }, "opt-in");
  const bytes = (words: object) => gzipSync(JSON.stringify(words), { level: 9 }).length;
  return { all: bytes(all), first: bytes(firstText(all, false)) };
}

test.each(LANGUAGES)(
  "bytes: the first layer of consent, tag and banner with Preact and the words in %s, is at most 13 KB in gzip",
  (language) => {
    expect(bundle.bytesOf("gzip", TAG, BANNER) + wordsIn(language).first).toBeLessThanOrEqual(13_000);
  },
);

test("bytes: the preference centre with its words is at most 4 KB in gzip more than the first layer", () => {
  const { all, first } = wordsIn("en");
  const code = bundle.bytesOf("gzip", TAG, BANNER, CENTRE, PREFERENCES) - bundle.bytesOf("gzip", TAG, BANNER);
  expect(code + all - first).toBeLessThanOrEqual(4_000);
});

test("bytes: the first nudge with Preact and its presenter is at most 9 KB in brotli", () => {
  expect(bundle.bytesOf("brotli", NUDGE, "client/present.ts")).toBeLessThanOrEqual(9_000);
});

test("bytes: the triggers that are the page's word alone are at most 1,500 in brotli", () => {
  expect(bundle.bytesOf("brotli", "client/page-triggers.ts")).toBeLessThanOrEqual(1_500);
});

test("bytes: what follows a survey, a checklist or a tour is at most 1,500 in brotli", () => {
  expect(bundle.bytesOf("brotli", "client/lasting.ts")).toBeLessThanOrEqual(1_500);
});

test("bytes: what asks, with the moments that it waits for, is at most 3,500 in brotli", () => {
  expect(bundle.bytesOf("brotli", "client/asking.ts")).toBeLessThanOrEqual(3_500);
});

test.each(Object.entries(KINDS))("bytes: %s is at most %i in brotli more than the first nudge", (entry, most) => {
  const nudge = [NUDGE, "client/present.ts"];
  expect(bundle.bytesOf("brotli", ...nudge, entry) - bundle.bytesOf("brotli", ...nudge)).toBeLessThanOrEqual(most);
});

test("every file but the tag has its content's hash in its name, and the headers keep it for ever", () => {
  const names = Object.keys(bundle.outputs).map((path) => basename(path));
  expect(names.filter((name) => !/-[0-9A-Z]{8}\.js$/.test(name))).toEqual(["waypost.js"]);
  expect(
    Object.keys(bundle.outputs)
      .map((path) => basename(dirname(path)))
      .filter((dir) => dir === "chunks"),
  ).toHaveLength(names.length - 1);
  const headers = readFileSync(join(bundle.dist, "_headers"), "utf8");
  expect(headers).toMatch(/^\/chunks\/\*\n {2}Cache-Control: public, max-age=31536000, immutable$/m);
  expect(headers).toMatch(/^ {2}Access-Control-Allow-Origin: \*$/m);
  expect(headers).toMatch(/^ {2}Cross-Origin-Resource-Policy: cross-origin$/m);
});
