import { announced } from "./announce.ts";
import type { AnswerContext } from "./answer.ts";
import type { Campaign } from "./campaign.ts";
import { PURPOSES } from "./consent.ts";
import type { Replay } from "./dry-run-sum.ts";
import { toVector } from "./features.ts";
import type { HistoryRow } from "./history.ts";
import { progressOf } from "./journey.ts";
import { EMPTY_STATE, type JourneyState } from "./journey-state.ts";
import type { WallClocks } from "./schedule.ts";
import { bandOf } from "./score.ts";
import type { Journey, ScoreName, SiteConfig } from "./site-config.ts";
import { stageOf, triggerKey } from "./stage.ts";
import type { Props, Touchpoint } from "./touchpoint.ts";
import { TOUCHPOINT_TYPES } from "./touchpoint-type.ts";
import { NO_LEASES, type TurnCall, takeTurn } from "./turn.ts";
import type { Ask, Decision } from "./wire.ts";

/** What a page alone sees leaves nothing in a record: such a campaign can't be tried on one. */
export const UNRECORDED: readonly string[] = ["exit", "scroll", "element"];

/** After a touchpoint, when a page would look at its scores again while nothing happens, ms. */
const SILENCES_MS = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600].map((seconds) => seconds * 1000);

export interface DryRunTools {
  runners: AnswerContext["runners"];
  clocksAt: (at: number) => WallClocks;
}

/** The site as it would be with a campaign, and as it is without it: nobody is held out of anything, so that all can be seen. */
export function sitesFor(
  { campaigns, ...site }: SiteConfig,
  campaign: Campaign,
): { with: SiteConfig; without: SiteConfig } {
  const open = (one: Campaign): Campaign => ({ ...one, holdout: 0 });
  const others = campaigns.map(open);
  const tried = open({ ...campaign, status: "live" });
  const { holdout: _, ...rest } = site;
  return {
    with: { ...rest, campaigns: others.map((one) => (one.id === campaign.id ? tried : one)) },
    without: { ...rest, campaigns: others.filter(({ id }) => id !== campaign.id) },
  };
}

/**
 * Goes through what was recorded of one person as their pages did, and asks where those would have: on a stage, on a
 * touchpoint, on what waits, and on a score that rises while nothing happens. Everybody has agreed to everything, and leaves
 * alone what is shown. `campaign`: whose reasons are counted. `rows` in any order.
 */
export function replay(
  rows: readonly HistoryRow[],
  { site, campaign, tools }: { site: SiteConfig; campaign: string; tools: DryRunTools },
): Replay {
  const player = new Player(site, campaign, tools);
  const told = rows.filter(
    ({ kind, type, excluded }) => kind === "touchpoint" && type !== "outcome" && excluded === "",
  );
  const inOrder = told.toSorted((a, b) => a.occurredAt - b.occurredAt || a.seq - b.seq);
  for (const [i, row] of inOrder.entries()) {
    player.tell(row);
    // Whoever has left looks at nothing, and after the last that is known of somebody nobody knows.
    const next = inOrder[i + 1];
    if (next && row.type !== "leave" && row.source === "") player.wait(row.occurredAt, next.occurredAt);
  }
  return player.replay;
}

class Player {
  readonly replay: Replay = { shownAt: {}, reasons: {} };
  readonly #site: SiteConfig;
  readonly #journey: Journey;
  readonly #campaign: string;
  /** Stands for the visitor, whom nobody finds from it: parts of a group are drawn anew. */
  #person = "";
  readonly #tools: DryRunTools;
  #state: JourneyState = EMPTY_STATE;
  #stage = "";
  #stream = "";
  /** Since when the band of a score's trigger holds, ms since 1970, and whether it has asked by that. */
  readonly #holding = new Map<string, { sinceMs: number; hasAsked: boolean }>();
  #made = 0;

  constructor(site: SiteConfig, campaign: string, tools: DryRunTools) {
    this.#site = site;
    this.#journey = site.journeys[0] as Journey;
    this.#campaign = campaign;
    this.#tools = tools;
  }

  tell(row: HistoryRow): void {
    const touchpoint = touchpointOf(row);
    if (!touchpoint) return;
    this.#person = row.person;
    const isPage = row.source === "";
    const stage = stageOf(this.#journey, touchpoint);
    // Each page looks at its stages anew.
    if (isPage && row.stream !== this.#stream) this.#stage = "";
    if (isPage) this.#stream = row.stream;
    const on = isPage ? this.#fires(touchpoint, stage) : [];
    if (isPage && stage !== "") this.#stage = stage;
    const at = row.occurredAt;
    this.#take(at, on, { stream: row.stream, touchpoint, context: row.context, isPage });
    if (!isPage) return;
    const next = announced(this.#state, {
      visitor: this.#person,
      now: at,
      site: this.#site,
      clocks: this.#tools.clocksAt(at),
    });
    if (next?.inMs === 0) this.#take(at, [next.on]);
    this.#score(at);
  }

  /** Looks at the scores again and again until the next touchpoint comes. */
  wait(from: number, to: number): void {
    for (const ms of SILENCES_MS) if (from + ms < to) this.#score(from + ms);
  }

  #fires(touchpoint: Touchpoint, stage: string): string[] {
    const keys = this.#site.campaigns.flatMap(({ status, trigger }) => {
      const isStage = trigger.kind === "stage" && trigger.stage === stage && stage !== this.#stage;
      const isNamed = trigger.kind === "touchpoint" && trigger.name === touchpoint.name;
      return status === "live" && (isStage || isNamed) ? [triggerKey(trigger)] : [];
    });
    return [...new Set(keys)];
  }

  #score(at: number): void {
    const { features } = progressOf(this.#state.folded, this.#journey);
    const vector = toVector(features, this.#journey, at);
    const values = new Map<ScoreName, number>();
    const keys = new Set<string>();
    for (const { status, trigger } of this.#site.campaigns) {
      if (status !== "live" || trigger.kind !== "score") continue;
      const { score: name, forMs = 0 } = trigger;
      const key = triggerKey(trigger);
      if (keys.has(key)) continue;
      keys.add(key);
      const value = values.get(name) ?? this.#tools.runners[name]?.run(vector) ?? 0;
      values.set(name, value);
      const band = bandOf(value, this.#site.thresholds[name]);
      const held = this.#holding.get(key) ?? { sinceMs: at, hasAsked: false };
      if (band !== "high" && band !== trigger.band) this.#holding.delete(key);
      else {
        const asks = !held.hasAsked && at - held.sinceMs >= forMs;
        this.#holding.set(key, { ...held, hasAsked: held.hasAsked || asks });
        if (asks) this.#take(at, [key]);
      }
    }
  }

  #take(
    at: number,
    on: readonly string[],
    told?: { stream: string; touchpoint: Touchpoint; context: string; isPage: boolean },
  ): void {
    const asks = on.map((one): Ask => ({ ask: `ask ${this.#made++}`, at, on: one, score: null, model: null }));
    const streams = told ? [{ stream: told.stream, touchpoints: [told.touchpoint], context: told.context }] : [];
    const isPage = told?.isPage ?? true;
    const stamp = isPage ? { rev: 1, purposes: [...PURPOSES] } : null;
    const answered = this.#turn(at, { streams, stamp, live: true, asks });
    for (const { record, decision } of answered) {
      const own = record?.considered.find(({ campaign }) => campaign === this.#campaign);
      if (own) this.replay.reasons[own.reason] = (this.replay.reasons[own.reason] ?? 0) + 1;
      if (decision.verdict === "show") this.#show(at, decision);
    }
  }

  #show(at: number, { campaign = "", reservation = "" }: Decision): void {
    const { shownAt } = this.replay;
    shownAt[campaign] = [...(shownAt[campaign] ?? []), at];
    const props = { reservation, campaign, outcome: "shown" };
    const shown: Touchpoint = { seq: this.#made++, type: "outcome", name: campaign, at, url: "", props };
    const stamp = { rev: 1, purposes: [...PURPOSES] };
    this.#turn(at, { streams: [{ stream: "shown", touchpoints: [shown] }], stamp, live: true, asks: [] });
  }

  #turn(now: number, call: Pick<TurnCall, "streams" | "stamp" | "live" | "asks">) {
    const { runners, clocksAt } = this.#tools;
    const { state, answered } = takeTurn(
      this.#state,
      { ...call, visitor: this.#person, config: 0, minimums: {}, sentAt: now },
      {
        config: this.#site,
        now,
        leases: NO_LEASES,
        erasedAt: 0,
        clocks: clocksAt(now),
        runners,
        reservationId: () => `reservation ${this.#made++}`,
      },
    );
    this.#state = state;
    return answered;
  }
}

/** A recorded touchpoint as it came. Its address is of no site: only the path was kept. */
function touchpointOf({ type, name, path, occurredAt, seq, props }: HistoryRow): Touchpoint | null {
  const known = TOUCHPOINT_TYPES.find((one) => one === type);
  if (!known) return null;
  return {
    seq,
    type: known,
    name,
    at: occurredAt,
    url: path === "" ? "" : `https://site.invalid${path}`,
    props: propsOf(props),
  };
}

function propsOf(text: string): Props {
  try {
    return JSON.parse(text) as Props;
  } catch {
    return {};
  }
}
