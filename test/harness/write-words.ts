import { join } from "node:path";
import { writeWords } from "../../build.ts";

/** Before the tests in workerd: of the assets, the edge itself reads the words. */
export default function setup(): Promise<void> {
  return writeWords(join(import.meta.dirname, "../../dist"));
}
