import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import type { Rate } from "../models/bucket.ts";
import { CAP_COUNT_MAX } from "../models/campaign.ts";
import { CLOUD_EVENTS_MAX } from "../models/cloud-event.ts";
import { PRODUCTS_MAX } from "../models/commerce.ts";
import { LINE_BYTES_MAX } from "../models/import.ts";
import { RING_MAX } from "../models/journey.ts";
import { STATE_BYTES_MAX } from "../models/journey-blob.ts";
import {
  ADDRESS_RATE,
  SITE_BURST_S,
  SITE_RATE,
  siteRate,
  TOUCHPOINTS_PER_SECOND,
  VISITOR_RATE,
} from "../models/limits.ts";
import { MESSAGES_KEPT } from "../models/messages.ts";
import { pageText } from "../models/publish-consent.ts";
import { OUTBOX_MAX_AGE_MS, RESERVATION_MS } from "../models/report-time.ts";
import { URL_MAX } from "../models/scrub.ts";
import { BATCH_BYTES_MAX, VISITORS_MAX } from "../models/segment.ts";
import { SEGMENTS_MAX } from "../models/segment-set.ts";
import { ITEM_BYTES_MAX } from "../models/server-item.ts";
import { BROWSER_MS } from "../models/session.ts";
import { SETS_MAX } from "../models/set-name.ts";
import { RUNS_MAX, STREAM_FORGOTTEN_MS, STREAMS_BYTES_MAX, STREAMS_KEPT } from "../models/streams.ts";
import { visitor } from "../models/texts/en.ts";
import { firstText } from "../models/texts/visitor-text.ts";
import { NAME_MAX, PROP_KEY_MAX, PROP_TEXT_MAX, PROPS_MAX } from "../models/touchpoint.ts";
import { WAITS_MS } from "../models/waiting.ts";
import { EVENTS_MAX } from "../models/webhook-mapping.ts";
import { ASK_VALID_MS, ASKS_MAX, BATCH_MAX, COLLECT_BYTES_MAX, STREAMS_MAX, TOO_OLD_MS } from "../models/wire.ts";
import { type TestBundle, testBundle } from "./harness/bundle.ts";
import config from "./site/waypost.config.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const README = read("README.md");
const DAY_MS = 86_400_000;

let bundle: TestBundle;
beforeAll(async () => {
  bundle = await testBundle();
});

/** The second cell of a table's row, by the first. */
function cellOf(what: string): string {
  const row = README.split("\n").find((line) => line.startsWith(`| ${what} |`));
  if (!row) throw new Error(`README has no row “${what}”`);
  return row.split("|")[2]?.trim() as string;
}

/** A constant of a file that does not export it. */
function constantOf(path: string, name: string): number {
  const source = new RegExp(`const ${name} = ([\\d_ *.]+);`).exec(read(path))?.[1];
  if (!source) throw new Error(`${path} has no ${name}`);
  return source.split("*").reduce((product, factor) => product * Number(factor.replaceAll("_", "")), 1);
}

const thousands = (n: number) => n.toLocaleString("en-GB");

test("README's bytes are those of a build of now", () => {
  const { bytesOf } = bundle;
  const bytes = (words: object) => gzipSync(JSON.stringify(words), { level: 9 }).length;
  const words = pageText(config.consent, { mode: "opt-in", language: "en", ours: visitor });
  const texts = bytes(firstText(words, false));
  const firstLayer = bytesOf("gzip", "client/tag.ts", "widgets/visitor/banner.tsx") + texts;
  expect(firstLayer).toBeLessThanOrEqual(13_000);
  expect({
    tag: cellOf("`waypost.js`, the tag"),
    capture: cellOf("`capture.js`: views, calls, delivery"),
    sources: cellOf("its sources: clicks, forms, friction, errors"),
    database: cellOf("its database, loaded after it"),
    vitals: cellOf("web vitals, where a site asks for them"),
    scoring: cellOf("scoring on the device: asking, comlink, worker, engine"),
    live: cellOf("the live line, where a site asks for it"),
    runtime: cellOf("onnxruntime-web, where a site asks for it"),
    firstLayer: cellOf("the first layer of consent: tag, banner, Preact, the demo's texts"),
    centre: cellOf("the preference centre, beside it, with its words"),
    control: cellOf("the permanent control, where a site has it"),
    nudge: cellOf("the first nudge, with Preact and its presenter"),
  }).toEqual({
    tag: `${thousands(bytesOf("brotli", "client/tag.ts"))} bytes brotli`,
    capture: `${thousands(bytesOf("brotli", "client/capture/index.ts"))} bytes brotli`,
    sources: `${thousands(bytesOf("brotli", "client/capture/sources.ts"))} bytes brotli`,
    database: `${thousands(bytesOf("brotli", "client/database.ts"))} bytes brotli`,
    vitals: `${thousands(bytesOf("brotli", "client/capture/vital.ts"))} bytes brotli`,
    scoring: `${thousands(bytesOf("brotli", "client/asking.ts", "client/scoring/index.ts", "client/scoring/worker.ts"))} bytes brotli`,
    live: `${thousands(bytesOf("brotli", "client/live.ts"))} bytes brotli`,
    runtime: `${thousands(bytesOf("brotli", "client/scoring/onnx-runtime.ts"))} bytes brotli, and 14.2 MB of WebAssembly, raw`,
    firstLayer: `${thousands(firstLayer)} bytes gzip`,
    centre: `${thousands(bytesOf("gzip", "widgets/visitor/centre.tsx", "client/preferences.ts", "widgets/visitor/banner.tsx") - bytesOf("gzip", "widgets/visitor/banner.tsx") + bytes(words) - texts)} bytes gzip`,
    control: `${thousands(bytesOf("brotli", "widgets/visitor/control.ts"))} bytes brotli`,
    nudge: `${thousands(bytesOf("brotli", "widgets/visitor/nudge.tsx", "client/present.ts"))} bytes brotli`,
  });
});

test("README's cost is what the bill's test compares with what it measures", () => {
  const bill = "test/worker/bill.edge.test.ts";
  const stated = (name: string) => constantOf(bill, name).toFixed(2);
  expect(cellOf(`rows written: ${constantOf(bill, "ROWS_PER_VISIT")} a visit`)).toBe("0.47");
  expect(cellOf("in all")).toBe(stated("DOLLARS_PER_MILLION"));
  expect(cellOf("keeping it, a month")).toBe(stated("STORED_PER_MONTH"));
  expect(cellOf("in all, where visitors accept, see 3 touchpoints' worth and leave")).toBe(
    stated("BOUNCE_DOLLARS_PER_MILLION"),
  );
});

test("README's limits are those of the code", () => {
  const journey = "worker/journey/kept.ts";
  const schema = "worker/config/site-config.ts";
  const kinds = ["server-events", "imports", "grants", "refusals"] as const;
  const [told, imports, grants, refusals] = kinds.map((kind) => siteRate(kind, {})) as [Rate, Rate, Rate, Rate];
  const siteRates = SITE_RATE.map(thousands).join(" to ");
  const expected: Record<string, string> = {
    "a collect body": `${COLLECT_BYTES_MAX / 1024} KiB, ${STREAMS_MAX} streams, ${BATCH_MAX} touchpoints, ${ASKS_MAX} asks`,
    "a touchpoint's name, URL": `${NAME_MAX}, ${thousands(URL_MAX)} characters; query and fragment are cut`,
    "a touchpoint's properties": `${PROPS_MAX} scalars, keys of ${PROP_KEY_MAX}, texts of ${PROP_TEXT_MAX} characters`,
    "an order's products": `${PRODUCTS_MAX}; one that is wrong is left out and named`,
    "touchpoints that stay open to being put in order": `the ${RING_MAX} latest; one that comes below them counts in totals, is marked late, and makes no edge`,
    "duplicates are known": `for ${STREAMS_KEPT} streams and ${STREAMS_BYTES_MAX / 1024} KB of them a visitor, ${RUNS_MAX} separate runs of seqs each; a page's stream for ${STREAM_FORGOTTEN_MS / DAY_MS} days after its last batch, an import's for good`,
    "the page keeps what it could not send": `${OUTBOX_MAX_AGE_MS / 3_600_000} hours`,
    "a page's touchpoint is refused": `when it is older than ${TOO_OLD_MS / DAY_MS} days`,
    "a visit ends": `after ${constantOf("models/visit.ts", "VISIT_IDLE_MS") / 60_000} minutes without activity, ${constantOf("models/visit.ts", "VISIT_MAX_MS") / 3_600_000} hours at most`,
    "a journey is kept": `${STATE_BYTES_MAX / 1024} KB at most, for ${constantOf(journey, "KEPT_MS") / DAY_MS} days after its last batch or as long as its configuration says, with its last ${constantOf("models/answer.ts", "DECISIONS_KEPT")} decisions`,
    "an ask is answered": `within ${ASK_VALID_MS / 1000} seconds of its making; what it reserves may be shown for ${RESERVATION_MS / 1000} seconds`,
    "a site": `1 journey of ${constantOf("worker/config/journeys.ts", "STAGES_MAX")} stages, ${constantOf(schema, "CAMPAIGNS_MAX")} campaigns, ${SEGMENTS_MAX} segments, ${constantOf(schema, "TRAITS_MAX")} traits, caps of ${CAP_COUNT_MAX} showings, ${constantOf(schema, "ORIGINS_MAX")} origins, ${constantOf(schema, "INTERNAL_MAX")} internal addresses`,
    "a site's pages send": `${thousands(TOUCHPOINTS_PER_SECOND)} touchpoints and asks a second, or what its configuration says (${siteRates}), ${SITE_BURST_S === 10 ? "ten" : SITE_BURST_S} seconds' worth at once; beyond it they wait`,
    "a site's servers send": `${thousands(told.perSecond)} touchpoints a second, ${thousands(told.burst)} at once, and beside them ${thousands(imports.perSecond)}, ${thousands(imports.burst)} at once, of what imports bring`,
    "a site's visitors choose": `${grants.perSecond} grants a second, ${thousands(grants.burst)} at once; ${thousands(refusals.perSecond)} refusals and withdrawals, ${thousands(refusals.burst)} at once`,
    "a visitor sends": `${VISITOR_RATE.perSecond} batch a second, ${VISITOR_RATE.burst} at once`,
    "an address sends (IPv6: its /64)": `${ADDRESS_RATE.perSecond} requests a second, ${thousands(ADDRESS_RATE.burst)} at once, choices counted apart; of touchpoints and asks ${constantOf("models/limits.ts", "ADDRESS_PART") === 4 ? "a quarter" : "?"} of what the site may send`,
    "a configuration reaches every edge": `within ${constantOf("worker/sites.ts", "POINTER_MAX_AGE_MS") / 1000} seconds; a stopped campaign within ${constantOf("worker/sites.ts", "MINIMUMS_MAX_AGE_MS") / 1000}`,
    "a server's batch": `${BATCH_BYTES_MAX / 1024} KB, ${VISITORS_MAX} visitors; each item with a seq in its stream`,
    "a call of a Segment SDK": `${BATCH_BYTES_MAX / 1024} KB unpacked, ${ITEM_BYTES_MAX / 1024} KB an item, any number of visitors; told from its repetitions among the last ${thousands(MESSAGES_KEPT)} of its visitor`,
    "a call of CloudEvents": `${BATCH_BYTES_MAX / 1024} KB, ${CLOUD_EVENTS_MAX} events`,
    "a webhook": `${constantOf("worker/servers/webhooks.ts", "BYTES_MAX") / 1024 ** 2} MB, ${thousands(EVENTS_MAX)} events; a site has ${constantOf("worker/config/site-config.ts", "SOURCES_MAX")} sources, each with ${constantOf("worker/config/sources.ts", "RULES_MAX")} rules`,
    "what a server tells and a campaign answers waits": `${WAITS_MS / DAY_MS} days, or as long as the campaign says (${(constantOf("worker/config/triggers.ts", "WAITS_MAX_DAYS") * DAY_MS) / DAY_MS} at most); ${constantOf("models/waiting.ts", "WAITING_MAX")} of a visitor`,
    "an import": `${BATCH_BYTES_MAX / 1024} KB, ${VISITORS_MAX} visitors a call, lines of ${LINE_BYTES_MAX / 1024} KiB; the command sends files of any size, and holds ${thousands(constantOf("worker/cli/import/run.ts", "WINDOW_LINES"))} lines or ${constantOf("worker/cli/import/run.ts", "WINDOW_BYTES") / 2 ** 20} MiB at once`,
    "open pages that hear of news": `${constantOf("worker/journey/live.ts", "PAGES_MAX")} of one person; a map is watched by ${constantOf("worker/map/live.ts", "WATCHING_MAX")} at once, and sent at most once a second`,
    "what arrives is counted": `for ${constantOf("worker/events/store.ts", "DAYS_KEPT")} days: ${constantOf("models/analysis/sums.ts", "EVENTS_MAX")} events of a site beside those that it expects, by name, ${constantOf("models/analysis/sums.ts", "EVENT_PROPERTIES_MAX")} properties of each by key; a team reads of it within ${constantOf("worker/events/arrivals.ts", "AFTER_MS") / 1000} seconds`,
    "what arrives is watched": `by ${constantOf("worker/events/watching.ts", "WATCHING_MAX")} at once of a site, ${constantOf("worker/events/tally.ts", "LINES_PER_SECOND")} lines a second of each isolate; a line lasts ${constantOf("worker/access/watcher.ts", "LIFE_MS") / 60_000} minutes, and is opened anew`,
    "the map": `${constantOf("models/contribution.ts", "EDGES_MAX")} different edges, ${constantOf("models/contribution.ts", "PATHS_MAX")} paths, ${constantOf("models/contribution.ts", "CURRENCIES_MAX")} currencies of one person's day; ${thousands(constantOf("models/analysis/map-day.ts", "DAY_PATHS_MAX"))} paths and ${SETS_MAX} sets of segments of one shard's day; what is beyond is summed under \`*\``,
    "times between stages": `median, 90th percentile, least and greatest within ${constantOf("models/sketch.ts", "SKETCH_ALPHA") * 100} %`,
    history: `written within ${constantOf("worker/map/object.ts", "FLUSH_AFTER_S") / 60} minutes, or ${constantOf("worker/map/object.ts", "FLUSH_EVERY_MS") / 60_000 === 1 ? "a minute" : "?"} where much comes; a day's files are merged, and erased people left out, the day after`,
    "somebody is signed in": `${constantOf("models/session.ts", "BROWSER_IDLE_MS") / 3_600_000} hours unused, ${BROWSER_MS / DAY_MS} days at most; a command line ${constantOf("models/session.ts", "CLI_MS") / DAY_MS} days`,
    days: "UTC",
  };
  for (const [what, bound] of Object.entries(expected)) expect(cellOf(what), what).toBe(bound);
  const limits = README.split("## Limits")[1]?.split("\n\n")[1]?.split("\n").slice(2) ?? [];
  expect(limits).toHaveLength(Object.keys(expected).length);
});

test("every command and file that README names is there", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const commands = [...README.matchAll(/npm run (?:-s )?([a-z:]+)/g)].map((match) => match[1] as string);
  expect(commands.length).toBeGreaterThan(5);
  for (const command of commands) expect(scripts).toHaveProperty([command]);
  const links = [...README.matchAll(/\]\(([\w./]+)\)/g)].map((match) => match[1] as string);
  expect(links).toContain("screenshot.png");
  for (const link of links) expect(existsSync(join(ROOT, link)), link).toBe(true);
});
