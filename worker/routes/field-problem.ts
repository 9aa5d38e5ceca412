import type { Context } from "hono";
import type { FieldRefusal } from "../../models/config-fields.ts";
import { problem } from "../problems.ts";

/** The answer to who may change a configuration, but not this of it. */
export function fieldProblem(c: Context, { path, needs }: FieldRefusal): Response {
  const place = { field: path, bound: `changed by who may “${needs}”` };
  return problem(c, "forbidden", `“${path}” is changed by who may “${needs}”: leave it as it is in force.`, place);
}
