import { replay, sitesFor } from "../../models/dry-run.ts";
import { EMPTY_SUM, withPerson } from "../../models/dry-run-sum.ts";
import { wallClocks } from "../clocks.ts";
import type { Env } from "../env.ts";
import { recordedOf } from "../history/recorded.ts";
import { readPeopleByShard } from "../map/shards.ts";
import { RUNNERS } from "../models.ts";
import { configVersion } from "../sites.ts";
import type { DryRunAsked, DryRunState } from "./object.ts";

/** People of one shard in one run of the alarm: each run has a bound of CPU time, and after each what was found is kept. */
const PEOPLE_A_RUN = 8;

/** A job that has just begun, with the people who are to be gone through. */
export async function begun(env: Env, { site, campaign, config, people }: DryRunAsked): Promise<DryRunState> {
  const journey = (await configVersion(env, site.id, config))?.config.journeys[0]?.id ?? "";
  const left = await readPeopleByShard(env, site, { journey, limit: people });
  const now = Date.now();
  return {
    site,
    campaign,
    config,
    status: "running",
    startedAt: now,
    endedAt: null,
    total: left.length,
    // By shard, so that a run reads the files of one.
    left: left.sort((a, b) => (a.shard < b.shard ? -1 : 1)),
    sum: EMPTY_SUM,
    failures: 0,
    ranAt: now,
  };
}

/** A job after one run more: some people of one shard were gone through. */
export async function advanced(env: Env, state: DryRunState): Promise<DryRunState> {
  const { site, left, campaign } = state;
  const shard = left[0]?.shard ?? "";
  const next = left.filter((one) => one.shard === shard).slice(0, PEOPLE_A_RUN);
  const found = await configVersion(env, site.id, state.config);
  const tried = found?.config.campaigns.find(({ id }) => id === campaign);
  if (!found || !tried) throw new Error(`no version ${state.config} with this campaign`);
  const people = next.map(({ person }) => person);
  const recorded = people.length > 0 ? await recordedOf(env, { site: site.id, shard, people }) : new Map();
  const sites = sitesFor(found.config, tried);
  let { sum } = state;
  for (const person of people) {
    const rows = recorded.get(person) ?? [];
    const play = (part: keyof typeof sites) =>
      replay(rows, {
        site: sites[part],
        campaign,
        tools: { runners: RUNNERS, clocksAt: (at) => wallClocks(sites[part], at) },
      });
    sum = withPerson(sum, { person, campaign, tried: play("with"), before: play("without") });
  }
  const rest = left.slice(next.length);
  const isDone = rest.length === 0;
  return {
    ...state,
    left: rest,
    sum,
    failures: 0,
    ...(isDone ? { status: "done" as const, endedAt: Date.now() } : {}),
  };
}
