import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collectRequest, isCollect } from "../browser/install.ts";
import { type Exchange, startSiteHost } from "../browser/site-host.ts";
import type { WaypostWindow } from "../browser/waypost-window.ts";
import { type GuardedBrowser, shareBrowser } from "../harness/browser.ts";
import { type Edge, randomKey, startEdge } from "../harness/edge.ts";
import { SMALL_SITE } from "../harness/small-site.ts";
import { ARRIVAL, BODY, core, DOINGS, needlesOf, type Secret, secrets } from "./planted-secrets.ts";

/** What a page was heard to send, and what stands in it of the secrets. */
interface Heard {
  types: Set<string>;
  leaked: Secret[];
}

const ROOT = join(import.meta.dirname, "../..");
/** As it is; without the scrub and without masks; and with a capture that sends everything which a page can be asked for. */
const BUILDS = ["as built", "unscrubbed", "greedy"] as const;
type BuildName = (typeof BUILDS)[number];

let folder: string;
let browser: GuardedBrowser;
const heard = {} as Record<BuildName, Heard>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waypost-secrets-"));
  browser = await shareBrowser();
  await Promise.all(BUILDS.map(async (name) => Object.assign(heard, { [name]: await hear(await distOf(name)) })));
}, 180_000);
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

test("S20 of 200 and more planted secrets none is in any request of the page, whatever is clicked, typed, sent and copied", () => {
  expect(secrets.length).toBeGreaterThanOrEqual(200);
  expect(new Set(secrets.map(({ value }) => value)).size).toBe(secrets.length);
  expect(heard["as built"].leaked).toEqual([]);
  // The twin of "none": everything that could have told of one was told of.
  expect([...heard["as built"].types].sort()).toEqual(
    expect.arrayContaining([
      "click",
      "copy",
      "error",
      "form_error",
      "form_field",
      "form_start",
      "form_submit",
      "leave",
      "page",
      "track",
    ]),
  );
});

test("S20 without the scrub and the masks the same page leaks what only they keep in", () => {
  const places = new Set(heard.unscrubbed.leaked.map(({ place }) => place));
  expect([...places].sort()).toEqual(expect.arrayContaining(LEFT_TO_THE_SCRUB));
});

test("S20 each secret is one that a capture without care would send: in the control every one leaks", () => {
  const leaked = new Set([...heard.greedy.leaked, ...heard.unscrubbed.leaked].map(({ value }) => value));
  expect(secrets.filter(({ value }) => !leaked.has(value))).toEqual([]);
});

/** Places that are read, so that nothing but the scrub or a mask stands between them and the network. */
const LEFT_TO_THE_SCRUB = [
  "alternative text of an image",
  "aria-label of a button",
  "aria-label of a field",
  "aria-label of a form",
  "aria-label round what is copied",
  "campaign",
  "caption of a push button",
  "email in a shadow root",
  "field in a shadow root",
  "form in a shadow root",
  "fragment",
  "id of a field",
  "id of a form",
  "label of a field",
  "masked by an ancestor",
  "masked part of a button",
  "message of a rejection",
  "message of an error",
  "name of a field",
  "name of a form",
  "name of an event in the markup",
  "path of the page",
  "query",
  "query that the site keeps",
  "route in the fragment",
  "text of a button",
  "text of a button in parts",
  "text of a link",
  "link in an editor",
  "title of a button",
  "title of the page",
];

/** Builds the page's code with something of it exchanged, in a folder of its own. */
async function distOf(name: BuildName): Promise<string> {
  const place = join(folder, name.replace(" ", "-"));
  for (const part of ["client", "models", "widgets", "build.ts", "package.json"]) {
    await cp(join(ROOT, part), join(place, part), { recursive: true });
  }
  await symlink(join(ROOT, "node_modules"), join(place, "node_modules"));
  const change = async (file: string, edit: (code: string) => string) => {
    const code = await readFile(join(place, file), "utf8");
    const edited = edit(code);
    if (edited === code) throw new Error(`nothing of ${file} was exchanged`);
    await writeFile(join(place, file), edited);
  };
  if (name === "unscrubbed") {
    await writeFile(join(place, "models/scrub.ts"), UNSCRUBBED);
    await change("client/capture/element.ts", (code) =>
      code.replace(/return path\.some[^;]*"mask"[^;]*;/, 'return "open";'),
    );
    await change("client/capture/name.ts", (code) => code.replace(/(const UNREADABLE =\s*)"[^"]*"/, '$1"nothing"'));
    await change("client/capture/name.ts", (code) =>
      code.replace(/return element instanceof HTMLElement && [^;]*;/, "return false;"),
    );
  }
  if (name === "greedy") {
    await writeFile(join(place, "client/capture/greedy.ts"), GREEDY);
    await change("client/capture/sources.ts", (code) =>
      `import { captureAll } from "./greedy.ts";\n${code}`.replace(
        /(const parts = \{[^}]*\};)/,
        "$1\n  captureAll(parts);",
      ),
    );
  }
  await promisify(execFile)(process.execPath, ["build.ts"], { cwd: place });
  return join(place, "dist");
}

const UNSCRUBBED = `export const URL_MAX = 1e6;
export const scrubText = (text: string) => text;
export const scrubUrl = (href: string) => href;
export const scrubPath = (path: string) => path;`;

/** A capture that takes whatever it can get, in pieces that a property can hold. */
const GREEDY = `import type { SourceParts } from "./sources.ts";
export function captureAll({ record }: SourceParts): void {
  const tell = (...what: unknown[]) => {
    const text = what.join(" ");
    // Pieces overlap, so that none is cut in two.
    const pieces = Array.from({ length: Math.ceil(text.length / 400) }, (_, i) => text.slice(400 * i, 400 * i + 500));
    while (pieces.length > 0) record({ type: "track", name: "all", props: { ...pieces.splice(0, 30) } });
  };
  const roots = () => [...document.querySelectorAll("#open,#closed")].map((host) => (host.shadowRoot ?? Reflect.get(host, "kept"))?.innerHTML);
  const frames = () => [...document.querySelectorAll("iframe")].map((frame) => frame.contentDocument?.documentElement.outerHTML);
  for (const type of ["click", "copy", "submit", "popstate", "hashchange", "error", "unhandledrejection", "paste"]) {
    addEventListener(type, (event) => {
      const { message, reason, clipboardData } = event as Partial<ErrorEvent & PromiseRejectionEvent & ClipboardEvent>;
      tell(document.title, location.href, document.referrer, message, reason, clipboardData?.getData("text"), document.cookie);
    }, true);
  }
  addEventListener("input", (event) => tell((event.target as HTMLInputElement).value), true);
  addEventListener("greedy", () => {
    tell(...Object.values(localStorage), ...Object.values(sessionStorage), window.name, JSON.stringify(history.state), document.title, location.href, document.cookie, document.referrer);
    tell(document.documentElement.outerHTML, ...roots(), ...frames());
  });
  const { error } = console;
  console.error = (...what) => (tell(...what), error(...what));
}`;

async function hear(dist: string): Promise<Heard> {
  const edge = await startEdge({ assets: dist });
  const publicKey = randomKey(16);
  const host = await startSiteHost(edge.url, () => pageHtml(publicKey));
  await createSite(edge, publicKey, host.url);
  const context = await browser.newContext();
  await context.addInitScript(noticeSources);
  const page = await context.newPage();
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  await page.goto(`${host.url}${ARRIVAL.path}?${ARRIVAL.query}${ARRIVAL.fragment}`, { referer: ARRIVAL.referrer });
  await page.evaluate(() => {
    const { waypost } = window as unknown as WaypostWindow;
    waypost.push(["consent.set", ["analytics", "scoring", "personalization"]]);
  });
  await page.waitForFunction(() => (window as unknown as { hearsCopies?: true }).hearsCopies);
  await page.evaluate(() => (window as unknown as WaypostWindow).waypost.track("Begun"));
  await act(page);
  await page.goto(`${host.url}/left`);
  // What a page that is left could not send, the next one does.
  await host.seen(() => allArrived(host.exchanges));
  await context.close();
  await host.close();
  await edge.close();
  const sent = host.exchanges.filter(({ path }) => path.startsWith("/_w/"));
  const texts = sent.map((exchange) => {
    const { method, path, body } = exchange;
    return [method, decoded(path), JSON.stringify(ownHeaders(exchange)), decoded(body)].join(" ");
  });
  const ours = said.filter((text) => text.includes("waypost"));
  const all = [...texts, ...ours].join("\n");
  const streams = sent.filter(isCollect).flatMap((exchange) => collectRequest(exchange).streams);
  return {
    types: new Set(streams.flatMap(({ touchpoints }) => touchpoints.map(({ type }) => type))),
    leaked: secrets.filter((secret) => isIn(secret, all, core(all))),
  };
}

/**
 * The site's own cookies go to the site's own host whatever we do, and so does the page's address as the referrer of the
 * tag, which the page itself asks for, and of a worker, whose referrer no script can set. The edge reads neither.
 */
function ownHeaders({ path, headers: { cookie: _, referer, ...headers } }: Exchange): object {
  return /\/(waypost|chunks\/scoring-worker-\w+)\.js$/.test(path) ? headers : { referer, ...headers };
}

/** Whether everything up to the last call of the page was acknowledged. */
function allArrived(exchanges: readonly Exchange[]): boolean {
  const answered = exchanges.filter((exchange) => isCollect(exchange) && exchange.status === 200);
  const [stream] = answered.flatMap((exchange) => collectRequest(exchange).streams);
  const touchpoints = answered
    .flatMap((exchange) => collectRequest(exchange).streams)
    .filter((other) => other.stream === stream?.stream)
    .flatMap((own) => own.touchpoints);
  const done = touchpoints.find(({ name }) => name === "Done");
  return done !== undefined && new Set(touchpoints.map(({ seq }) => seq)).size > done.seq;
}

function decoded(text: string): string {
  try {
    return `${text} ${decodeURIComponent(text)}`;
  } catch {
    return text;
  }
}

/** A code of six digits is looked for as it stands: without what is beside it, it would be in any time. */
function isIn(secret: Secret, text: string, plain: string): boolean {
  if (secret.shape === "code") return new RegExp(`(?<![\\d.])${secret.value}(?!\\d)`).test(text);
  return needlesOf(secret).some((needle) => plain.includes(needle));
}

function pageHtml(publicKey: string): string {
  return `<!doctype html><html lang="en"><title>Shop</title><meta charset="utf-8">
<script>window.waypost = window.waypost || [];</script>
<script async src="/_w/waypost.js" data-site="${publicKey}"></script><link rel="icon" href="data:,"><main>${BODY}</main>
<script>
for (const [id, mode] of [["open", "open"], ["closed", "closed"]]) {
  const host = document.getElementById(id);
  const root = host.attachShadow({ mode });
  host.kept = root;
  root.append(host.firstElementChild.content.cloneNode(true));
}
addEventListener("submit", (event) => event.preventDefault());
addEventListener("click", (event) => { if (event.target.closest("a")) event.preventDefault(); });
</script>`;
}

async function createSite(edge: Edge, publicKey: string, origin: string): Promise<void> {
  await edge.api("PUT", "/api/sites/shop", { id: "shop", publicKey, writeKey: randomKey(16) });
  const capture = { ...SMALL_SITE.capture, query: ["q"] };
  const put = await edge.api("PUT", "/api/sites/shop/config", { ...SMALL_SITE, origins: [origin], capture });
  if (!put.ok) throw new Error(await put.text());
}

type Page = Awaited<ReturnType<Awaited<ReturnType<GuardedBrowser["newContext"]>>["newPage"]>>;

/** Runs in the page: nobody but our sources listens to copies. */
function noticeSources(): void {
  const { addEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (...listening: Parameters<typeof addEventListener>) {
    addEventListener.apply(this, listening);
    if (listening[0] === "copy") (window as unknown as { hearsCopies?: true }).hearsCopies = true;
  };
}

/** Everything that a person and the page's own code do: by hand what browsers do only then, the rest by the page. */
async function act(page: Page): Promise<void> {
  await page.evaluate(everythingOnce, DOINGS);
  // With real keys, in case that what a browser does itself is heard elsewhere.
  await page.locator("[name=f-text]").fill(DOINGS.typed.text ?? "");
  await page.locator("[name=note]").click();
  await page.locator("[name=note]").pressSequentially(DOINGS.typedNote);
  await page.locator("[name=note]").press("Control+A");
  await page.locator("[name=note]").press("Control+C");
  await page.locator("[name=f-search]").press("Control+V");
  await page.getByRole("button", { name: "Order", exact: true }).click();
  await page.evaluate(() => {
    dispatchEvent(new Event("greedy"));
    (window as unknown as WaypostWindow).waypost.track("Done");
  });
}

/** Runs in the page. */
async function everythingOnce(doings: typeof DOINGS): Promise<void> {
  const { waypost } = window as unknown as WaypostWindow;
  const task = () => new Promise((resolve) => setTimeout(resolve));
  const roots: (Document | ShadowRoot)[] = [document];
  for (const id of ["open", "closed"])
    roots.push(Reflect.get(document.getElementById(id) as HTMLElement, "kept") as ShadowRoot);
  const frame = document.querySelector("iframe")?.contentDocument;
  if (frame) roots.push(frame);
  const all = <E extends Element>(selector: string) =>
    roots.flatMap((root) => [...root.querySelectorAll<E & HTMLElement>(selector)]);

  localStorage.setItem("own", doings.storage.local);
  sessionStorage.setItem("own", doings.storage.session);
  // biome-ignore lint/suspicious/noDocumentCookie: as pages do
  document.cookie = `own=${doings.storage.cookie}`;
  window.name = doings.windowName;
  console.error(doings.console);

  for (const element of all("a,button,input,label,p,select,option,textarea,[contenteditable],[role=textbox],section"))
    element.click();
  for (const field of all<HTMLInputElement>("input,textarea,select")) {
    const typed = doings.typed[field.type as keyof typeof doings.typed];
    field.focus();
    if (
      typed &&
      ["text", "search", "email", "tel", "url", "password"].includes(field.type) &&
      field.name.startsWith("f-")
    )
      field.value = typed;
    field.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.blur();
  }
  await task();
  for (const form of all<HTMLFormElement>("form")) {
    form.checkValidity();
    form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
  }
  for (const element of all(".copied,textarea,[contenteditable]")) {
    getSelection()?.selectAllChildren(element);
    element.dispatchEvent(new ClipboardEvent("copy", { bubbles: true, composed: true }));
    const clipboardData = new DataTransfer();
    clipboardData.setData("text", doings.pasted);
    element.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, composed: true, clipboardData }));
  }
  await task();
  // A page tells of ten errors at most: of each kind some come before that.
  for (const message of doings.rejections) void Promise.reject(new Error(message));
  setTimeout(() => JSON.parse(doings.notJson));
  await task();
  for (const message of doings.messages) {
    setTimeout(() => {
      throw new Error(message);
    });
  }
  await task();
  for (const address of [...doings.paths, ...doings.routes, ...doings.fragments]) {
    history.pushState({ own: doings.historyState }, "", address);
    waypost.track("Step");
    dispatchEvent(new PopStateEvent("popstate"));
  }
  for (const title of doings.titles) {
    document.title = title;
    history.pushState({ own: doings.historyState }, "", `/at/${title.length}-${doings.titles.indexOf(title)}`);
    waypost.track("Step");
    dispatchEvent(new PopStateEvent("popstate"));
  }
}
