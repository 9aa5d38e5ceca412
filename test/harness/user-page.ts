import { env } from "cloudflare:workers";
import type { CollectReply, CollectRequest } from "../../models/wire.ts";
import { ORIGIN, post, randomKey, type SiteOf } from "./site-of.ts";

/** One browser's page at the edge's border: what it sends, and the token that it goes on with. */
export class UserPage {
  readonly site: SiteOf;
  readonly secret = randomKey(16);
  readonly stream = randomKey(8);
  person: string | undefined;
  consent: CollectRequest["consent"] = { rev: 1, purposes: ["analytics", "scoring", "personalization"] };
  #seq = 0;

  constructor(site: SiteOf) {
    this.site = site;
  }

  /** Sends page views of these paths, after what else is told; `more` goes into the body. */
  async sends(paths: readonly string[], more: object = {}): Promise<CollectReply> {
    const now = Date.now();
    const touchpoints = paths.map((path) => this.#touchpoint("page", "", path, now));
    return this.posts({ streams: [{ stream: this.stream, touchpoints }], ...more });
  }

  /** Says who its visitor is, with a proof or without, between page views. */
  async identifies(
    user: string,
    token: string | null,
    { before = [], after = [] }: { before?: string[]; after?: string[] } = {},
  ): Promise<CollectReply> {
    const now = Date.now();
    const touchpoints = [
      ...before.map((path) => this.#touchpoint("page", "", path, now - 2)),
      this.#touchpoint("identify", user, "/account", now - 1),
      ...after.map((path) => this.#touchpoint("page", "", path, now)),
    ];
    const identity = token === null ? {} : { identity: { user, token } };
    return this.posts({ streams: [{ stream: this.stream, touchpoints }], ...identity });
  }

  async posts(more: object): Promise<CollectReply> {
    const who = this.person ? { person: this.person } : { secret: this.secret };
    const body = {
      v: 1,
      site: this.site.publicKey,
      ...who,
      sentAt: Date.now(),
      consent: this.consent,
      asks: [],
      ...more,
    };
    const response = await post("/v1/collect", body);
    if (!response.ok) throw new Error(await response.text());
    const reply = (await response.json()) as CollectReply;
    this.person = reply.person;
    return reply;
  }

  /** One touchpoint of any kind, as a stream of a batch. */
  told(type: string, name: string, path: string, props: object): object {
    return { stream: this.stream, touchpoints: [{ ...this.#touchpoint(type, name, path, Date.now()), props }] };
  }

  #touchpoint(type: string, name: string, path: string, at: number) {
    return { seq: this.#seq++, type, name, at, url: ORIGIN + path, props: {} };
  }
}

/** How many touchpoints the journey of a visitor has. */
export async function touchpointsOf(site: SiteOf, visitor: string): Promise<number> {
  const { runInDurableObject } = await import("cloudflare:test");
  return runInDurableObject(env.JOURNEY.getByName(`${site.id}:${visitor}`), (object) => {
    const { store } = object as unknown as { store: { load: () => { state: { folded: { touchpoints: number } } } } };
    return store.load().state.folded.touchpoints;
  });
}
