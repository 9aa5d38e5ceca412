import type { Problem } from "../../../models/wire.ts";
import { CommandError } from "../command-error.ts";
import { edgeOf } from "./project.ts";

/** Where an edge is, and who asks it. */
export interface Target {
  /** Origin of the edge, with `/_w` where that is its place. */
  edge: string;
  /** Absent: what anybody may ask. */
  token?: string;
}

/** What goes with a call: parameters of the path and the query by their names, headers, and a JSON body. */
interface Given {
  parameters?: Record<string, string | number>;
  headers?: Record<string, string>;
  body?: unknown;
}

/** An edge's answer that is no refusal. */
interface Answer<T> {
  status: number;
  body: T;
  headers: Headers;
}

/** A refusal, in the edge's own words. */
export class RefusedCall extends CommandError {
  readonly status: number;
  readonly problem: Partial<Problem>;

  constructor(operationId: string, status: number, problem: Partial<Problem>) {
    super(`${operationId}: ${status} ${problem.title ?? "no answer of Waypost’s"}. ${problem.detail ?? ""}`.trimEnd());
    this.status = status;
    this.problem = problem;
  }

  /** The stable name of what is wrong: the end of the problem's type. */
  get refusal(): string {
    return this.problem.type?.split("/").at(-1) ?? "";
  }
}

interface Operation {
  method: string;
  path: string;
  query: string[];
}

/** An edge as its own OpenAPI document describes it: calls are named by their operation, and nothing here knows a path. */
export interface ConsoleApi {
  /** The answer's JSON. Throws `RefusedCall` where it is a refusal, `CommandError` where nothing answers. */
  call: <T = unknown>(operationId: string, given?: Given) => Promise<Answer<T>>;
  /** The answer's text, as it was sent. */
  text: (operationId: string, given?: Given) => Promise<Answer<string>>;
}

/** Reads an edge's description. Throws `CommandError` where the address is none of an edge's. */
export async function connect(target: Target): Promise<ConsoleApi> {
  const edge = edgeOf(target.edge);
  mustBePrivate(edge, target.token);
  const operations = operationsOf(await describe(edge));
  const request = async (operationId: string, given: Given): Promise<Response> => {
    const operation = operations.get(operationId);
    if (!operation)
      throw new CommandError(`${edge} knows no “${operationId}”: is it of an older version than this command?`);
    const { token } = target;
    const init = {
      method: operation.method,
      headers: { ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }), ...given.headers },
      ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
    };
    const response = await reach(edge, () => fetch(edge + addressOf(operation, given.parameters ?? {}), init));
    if (response.ok) return response;
    const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
    throw new RefusedCall(operationId, response.status, problem);
  };
  return {
    call: async <T>(operationId: string, given: Given = {}) => {
      const response = await request(operationId, given);
      return { status: response.status, body: (await response.json()) as T, headers: response.headers };
    },
    text: async (operationId, given = {}) => {
      const response = await request(operationId, given);
      return { status: response.status, body: await response.text(), headers: response.headers };
    },
  };
}

/** A token is read by everybody on the way of a plain connection, but on this very machine. */
function mustBePrivate(edge: string, token: string | undefined): void {
  const { protocol, hostname } = URL.canParse(edge) ? new URL(edge) : { protocol: "", hostname: "" };
  if (!/^https?:$/.test(protocol))
    throw new CommandError(`“${edge}” is no address of an edge: https://shop.example/_w is one.`);
  const isHere =
    hostname === "localhost" || hostname.endsWith(".localhost") || ["127.0.0.1", "[::1]"].includes(hostname);
  if (token === undefined || protocol === "https:" || isHere) return;
  throw new CommandError(`${edge} is not https: a token is sent nowhere that others on the way could read it.`);
}

interface Document {
  paths: Record<string, Record<string, { operationId: string; parameters?: { name: string; in: string }[] }>>;
}

async function describe(edge: string): Promise<Document> {
  const response = await reach(edge, () => fetch(`${edge}/api/openapi.json`));
  const document = response.ok ? ((await response.json().catch(() => null)) as Document | null) : null;
  if (document?.paths) return document;
  throw new CommandError(`${edge} is no edge of Waypost’s: ${edge}/api/openapi.json answers ${response.status}.`);
}

async function reach(edge: string, ask: () => Promise<Response>): Promise<Response> {
  return ask().catch(() => {
    throw new CommandError(`${edge} does not answer. Is it running, and the address right?`);
  });
}

function operationsOf({ paths }: Document): Map<string, Operation> {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, parameters = [] }]): [string, Operation] => {
      const query = parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name);
      return [operationId, { method: method.toUpperCase(), path, query }];
    }),
  );
  return new Map(operations);
}

function addressOf({ path, query }: Operation, parameters: Record<string, string | number>): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined) throw new Error(`${path} needs “${name}”`);
    return encodeURIComponent(value);
  });
  const asked = query.flatMap((name): [string, string][] =>
    parameters[name] === undefined ? [] : [[name, String(parameters[name])]],
  );
  const search = new URLSearchParams(asked);
  return asked.length === 0 ? filled : `${filled}?${search}`;
}
