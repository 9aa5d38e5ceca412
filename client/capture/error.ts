import { scrubPath, scrubText } from "../../models/scrub.ts";
import { NAME_MAX, type Props } from "../../models/touchpoint.ts";
import type { SourceParts } from "./sources.ts";

/** A page that fails in a loop tells no more by its eleventh error. */
const ERRORS_MAX = 10;

/** Everything that we load lies below it, as this chunk does: `{base}chunks/{name}.js`. */
const BASE = new URL("..", import.meta.url).href;

/** What browsers tell of what works: a layout that needs a second round, a request that the page's own code ended. */
const NO_ERROR = /^(Uncaught )?(ResizeObserver loop|AbortError\b)/;
const EXTENSION = /^[\w-]+-extension:/;

const QUOTE = /["`“”„«»]|(?<!\w)'/;
const LAST_QUOTE = /["`'“”„«»](?=[^"`'“”„«»]*$)/;
/** "https://shop.example/app.js:12:34", in the stacks of all browsers. */
const FRAME = /(\w+:\/\/[^\s()]+):(\d+):(\d+)/;

interface Failure {
  kind: "error" | "rejection" | "cross-origin";
  message: string;
  /** Absolute URL of the script, or "". */
  source: string;
  line: number;
  column: number;
}

/**
 * Errors that the page's own code did not catch: what they say without what they quote, each message and line once.
 * `failed` is told of every one, also of those that are not recorded.
 */
export function captureErrors({ config, record, listen }: SourceParts, failed: (atMs: number) => void): void {
  const told = new Set<string>();
  const tell = (failure: Failure) => {
    if (failure.source.startsWith(BASE) || NO_ERROR.test(failure.message) || EXTENSION.test(failure.source)) return;
    failed(performance.now());
    if (!config.errors || told.size >= ERRORS_MAX) return;
    const { kind, line, column, source } = failure;
    const name = withoutQuotes(failure.message);
    const key = `${name} ${line}`;
    if (told.has(key)) return;
    told.add(key);
    const place: Props = source === "" ? {} : { source: placeOf(source), line, column };
    record({ type: "error", name, props: { kind, ...place } });
  };
  listen("error", (event) => {
    // What could not be loaded says so by another kind of event.
    if (event instanceof ErrorEvent) tell(failureOf(event));
  });
  listen("unhandledrejection", ({ reason }) => tell(rejectionOf(reason)));
}

/** A script of another host that was loaded without CORS hides everything: "Script error.", no place. */
function failureOf({ message, filename, lineno, colno }: ErrorEvent): Failure {
  const hidden = filename === "" && lineno === 0;
  return { kind: hidden ? "cross-origin" : "error", message, source: filename, line: lineno, column: colno };
}

/** Of what is no `Error` only a text is read: anything else would run the page's code. */
function rejectionOf(reason: unknown): Failure {
  if (!(reason instanceof Error)) {
    const message =
      typeof reason === "string" ? reason : `a rejection with ${reason === null ? "null" : typeof reason}`;
    return { kind: "rejection", message, source: "", line: 0, column: 0 };
  }
  const [, source = "", line, column] = FRAME.exec(`${reason.stack}`) ?? [];
  const message = `${reason.name}: ${reason.message}`;
  return { kind: "rejection", message, source, line: Number(line ?? 0), column: Number(column ?? 0) };
}

/**
 * Browsers quote the page's data in their messages: `Unexpected token 'h', "hunter2" is not valid JSON`. From the first
 * quotation mark to the last nothing is kept; where one is never closed, nothing after it.
 */
function withoutQuotes(message: string): string {
  const plain = message.replace(/^Uncaught (\(in promise\) )?/, "");
  const from = plain.search(QUOTE);
  if (from < 0) return scrubText(plain).slice(0, NAME_MAX);
  const to = plain.search(LAST_QUOTE);
  const kept = `${plain.slice(0, from)}•${to > from ? plain.slice(to + 1) : ""}`;
  return scrubText(kept).slice(0, NAME_MAX);
}

/** Its path on the page's own host; elsewhere only the host. */
function placeOf(source: string): string {
  try {
    const { host, pathname, protocol } = new URL(source);
    if (host === location.host) return scrubPath(pathname);
    return host || protocol;
  } catch {
    return "";
  }
}
