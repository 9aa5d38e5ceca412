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
}
type Document = Record<string, unknown> & { paths: Record<string, Record<string, Operation>> };

const fetched = async () => (await (await fetch(`${edge.url}/api/openapi.json`)).json()) as Document;

test("the OpenAPI document is one, to whoever asks, with every route below /api and none that is not there", async () => {
  const document = await fetched();
  expect(document.openapi).toBe("3.1.0");
  const { valid, errors } = await new Validator().validate(structuredClone(document));
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
