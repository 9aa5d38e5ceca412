import { rm } from "node:fs/promises";
import { afterAll, expect, test } from "vitest";
import type { CampaignOf } from "../../models/campaign.ts";
import type { Decision } from "../../models/wire.ts";
import { createSite, type DemoSite, type Edge, startEdge, stateFolder } from "../harness/edge.ts";
import { anAsk, type PageClient, pageClient } from "../harness/page-client.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const persist = await stateFolder();
afterAll(() => rm(persist, { recursive: true, force: true }));

const CODES = 100;
const VISITORS = 250;
/** Answers after which the edge is killed: in the middle of the claims. */
const KILLED_AFTER = 60;

const { stages: _, ...help } = SMALL_SITE.campaigns[0] as CampaignOf<"nudge">;
const offer = {
  ...help,
  id: "offer",
  kind: "offer",
  holdout: 0,
  trigger: { kind: "stage", stage: "pay" },
  content: { title: "For you", body: ["Until Sunday."], code: { pool: true } },
} as CampaignOf<"offer">;

/** One visitor, whose page sends the same ask until it is answered. */
interface Claimer {
  client: PageClient;
  ask: ReturnType<typeof anAsk>;
  decision: Decision | null;
}

async function claim(claimer: Claimer): Promise<boolean> {
  const { client, ask } = claimer;
  try {
    // By the page's own clock no time has passed since it asked.
    const { status, reply } = await client.send(["/pay"], { asks: [ask], sentAt: ask.at });
    if (status !== 200) return false;
    claimer.decision = reply.decisions[0] ?? null;
    return claimer.decision !== null;
  } catch {
    return false;
  }
}

const codeOf = ({ decision }: Claimer) =>
  decision?.content && "code" in decision.content ? decision.content.code : undefined;

function claimersOf(edge: Edge, site: DemoSite): Claimer[] {
  return Array.from({ length: VISITORS }, () => ({
    client: pageClient(edge, site),
    ask: anAsk({ on: "stage.pay", score: null, model: null }),
    decision: null,
  }));
}

test("D28 kill -9 in the middle of claims: of the codes exactly all are given, each once, and to nobody another", async () => {
  const edge = await startEdge({ persist });
  const site = await createSite(edge, "demo", { ...SMALL_SITE, campaigns: [offer] });
  const codes = Array.from({ length: CODES }, (_, i) => `CODE-${i}`);
  expect((await edge.api("POST", "/api/sites/demo/campaigns/offer/codes", { codes })).status).toBe(200);
  const claimers = claimersOf(edge, site);
  let answered = 0;
  let begun = 0;
  // Sixteen at a time: so some are on their way when it is killed, and the others come to nothing.
  const line = async () => {
    for (let next = claimers[begun++]; next; next = claimers[begun++]) {
      await claim(next);
      if (++answered === KILLED_AFTER) process.kill(edge.pid(), "SIGKILL");
    }
  };
  await Promise.all(Array.from({ length: 16 }, line));
  await edge.close();
  const before = claimers.map(codeOf);
  const open = claimers.filter(({ decision }) => decision === null);
  expect(open.length).toBeGreaterThan(0);

  const again = await startEdge({ persist, keys: edge.keys, port: Number(new URL(edge.url).port) });
  try {
    // Every page sends again: those without an answer, and those that had one.
    expect(await Promise.all(claimers.map(claim))).toEqual(claimers.map(() => true));
    const given = claimers.map(codeOf);
    const known = before.flatMap((code, i) => (code === undefined ? [] : [[code, given[i]] as const]));
    expect(known.length).toBeGreaterThan(0);
    for (const [had, has] of known) expect(has).toBe(had);
    expect(given.filter((code) => code !== undefined).sort()).toEqual([...codes].sort());
    expect(new Set(claimers.flatMap(({ decision }) => decision?.reason ?? []))).toEqual(
      new Set(["chosen", "no-budget"]),
    );
    const {
      open: held,
      spent,
      left,
    } = (await (await again.api("GET", "/api/sites/demo/campaigns/offer/budget")).json()) as Record<string, number>;
    expect({ held, spent, left }).toEqual({ held: CODES, spent: 0, left: 0 });
  } finally {
    await again.close();
  }
});
