import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Built, build } from "../../build.ts";

let building: Promise<Built> | undefined;

/** What pages load, built once a process, and deleted with it: nobody writes into the folder. */
export function built(): Promise<Built> {
  building ??= mkdtemp(join(tmpdir(), "waypost-dist-")).then((dist) => {
    process.once("exit", () => rmSync(dist, { recursive: true, force: true }));
    return build(dist);
  });
  return building;
}
