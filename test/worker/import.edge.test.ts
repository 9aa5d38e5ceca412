import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { ask, createSite } from "../harness/site-of.ts";

const item = (anonymousId: string, at: number) =>
  JSON.stringify({ anonymousId, type: "page", timestamp: Date.UTC(2020, 0, 1) + at });

/** Journeys of which one object in two, as they are first asked for, can be reached by nobody. */
function halfDown(): Partial<typeof env> {
  let asked = 0;
  const getByName = (name: string) => {
    if (asked++ % 2 === 0) return env.JOURNEY.getByName(name);
    return {
      collect: () => Promise.reject(Object.assign(new Error("Network connection lost."), { overloaded: true })),
    };
  };
  return { JOURNEY: { ...env.JOURNEY, getByName } as unknown as typeof env.JOURNEY };
}

test("W25 lines that could not be given to their journeys are named with 503, and the same body brings them alone", async () => {
  const site = await createSite("half-imported");
  const body = [item("ann", 0), "{", item("bob", 1), item("ann", 2), item("bob", 3)].join("\n");
  const headers = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}`, "Content-Type": "application/x-ndjson" };
  const send = (bindings: Partial<typeof env>) => ask("/v1/import", { method: "POST", headers, body }, bindings);
  const first = await send(halfDown());
  expect([first.status, first.headers.get("Retry-After"), first.headers.get("Content-Type")]).toEqual([
    503,
    "5",
    "application/problem+json",
  ]);
  const told = (await first.json()) as { accepted: number; unavailable: number[] };
  expect(told).toMatchObject({
    type: expect.stringMatching(/\/unavailable$/),
    lines: 5,
    accepted: 2,
    refused: [{ line: 2 }],
  });
  expect([
    [1, 4],
    [3, 5],
  ]).toContainEqual(told.unavailable);
  const again = await send({});
  expect(again.status).toBe(200);
  expect(await again.json()).toMatchObject({ accepted: 2, duplicates: 2, unavailable: [], refused: [{ line: 2 }] });
  expect(await (await send({})).json()).toMatchObject({ accepted: 0, duplicates: 4 });
});

test("W9 W20 2,500 separate lines of one visitor in one call, in no order, are taken each once, portion by portion", async () => {
  const site = await createSite("import-portions");
  const headers = { Authorization: `Basic ${btoa(`${site.writeKey}:`)}`, "Content-Type": "application/json" };
  const batch = Array.from({ length: 2_500 }, (_, i) => ({
    ...(JSON.parse(item("ann", i)) as object),
    // 7 and 2,500 have no common factor: each place once.
    seq: 4 * ((i * 7) % 2_500),
  }));
  const send = async (covers: [number, number][]) => {
    const body = JSON.stringify({ stream: "portions", covers, batch });
    const answer = await ask("/v1/import", { method: "POST", headers, body });
    const { results } = (await answer.json()) as { results: { result: string }[] };
    return Object.groupBy(results, ({ result }) => result);
  };
  const covers: [number, number][] = [[0, 9_999]];
  expect((await send(covers)).accepted).toHaveLength(2_500);
  expect((await send(covers)).duplicate).toHaveLength(2_500);
});
