/**
 * `npm run bench`: what cannot be a test, because machines are noisy. Interleaved rounds; medians count. Ratios are to
 * a control in the same run; absolute times are for orientation. Exits 1 only where something broke: a missed budget is
 * printed. `--quick` is one round of everything, to see that it works; `--edge` leaves out what needs a page.
 */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser } from "../harness/browser.ts";
import { startContenders } from "./contenders.ts";
import { edgeFigures } from "./edge/figures.ts";
import { puffyTwice } from "./edge/puffy.ts";
import { coreFigures, figureLines } from "./figures.ts";
import { firstScores } from "./first-score.ts";
import { HOSTS_EACH, lossFigures } from "./losses.ts";
import { nudgeTimes } from "./nudge-time.ts";
import { installPeers, PEERS } from "./peers.ts";
import { profileVisit } from "./profile.ts";
import { reportLines } from "./report.ts";
import { sentTwice } from "./sent-twice.ts";
import { measureVisits, visitFigures } from "./visits.ts";

const SIZE = process.argv.includes("--quick")
  ? { rounds: 1, traced: 1, trials: 2, batches: 20, kills: 2 }
  : { rounds: 5, traced: 2, trials: 20, batches: 200, kills: 30 };

const startedMs = performance.now();
const say = (what: string) =>
  console.log(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s  ${what}`);

say("the engine and the features");
const core = coreFigures(SIZE.rounds);
const atEdge = await edgeFigures({ ...SIZE, say });
console.log(["", "Without a page", ...figureLines([...core, ...atEdge.figures]), "", ...atEdge.lines, ""].join("\n"));
// Minutes, and of no figure above.
const data = process.env.WAYPOST_DATA;
if (data) say("the whole file of a real shop, twice");
console.log([...(data ? await puffyTwice(data) : ["the real shop's file: only with WAYPOST_DATA"]), ""].join("\n"));
if (process.argv.includes("--edge")) process.exit();
say("installing the peers into test/bench/node_modules");
installPeers();
const folder = await mkdtemp(join(tmpdir(), "waypost-bench-"));
const { all, edge, close } = await startContenders(HOSTS_EACH);
const browser = await launchBrowser();

const visits = visitFigures(await measureVisits(browser, all, { ...SIZE, say }));
say("first score");
const firstScore = await firstScores(browser, SIZE.rounds);
say("ask to painted nudge");
const nudge = await nudgeTimes(browser, edge, SIZE.rounds);
const senders = all.filter(({ name }) => name === "waypost" || PEERS.some((peer) => peer === name));
const losses = await lossFigures(browser, senders, { ...SIZE, say });
say("sent twice");
const twice = await sentTwice(browser, edge, senders.find(({ asks }) => asks) as (typeof senders)[0]);
say("profiles");
const profiles: string[] = [];
for (const contender of all.filter(({ asks }) => asks)) {
  profiles.push("", `Own time in one visit, ${contender.name}`, ...(await profileVisit(browser, contender, folder)));
}
await browser.close();
await close();

const names = senders.map(({ name }) => name);
const results = { visits, senders: names, losses, sentTwice: twice, firstScore, nudge };
const file = join(folder, "bench.json");
await writeFile(file, JSON.stringify(results, null, 2));
for (const line of [...reportLines(results, PEERS), ...profiles, "", `all figures: ${file}`]) console.log(line);
