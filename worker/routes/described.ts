import type { Context, MiddlewareHandler } from "hono";
import { describeRoute, resolver, uniqueSymbol } from "hono-openapi";
import * as v from "valibot";
import { refuse } from "../../models/touchpoint.ts";
import type { Bindings } from "../env.ts";
import { problem, refused } from "../problems.ts";
import { readBody } from "./body.ts";

/** Schemas here are of what a team sends and reads: never on the way of a touchpoint, where they would cost twice as much. */
type Schema = v.GenericSchema<unknown, unknown>;

/** A body that names a thing or two. */
const BYTES_MAX = 4 * 1024;

interface Described {
  /** The name by which a client calls the route; unique. */
  operationId: string;
  /** One line. */
  summary: string;
  /** What a success answers; absent: something that is described in worker/README.md alone. */
  answer?: Schema;
  status?: 200 | 201 | 202;
}

const PROBLEM = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  field: v.optional(v.string()),
  bound: v.optional(v.string()),
});

/** What the OpenAPI document says of a route. Each route below `/api` has this first. */
export function described({ operationId, summary, answer, status = 200 }: Described): MiddlewareHandler<Bindings> {
  const content = answer && { content: { "application/json": { schema: resolver(answer) } } };
  const problems = { "application/problem+json": { schema: resolver(PROBLEM) } };
  return describeRoute({
    operationId,
    summary,
    responses: {
      [status]: { description: "Done", ...content },
      default: { description: "Refused, and why", content: problems },
    },
  });
}

type Reads<Target extends "json" | "query", S extends Schema> = MiddlewareHandler<
  Bindings,
  string,
  { in: { [T in Target]: v.InferInput<S> }; out: { [T in Target]: v.InferOutput<S> } }
>;

/** Reads a JSON body by a schema, for `c.req.valid("json")`; refuses with the first field that is wrong, and its bound. */
export function body<S extends Schema>(schema: S, bytesMax = BYTES_MAX): Reads<"json", S> {
  return reading("json", schema, async (c) => {
    const read = await readBody(c, bytesMax);
    if (read.ok) return read;
    return read.reason === "too-large" ? problem(c, "too-large", `At most ${read.bytesMax} bytes.`) : refused(c, read);
  });
}

/** Reads the query by a schema of texts, for `c.req.valid("query")`; refuses as `body` does. */
export function query<S extends Schema>(schema: S): Reads<"query", S> {
  return reading("query", schema, async (c) => ({ value: c.req.query() }));
}

function reading<Target extends "json" | "query", S extends Schema>(
  target: Target,
  schema: S,
  read: (c: Context<Bindings>) => Promise<{ value: unknown } | Response>,
): Reads<Target, S> {
  const middleware: MiddlewareHandler<Bindings> = async (c, next) => {
    const given = await read(c);
    if (given instanceof Response) return given;
    const parsed = v.safeParse(schema, given.value, { abortEarly: true });
    if (!parsed.success) return refused(c, refusalOf(parsed.issues[0]));
    c.req.addValidatedData(target, parsed.output as object);
    await next();
  };
  return Object.assign(middleware, { [uniqueSymbol]: { target, ...resolver(schema) } }) as never;
}

/** What is wrong, where, and which bound it broke, as all of Waypost says it. */
function refusalOf(issue: v.BaseIssue<unknown>) {
  const field = (issue.path ?? []).map(({ key }) => String(key)).join(".");
  return refuse("malformed", field, boundOf(issue));
}

/** valibot speaks of keys in words of its own; everything else says what its schema says. */
function boundOf({ type, expected, received, message }: v.BaseIssue<unknown>): string {
  if (type !== "strict_object" && type !== "object") return message;
  if (expected === "never") return "left out: there is no such field";
  return received === "undefined" ? "given" : "an object";
}
