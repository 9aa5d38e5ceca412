import { DurableObject } from "cloudflare:workers";
import type { Observed } from "../../models/analysis/event-list.ts";
import type { Sums } from "../../models/analysis/sums.ts";
import type { Env } from "../env.ts";
import { closeSocket, NORMAL_CLOSURE } from "../sockets.ts";
import { EventStore } from "./store.ts";
import type { Flush, Heard, Shown } from "./tally.ts";
import { Watching } from "./watching.ts";

/** One a site: what arrives there, by name, and those who watch it arrive. What is shown to them is kept nowhere. */
export class EventsObject extends DurableObject<Env> {
  readonly #store = new EventStore(this.ctx.storage);
  readonly #watching = new Watching(this.ctx, this.env);

  /** Takes what an isolate has counted, and lines for those who watch; says until when to send such lines. */
  arrived(flush: Flush | null, shown: Shown): Heard {
    if (flush) this.#store.take(flush);
    this.#watching.show(shown, Date.now());
    return { watchedUntil: this.#watching.until(Date.now()) };
  }

  /** What is known of the site's events. */
  observed(): Observed {
    return { days: this.#store.days(), events: this.#store.events() };
  }

  /** Counts by day, and how many watch right now. */
  counted(): { days: { day: number; sums: Sums }[]; watchers: number } {
    return { days: this.#store.days(), watchers: this.#watching.count(Date.now()) };
  }

  /** A team's WebSocket, from `GET /api/sites/:site/events/live`: who it is stands in the query. */
  override async fetch(request: Request): Promise<Response> {
    return this.#watching.connect(request, Date.now());
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    await this.#watching.heard(socket, message, Date.now());
  }

  override webSocketClose(socket: WebSocket): void {
    closeSocket(socket, NORMAL_CLOSURE, "");
  }

  /** Closes the lines of those who say nothing any more. */
  override async alarm(): Promise<void> {
    await this.#watching.closeSilent(Date.now());
  }
}
