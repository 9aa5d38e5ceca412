import { permits } from "../../models/consent.ts";
import type { Entry } from "../../models/entry.ts";
import { shifted } from "../../models/features.ts";
import { progressOf } from "../../models/journey.ts";
import type { JourneyState } from "../../models/journey-state.ts";
import { pageNews } from "../../models/live.ts";
import type { Journey, SiteConfig } from "../../models/site-config.ts";
import { LIVE_CLOSED, type LiveMessage, WIRE_VERSION } from "../../models/wire.ts";
import { type Attachment, acceptSocket, attachmentOf, closeSocket, sendTo } from "../sockets.ts";

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
}

/** The open pages of a journey. They are told that there is something new, and ask through collect: one way in. */
export class LivePages {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** Accepts a page, and tells it what came since it was last connected. 403 where `analytics` is not permitted. */
  connect(request: Request, { stream, after }: Connecting, { state, config }: Journeying): Response {
    if (!permits(state.consent, "analytics")) return new Response(null, { status: 403 });
    const at = Date.now();
    const attachment: LivePage = { since: at, stream };
    const { socket, response } = acceptSocket(this.#ctx, request, { attachment, max: PAGES_MAX });
    const missed = after > 0 ? state.folded.ring.filter((entry) => entry.at > after) : [];
    const news = newsOf(stream, missed, { state, config });
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
      const news = newsOf(attachmentOf<LivePage>(socket).stream, entries, journey);
      if (news) sendTo(socket, JSON.stringify({ v: WIRE_VERSION, at, ...news } satisfies LiveMessage));
    }
  }

  /** Closes every page's socket: the visitor has withdrawn, or is no more. */
  end(): void {
    for (const socket of this.#ctx.getWebSockets()) closeSocket(socket, LIVE_CLOSED.withdrawn, "withdrawn");
  }
}

function newsOf(stream: string, entries: readonly Entry[], { state, config }: Journeying) {
  const { journeys, campaigns } = config;
  const { features } = progressOf(state.folded, journeys[0] as Journey);
  const skewMs = state.streams[stream]?.skewMs ?? 0;
  return pageNews(stream, entries, { features: shifted(features, -skewMs), campaigns });
}
