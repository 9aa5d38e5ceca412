import { type Action, type Actor, may } from "../../models/access.ts";
import type { ArrivalsMessage } from "../../models/analysis/arrivals.ts";
import { LIVE_CLOSED } from "../../models/wire.ts";
import type { Env } from "../env.ts";
import { siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { type Attachment, acceptSocket, attachmentOf, closeSocket, SERVICE_RESTART, sendTo } from "../sockets.ts";
import type { Shown } from "./tally.ts";

/** Who watches one site's events at once; beyond, the oldest is closed. */
const WATCHING_MAX = 8;
/** What a watcher says to go on, each 25 s … */
const WATCH = "watch";
/** … and for how long that holds. */
const WATCHED_MS = 60_000;
/** Who has said nothing for this long is gone, though the line is not. */
const SILENT_MS = 15 * 60_000;
/** A line lasts so long: then its watcher connects again, and shows anew who they are. */
const LIFE_MS = 5 * 60_000;
/** Closed with, beside `LIVE_CLOSED`: the watcher may not watch any more, or has said nothing for too long. */
const CLOSED = { forbidden: 4004, silent: 4005 } as const;
const NEEDED: Action = "events.read";

/** A watcher as the socket remembers them. */
interface Watcher extends Attachment {
  actor: Actor;
  /** When they last said that they watch, ms since 1970. */
  saidAt: number;
}

/**
 * Those who watch what arrives at a site. Nothing of them is stored but in their sockets, and nothing at all of what they are
 * shown. The alarm, which alone closes the line of who is silent, is the one row that watching costs.
 */
export class Watching {
  readonly #ctx: DurableObjectState;
  readonly #env: Env;

  constructor(ctx: DurableObjectState, env: Env) {
    this.#ctx = ctx;
    this.#env = env;
  }

  async connect(request: Request, now: number): Promise<Response> {
    const actor = JSON.parse(new URL(request.url).searchParams.get("actor") ?? "null") as Actor | null;
    if (!actor) return new Response(null, { status: 403 });
    const attachment: Watcher = { since: now, actor, saidAt: now };
    const { socket, response } = acceptSocket(this.#ctx, request, { attachment, max: WATCHING_MAX });
    if ((await this.#ctx.storage.getAlarm()) === null) await this.#ctx.storage.setAlarm(now + SILENT_MS);
    sendTo(socket, messageOf({ lines: [], left: 0 }, now));
    return response;
  }

  /** Until when lines are wanted, ms since 1970; 0: nobody watches. */
  until(now: number): number {
    return Math.max(0, ...this.#open(now).map((socket) => attachmentOf<Watcher>(socket).saidAt + WATCHED_MS));
  }

  count(now: number): number {
    return this.#open(now).length;
  }

  show({ lines, left }: Shown, now: number): void {
    if (lines.length === 0 && left === 0) return;
    const message = messageOf({ lines, left }, now);
    for (const socket of this.#open(now)) sendTo(socket, message);
  }

  /** A watcher's word. What they may is asked anew (S18), and where nobody can say it, they may not. */
  async heard(socket: WebSocket, message: string | ArrayBuffer, now: number): Promise<void> {
    if (message !== WATCH) return closeSocket(socket, LIVE_CLOSED.spoken, `only “${WATCH}” is heard`);
    const watcher = attachmentOf<Watcher>(socket);
    if (now - watcher.since >= LIFE_MS) return closeSocket(socket, SERVICE_RESTART, "connect again");
    if (!(await this.#mayWatch(watcher.actor))) return closeSocket(socket, CLOSED.forbidden, "no longer permitted");
    socket.serializeAttachment({ ...watcher, saidAt: now });
  }

  /** Closes who has been silent too long, and rings again for the next. */
  async closeSilent(now: number): Promise<void> {
    const rest: number[] = [];
    for (const socket of this.#ctx.getWebSockets()) {
      const endsAt = attachmentOf<Watcher>(socket).saidAt + SILENT_MS;
      if (endsAt <= now) closeSocket(socket, CLOSED.silent, "nothing was said for 15 minutes");
      else rest.push(endsAt);
    }
    if (rest.length > 0) await this.#ctx.storage.setAlarm(Math.min(...rest));
  }

  /** Sockets whose watchers have said lately that they are there. */
  #open(now: number): WebSocket[] {
    return this.#ctx
      .getWebSockets()
      .filter(
        (socket) => now < attachmentOf<Watcher>(socket).saidAt + WATCHED_MS && socket.readyState === WebSocket.OPEN,
      );
  }

  async #mayWatch(actor: Actor): Promise<boolean> {
    if (actor.kind === "installation") return true;
    try {
      const access = await callObject(async () => siteObject(this.#env, this.#ctx.id.name ?? "").access(actor));
      return access !== null && may(access.role, NEEDED) && (access.scopes?.includes(NEEDED) ?? true);
    } catch {
      return false;
    }
  }
}

function messageOf(shown: Shown, at: number): string {
  return JSON.stringify({ v: 1, at, ...shown } satisfies ArrivalsMessage);
}
