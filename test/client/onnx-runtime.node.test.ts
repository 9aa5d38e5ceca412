import { afterAll, beforeAll, expect, test } from "vitest";
import { readModel, runModel } from "../../models/onnx.ts";
import { starterBytes } from "../../models/train/starter.ts";
import {
  answerBanner,
  collectReply,
  collectRequest,
  type Install,
  isCollect,
  startInstall,
  type Visitor,
} from "../browser/install.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { intentRows, ROWS, stallRows } from "../models/feature-rows.ts";

const [journey] = SMALL_SITE.journeys as [(typeof SMALL_SITE.journeys)[0]];

/** Whoever stays 100 ms at payment has stayed long: so that no test waits for a band to be crossed. */
const HASTY = {
  ...SMALL_SITE,
  engine: "onnxruntime-web" as const,
  journeys: [{ ...journey, stages: journey.stages.map((stage) => ({ ...stage, typicalDwellMs: 100 })) }],
};

let install: Install;
let compact: Install;
beforeAll(async () => {
  [install, compact] = await Promise.all([
    startInstall({ config: HASTY }),
    startInstall({ config: { ...HASTY, engine: "compact" } }),
  ]);
});
afterAll(() => Promise.all([install.close(), compact.close()]));

/** Paths of what a visitor's pages asked for that belong to onnxruntime-web. */
function runtimeFiles({ asked }: Visitor): string[] {
  return asked()
    .map(({ path }) => path)
    .filter((path) => path.includes("onnx-runtime"));
}

/** Walks to payment and waits there until the page asks for help; gives the ask and its decision. */
async function askAtPayment(v: Visitor) {
  await v.open("/cart");
  await answerBanner(v.page, "Accept");
  await v.open("/pay");
  const exchange = await v.seen((one) => isCollect(one) && one.status === 200 && collectRequest(one).asks.length > 0);
  return { ask: collectRequest(exchange).asks[0], decision: collectReply(exchange).decisions[0] };
}

test.concurrent("E20 a site that asks for onnxruntime-web is scored by it, in the page's worker, and the edge agrees", () =>
  install.visit(async (v) => {
    const { ask, decision } = await askAtPayment(v);
    expect(ask).toMatchObject({ on: "stall.high", engine: "onnxruntime-web" });
    expect(ask?.score).toBeCloseTo(0.85, 6);
    // Of ten visitors one is held out; that the edge's own score reached the band is said by either answer.
    expect(["chosen", "holdout"]).toContain(decision?.reason);
    expect(runtimeFiles(v).map((path) => path.replace(/-[0-9A-Z]{8}/, ""))).toEqual([
      "/_w/chunks/onnx-runtime.js",
      "/_w/chunks/onnx-runtime.wasm",
    ]);
  }));

test.concurrent("E20 a site that does not ask for it loads nothing of it", () =>
  compact.visit(async (v) => {
    const { ask } = await askAtPayment(v);
    expect(ask).toMatchObject({ on: "stall.high", engine: "compact" });
    expect(ask?.score).toBeCloseTo(0.85, 6);
    expect(runtimeFiles(v)).toEqual([]);
  }));

for (const [what, fault] of [
  ["does not arrive", (bytes: Buffer) => bytes.subarray(0, 0)],
  ["has one byte changed", (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(1)])],
] as const) {
  test.concurrent(`E20 S5 where the WebAssembly ${what}, the compact engine scores`, () =>
    install.visit(async (v) => {
      await v.context.route("**/*.wasm", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: fault(await response.body()) });
      });
      const { ask } = await askAtPayment(v);
      expect(ask).toMatchObject({ on: "stall.high", engine: "compact" });
    }));
}

/** Runs in the page, in a worker of its own: what onnxruntime-web answers for each row. */
async function answersInWorker({ files, model, rows }: { files: string[]; model: number[]; rows: number[][] }) {
  const code = `onmessage = async ({ data: { files: [module, wasm], model, rows } }) => {
    const { configure, openModel } = await import(module);
    configure(await (await fetch(wasm)).arrayBuffer());
    const run = await openModel(Uint8Array.from(model));
    const answers = [];
    for (const row of rows) answers.push(await run(Float32Array.from(row)));
    postMessage(answers);
  }`;
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), { type: "module" });
  const absolute = files.map((path) => new URL(path, location.href).href);
  return new Promise<number[]>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage({ files: absolute, model, rows });
  });
}

for (const [name, rows] of [
  ["stall", stallRows()],
  ["intent", intentRows()],
] as const) {
  test.concurrent(`E15 ${name}: onnxruntime-web in Chromium and the compact engine agree within 1e-6 on 1,200 rows`, () =>
    install.visit(async (v) => {
      await askAtPayment(v);
      const model = starterBytes(name);
      const given = { files: runtimeFiles(v), model: [...model], rows: rows.map((row) => [...row]) };
      const answers = await v.page.evaluate(answersInWorker, given);
      const read = readModel(model);
      if (!read.ok) throw new Error(read.detail);
      const differences = rows.map((row, i) => Math.abs(runModel(read.model, row) - (answers[i] ?? Number.NaN)));
      expect(differences).toHaveLength(ROWS);
      expect(Math.max(...differences)).toBeLessThanOrEqual(1e-6);
      expect(new Set(answers).size).toBeGreaterThan(4);
    }));
}
