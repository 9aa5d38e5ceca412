import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** One request that a page made, and what it was answered. */
export interface Exchange {
  method: string;
  /** Path and query. */
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
  status: number;
  reply: string;
  setCookie: string | null;
  /** `performance.now()` of the test when it came in. */
  cameMs: number;
}

interface Fault {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** "lose answer": the edge takes the request, and the page never hears of it. */
export type FaultFor = (request: {
  method: string;
  path: string;
  body: string;
}) => Fault | "hang up" | "lose answer" | null;

/**
 * The site's own host with a first-party install: its pages, and `/_w/*` handed on to the edge. Writes down every
 * request in the order in which it was answered, and can answer in the edge's place.
 */
export interface SiteHost {
  url: string;
  exchanges: Exchange[];
  /** Answers instead of the edge, for every request for which it returns something. */
  fault: FaultFor;
  /** The first exchange, past or to come, that fits. */
  seen: (fits: (exchange: Exchange) => boolean) => Promise<Exchange>;
  close: () => Promise<void>;
}

export async function startSiteHost(edgeUrl: string, pageFor: (path: string) => string): Promise<SiteHost> {
  const waiting = new Set<() => void>();
  const host: SiteHost = {
    url: "",
    exchanges: [],
    fault: () => null,
    seen: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          const found = host.exchanges.find(fits);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url: path = "/", headers } = request;
    const cameMs = performance.now();
    const body = await text(request);
    const fault = host.fault({ method, path, body });
    const exchange: Exchange = { method, path, headers, body, status: 0, reply: "", setCookie: null, cameMs };
    if (fault === "hang up") response.destroy();
    else if (fault === "lose answer") {
      exchange.status = (await fromEdge(method, path, headers, body)).status;
      response.destroy();
    } else if (fault) reply(exchange, response, { ...fault, bytes: Buffer.from(fault.body ?? "") });
    else if (path.startsWith("/_w/")) reply(exchange, response, await fromEdge(method, path, headers, body));
    else reply(exchange, response, { status: 200, headers: HTML, bytes: Buffer.from(pageFor(path)) });
    host.exchanges.push(exchange);
    for (const look of [...waiting]) look();
  }

  async function fromEdge(method: string, path: string, headers: IncomingMessage["headers"], body: string) {
    const told = [
      "origin",
      "cookie",
      "sec-fetch-site",
      "user-agent",
      "accept",
      "accept-language",
      "authorization",
    ].flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    });
    const answered = await fetch(edgeUrl + path, {
      method,
      headers: Object.fromEntries(told),
      ...(method === "GET" ? {} : { body }),
    });
    const kept = ["content-type", "cache-control", "retry-after", "set-cookie", "access-control-allow-origin"];
    const back = kept.flatMap((name) => (answered.headers.has(name) ? [[name, answered.headers.get(name) ?? ""]] : []));
    return {
      status: answered.status,
      headers: Object.fromEntries(back),
      bytes: Buffer.from(await answered.arrayBuffer()),
    };
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  host.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return host;
}

const HTML = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };

function reply(
  exchange: Exchange,
  response: ServerResponse,
  { status, headers, bytes }: { status: number; headers?: Record<string, string>; bytes: Buffer },
): void {
  exchange.status = status;
  exchange.reply = bytes.toString();
  exchange.setCookie = headers?.["set-cookie"] ?? null;
  response.writeHead(status, headers).end(bytes);
}
