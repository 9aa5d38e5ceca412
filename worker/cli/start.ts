/**
 * `npm start` (build, then this): the whole of Waypost on this machine with the demo shop, state on disk in .waypost/.
 * `PORT` changes the port. Stays in the foreground until Ctrl-C. With `-- --simulate` simulated visitors keep coming.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { Campaign } from "../../models/campaign.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import type { Problem } from "../../models/wire.ts";
import { SHOP_WORLD } from "../../test/world/shop-world.ts";
import { withCampaigns } from "../../test/world/world.ts";
import { CommandError, runCommand } from "./command-error.ts";
import { localKeys, randomKey, treatedSecrets } from "./local-keys.ts";
import { layOut } from "./public-folder.ts";
import { keepComing } from "./simulated-crowd.ts";
import { readSiteKeys, type SiteKeys, writeSiteKeys } from "./site-keys.ts";
import { workedOf } from "./waypost/campaigns.ts";
import { WORKED_CAMPAIGNS } from "./waypost/worked-campaigns.ts";

const ROOT = join(import.meta.dirname, "../..");
const SITE = "demo";
const SITE_FOLDER = join(ROOT, "test/site");
const HOME = join(ROOT, ".waypost");
const DEFAULT_PORT = 8787;
/** Ports that the demo was started on, and that its pages may still be open at. */
const ORIGINS_MAX = 20;
/** Enough that people who try the demo on one machine hardly meet a visitor again. */
const TREATED_SECRETS = 200;
/** A cold start bundles the Worker; slow disks take a while. */
const START_MS = 60_000;
const POLL_MS = 100;
/** How long the processes get to leave by themselves. */
const STOP_MS = 5_000;
/** From one simulated visitor to the next, on average: some forty are in the shop at once, and send about two calls a second. */
const VISITOR_EVERY_MS = 4_000;

/** Nothing but this machine is asked for: no metrics, no crash reports, no look-up of the visitor's place. */
const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

async function main(): Promise<number> {
  const isSimulated = readArguments();
  const port = portOf(process.env.PORT);
  await mustBeFree(port);
  await access(join(ROOT, "dist/waypost.js")).catch(() => {
    throw new CommandError("dist/ is not built: npm run build, or npm start, which does both.");
  });
  const edge = `http://localhost:${port}`;
  const keys = await localKeys(join(ROOT, ".dev.vars"));
  const site = await siteAt(edge);
  const config = await demoConfig(isSimulated);
  await layOut({
    dist: join(ROOT, "dist"),
    site: SITE_FOLDER,
    to: join(HOME, "public"),
    publicKey: site.publicKey,
    // Nor are they held out of what they may add themselves.
    secrets: treatedSecrets(TREATED_SECRETS, {
      idKey: keys.ID_KEY,
      site: SITE,
      campaigns: [...config.campaigns, ...Object.keys(WORKED_CAMPAIGNS).flatMap(workedOf)],
    }),
  });

  const wrangler = startWrangler(port);
  const stopped = once(wrangler, "exit");
  const ending = new AbortController();
  let asked = false;
  let link: string | null = null;
  let inForce = config;
  // A terminal sends Ctrl-C to npm and to us, and npm passes it on: the second one must not end us before wrangler.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (!asked) void stop(wrangler);
      asked = true;
      ending.abort();
    });
  }
  try {
    await untilItAnswers(edge, wrangler);
    const api = apiOf(edge, keys.ADMIN_TOKEN);
    await createSite(api, site);
    inForce = await configure(api, { ...config, origins: [edge] });
    link = await firstLink(api);
  } catch (error) {
    if (asked) return 0;
    await stop(wrangler);
    throw error;
  }
  for (const line of welcome(edge, keys.ADMIN_TOKEN, { config: inForce, link, isSimulated })) console.log(line);
  const crowd = isSimulated ? letVisitorsCome(site, ending.signal) : null;
  await stopped;
  ending.abort();
  await crowd;
  return 0;
}

/** The demo site's keys: those that it has, or new ones. */
async function siteAt(edge: string): Promise<SiteKeys> {
  const known = await readSiteKeys(SITE);
  const publicKey = known?.publicKey ?? randomKey(16);
  const site: SiteKeys = { site: SITE, publicKey, writeKey: known?.writeKey ?? randomKey(16), edge };
  await writeSiteKeys(site);
  return site;
}

interface DemoModule {
  default: SiteConfig;
  SHOWN_IN_DEMO: string[];
}

/** With what people are to meet who try it. Of simulated visitors the truth is known for their own campaigns alone. */
async function demoConfig(isSimulated: boolean): Promise<SiteConfig> {
  const module = await import(pathToFileURL(join(SITE_FOLDER, "waypost.config.ts")).href);
  const { default: config, SHOWN_IN_DEMO } = module as DemoModule;
  if (isSimulated) return withCampaigns(config, SHOP_WORLD);
  const worked = SHOWN_IN_DEMO.flatMap(workedOf).map((campaign): Campaign => ({ ...campaign, status: "live" }));
  return { ...config, campaigns: [...config.campaigns, ...worked] };
}

/** Whether visitors are to be simulated. */
function readArguments(): boolean {
  try {
    return parseArgs({ options: { simulate: { type: "boolean", default: false } } }).values.simulate;
  } catch (error) {
    const [first] = (error as Error).message.split(". ");
    throw new CommandError(`${first}. Use: npm start, or npm start -- --simulate`);
  }
}

async function letVisitorsCome({ edge, publicKey, writeKey }: SiteKeys, signal: AbortSignal): Promise<void> {
  const target = { edge, origin: edge, publicKey, writeKey };
  const seed = Math.floor(Date.now() / 1000);
  const onFault = (error: Error) => console.error(`A simulated visitor could not go on: ${error.message}`);
  await keepComing({ target, world: SHOP_WORLD, seed, everyMs: VISITOR_EVERY_MS, signal, onFault }).catch(onFault);
}

function portOf(text: string | undefined): number {
  const port = text === undefined || text === "" ? DEFAULT_PORT : Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new CommandError(`PORT is “${text}”: a number from 1 to 65535.`);
}

/** Throws `CommandError` where something listens already, on either form of localhost. */
async function mustBeFree(port: number): Promise<void> {
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer();
    const code = await new Promise<string | undefined>((resolve) => {
      server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      server.listen(port, host, () => server.close(() => resolve(undefined)));
    });
    if (code === "EADDRINUSE") {
      throw new CommandError(`Port ${port} is taken. Stop what listens there, or choose another: PORT=8788 npm start`);
    }
    if (code === "EACCES") throw new CommandError(`Port ${port} is not for this user: choose one above 1023.`);
  }
}

/** The real edge with state on disk, in a process group of its own: it starts others, which must end with it. */
function startWrangler(port: number): ChildProcess {
  const args = ["dev", "--env=", "--port", String(port), "--inspector-port", "0", "--log-level", "warn"];
  // On one machine shop and console share a host; deployed, the console has one of its own (DEPLOY.md).
  const vars = ["--var", `CONSOLE_ORIGIN:http://localhost:${port}`, "--var", "CONSOLE_SHARES_HOST:true"];
  const folders = ["--persist-to", join(HOME, "state"), "--assets", join(HOME, "public")];
  return spawn(process.execPath, [join(ROOT, "node_modules/wrangler/bin/wrangler.js"), ...args, ...vars, ...folders], {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, ...QUIET },
    stdio: ["ignore", "inherit", "inherit"],
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, "exit");
  process.kill(-child.pid, "SIGTERM");
  const left = await Promise.race([gone.then(() => false), wait(STOP_MS, true, { ref: false })]);
  if (left) process.kill(-child.pid, "SIGKILL");
}

async function untilItAnswers(edge: string, child: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + START_MS;
  while (performance.now() < giveUpAt) {
    if (child.exitCode !== null) throw new CommandError("wrangler ended before it answered: its words stand above.");
    const response = await fetch(edge).catch(() => null);
    await response?.body?.cancel();
    if (response) return;
    await wait(POLL_MS);
  }
  throw new CommandError(`${edge} did not answer within ${START_MS / 1000} s.`);
}

/** A call of the console's API; throws `CommandError` with the edge's own words where it is refused. */
type Api = (method: "GET" | "POST" | "PUT", path: string, body?: unknown) => Promise<unknown>;

function apiOf(edge: string, token: string): Api {
  return async (method, path, body) => {
    const response = await fetch(edge + path, {
      method,
      headers: { Authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return response.json();
    const { title, detail } = (await response.json()) as Problem;
    throw new CommandError(`${method} ${path}: ${response.status} ${title}. ${detail}`);
  };
}

async function createSite(api: Api, { publicKey, writeKey }: SiteKeys): Promise<void> {
  const created = (await api("PUT", `/api/sites/${SITE}`, { publicKey, writeKey })) as { publicKey: string };
  if (created.publicKey === publicKey) return;
  throw new CommandError(".waypost/state has the demo site under other keys: delete .waypost/ and start again.");
}

/** A link that makes whoever follows it the first owner, as long as the site has no member; else null. Good for 7 days. */
async function firstLink(api: Api): Promise<string | null> {
  const { members } = (await api("GET", `/api/sites/${SITE}/members`)) as { members: unknown[] };
  if (members.length > 0) return null;
  const { link } = (await api("POST", `/api/sites/${SITE}/invitations`, { role: "owner" })) as { link: string };
  return link;
}

interface Welcomed {
  config: SiteConfig;
  /** The first owner's invitation, where there is none yet. */
  link: string | null;
  isSimulated: boolean;
}

/** The demo's own configuration where there is none yet; what was changed since stays, and takes this origin in. Gives what is in force. */
async function configure(api: Api, config: SiteConfig): Promise<SiteConfig> {
  const path = `/api/sites/${SITE}/config`;
  const known = (await api("GET", path).catch(noneYet)) as { version: number; config: SiteConfig } | null;
  if (!known) await api("PUT", path, config);
  if (known && !config.origins.every((origin) => known.config.origins.includes(origin))) {
    const origins = [...known.config.origins, ...config.origins].slice(-ORIGINS_MAX);
    const { change } = (await api("PUT", path, { ...known.config, origins })) as { change?: string };
    if (change !== undefined) {
      console.log(
        `  The shop may send from this port once somebody has approved it: npx waypost changes approve ${change}`,
      );
    }
  }
  return known?.config ?? config;
}

function noneYet(error: Error): null {
  if (/: 404 /.test(error.message)) return null;
  throw error;
}

function welcome(edge: string, token: string, { config, link, isSimulated }: Welcomed): string[] {
  const { journeys, campaigns } = config;
  const hasTheirs = SHOP_WORLD.campaigns.every((one) => campaigns.some(({ id }) => id === one.campaign.id));
  const map = `${edge}/api/sites/${SITE}/journeys/${journeys[0]?.id}/map`;
  return [
    "",
    `  The shop                        ${edge}/`,
    `  … as a visitor who gets help    ${edge}/?waypost-demo=treated  (get stuck in the checkout)`,
    ...(campaigns.some(({ id }) => id === "first-steps")
      ? ["  … and more of what is shown     scroll the first page, look at the Fell Mid boot, place an order"]
      : []),
    `  The console                     ${edge}/console/`,
    ...(link === null ? [] : [`  … be its first owner, once      ${link}`]),
    `  The live map                    curl -s -H "Authorization: Bearer ${token}" ${map}`,
    `  Events from a file              npm run import -- FILE`,
    isSimulated
      ? `  Simulated visitors              one about every ${VISITOR_EVERY_MS / 1000} seconds, in real time, for as long as this runs`
      : "  Simulated visitors              npm run simulate, or npm start -- --simulate",
    ...(isSimulated && !hasTheirs
      ? ["  … meet no campaign of theirs    the demo was configured without: delete .waypost/ to begin with them"]
      : []),
    "",
    "  Ctrl-C stops everything; what was collected stays in .waypost/state.",
    "",
  ];
}

if (import.meta.main) await runCommand(main);
