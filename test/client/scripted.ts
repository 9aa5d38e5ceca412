import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import type { SiteConfig } from "../../models/site-config.ts";
import type { SurfaceKind } from "../../models/surface.ts";
import type { Ask, CollectReply, CollectRequest, Decision } from "../../models/wire.ts";
import { collectRequest, isCollect, type Visitor } from "../browser/install.ts";
import { sent } from "../browser/sent.ts";
import type { FaultFor } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { built } from "../harness/built.ts";
import { SMALL_SITE } from "../harness/small-site.ts";

const [HELP] = SMALL_SITE.campaigns as [(typeof SMALL_SITE.campaigns)[0]];
const { stages: _, ...EVERYWHERE } = HELP;

/** A site in which payment asks, and so does a touchpoint. */
export const PAY_AND_MORE: SiteConfig = {
  ...SMALL_SITE,
  campaigns: [
    { ...EVERYWHERE, trigger: { kind: "stage", stage: "pay" } },
    { ...EVERYWHERE, id: "more", trigger: { kind: "touchpoint", name: "More" } },
  ],
};

/** What an edge of the test's own says to an ask; null: nothing is shown. */
type Decide = (ask: Ask) => Partial<Decision> | null;

export interface Script {
  decide?: Decide;
  /** What is said beside it, once for each that is given. */
  said?: Partial<CollectReply>[];
  /** Kinds whose chunk is `FAKE_KIND`, as `fakeKinds` makes them. */
  kinds?: FaultFor;
}

/** Answers a visitor's batches in the edge's place: everything is kept, and asks are answered as the test says. */
export function script(v: Visitor, { decide = () => null, said = [], kinds = () => null }: Script): void {
  const decided = new Map<string, Decision>();
  /** The same ask is answered the same, as at the edge: two requests may carry it. */
  const answerTo = (ask: Ask): Decision => {
    const known = decided.get(ask.ask) ?? decisionOn(ask, decide(ask));
    decided.set(ask.ask, known);
    return known;
  };
  v.fault((request) => {
    if (!(request.method === "POST" && request.path === "/_w/v1/collect")) return kinds(request);
    const { streams, asks } = JSON.parse(request.body) as CollectRequest;
    const reply: CollectReply = {
      v: 1,
      acked: streams.map(({ stream, touchpoints }) => ({
        stream,
        seqs: touchpoints.map(({ seq }): [number, number] => [seq, seq]),
      })),
      refused: [],
      decisions: asks.map(answerTo),
      person: "person",
      ...said.shift(),
    };
    return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(reply) };
  });
}

function decisionOn({ ask }: Ask, decided: Partial<Decision> | null): Decision {
  if (!decided) return { ask, verdict: "none", reason: "no-campaign" };
  const content = { title: "Need a hand?", body: ["Call us."] };
  return {
    ask,
    verdict: "show",
    reason: "chosen",
    reservation: ask,
    campaign: "help",
    version: 1,
    variant: "treated",
    expiresInMs: 60_000,
    content,
    why: ["You are at payment."],
    ...decided,
  };
}

/** What this visitor's pages have asked on, in the order of its arrival. */
export function askedOn({ asked }: Visitor): string[] {
  return asked()
    .filter(isCollect)
    .flatMap((exchange) => collectRequest(exchange).asks.map(({ on }) => on));
}

/** Of the decisions' campaigns, what the pages said became of them: "shown", "withheld busy". */
export function outcomesOf(v: Visitor): string[] {
  return sent(v, "outcome").map(({ props }) => [props.outcome, props.veto, props.item].filter(Boolean).join(" "));
}

/** Opens a path of the site, where these purposes are granted: by default those that a stage's trigger needs. */
export async function enter(v: Visitor, path: string, purposes = ["analytics", "personalization"]): Promise<void> {
  await v.open(path);
  await v.page.evaluate((all) => (window as unknown as WaypostWindow).waypost.consent.set(all), purposes);
}

/** Puts this route in the place of the page's, as a router does. */
export async function route(v: Visitor, path: string): Promise<void> {
  await v.page.evaluate((to) => history.pushState(null, "", to), path);
}

/** Moves the page's monotonic clock on, so that a view is older than it is. */
export async function later(v: Visitor, ms: number): Promise<void> {
  await v.page.evaluate((by) => {
    const { now } = performance;
    performance.now = () => now.call(performance) + by;
  }, ms);
}

/** In the page: what the last showing of a faked kind was handed, and how often it was ticked, closed or shown. */
interface FakedKind {
  request: { [key: string]: unknown; done?: string[]; step?: number };
  shown: number;
  closed: number;
  ticked: string[];
  end: (how: string) => void;
}

export interface FakedWindow extends WaypostWindow {
  faked?: FakedKind;
  /** The faked kind answers this instead of showing anything. */
  fakedVeto?: string;
}

/** Runs in the page as the chunk of a kind: an element without any look. */
const FAKE_KIND = `export function show(request) {
  if (window.fakedVeto) return window.fakedVeto;
  const element = document.createElement("output");
  element.textContent = "faked";
  document.body.append(element);
  const faked = { request, shown: (window.faked?.shown ?? 0) + 1, closed: 0, ticked: [], end(how) {
    element.remove();
    request.onEnded(how);
  } };
  window.faked = faked;
  return {
    close() { element.remove(); faked.closed++; },
    tick(item) { faked.ticked.push(item); },
  };
}`;

/**
 * Serves a build whose kinds do nothing but write down what they were handed: what the presenter does with a kind is
 * tested without its look. The tag vouches for all digests, and so is changed with them.
 */
export async function fakeKinds(...kinds: (Exclude<SurfaceKind, "banner"> | "announcement")[]): Promise<FaultFor> {
  const { dist } = await built();
  const digestsFile = readdirSync(join(dist, "chunks")).find((name) => name.startsWith("digests-")) as string;
  const before = readFileSync(join(dist, "chunks", digestsFile), "utf8");
  const digests = JSON.parse(before.slice("export default".length));
  for (const kind of kinds) digests[kind] = [["faked-kind", digestOf(FAKE_KIND)]];
  const after = `export default${JSON.stringify(digests)}\n`;
  const tag = readFileSync(join(dist, "waypost.js"), "utf8").replaceAll(digestOf(before), digestOf(after));
  const bodies: Record<string, string> = {
    "/_w/waypost.js": tag,
    [`/_w/chunks/${digestsFile}`]: after,
    "/_w/chunks/faked-kind.js": FAKE_KIND,
  };
  return ({ path }) => {
    const body = bodies[path];
    return body === undefined ? null : { status: 200, headers: { "content-type": "text/javascript" }, body };
  };
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

/** The faked kind on this page, once it is shown for the `times`th time. */
export async function shown(page: Page, times = 1): Promise<void> {
  await page.waitForFunction((n) => (window as unknown as FakedWindow).faked?.shown === n, times);
}

/** What the faked kind of this page was handed last, and what became of it. */
export function faked(page: Page) {
  return page.evaluate(() => {
    const { request, shown: count, closed, ticked } = (window as unknown as FakedWindow).faked ?? {};
    return { request: JSON.parse(JSON.stringify(request ?? {})), shown: count ?? 0, closed, ticked };
  });
}

/** The visitor ends what is shown. */
export function end({ page }: Visitor, how: string): Promise<void> {
  return page.evaluate((ending) => (window as unknown as FakedWindow).faked?.end(ending), how);
}

/** The page's own code tells of an event. */
export function track(page: Page, name: string): Promise<void> {
  return page.evaluate((event) => (window as unknown as WaypostWindow).waypost.track(event), name);
}

/** Whatever this page was to ask has been asked, and has arrived. */
export async function settled(v: Visitor, mark: string, page = v.page): Promise<void> {
  await page.evaluate((name) => {
    (window as unknown as WaypostWindow).waypost.track(name);
    dispatchEvent(new PageTransitionEvent("pagehide"));
  }, mark);
  await v.seen((exchange) => isCollect(exchange) && exchange.body.includes(`"${mark}"`));
}

/** What goes on at the next page of this tab. */
export function keptOpen(page: Page): Promise<string | null> {
  return page.evaluate(() => sessionStorage.getItem("waypost.open"));
}
