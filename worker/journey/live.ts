import { permits } from "../../models/consent.ts";
import type { Entry } from "../../models/entry.ts";
import { shifted } from "../../models/features.ts";
import { progressOf } from "../../models/journey.ts";
import type { JourneyState } from "../../models/journey-state.ts";
import { missedNews, pageNews } from "../../models/live.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import { LIVE_CLOSED, type LiveMessage, WIRE_VERSION } from "../../models/wire.ts";
import { type Attachment, acceptSocket, attachmentOf, closeSocket, SERVICE_RESTART, sendTo } from "../sockets.ts";
import { waitsOf } from "./turn.ts";

/** Open pages of one person that are heard of; beyond, the oldest is closed. */
const PAGES_MAX = 8;

/** A page as its socket remembers it: what it sends itself, under this stream, it is not told. */
interface LivePage extends Attachment {
  stream: string;
}

/** A page that connects: `after` is the last `at` that it has heard, 0 where it has heard none. */
export interface Connecting {
  stream: string;
  after: number;
}

/** What a page's news are made of. */
interface Journeying {
  state: JourneyState;
  config: SiteConfig;
  visitor: string;
}

/** The open pages of a journey. They are told that there is something new, and ask through collect: one way in. */
export class LivePages {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** Accepts a page, and tells it what came since it was last connected. 403 where `analytics` is not permitted. */
  connect(request: Request, { stream, after }: Connecting, { state, config, visitor }: Journeying): Response {
    if (!permits(state.consent, "analytics")) return new Response(null, { status: 403 });
    const at = Date.now();
    const attachment: LivePage = { since: at, stream };
    const { socket, response } = acceptSocket(this.#ctx, request, { attachment, max: PAGES_MAX });
    const missed = { lately: state.lately ?? {}, after };
    const told = toldTo(stream, { state, config, visitor });
    const first = told.waits === null ? null : { on: told.waits };
    const news = (after > 0 ? missedNews(stream, missed, told) : null) ?? first;
    sendTo(socket, JSON.stringify({ v: WIRE_VERSION, at, ...news } satisfies LiveMessage));
    return response;
  }

  /** After a turn was written: tells each page what it has not seen of it; a withdrawal ends them all. */
  afterTurn(entries: readonly Entry[], journey: Journeying): void {
    const { consent, receivedAt } = journey.state;
    if (!permits(consent, "analytics")) this.end();
    else if (entries.length > 0) this.#tell(entries, journey, receivedAt);
  }

  #tell(entries: readonly Entry[], journey: Journeying, at: number): void {
    for (const socket of this.#ctx.getWebSockets()) {
      const { stream } = attachmentOf<LivePage>(socket);
      const news = pageNews(stream, entries, toldTo(stream, journey));
      if (news) sendTo(socket, JSON.stringify({ v: WIRE_VERSION, at, ...news } satisfies LiveMessage));
    }
  }

  /** Closes every page's socket so that it connects again: the journey that it was connected to may be another's by now. */
  restart(): void {
    for (const socket of this.#ctx.getWebSockets()) closeSocket(socket, SERVICE_RESTART, "connect again");
  }

  /** Closes every page's socket: the visitor has withdrawn, or is no more. */
  end(): void {
    for (const socket of this.#ctx.getWebSockets()) closeSocket(socket, LIVE_CLOSED.withdrawn, "withdrawn");
  }
}

/** What a page is told, by its own clock. */
function toldTo(stream: string, { state, config, visitor }: Journeying) {
  const { journeys, campaigns } = config;
  const journey = journeys[0] as Journey;
  const { features } = progressOf(state.folded, journey);
  const skewMs = state.streams[stream]?.skewMs ?? 0;
  const { on, onInMs } = waitsOf(state, { config, visitor, now: Date.now() });
  // A page with a line is told when it is due only by its next reply.
  const waits = on !== undefined && onInMs === undefined ? on : null;
  return { features: shifted(features, -skewMs), campaigns, waits };
}
