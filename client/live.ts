/** The live chunk: loaded by the asking chunk where the site's configuration says `live`. */
import { LIVE_CLOSED, LIVE_PROTOCOL, type LiveMessage } from "../models/wire.ts";
import type { PageContext } from "./context.ts";
import { retryDelayMs } from "./retry.ts";

/** The line is asked for this often; a line that has said nothing since the last time is taken for dead. */
const PING_EVERY_MS = 25_000;
/** Who leaves the tab for a moment keeps the line; after this it is let go. */
const HIDDEN_MAX_MS = 60_000;
/** The token comes with the edge's first answer: until then it is looked for this often. */
const NO_TOKEN_MS = 1_000;
/** Lines in a row that never opened, and then no further one on this page: something between here and the edge lets none through. */
const NEVER_OPENED_MAX = 12;

export interface LiveParts {
  context: PageContext;
  /** Aborted where nothing may be asked any more. */
  signal: AbortSignal;
  /** This page's own: what it sent itself, it is not told. */
  stream: string;
  /** The person token, "" while there is none. */
  token: () => string;
  hear: (news: LiveMessage) => void;
}

/**
 * Keeps a line to the edge open while the page is seen, and hands on what comes. Ends for good where the page's policy
 * refuses it. Nothing throws into the page.
 */
export function startLive({ context, signal, stream, token, hear }: LiveParts): void {
  const { setting, log } = context;
  const address = `${setting.base.replace(/^http/, "ws")}v1/live`;
  let socket: WebSocket | null = null;
  let failures = 0;
  /** The edge's time of the last message: what came after it, while there was no line, is told on the next. */
  let lastAt = 0;
  let isQuiet = false;
  let retrying: ReturnType<typeof setTimeout> | undefined;
  let leaving: ReturnType<typeof setTimeout> | undefined;
  let pinging: ReturnType<typeof setInterval> | undefined;

  const life = new AbortController();
  const listen = { signal: life.signal };

  /** Lets the line go, without coming back. */
  function close(): void {
    clearTimeout(retrying);
    clearInterval(pinging);
    pinging = undefined;
    const open = socket;
    socket = null;
    open?.close();
  }

  function end(): void {
    life.abort();
    clearTimeout(leaving);
    close();
  }

  function connect(): void {
    clearTimeout(retrying);
    if (life.signal.aborted || socket || document.visibilityState === "hidden") return;
    const person = token();
    if (!person) {
      retrying = setTimeout(connect, NO_TOKEN_MS);
      return;
    }
    const query = new URLSearchParams({ site: setting.site, stream, after: String(lastAt) });
    try {
      const mine = new WebSocket(`${address}?${query}`, [LIVE_PROTOCOL, person]);
      socket = mine;
      mine.onmessage = ({ data }) => socket === mine && onMessage(data);
      mine.onclose = ({ code }) => socket === mine && onClose(code);
    } catch (error) {
      // A name or a token that no WebSocket takes: another try would fail alike.
      log("no live line:", error);
      end();
    }
  }

  function onMessage(data: unknown): void {
    isQuiet = false;
    if (data === "pong") return;
    try {
      const message = JSON.parse(String(data)) as LiveMessage;
      failures = 0;
      lastAt = message.at;
      pinging ??= setInterval(ping, PING_EVERY_MS);
      log("live", message);
      hear(message);
    } catch (error) {
      log(error);
    }
  }

  function onClose(code: number): void {
    close();
    const { withdrawn, crowded } = LIVE_CLOSED;
    failures++;
    // Withdrawn: the gate hears of it in its own way. Crowded out: back when the visitor comes back to this page.
    if (code === withdrawn || failures > NEVER_OPENED_MAX) end();
    else if (code !== crowded) retrying = setTimeout(connect, retryDelayMs(failures, 0, Math.random()));
  }

  function ping(): void {
    if (isQuiet) {
      // The network went without a word.
      onClose(0);
      return;
    }
    isQuiet = true;
    if (socket?.readyState === WebSocket.OPEN) socket.send("ping");
  }

  function onVisibility(): void {
    clearTimeout(leaving);
    if (document.visibilityState === "hidden") leaving = setTimeout(close, HIDDEN_MAX_MS);
    else connect();
  }

  signal.addEventListener("abort", end, { once: true });
  document.addEventListener("visibilitychange", onVisibility, listen);
  // A page with an open line is not kept in memory for the way back.
  window.addEventListener("pagehide", close, listen);
  window.addEventListener("pageshow", connect, listen);
  // The one sign that a policy refuses: the socket itself fails as if the network were gone.
  document.addEventListener(
    "securitypolicyviolation",
    ({ blockedURI }) => {
      if (!blockedURI.startsWith(address) && blockedURI !== new URL(address).origin) return;
      log("no live line: the policy's connect-src lacks", address);
      end();
    },
    listen,
  );
  connect();
}
