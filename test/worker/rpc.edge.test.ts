import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { MapParts } from "../../models/analysis/graph.ts";
import { visitor } from "../../models/texts/en.ts";
import { parseSiteConfig } from "../../worker/config/parse.ts";
import type { CollectCall, CollectResult } from "../../worker/journey/call.ts";
import type { MapPush } from "../../worker/map/push.ts";
import golden from "../cases/rpc-v1.json";
import { SMALL_SITE } from "../harness/small-site.ts";

/** What is missing or of another type in `present`, of all that `recorded` has. What is new does not count. */
function lacks(recorded: unknown, present: unknown, path = ""): string[] {
  const kind = (value: unknown) => (value === null ? "null" : Array.isArray(value) ? "list" : typeof value);
  if (kind(recorded) !== kind(present)) return [`${path}: ${kind(recorded)} became ${kind(present)}`];
  if (typeof recorded !== "object" || recorded === null) return [];
  const within = present as Record<string, unknown>;
  return Object.entries(recorded).flatMap(([key, value]) => lacks(value, within[key], `${path}/${key}`));
}

let lateMs = 0;

/** A recorded call as if it were made now: touchpoints of a page grow too old. */
function asOfNow(call: unknown): CollectCall {
  const later = (key: string, value: unknown) =>
    ["at", "sentAt"].includes(key) && (value as number) > 0 ? (value as number) + lateMs : value;
  return JSON.parse(JSON.stringify(call), later) as CollectCall;
}

const journey = (name: string) => env.JOURNEY.getByName(`golden:${name}`);
const collect = async (name: string, call: unknown) => (await journey(name).collect(call as never)) as CollectResult;

beforeAll(async () => {
  lateMs = Date.now() - golden.recordedAt;
  const parsed = parseSiteConfig(
    { ...SMALL_SITE, campaigns: SMALL_SITE.campaigns.map((c) => ({ ...c, holdout: 0 })) },
    visitor,
  );
  if (!parsed.ok) throw new Error(parsed.bound);
  await env.SITE.getByName("golden").create("golden", golden.site.result.publicKey, "golden-write-key");
  await env.SITE.getByName("golden").apply(parsed.value);
});

test("U25 a batch of an earlier Worker is taken as it was then, and the answer has all that it reads", async () => {
  const { call, result } = golden.page;
  const now = await collect("page", asOfNow(call));
  expect(lacks(result, now)).toEqual([]);
  const { reservation, ...decision } = result.decisions[0] as { reservation: string };
  expect(now).toMatchObject({ ...result, decisions: [decision] });
  expect(now.decisions[0]?.reservation).toHaveLength(reservation.length);

  const next = await collect("page", asOfNow(golden.nextPage.call));
  expect(lacks(golden.nextPage.result, next)).toEqual([]);
  const { features } = golden.nextPage.result;
  const [visitAt, lastAt, stageAt] = [features.visitAt, features.lastAt, features.stageAt].map((at) => at + lateMs);
  expect(next).toMatchObject({ ...golden.nextPage.result, features: { ...features, visitAt, lastAt, stageAt } });
});

test("U25 an import and a choice of an earlier Worker are taken as they were then", async () => {
  const { call, result } = golden.import;
  const now = await collect("import", call);
  expect(lacks(result, now)).toEqual([]);
  expect(now).toMatchObject(result);
  const again = await collect("import", call);
  expect(again.duplicates).toEqual([
    { stream: "import-one1", seq: 0 },
    { stream: "import-one1", seq: 1 },
  ]);

  await journey("import").consent(golden.choice.call as never);
  expect((await collect("import", { ...call, streams: [] })).consent).toEqual(golden.choice.call);
  const ledger = env.LEDGER.getByName("golden:0");
  await ledger.record(...(golden.record.call as unknown as Parameters<typeof ledger.record>));
  expect((await ledger.read()).records).toMatchObject([{ site: "golden", rev: 2, granted: ["analytics"] }]);
});

test("U25 a push of an earlier journey object reaches the map, and counts as it did then", async () => {
  const shard = env.MAP.getByName("golden:9:0");
  await shard.push(golden.push.call as unknown as MapPush);
  const { sum } = (await shard.read({ journey: "checkout" })) as MapParts;
  expect(lacks(golden.push.result, sum)).toEqual([]);
  expect(sum).toMatchObject(golden.push.result);
});

test("U25 what an earlier Worker asks of the site object is still answered so", async () => {
  const site = env.SITE.getByName("golden");
  expect(await site.minimumVersions()).toMatchObject(golden.minimums.result);
  expect(await site.site()).toMatchObject(golden.site.result);
});

test("U25 a field that is gone or of another type is seen; one that is new is not", () => {
  const recorded = { acked: [{ stream: "s", seqs: [[0, 1]] }], features: null };
  expect(lacks(recorded, { ...recorded, more: 1 })).toEqual([]);
  expect(lacks(recorded, { acked: [{ stream: "s", seqs: [["0", 1]] }], features: null })).toEqual([
    "/acked/0/seqs/0/0: number became string",
  ]);
  expect(lacks(recorded, { acked: [], features: {} })).toEqual([
    "/acked/0: object became undefined",
    "/features: null became object",
  ]);
});
