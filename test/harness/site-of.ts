import { env } from "cloudflare:workers";
import type { SiteConfig } from "../../models/site-config.ts";
import app from "../../worker/index.ts";
import { SMALL_SITE } from "./small-site.ts";

/** A site of a test in workerd, and what can be asked of the Worker in it, without a server in between. */
export interface SiteOf {
  id: string;
  publicKey: string;
  writeKey: string;
}

export const ORIGIN = "https://shop.example";

/** 8, 16 or more random bytes in base64url. */
export function randomKey(bytes: number): string {
  const text = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes)));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Asks the Worker; `bindings` stand in for those of the runtime. */
export async function ask(path: string, init: RequestInit, bindings: Partial<typeof env> = {}): Promise<Response> {
  return app.fetch(new Request(`https://edge.example${path}`, init), { ...env, ...bindings });
}

/** Creates a site with keys of its own, and gives it a configuration. */
export async function createSite(id: string, change: Partial<SiteConfig> = {}): Promise<SiteOf> {
  const site = { id, publicKey: randomKey(16), writeKey: randomKey(16) };
  const headers = { Authorization: `Bearer ${env.ADMIN_TOKEN}` };
  const bodies = { "": site, "/config": { ...SMALL_SITE, origins: [ORIGIN], ...change } };
  for (const [path, body] of Object.entries(bodies)) {
    const put = await ask(`/api/sites/${id}${path}`, { method: "PUT", headers, body: JSON.stringify(body) });
    if (!put.ok) throw new Error(await put.text());
  }
  return site;
}

/** A batch of page views of one visitor. */
export function batchOf({ publicKey }: SiteOf, count: number, change: object = {}): object {
  const now = Date.now();
  const touchpoints = Array.from({ length: count }, (_, seq) => ({
    seq,
    type: "page",
    name: "",
    at: now,
    url: `${ORIGIN}/cart`,
    props: {},
  }));
  return {
    v: 1,
    site: publicKey,
    secret: randomKey(16),
    sentAt: now,
    consent: { rev: 1, purposes: ["analytics"] },
    streams: [{ stream: randomKey(8), touchpoints }],
    asks: [],
    ...change,
  };
}

/** Posts as a page of the site's origin would; what is no text is sent as JSON. */
export function post(
  path: string,
  body: unknown,
  { bindings, ...headers }: { bindings?: Partial<typeof env>; [header: string]: unknown } = {},
): Promise<Response> {
  const told = { Origin: ORIGIN, ...headers } as Record<string, string>;
  return ask(path, { method: "POST", headers: told, body: bodyOf(body) }, bindings);
}

function bodyOf(body: unknown): BodyInit {
  return typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body);
}
