import type { Folded } from "../../models/journey.ts";
import { EMPTY_STATE, receive } from "../../models/journey-state.ts";
import type { Journey } from "../../models/site-config.ts";
import type { Touchpoint } from "../../models/touchpoint.ts";
import { type DemoSite, type Edge, randomKey } from "./edge.ts";
import { post } from "./page-client.ts";
import { SMALL_SITE } from "./small-site.ts";

const PATHS = ["/", "/cart", "/pay", "/", "/pay/card", "/elsewhere", "/thanks"];
/** The only one of the small site. */
export const journey = SMALL_SITE.journeys[0] as Journey;
/** What the edge takes from the headers of the harness's pages, and of the place that the local runtime names. */
const CONTEXT = "desktop/Chrome/Linux//US";

/** One visitor's page: what it sent, and what the edge said it has. */
export interface Writer {
  secret: string;
  stream: string;
  sent: Touchpoint[];
  acked: number;
}

/** Ten touchpoints a batch, a second apart, in the last two hours: none is clamped, none is too old. */
function nextBatch(writer: Writer, startAt: number): Touchpoint[] {
  return Array.from({ length: 10 }, (_, i) => {
    const seq = writer.sent.length + i;
    const url = `https://shop.example${PATHS[(seq * 7 + writer.secret.charCodeAt(0)) % PATHS.length]}`;
    return { seq, type: "page", name: `n${seq}`, at: startAt + seq * 1000, url, props: {} };
  });
}

/** A batch of the page's. */
export function bodyOf(site: DemoSite, writer: Writer, touchpoints: Touchpoint[]) {
  return {
    v: 1,
    site: site.publicKey,
    secret: writer.secret,
    sentAt: Date.now(),
    consent: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
    streams: [{ stream: writer.stream, touchpoints }],
    asks: [],
  };
}

/** The folded state of some touchpoints by models/ alone: nothing of the edge has a hand in it. */
export function pureFold(writer: Writer, touchpoints: Touchpoint[]): Folded {
  const now = Date.now();
  const streams = [{ stream: writer.stream, touchpoints }];
  const stamp = { rev: 1, purposes: ["analytics" as const] };
  return receive(EMPTY_STATE, { streams, stamp, sentAt: now, receivedAt: now, context: CONTEXT }, journey).state.folded;
}

export interface Run {
  /** Batches that were acknowledged, and that are on their way. */
  acked: number;
  inFlight: number;
  /** ms since 1970. */
  startAt: number;
}

export function newWriter(): Writer {
  return { secret: randomKey(16), stream: randomKey(8), sent: [], acked: 0 };
}

/** Sends batches until the edge is gone; every acknowledged one is noted. */
export async function write(edge: Edge, site: DemoSite, writer: Writer, run: Run): Promise<void> {
  for (;;) {
    const batch = nextBatch(writer, run.startAt);
    writer.sent.push(...batch);
    run.inFlight++;
    try {
      const { status, reply } = await post(edge, bodyOf(site, writer, batch));
      if (status !== 200) return;
      if (reply.refused.length > 0) throw new Error(`refused: ${reply.refused[0]?.reason}`);
      writer.acked = writer.sent.length;
      run.acked++;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("refused")) throw error;
      return; // the edge was killed while this batch was in flight
    } finally {
      run.inFlight--;
    }
  }
}
