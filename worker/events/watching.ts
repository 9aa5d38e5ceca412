import type { ArrivalsMessage } from "../../models/analysis/arrivals.ts";
import { listening, WATCH_CLOSED, WATCHED_MS, type Watcher, Watchers, watcherOf } from "../access/watcher.ts";
import type { Env } from "../env.ts";
import { acceptSocket, attachmentOf, closeSocket, sendTo } from "../sockets.ts";
import type { Shown } from "./tally.ts";

/** Who watches one site's events at once; beyond, the oldest is closed. */
const WATCHING_MAX = 8;
/** Who has said nothing for this long is gone, though the line is not. */
const SILENT_MS = 15 * 60_000;

/**
 * Those who watch what arrives at a site. Nothing of them is stored but in their sockets, and nothing at all of what they are
 * shown. The alarm, which alone closes the line of who is silent, is the one row that watching costs.
 */
export class Watching {
  readonly #ctx: DurableObjectState;
  readonly #watchers: Watchers;
  /** What is shown comes in the order in which it came, however long it takes to learn who may see it. */
  #shown = Promise.resolve();

  constructor(ctx: DurableObjectState, env: Env) {
    this.#ctx = ctx;
    this.#watchers = new Watchers(env, { site: ctx.id.name ?? "", needed: "events.read" });
  }

  async connect(request: Request, now: number): Promise<Response> {
    const attachment = watcherOf(request, now);
    if (!attachment) return new Response(null, { status: 403 });
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

  /** Shows lines to those who still may see them. Whoever brings the lines does not wait for it. */
  show({ lines, left }: Shown, now: number): void {
    if ((lines.length === 0 && left === 0) || this.count(now) === 0) return;
    const message = messageOf({ lines, left }, now);
    this.#shown = this.#shown.then(async () => {
      for (const socket of await this.#watchers.permitted(this.#ctx.getWebSockets(), now)) sendTo(socket, message);
    });
    this.#ctx.waitUntil(this.#shown);
  }

  async heard(socket: WebSocket, message: string | ArrayBuffer, now: number): Promise<void> {
    await this.#watchers.heard(socket, message, now);
  }

  /** Closes who has been silent too long, and rings again for the next. */
  async closeSilent(now: number): Promise<void> {
    const rest: number[] = [];
    for (const socket of this.#ctx.getWebSockets()) {
      const endsAt = attachmentOf<Watcher>(socket).saidAt + SILENT_MS;
      if (endsAt <= now) closeSocket(socket, WATCH_CLOSED.silent, "nothing was said for 15 minutes");
      else rest.push(endsAt);
    }
    if (rest.length > 0) await this.#ctx.storage.setAlarm(Math.min(...rest));
  }

  #open(now: number): WebSocket[] {
    return listening(this.#ctx.getWebSockets(), now);
  }
}

function messageOf(shown: Shown, at: number): string {
  return JSON.stringify({ v: 1, at, ...shown } satisfies ArrivalsMessage);
}
