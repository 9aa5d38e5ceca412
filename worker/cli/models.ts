/**
 * `npm run models`: writes the starter models again: the .onnx file, its card, and golden.json with the answers that
 * onnxruntime-web gives to the golden rows. A test fails when what lies in models/ is not what this makes.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import * as ort from "onnxruntime-web/wasm";
import type { ScoreName } from "../../models/site-config.ts";
import { starterCard } from "../../models/train/card.ts";
import { goldenRows } from "../../models/train/golden.ts";
import { STARTERS, starterBytes } from "../../models/train/starter.ts";

/** Largest difference between engines that is allowed (DESIGN §7). */
const TOLERANCE = 1e-6;

/** `p` of each row, by onnxruntime-web. */
export async function answersOf(model: Uint8Array, rows: readonly Float32Array[]): Promise<number[]> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model);
  const width = rows[0]?.length ?? 0;
  const x = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) x.set(row, i * width);
  const { p } = await session.run({ x: new ort.Tensor("float32", x, [rows.length, width]) });
  const answers = Array.from(p?.data as Float32Array);
  await session.release();
  return answers;
}

/** What lies in models/NAME, by file name. */
export async function starterFiles(name: ScoreName): Promise<Record<string, Uint8Array | string>> {
  const model = starterBytes(name);
  const rows = goldenRows(name);
  const answers = await answersOf(model, rows);
  const lines = rows.map((row, i) => `    ${JSON.stringify({ x: Array.from(row), p: answers[i] })}`);
  const head = {
    model: STARTERS[name].version,
    answersBy: `onnxruntime-web ${ort.env.versions.web}`,
    tolerance: TOLERANCE,
  };
  const golden = `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "rows": [\n${lines.join(",\n")}\n  ]\n}\n`;
  return { "model.onnx": model, "card.md": starterCard(name), "golden.json": golden };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const name of Object.keys(STARTERS) as ScoreName[]) {
    for (const [file, content] of Object.entries(await starterFiles(name))) {
      const url = new URL(`../../models/${name}/${file}`, import.meta.url);
      writeFileSync(url, content);
      console.log(`models/${name}/${file}: ${readFileSync(url).length} bytes`);
    }
  }
}
