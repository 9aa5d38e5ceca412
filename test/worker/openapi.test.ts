import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NEEDED } from "../../worker/access/routes.ts";
import { type Edge, startEdge } from "../harness/edge.ts";

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.close());

interface Operation {
  operationId: string;
  summary?: string;
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { content: Record<string, { schema: object }> };
  security?: object[];
  responses: Record<string, { content?: Record<string, { schema: object }>; headers?: object }>;
}
type Document = Record<string, unknown> & { paths: Record<string, Record<string, Operation>> };

const fetched = async () => (await (await fetch(`${edge.url}/api/openapi.json`)).json()) as Document;

test("the OpenAPI document is one, to whoever asks, with every route below /api and none that is not there", async () => {
  const document = await fetched();
  expect(document.openapi).toBe("3.1.0");
  const validator = new Validator();
  // The body of a configuration is told where its own schema is.
  const schema = (await (await fetch(`${edge.url}/api/schemas/site-config.json`)).json()) as Record<string, unknown>;
  await validator.addSpecRef(schema, "/api/schemas/site-config.json");
  const { valid, errors } = await validator.validate(structuredClone(document));
  expect([valid, errors]).toEqual([true, undefined]);
  // The twin: a document that is wrong is seen to be.
  expect((await new Validator().validate({ ...structuredClone(document), paths: { x: 1 } })).valid).toBe(false);
  const told = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`),
  );
  expect(told.sort()).toEqual(
    Object.keys(NEEDED)
      .filter((route) => route !== "GET /api/openapi.json")
      .sort(),
  );
});

test("every operation has a name of its own and says what it does, and its body as it is read", async () => {
  const { paths } = await fetched();
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  expect(operations.filter(({ operationId, summary }) => !operationId || !summary)).toEqual([]);
  const names = operations.map(({ operationId }) => operationId);
  expect(new Set(names).size).toBe(names.length);
  const invite = paths["/api/sites/{site}/invitations"]?.post as Operation;
  expect(invite.requestBody?.content["application/json"]?.schema).toMatchObject({
    type: "object",
    properties: { role: { enum: ["owner", "admin", "editor", "approver", "analyst", "viewer", "privacy-officer"] } },
    required: ["role"],
    additionalProperties: false,
  });
  expect(invite.parameters).toMatchObject([{ name: "site", in: "path", required: true }]);
});

const SOCKETS = ["watchEvents", "watchMap"];
/** What is no JSON: lines as they were written, and a page for a browser that came back. */
const TEXTS = {
  readAudit: "application/x-ndjson",
  readAccountsAudit: "application/x-ndjson",
  readConsentRecords: "application/x-ndjson",
  finishOidcSignIn: "text/html",
};
/** These say all by their address: no body of theirs is read. */
const WITHOUT_BODY = [
  "submitChange",
  "approveChange",
  "rejectChange",
  "withdrawChange",
  "startPasskeySignIn",
  "startPasskey",
  "askForDevice",
];

test("every operation says what its answer is, and what its body is where it reads one", async () => {
  const { paths } = await fetched();
  const operations = Object.values(paths).flatMap((methods) => Object.entries(methods));
  const mediaOf = ({ responses }: Operation) =>
    Object.entries(responses)
      .filter(([status]) => status.startsWith("2"))
      .map(([, { content = {} }]) => Object.entries(content).map(([media, { schema }]) => (schema ? media : "")));
  const texts: Record<string, string> = {};
  const wrong: string[] = [];
  for (const [, operation] of operations) {
    const { operationId, responses } = operation;
    if (responses["101"]) {
      if (!SOCKETS.includes(operationId)) wrong.push(operationId);
      continue;
    }
    const media = mediaOf(operation);
    if (media.length === 0 || media.some((of) => of.length !== 1)) wrong.push(operationId);
    for (const [of = ""] of media) if (of !== "application/json") texts[operationId] = of;
  }
  expect([wrong, texts]).toEqual([[], TEXTS]);
  const bodies = operations.filter(([method, { requestBody }]) => /post|put/.test(method) && !requestBody);
  expect(bodies.map(([, { operationId }]) => operationId).sort()).toEqual([...WITHOUT_BODY].sort());
  const apply = paths["/api/sites/{site}/config"]?.put as Operation;
  expect(apply.requestBody?.content["application/json"]?.schema).toEqual({ $ref: "/api/schemas/site-config.json" });
  expect(apply.parameters?.filter((one) => one.in === "header").map(({ name }) => name)).toEqual([
    "If-Match",
    "Waypost-Title",
  ]);
  expect([Object.keys(apply.responses).sort(), apply.responses["200"]?.headers]).toEqual([
    ["200", "202", "default"],
    { ETag: expect.anything() },
  ]);
  const create = paths["/api/sites/{site}"]?.put as Operation;
  expect(create.requestBody?.content["application/json"]?.schema).toMatchObject({
    required: ["publicKey", "writeKey"],
  });
});

test("what anybody may ask needs no token in the document, and everything else does", async () => {
  const { paths, security } = await fetched();
  expect(security).toEqual([{ token: [] }, { session: [] }]);
  const open = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { security: own }]) =>
      own ? [[`${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`, own]] : [],
    ),
  );
  const anyone = Object.keys(NEEDED).filter((route) => NEEDED[route] === "anyone" && !route.endsWith("/openapi.json"));
  expect(open.sort()).toEqual(anyone.sort().map((route) => [route, []]));
});
