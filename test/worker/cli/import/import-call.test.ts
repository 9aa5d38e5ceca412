import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { ItemResult } from "../../../../models/server-item.ts";
import { checkTarget, sendCall } from "../../../../worker/cli/import/import-call.ts";
import type { ImportLine } from "../../../../worker/cli/import/plan-calls.ts";

interface Call {
  authorization: string | undefined;
  path: string | undefined;
  body: { stream: string; covers?: [number, number][]; batch: { n: number }[] };
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** An edge that fails on purpose: `answers` in turn, the last one for all further calls. */
async function failingEdge(
  ...answers: ((call: Call, response: ServerResponse, request: IncomingMessage) => void)[]
): Promise<{ calls: Call[]; target: { edge: string; writeKey: string; stream: string; random: () => number } }> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Call["body"];
    calls.push({ authorization: request.headers.authorization, path: request.url, body });
    const answer = answers[Math.min(calls.length, answers.length) - 1];
    answer?.(calls.at(-1) as Call, response, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { calls, target: { edge: `http://127.0.0.1:${port}`, writeKey: "key", stream: "digest", random: () => 0 } };
}

function lines(n: number): ImportLine[] {
  const own = { bytes: 8, countedBy: "visitor a", isAlias: false };
  return Array.from({ length: n }, (_, i) => ({ line: i + 2, json: JSON.stringify({ n: i }), ...own }));
}

const status =
  (code: number, headers: Record<string, string> = {}, body = "{}") =>
  (_: Call, response: ServerResponse) =>
    response.writeHead(code, headers).end(body);
const results = (resultOf: (n: number) => string) => (call: Call, response: ServerResponse) =>
  response.end(JSON.stringify({ results: call.body.batch.map(({ n }, index) => ({ index, result: resultOf(n) })) }));

async function send(
  n: number,
  target: Parameters<typeof sendCall>[1],
): Promise<{ left: number[]; heard: [number, string][] }> {
  const heard: [number, string][] = [];
  const onResult = (line: number, { result }: ItemResult) => heard.push([line, result]);
  const left = await sendCall({ lines: lines(n), covers: [[1, 9]] }, target, onResult);
  return { left: left.map(({ line }) => line), heard };
}

test("a call carries the write key, the stream, what it covers and the lines, and each answer reaches its line", async () => {
  const { calls, target } = await failingEdge(results((n) => (n === 1 ? "duplicate" : "accepted")));
  expect(await send(3, target)).toEqual({
    left: [],
    heard: [
      [2, "accepted"],
      [3, "duplicate"],
      [4, "accepted"],
    ],
  });
  expect(calls).toEqual([
    {
      authorization: `Basic ${Buffer.from("key:").toString("base64")}`,
      path: "/v1/import",
      body: { stream: "digest", covers: [[1, 9]], batch: [{ n: 0 }, { n: 1 }, { n: 2 }] },
    },
  ]);
});

test("only what came back unavailable is sent again, and heard of once", async () => {
  const { calls, target } = await failingEdge(
    results((n) => (n < 2 ? "unavailable" : "accepted")),
    results((n) => (n === 0 ? "unavailable" : "accepted")),
    results(() => "accepted"),
  );
  const { left, heard } = await send(3, target);
  expect(left).toEqual([]);
  expect(heard.map(([line]) => line)).toEqual([4, 3, 2]);
  expect(calls.map(({ body }) => body.batch.map(({ n }) => n))).toEqual([[0, 1, 2], [0, 1], [0]]);
});

test("W28 a line that was refused is covered by no further try, which does not bring it", async () => {
  const { calls, target } = await failingEdge(
    results((n) => (n === 1 ? "refused" : n === 2 ? "accepted" : "unavailable")),
    results(() => "accepted"),
  );
  const { left, heard } = await send(4, target);
  expect([left, heard.length]).toEqual([[], 4]);
  expect(calls.map(({ body }) => [body.batch.map(({ n }) => n + 2), body.covers])).toEqual([
    [[2, 3, 4, 5], [[1, 9]]],
    [
      [2, 5],
      [
        [1, 2],
        [4, 9],
      ],
    ],
  ]);
});

test("faults of the edge, too many calls and a cut connection are tried again", async () => {
  const cut = (_: Call, __: ServerResponse, request: IncomingMessage) => request.socket.destroy();
  const half = (_: Call, response: ServerResponse) => response.end('{"results":[{"ind');
  const { calls, target } = await failingEdge(
    status(503),
    status(429),
    cut,
    half,
    status(500),
    results(() => "accepted"),
  );
  expect(await send(1, target)).toEqual({ left: [], heard: [[2, "accepted"]] });
  expect(calls).toHaveLength(6);
});

test("a wait that the edge asks for is kept", async () => {
  const { target } = await failingEdge(
    status(503, { "Retry-After": "1" }),
    results(() => "accepted"),
  );
  const before = performance.now();
  expect((await send(1, target)).left).toEqual([]);
  expect(performance.now() - before).toBeGreaterThanOrEqual(990);
});

test("after eight further tries that bring nothing the lines are handed back", async () => {
  const { calls, target } = await failingEdge(status(503));
  expect(await send(2, target)).toEqual({ left: [2, 3], heard: [] });
  expect(calls).toHaveLength(9);
});

test("waits grow: each is drawn from below twice the one before", async () => {
  const drawn: number[] = [];
  const { target } = await failingEdge(
    status(503),
    status(503),
    status(503),
    results(() => "accepted"),
  );
  const times: number[] = [performance.now()];
  const random = () => {
    drawn.push(1);
    times.push(performance.now());
    return 0.2;
  };
  await send(1, { ...target, random });
  times.push(performance.now());
  expect(drawn).toHaveLength(3);
  expect((times.at(-1) as number) - (times[0] as number)).toBeGreaterThanOrEqual(0.2 * (250 + 500 + 1000) - 10);
});

test("who has stopped it waits for no further try", async () => {
  const { calls, target } = await failingEdge(status(503, { "Retry-After": "15" }));
  const stopped = new AbortController();
  const sending = send(1, { ...target, signal: stopped.signal });
  setTimeout(() => stopped.abort(), 100);
  expect(await sending).toEqual({ left: [2], heard: [] });
  expect(calls).toHaveLength(1);
});

test("a refusal that no further try can mend stops at once, in the edge's own words", async () => {
  const problem = JSON.stringify({ title: "The site has no configuration yet", detail: "Put one." });
  const { calls, target } = await failingEdge(status(404, {}, problem));
  await expect(send(1, target)).rejects.toThrow(
    "refused the call with 404 The site has no configuration yet: Put one.",
  );
  expect(calls).toHaveLength(1);
});

test("before anything is sent, an edge that is not there and a key that it does not know are told apart", async () => {
  const { calls, target } = await failingEdge(status(401));
  await expect(checkTarget(target)).rejects.toThrow("does not know this write key. Check the key");
  expect(calls[0]?.body.batch).toEqual([]);
  await expect(checkTarget({ ...target, edge: "http://127.0.0.1:1" })).rejects.toThrow(
    "Nothing answers at http://127.0.0.1:1. Is it running?",
  );
  const busy = await failingEdge(status(503));
  await expect(checkTarget(busy.target)).resolves.toBeUndefined();
});
