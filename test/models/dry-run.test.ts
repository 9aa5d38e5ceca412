import { expect, test } from "vitest";
import type { Campaign, CampaignOf } from "../../models/campaign.ts";
import { type DryRunTools, replay, sitesFor } from "../../models/dry-run.ts";
import { EMPTY_SUM, withPerson } from "../../models/dry-run-sum.ts";
import type { HistoryRow } from "../../models/history.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const START = Date.UTC(2026, 10, 22, 12);
const DAY = 86_400_000;
const [help] = SMALL_SITE.campaigns as [CampaignOf<"nudge">];
const { stages: _, ...anywhere } = help;
const campaign: CampaignOf<"nudge"> = {
  ...anywhere,
  holdout: 1,
  trigger: { kind: "stage", stage: "pay" },
  cap: { count: 1, windowMs: DAY },
};

let seq = 0;
const row = (at: number, path: string, change: Partial<HistoryRow> = {}): HistoryRow => ({
  person: "p",
  kind: "touchpoint",
  occurredAt: at,
  receivedAt: at,
  stream: "s",
  seq: seq++,
  type: "page",
  stage: "",
  name: "",
  path,
  channel: "",
  source: "",
  context: "desktop/Chrome/Linux/en/DE",
  orderId: "",
  revenueMilli: null,
  currency: "",
  props: "{}",
  journey: "checkout",
  config: 1,
  excluded: "",
  ...change,
});

/** 0.9 from 12 seconds of silence on. */
const stall = (x: Float32Array) => ((x[12] as number) >= Math.log1p(12) ? 0.9 : 0.1);
const TOOLS: DryRunTools = { runners: { stall: { version: "m", run: stall } }, clocksAt: () => ({}) };
const play = (rows: HistoryRow[], campaigns: Campaign[], of = campaigns[0] as Campaign) => {
  const sites = sitesFor({ ...SMALL_SITE, campaigns }, of);
  return {
    tried: replay(rows, { site: sites.with, campaign: of.id, tools: TOOLS }),
    before: replay(rows, { site: sites.without, campaign: of.id, tools: TOOLS }),
  };
};

test("D46 a dry run asks where pages would have, and shows what would have been shown, whoever is held out", () => {
  const rows = [
    row(START, "/"),
    row(START + 5, "/pay"),
    row(START + 10, "/"),
    row(START + 20, "/pay"),
    row(START + DAY + 5, "/pay", { stream: "t" }),
  ];
  const { tried } = play(rows, [campaign]);
  // The second time it was capped; a day after the first it was not.
  expect(tried).toEqual({ shownAt: { help: [START + 5, START + DAY + 5] }, reasons: { chosen: 2, capped: 1 } });
  expect(play(rows.toReversed(), [campaign]).tried).toEqual(tried);
  expect(play(rows, [{ ...campaign, status: "draft" }]).tried).toEqual(tried);
  expect(play(rows, [{ ...campaign, audience: { visits: 2 } }]).tried.shownAt).toEqual({ help: [START + DAY + 5] });
  const machine = rows.map((one) => ({ ...one, excluded: "bot" }));
  expect(play(machine, [campaign]).tried).toEqual({ shownAt: {}, reasons: {} });
});

test("D46 a score is looked at while nothing happens, between one touchpoint and the next, and must last", () => {
  const scored: Campaign = { ...campaign, trigger: { kind: "score", score: "stall", band: "high" } };
  const shown = (next: HistoryRow[], of: Campaign = scored) => play([row(START, "/pay"), ...next], [of]).tried.shownAt;
  expect(shown([row(START + 30_000, "/")])).toEqual({ help: [START + 15_000] });
  expect(shown([row(START + 11_000, "/")])).toEqual({});
  expect(shown([])).toEqual({});
  const left = row(START + 5, "/pay", { type: "leave" });
  expect(shown([left, row(START + 60_000, "/")])).toEqual({});
  expect(shown([row(START + 5, "", { source: "shop" }), row(START + 60_000, "/")])).toEqual({});
  const lasting: Campaign = { ...campaign, trigger: { kind: "score", score: "stall", band: "high", forMs: 5000 } };
  expect(shown([row(START + 30_000, "/")], lasting)).toEqual({ help: [START + 20_000] });
});

test("D46 what a server has told is answered by the next page, and what a page has told at once", () => {
  const told: Campaign = { ...campaign, trigger: { kind: "touchpoint", name: "Rated", where: { value: { $lt: 3 } } } };
  const rated = (value: number, source: string) => (at: number) =>
    row(at, "", { type: "track", name: "Rated", source, props: JSON.stringify({ value }) });
  const shown = (...rows: HistoryRow[]) => play(rows, [told]).tried.shownAt.help;
  expect(shown(row(START, "/"), rated(1, "crm")(START + 1000), row(START + 9000, "/cart"))).toEqual([START + 9000]);
  expect(shown(row(START, "/"), rated(1, "")(START + 1000))).toEqual([START + 1000]);
  expect(shown(row(START, "/"), rated(5, "")(START + 1000), row(START + 9000, "/cart"))).toBe(undefined);
});

test("D47 the sum says who would have seen it, how often, why not, and what it would have displaced", () => {
  const other: Campaign = { ...campaign, id: "other" };
  const rows = [row(START, "/"), row(START + 5, "/pay")];
  const { tried, before } = play(rows, [campaign, other], campaign);
  expect([tried.shownAt, before.shownAt]).toEqual([{ help: [START + 5] }, { other: [START + 5] }]);
  const one = withPerson(EMPTY_SUM, { person: "p", campaign: "help", tried, before });
  const nobody = { shownAt: {}, reasons: {} };
  const two = withPerson(one, { person: "q", campaign: "help", tried: nobody, before: nobody });
  expect(two).toEqual({
    people: 2,
    shown: 1,
    showings: 1,
    perPerson: { "0": 1, "1": 1 },
    reasons: { chosen: 1 },
    displaced: { other: 1 },
    examples: [{ person: "p", shownAt: [START + 5] }],
  });
});
