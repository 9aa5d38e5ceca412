import { type Action, type Actor, may } from "../../models/access.ts";
import { LIVE_CLOSED } from "../../models/wire.ts";
import type { Env } from "../env.ts";
import { accountsObject, siteObject } from "../objects.ts";
import { callObject } from "../platform-errors.ts";
import { type Attachment, attachmentOf, closeSocket, SERVICE_RESTART } from "../sockets.ts";

/** What a watcher says to go on … */
const WATCH = "watch";
/** … and for how long that holds. */
export const WATCHED_MS = 60_000;
/** A line lasts so long: then its watcher connects again, and shows anew who they are. */
const LIFE_MS = 5 * 60_000;
/** Before something is shown, and with a watcher's word, what they may is asked anew, but no more often than this. */
const ASKED_EVERY_MS = 3_000;
/** Closed with, beside `LIVE_CLOSED`: the watcher may not watch any more, or has said nothing for too long. */
export const WATCH_CLOSED = { forbidden: 4004, silent: 4005 } as const;

/** Whose a team's socket is. `session`: of a person the digest of the session that they have asked with. */
export interface Asker {
  actor: Actor;
  session: string | null;
}

/** A watcher as their socket remembers them. Times in ms since 1970. */
export interface Watcher extends Attachment {
  asker: Asker;
  /** When they last said that they watch. */
  saidAt: number;
  /** When they were last found to be allowed to. */
  askedAt: number;
}

/** What an object's `fetch` is asked with, for `watcherOf`: the request of a team's socket, and whose it is. */
export function watcherRequest(asker: Asker, request: Request): Request {
  return new Request(`https://watch/?${new URLSearchParams({ asker: JSON.stringify(asker) })}`, request);
}

/** Who a request is of that `watcherRequest` has made; null where it is none. */
export function watcherOf({ url }: Request, now: number): Watcher | null {
  const asker = JSON.parse(new URL(url).searchParams.get("asker") ?? "null") as Asker | null;
  return asker && { since: now, asker, saidAt: now, askedAt: 0 };
}

/** Sockets whose watchers have said lately that they are there. */
export function listening(sockets: WebSocket[], now: number): WebSocket[] {
  return sockets.filter(
    (socket) => now < attachmentOf<Watcher>(socket).saidAt + WATCHED_MS && socket.readyState === WebSocket.OPEN,
  );
}

/** The watchers of one object's sockets, and whether they still may (S18). */
export class Watchers {
  readonly #env: Env;
  readonly #site: string;
  readonly #needed: Action;

  constructor(env: Env, { site, needed }: { site: string; needed: Action }) {
    this.#env = env;
    this.#site = site;
    this.#needed = needed;
  }

  /** Those who may be shown something now: who is silent is left out, and who may not any more is closed. */
  async permitted(sockets: WebSocket[], now: number): Promise<WebSocket[]> {
    const stay = await Promise.all(listening(sockets, now).map((socket) => this.#stays(socket, now)));
    return listening(sockets, now).filter((socket) => stay.includes(socket));
  }

  /** A watcher's word. False where it was their last. */
  async heard(socket: WebSocket, message: string | ArrayBuffer, now: number): Promise<boolean> {
    if (message !== WATCH) {
      closeSocket(socket, LIVE_CLOSED.spoken, `only “${WATCH}” is heard`);
      return false;
    }
    if (!(await this.#stays(socket, now))) return false;
    socket.serializeAttachment({ ...attachmentOf<Watcher>(socket), saidAt: now });
    return true;
  }

  /** The socket, or null where its time is over, or its watcher's access was taken away: then it is closed. */
  async #stays(socket: WebSocket, now: number): Promise<WebSocket | null> {
    const { since, asker, askedAt } = attachmentOf<Watcher>(socket);
    if (now - since >= LIFE_MS) {
      closeSocket(socket, SERVICE_RESTART, "connect again");
      return null;
    }
    if (now - askedAt < ASKED_EVERY_MS) return socket;
    try {
      if (!(await this.#may(asker))) {
        closeSocket(socket, WATCH_CLOSED.forbidden, "no longer permitted");
        return null;
      }
    } catch {
      // Where nobody can say it, nothing is shown.
      closeSocket(socket, SERVICE_RESTART, "connect again");
      return null;
    }
    socket.serializeAttachment({ ...attachmentOf<Watcher>(socket), askedAt: now });
    return socket;
  }

  async #may({ actor, session }: Asker): Promise<boolean> {
    if (actor.kind === "installation") return true;
    const [access, isIn] = await Promise.all([
      callObject(async () => siteObject(this.#env, this.#site).access(actor)),
      session === null || callObject(async () => accountsObject(this.#env).isSignedIn(session, actor.account)),
    ]);
    if (!access || !isIn) return false;
    return may(access.role, this.#needed) && (access.scopes?.includes(this.#needed) ?? true);
  }
}
