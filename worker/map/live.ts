import { DurableObject } from "cloudflare:workers";
import { mapView } from "../../models/analysis/graph.ts";
import { listening, WATCHED_MS, type Watcher, Watchers, watcherOf } from "../access/watcher.ts";
import type { Env } from "../env.ts";
import { base64url, sha256 } from "../keys.ts";
import { mapObject, siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { newestConfig } from "../sites.ts";
import { acceptSocket, attachmentOf, closeSocket, NORMAL_CLOSURE, sendTo } from "../sockets.ts";
import { readMap, shardNames } from "./shards.ts";

/** Who watches one map at once; beyond, the oldest is closed. */
const WATCHING_MAX = 64;
/** Shards are not asked again before this much of it is left, however many subscribers there are. */
const WATCHED_LEFT_MS = 40_000;
/** The map is sent at most this often. */
const SEND_EVERY_MS = 1_000;
/** A subscriber as its socket remembers it: digest of the map that it was sent last. */
interface Watching extends Watcher {
  told: string;
}

/**
 * One a site and journey: reads the map when a shard has told of a change, and sends it to everybody who watches. It keeps
 * nothing but sockets, and sleeps while nothing changes.
 */
export class LiveMapObject extends DurableObject<Env> {
  /** How often the map was read. */
  reads = 0;
  #watchedUntil = 0;
  #sentAt = 0;
  #isDue = false;
  readonly #watchers = new Watchers(this.env, { site: this.#named().site, needed: "map.read" });

  /** A team's WebSocket. The first message is the map as it is. */
  override async fetch(request: Request): Promise<Response> {
    const watcher = watcherOf(request, Date.now());
    if (!watcher) return new Response(null, { status: 403 });
    const attachment: Watching = { ...watcher, told: "" };
    const { response } = acceptSocket(this.ctx, request, { attachment, max: WATCHING_MAX });
    this.ctx.waitUntil(this.#watch());
    return response;
  }

  /** A shard's: something has changed, or may have. Answers at once; the map follows. */
  changed(): void {
    this.ctx.waitUntil(this.#send());
  }

  /** How many watch right now. */
  watchers(): number {
    return listening(this.ctx.getWebSockets(), Date.now()).length;
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (await this.#watchers.heard(socket, message, Date.now())) this.ctx.waitUntil(this.#watch());
  }

  override webSocketClose(socket: WebSocket): void {
    closeSocket(socket, NORMAL_CLOSURE, "");
  }

  #named(): { site: string; journey: string } {
    const [site = "", journey = ""] = (this.ctx.id.name ?? "").split(":");
    return { site, journey };
  }

  /** Has every shard tell of changes, and sends what changed before. Never rejects. */
  async #watch(): Promise<void> {
    const now = Date.now();
    if (this.#watchedUntil - now < WATCHED_LEFT_MS) {
      this.#watchedUntil = now + WATCHED_MS;
      try {
        const { site, journey } = await this.#place();
        const until = this.#watchedUntil;
        await Promise.all(
          shardNames(site).map((name) => callObject(async () => mapObject(this.env, name).watch(journey, until))),
        );
      } catch {
        // Asked again with the next word of a subscriber.
        this.#watchedUntil = 0;
      }
    }
    await this.#send();
  }

  /** Sends the map to those who still may see it and whose last one was another, now or at the end of the second. Never rejects. */
  async #send(): Promise<void> {
    if (this.#isDue || this.watchers() === 0) return;
    this.#isDue = true;
    const inMs = this.#sentAt + SEND_EVERY_MS - Date.now();
    if (inMs > 0) await scheduler.wait(inMs);
    // What changes from here on may not be in what is read: it is due anew.
    this.#isDue = false;
    this.#sentAt = Date.now();
    try {
      const text = await this.#read();
      const told = base64url(await sha256(text));
      for (const socket of await this.#watchers.permitted(this.ctx.getWebSockets(), Date.now())) {
        const known = attachmentOf<Watching>(socket);
        if (known.told === told) continue;
        socket.serializeAttachment({ ...known, told });
        sendTo(socket, text);
      }
    } catch {
      // A shard that does not answer: the map follows with the next change, or the next word of a subscriber.
    }
  }

  async #read(): Promise<string> {
    this.reads++;
    const { site, journey } = await this.#place();
    const newest = await newestConfig(this.env, site.id);
    const declared = newest?.config.journeys.find(({ id }) => id === journey);
    if (!newest || !declared) throw new Error(`no journey ${journey}`);
    return JSON.stringify(mapView(await readMap(this.env, site, { journey }), declared, newest.config.segments));
  }

  async #place() {
    const { site: id, journey } = this.#named();
    const site = await callObject(async () => siteObject(this.env, id).site());
    if (!site) throw new Error(`no site ${id}`);
    return { site, journey };
  }
}
