import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Edge, type EdgeOptions, startEdge } from "./edge.ts";

/** A port that nobody listens on: the console's origin has to be known before its edge starts. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** An edge whose own address is the console's, too, as on one machine. */
export async function startConsole({ vars, ...options }: EdgeOptions & { port: number }): Promise<Edge> {
  const own = { CONSOLE_ORIGIN: `http://localhost:${options.port}`, CONSOLE_SHARES_HOST: "true" };
  return startEdge({ ...options, vars: { ...own, ...vars } });
}

/** The text behind `#join=` of a new invitation to a site, as its owner makes one. */
export async function inviteTo(edge: Edge, site: string, role: string): Promise<string> {
  const { link } = (await (await edge.api("POST", `/api/sites/${site}/invitations`, { role })).json()) as {
    link: string;
  };
  return link.split("#join=")[1] as string;
}

/** What a browser does with cookies and redirects, so that a test sees every step between. */
export class CookieClient {
  readonly #jar = new Map<string, string>();

  cookie(name: string): string | undefined {
    return this.#jar.get(name);
  }

  set(name: string, value: string): void {
    this.#jar.set(name, value);
  }

  /** One request: a redirect is an answer. Hosts of this machine share cookies, as their ports do in a browser. */
  async send(url: string, init: RequestInit = {}): Promise<Response> {
    const cookies = [...this.#jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...(init.headers as object), ...(cookies ? { Cookie: cookies } : {}) };
    const response = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = "", rest = ""] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? [];
      if (/max-age=0|1970/i.test(rest)) this.#jar.delete(name);
      else this.#jar.set(name, value);
    }
    return response;
  }

  /** Follows redirects until one leads below `until`, and gives its address without asking it. */
  async follow(url: string, until: string): Promise<string> {
    let next = url;
    for (let steps = 0; steps < 10; steps++) {
      if (next.startsWith(until)) return next;
      const response = await this.send(next);
      const location = response.headers.get("Location");
      if (location === null) throw new Error(`${response.status} at ${next}: ${await response.text()}`);
      next = new URL(location, next).href;
    }
    throw new Error(`too many redirects, at last to ${next}`);
  }
}
