import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../../build.ts";
import type { SiteConfig } from "../../models/site-config.ts";
import { type Edge, randomKey, startEdge } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { type Answer, type Asked, type Backend, type Host, startHost } from "./host.ts";
import { pageFor } from "./page.ts";
import { bundlePeer, PEERS, type Peer } from "./peers.ts";

/** One of those that are measured side by side. */
export interface Contender {
  name: string;
  /** Hosts of its own; each is another origin. A visit has one for itself. */
  hosts: Host[];
  /** Whether it waits for a choice, which `window.waypost.consent.set` makes. */
  asks: boolean;
  /** What each click is in what it sends; null where nothing is sent. */
  click: RegExp | null;
}

export interface Contenders {
  all: Contender[];
  edge: Edge;
  close: () => Promise<void>;
}

/** What every page of the bench finds, whoever the contender is. */
export interface BenchWindow {
  bench: { ready: Promise<unknown>; track: (name: string) => void; routed: () => void };
}

/** As a shop would have it: everything is noted that can be, and nobody is helped. */
const PLAIN: SiteConfig = {
  ...SMALL_SITE,
  campaigns: [],
  capture: { ...SMALL_SITE.capture, clicks: true, forms: true, copies: true, errors: true, vitals: true },
};
/** The same with a nudge for who is stuck, so that the visit is scored on the device. */
const SCORED: SiteConfig = { ...PLAIN, campaigns: SMALL_SITE.campaigns };

export async function startContenders(hostsEach: number): Promise<Contenders> {
  const dist = await mkdtemp(join(tmpdir(), "waypost-bench-dist-"));
  await build(dist);
  const edge = await startEdge({ assets: dist });
  const hostsOf = (backend: Backend) =>
    Promise.all(Array.from({ length: hostsEach }, () => startHost(backend, pageFor)));
  const control = { head: SHIM, answer: async () => null, isCollect: () => false };
  const all: Contender[] = [{ name: "control", hosts: await hostsOf(control), asks: false, click: null }];
  for (const [name, config] of [
    ["waypost", PLAIN],
    ["waypost, scoring", SCORED],
  ] as const) {
    const site = { id: name === "waypost" ? "plain" : "scored", publicKey: randomKey(16), writeKey: randomKey(16) };
    const hosts = await hostsOf(firstParty(edge, site.publicKey));
    await expectOk(await edge.api("PUT", `/api/sites/${site.id}`, site));
    const origins = hosts.map(({ url }) => url);
    await expectOk(await edge.api("PUT", `/api/sites/${site.id}/config`, { ...config, origins }));
    all.push({ name, hosts, asks: true, click: /"type":"click"/g });
  }
  for (const peer of PEERS) {
    const hosts = await hostsOf(await peerBackend(peer));
    all.push({ name: peer, hosts, asks: false, click: SERVERS[peer].click });
  }
  return {
    all,
    edge,
    close: async () => {
      await Promise.all(all.flatMap(({ hosts }) => hosts.map((host) => host.close())));
      await edge.close();
      await rm(dist, { recursive: true, force: true });
    },
  };
}

const SHIM = "<script>window.bench = { ready: Promise.resolve(), track() {}, routed() {} };</script>";

/** Waypost as the README installs it: below /_w/ of the site's own host, with the real edge behind. */
export function firstParty(edge: Edge, publicKey: string): Backend {
  return {
    head: `<script>window.waypost = window.waypost || [];
window.bench = {
  ready: new Promise((resolve) => waypost.push(["ready", resolve])),
  track: (name) => waypost.track(name, { plan: "pro", value: 12.5 }),
  routed() {},
};</script>
<script async src="/_w/waypost.js" data-site="${publicKey}"></script>`,
    isCollect: ({ path }) => path.startsWith("/_w/v1/"),
    answer: (asked) => (asked.path.startsWith("/_w/") ? fromEdge(edge, asked) : Promise.resolve(null)),
  };
}

const HANDED_ON = ["cache-control", "retry-after", "set-cookie", "access-control-allow-origin"];

async function fromEdge(edge: Edge, { method, path, headers, body }: Asked): Promise<Answer> {
  const { origin, cookie, "user-agent": userAgent = "" } = headers;
  const answered = await fetch(edge.url + path, {
    method,
    headers: { "user-agent": userAgent, ...(origin ? { origin } : {}), ...(cookie ? { cookie } : {}) },
    ...(method === "GET" ? {} : { body: new Uint8Array(body) }),
  });
  const back = HANDED_ON.flatMap((name) => (answered.headers.has(name) ? [[name, answered.headers.get(name)]] : []));
  return {
    status: answered.status,
    type: answered.headers.get("content-type") ?? "application/octet-stream",
    headers: Object.fromEntries(back),
    bytes: Buffer.from(await answered.arrayBuffer()),
  };
}

/** A peer's script, and as much of its server as it asks for. */
async function peerBackend(peer: Peer): Promise<Backend> {
  const { source, brotli } = await bundlePeer(peer);
  const script: Answer = { status: 200, type: "text/javascript", headers: IMMUTABLE, bytes: source, brotli };
  const { collect, answers } = SERVERS[peer];
  return {
    head: `<script async src="/bench/${peer}.js"></script>`,
    isCollect: ({ path }) => collect.test(path),
    answer: async ({ path }) => {
      if (path === `/bench/${peer}.js`) return script;
      const found = answers.find(([pattern]) => pattern.test(path));
      if (found && path.includes(".js")) return { status: 200, type: "text/javascript", bytes: remoteConfig(found[1]) };
      if (found) return { status: 200, type: "application/json", bytes: Buffer.from(JSON.stringify(found[1])) };
      // Further scripts that a peer would load where its server switches something on: ours switches nothing on.
      return /\.js(\?|$)/.test(path) ? { status: 404, bytes: Buffer.from("") } : null;
    },
  };
}

/** How posthog's server hands its configuration over as a script. */
function remoteConfig(config: unknown): Buffer {
  return Buffer.from(
    `window._POSTHOG_REMOTE_CONFIG = { phc_bench: { config: ${JSON.stringify(config)}, siteApps: [] } };`,
  );
}

const IMMUTABLE = { "cache-control": "public, max-age=31536000, immutable" };

const POSTHOG_PROJECT = {
  autocapture_opt_out: false,
  supportedCompression: ["gzip", "gzip-js"],
  sessionRecording: false,
  surveys: false,
};

/** Which paths take events, and what is answered where. All on the site's own host, which spares them preflights. */
const SERVERS: Record<Peer, { collect: RegExp; click: RegExp; answers: [RegExp, unknown][] }> = {
  posthog: {
    collect: /^\/(e|i|s|flags|batch|capture|decide)\//,
    click: /"event":"\$autocapture"/g,
    answers: [
      // A project as it is made: autocapture is on, replay and surveys are not.
      [/^\/array\/.*config/, { ...POSTHOG_PROJECT, hasFeatureFlags: false }],
      [/^\/(flags|decide)\//, { ...POSTHOG_PROJECT, flags: {}, featureFlags: {} }],
      [/^\/(e|i|s|batch|capture)\//, { status: 1 }],
    ],
  },
  segment: {
    collect: /^\/v1\/(t|p|i|g|a|b|batch|m)\b/,
    click: /"event":"Clicked"/g,
    answers: [
      [
        /^\/v1\/projects\//,
        {
          integrations: {
            "Segment.io": { apiKey: "bench", unbundledIntegrations: [], addBundledMetadata: true, versionSettings: {} },
          },
          plan: { track: { __default: { enabled: true, integrations: {} } } },
          edgeFunction: {},
          analyticsNextEnabled: true,
          middlewareSettings: {},
          enabledMiddleware: {},
          metrics: { sampleRate: 0 },
          legacyVideoPluginsEnabled: false,
          remotePlugins: [],
        },
      ],
      [/^\/v1\//, { success: true }],
    ],
  },
  snowplow: {
    collect: /^\/com\.snowplowanalytics\.snowplow\//,
    // Clicks are packed; nothing else of this visit comes as this kind but what a form tells.
    click: /"e":"ue"/g,
    answers: [[/^\/com\.snowplowanalytics\.snowplow\//, "ok"]],
  },
};

async function expectOk(response: Response): Promise<void> {
  if (!response.ok) throw new Error(await response.text());
}
