import { rm } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { mapView } from "../../../models/analysis/graph.ts";
import { total } from "../../../models/analysis/map-sum.ts";
import { contributions, type Folded } from "../../../models/journey.ts";
import { journeysOnDisk } from "../../harness/disk.ts";
import { createSite, type DemoSite, type Edge, type EdgeKeys, startEdge, stateFolder } from "../../harness/edge.ts";
import { bodyOf, journey, newWriter, pureFold, type Writer, write } from "../../harness/kill-writers.ts";
import { post } from "../../harness/page-client.ts";
import { SMALL_SITE } from "../../harness/small-site.ts";
import { waitFor } from "../../harness/wait-for.ts";

const WRITERS = 8;
const BATCHES_BEFORE_KILL = 24;

export interface KillFigures {
  rounds: number;
  acked: number;
  inFlight: number;
  /** Batches that were acknowledged and are not on disk; that are on disk in part; touchpoints that the map has twice, or lacks. */
  lost: number;
  partial: number;
  wrongOnMap: number;
}

/**
 * Kills workerd in the middle of writes, again and again on the same disk. After each kill every journey on disk is the
 * fold of what was acknowledged, with what was on its way or without; at the end the map is the sum of all.
 */
export async function killRounds(rounds: number): Promise<KillFigures> {
  const persist = await stateFolder();
  const figures: KillFigures = { rounds, acked: 0, inFlight: 0, lost: 0, partial: 0, wrongOnMap: 0 };
  const all: Writer[] = [];
  let keys: EdgeKeys | undefined;
  let site: DemoSite | undefined;
  for (let round = 0; round < rounds; round++) {
    const edge = await startEdge({ persist, ...(keys ? { keys } : {}) });
    keys = edge.keys;
    site = await createSite(edge, "killed", SMALL_SITE, site);
    const writers = Array.from({ length: WRITERS }, newWriter);
    all.push(...writers);
    const run = { acked: 0, inFlight: 0, startAt: Date.now() - 2 * 3_600_000 };
    const writing = writers.map((writer) => write(edge, site as DemoSite, writer, run));
    await waitFor(
      () => run.acked,
      (acked) => acked >= BATCHES_BEFORE_KILL,
    );
    figures.inFlight += run.inFlight;
    process.kill(edge.pid(), "SIGKILL");
    await Promise.all(writing);
    await edge.close();
    figures.acked += run.acked;
    check(persist, writers, figures);
  }
  const edge = await startEdge({ persist, ...(keys ? { keys } : {}) });
  // Its pages are of another port.
  await createSite(edge, "killed", SMALL_SITE, site);
  figures.wrongOnMap = await wrongOnMap(edge, site as DemoSite, all);
  await edge.close();
  await rm(persist, { recursive: true, force: true });
  return figures;
}

function check(persist: string, writers: readonly Writer[], figures: KillFigures): void {
  const states = journeysOnDisk(persist);
  for (const writer of writers) {
    const folded = states.find((state) => writer.stream in state.streams)?.folded;
    const acked = pureFold(writer, writer.sent.slice(0, writer.acked));
    const whole = pureFold(writer, writer.sent);
    if ((folded?.touchpoints ?? 0) < acked.touchpoints) figures.lost++;
    else if (folded && !isDeepStrictEqual(folded, acked) && !isDeepStrictEqual(folded, whole)) figures.partial++;
  }
}

/** Every page sends its last batch again, as after a lost answer; then the map is compared, one difference a field. */
async function wrongOnMap(edge: Edge, site: DemoSite, writers: readonly Writer[]): Promise<number> {
  for (const writer of writers) await post(edge, bodyOf(site, writer, writer.sent.slice(-10)));
  const folds: Folded[] = writers.map((writer) => pureFold(writer, writer.sent));
  const days = folds.flatMap((folded) => [...contributions(folded, journey).values()]);
  const wanted = mapView({ sum: total(days.map(({ contribution }) => contribution)), beside: {}, sets: {} }, journey);
  const map = await waitFor(
    async () => (await edge.api("GET", "/api/sites/killed/journeys/checkout/map")).json() as Promise<typeof wanted>,
    (seen) => seen.touchpoints >= wanted.touchpoints,
  );
  return Object.keys(wanted).filter((key) => !isDeepStrictEqual(map[key as never], wanted[key as never])).length;
}
