/**
 * `npm run simulate -- [--visitors N] [--seed N] [--site ID] [--edge URL] [--origin URL] [--public-key=KEY] [--write-key=KEY]
 * [--world FILE]`: sends made-up visitors through the public API, and says what is true of them and what was seen. The
 * same seed again sends the same visitors: what their pages tell is known then, and not counted twice.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Counting, type Counts, noCounts } from "../../test/world/counts.ts";
import { messagesOf, type Telling } from "../../test/world/messages.ts";
import { personOf } from "../../test/world/person.ts";
import { SHOP_WORLD } from "../../test/world/shop-world.ts";
import { type World, worldFault } from "../../test/world/world.ts";
import { CommandError, runCommand } from "./command-error.ts";
import { type ProgressSink, progress } from "./progress.ts";
import { type Sent, SimulatedSite, type SiteTarget } from "./simulated-site.ts";
import { simulationLines } from "./simulation-report.ts";
import { readSiteKeys, siteKeysFile } from "./site-keys.ts";

const USAGE =
  "npm run simulate -- [--visitors N] [--seed N] [--site ID] [--edge URL] [--origin URL] [--public-key=KEY] [--write-key=KEY] [--world FILE]";
const VISITORS = 2_000;
const VISITORS_MAX = 1_000_000;
const SEED_MAX = 2 ** 31 - 1;
/** Visitors under way at once: each waits for the edge most of the time. */
const IN_FLIGHT = 8;

export interface SimulateOptions {
  target: SiteTarget;
  world: World;
  seed: number;
  visitors: number;
  /** When the world began, ms since 1970; default: so that it is over now. */
  beganAt?: number;
  /** Where progress goes; default nowhere. */
  sink?: ProgressSink;
}

/** What a simulation came to. */
export interface Simulation {
  seed: number;
  /** The world as the site lets it be: with the campaigns that its pages ask for alone. */
  world: World;
  /** Campaigns of the world that they do not ask for. */
  missing: string[];
  counts: Counts;
  sent: Sent;
  elapsedMs: number;
}

/**
 * Sends visitors, each in order, a few at once; what they did happened in the days before. Throws `CommandError` for what
 * the caller can mend: a site that is not there, or has other stages, an origin that is not the site's, a wrong key.
 */
export async function simulate(options: SimulateOptions): Promise<Simulation> {
  const { target, seed, visitors } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const site = await SimulatedSite.open(target, { world: options.world, stream: `simulation ${seed}`, signal });
  const { triggers } = site;
  const { world, missing } = offered(options.world, triggers);
  const beganAt = options.beganAt ?? Date.now() - world.horizonMs;
  const startedAt = performance.now();
  const shown = progress(
    { total: visitors, before: 0, startedAt, unit: "visitors" },
    options.sink ?? { write: () => true },
  );
  const counts = noCounts(world);
  let [next, done] = [0, 0];
  const sender = async () => {
    while (next < visitors) {
      const index = next++;
      const counting = new Counting(counts, world);
      const onStep: Telling["onStep"] = (step, decided) => counting.step(step, decided);
      const telling = { seed, index, origin: target.origin, beganAt, triggers, sends: "visit", onStep } as const;
      const messages = messagesOf(world, telling);
      for (let told = messages.next(); !told.done; ) told = messages.next(await site.send(told.value));
      counting.end(personOf(world, { seed, index }).accepts);
      shown.report(++done, performance.now());
    }
  };
  try {
    await Promise.all(Array.from({ length: IN_FLIGHT }, sender));
  } finally {
    // Where one could not go on, no other does.
    ending.abort();
    shown.end();
  }
  return { seed, world, missing, counts, sent: site.sent, elapsedMs: performance.now() - startedAt };
}

/** The world without the campaigns that a site's pages do not ask for: nobody meets those. */
function offered(world: World, triggers: readonly string[]): { world: World; missing: string[] } {
  const has = ({ campaign: { trigger } }: World["campaigns"][number]) =>
    trigger.kind === "stage" && triggers.includes(`stage.${trigger.stage}`);
  return {
    world: { ...world, campaigns: world.campaigns.filter(has) },
    missing: world.campaigns.filter((one) => !has(one)).map(({ campaign }) => campaign.id),
  };
}

async function main(): Promise<number> {
  const values = readArguments();
  const visitors = wholeNumber("--visitors", values.visitors ?? String(VISITORS), VISITORS_MAX);
  const now = Math.floor(Date.now() / 1000) % SEED_MAX;
  const seed = wholeNumber("--seed", values.seed ?? String(now), SEED_MAX);
  const target = await targetOf(values);
  const world = values.world === undefined ? SHOP_WORLD : await readWorld(values.world);
  const simulation = await simulate({ target, world, seed, visitors, sink: process.stderr });
  for (const line of simulationLines(simulation)) console.log(line);
  return simulation.sent.refused > 0 ? 1 : 0;
}

async function targetOf(values: ReturnType<typeof readArguments>): Promise<SiteTarget> {
  const site = values.site ?? "demo";
  const isTold = values.edge && values["public-key"] && values["write-key"];
  const keys = isTold ? null : await readSiteKeys(site);
  const edge = values.edge ?? keys?.edge;
  const publicKey = values["public-key"] ?? keys?.publicKey;
  const writeKey = values["write-key"] ?? keys?.writeKey;
  if (edge === undefined || publicKey === undefined || writeKey === undefined) {
    throw new CommandError(
      `${siteKeysFile(site)} does not exist: it is written by the first npm start. Or give --edge URL, --public-key=KEY and --write-key=KEY.`,
    );
  }
  if (!URL.canParse(edge)) throw new CommandError(`--edge is “${edge}”: an address, as http://localhost:8787.`);
  const origin = values.origin ?? new URL(edge).origin;
  return { edge: edge.replace(/\/+$/, ""), origin: origin.replace(/\/+$/, ""), publicKey, writeKey };
}

/** A world of a TypeScript or JavaScript file: its default export. */
async function readWorld(file: string): Promise<World> {
  const path = resolve(file);
  const module = (await import(pathToFileURL(path).href).catch((error: Error) => {
    throw new CommandError(`${path} cannot be loaded: ${error.message}`);
  })) as { default?: World };
  if (!module.default) throw new CommandError(`${path} has no default export: a World, as test/world/world.ts has it.`);
  const fault = worldFault(module.default);
  if (fault !== null) throw new CommandError(`${path}: ${fault}`);
  return module.default;
}

function wholeNumber(name: string, text: string, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= max) return number;
  throw new CommandError(`${name} is “${text}”: a whole number from 0 to ${max}.`);
}

function readArguments() {
  try {
    const text = { type: "string" } as const;
    const options = { visitors: text, seed: text, site: text, edge: text, origin: text, world: text };
    return parseArgs({ options: { ...options, "public-key": text, "write-key": text } }).values;
  } catch (error) {
    const [first] = (error as Error).message.split(". ");
    throw new CommandError(`${first}. Use: ${USAGE}`);
  }
}

if (import.meta.main) await runCommand(main);
