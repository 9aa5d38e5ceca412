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
  /** What a success answers: JSON by a schema; a text of a media type; or a socket. */
  answer: Schema | { media: string } | "socket";
  status?: 200 | 201;
  /** What an answer with 202 holds, where there is one: nothing is done yet. */
  waits?: Schema;
  /** The JSON body of a route that reads it by itself, and not by `body` below; `$ref`: where its schema is. */
  reads?: Schema | { $ref: string };
  /** Headers that a request may have, and what each says; those of the answer. */
  headers?: Record<string, string>;
  answerHeaders?: Record<string, string>;
  /** Whoever asks is answered, without a token or a session. */
  open?: true;
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
export function described({ operationId, summary, open, ...of }: Described): MiddlewareHandler<Bindings> {
  const { answer, status = answer === "socket" ? 101 : 200, waits, reads, headers = {}, answerHeaders } = of;
  const told = answerHeaders && { headers: mapped(answerHeaders, (description) => ({ description, schema: TEXT })) };
  const later = waits && { 202: { description: "Not done yet", content: json(waits) } };
  return describeRoute({
    operationId,
    summary,
    ...(open ? { security: [] } : {}),
    ...(reads ? { requestBody: { required: true, content: json(reads) } } : {}),
    parameters: Object.entries(headers).map(([name, description]) => ({
      name,
      in: "header",
      description,
      schema: TEXT,
    })),
    responses: {
      [status]: { description: "Done", ...contentOf(answer), ...told },
      ...later,
      default: {
        description: "Refused, and why",
        content: { "application/problem+json": { schema: resolver(PROBLEM) } },
      },
    },
  });
}

const TEXT = { type: "string" } as const;

function contentOf(answer: Described["answer"]) {
  if (answer === "socket") return {};
  return { content: "media" in answer ? { [answer.media]: { schema: TEXT } } : json(answer) };
}

function json(schema: Schema | { $ref: string }) {
  return { "application/json": { schema: "$ref" in schema ? schema : resolver(schema) } };
}

function mapped<From, To>(record: Record<string, From>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
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
