import type { Ask, CollectReply, CollectRequest } from "../../models/wire.ts";
import { USER_AGENT } from "../chromium.ts";
import type { DemoSite, Edge } from "./edge.ts";
import { randomKey } from "./edge.ts";

/** What a page says on the wire, without a page: for tests of the edge. One visitor, one stream. */
export interface PageClient {
  secret: string;
  stream: string;
  send: (paths: string[], more?: Partial<CollectRequest>) => Promise<{ status: number; reply: CollectReply }>;
}

/** An ask of now. */
export function anAsk(change: Partial<Ask> = {}): Ask {
  return { ask: randomKey(16), at: Date.now(), on: "stall.high", score: 0.9, model: "page", ...change };
}

export function pageClient(edge: Edge, site: DemoSite, secret = randomKey(16)): PageClient {
  const stream = randomKey(8);
  let seq = 0;
  return {
    secret,
    stream,
    send: async (paths, more = {}) => {
      const now = Date.now();
      const touchpoints = paths.map((path) => ({
        seq: seq++,
        type: "page" as const,
        name: path,
        at: now,
        url: edge.url + path,
        props: {},
      }));
      return post(edge, {
        v: 1,
        site: site.publicKey,
        secret,
        sentAt: now,
        consent: { rev: 1, purposes: ["analytics", "scoring", "personalization"] },
        streams: [{ stream, touchpoints }],
        asks: [],
        ...more,
      });
    },
  };
}

/** Posts any body to `/v1/collect` as a page of the edge's own origin would. */
export async function post(
  edge: Edge,
  body: unknown,
  origin = edge.url,
): Promise<{ status: number; reply: CollectReply }> {
  const response = await fetch(`${edge.url}/v1/collect`, {
    method: "POST",
    headers: { Origin: origin, "Content-Type": "text/plain", "User-Agent": USER_AGENT },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, reply: (await response.json()) as CollectReply };
}
