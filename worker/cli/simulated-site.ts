import { setTimeout as wait } from "node:timers/promises";
import type { ItemResult } from "../../models/server-item.ts";
import type { PublishedConfig } from "../../models/site-config.ts";
import { stageOf, triggerKey } from "../../models/stage.ts";
import type { CollectReply, CollectRequest, ConsentRequest, Problem } from "../../models/wire.ts";
import type { Answer, Browser, Message } from "../../test/world/messages.ts";
import type { World } from "../../test/world/world.ts";
import { CommandError } from "./command-error.ts";

/** Further tries of a call that no answer came to, or a fault, and the longest wait before the n-th: base · 2^(n-1). */
const RETRIES = 8;
const BASE_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
/** Who is told to wait does so, but not for ever. */
const PATIENCE_MS = 15 * 60_000;
const TIMEOUT_MS = 60_000;
const LANGUAGE = "en";

/** A site as its pages and servers know it. */
export interface SiteTarget {
  /** Where the edge is, as http://localhost:8787, without a slash at the end. */
  edge: string;
  /** One of the site's origins: where its pages are. */
  origin: string;
  publicKey: string;
  writeKey: string;
}

/** What was sent, and what became of it. */
export interface Sent {
  calls: number;
  touchpoints: number;
  asks: number;
  /** Told by servers. */
  items: number;
  /** Touchpoints and items that the edge refused, and the first reason. */
  refused: number;
  firstRefusal: string | null;
  /** Times that a call had to wait because it was told to. */
  waits: number;
}

/**
 * The public API of a running edge, for the messages of simulated visitors: what pages send to `/v1/consent` and
 * `/v1/collect`, and servers to `/v1/batch`.
 */
export class SimulatedSite {
  readonly sent: Sent = { calls: 0, touchpoints: 0, asks: 0, items: 0, refused: 0, firstRefusal: null, waits: 0 };
  readonly config: PublishedConfig;
  readonly #target: SiteTarget;
  /** Names what servers tell: an item is known again by it and its place. */
  readonly #stream: string;
  readonly #signal: AbortSignal | undefined;
  /** The token that the edge has given each browser, to send in place of its secret. */
  readonly #tokens = new WeakMap<Browser, string>();

  private constructor(target: SiteTarget, config: PublishedConfig, stream: string, signal?: AbortSignal) {
    this.#target = target;
    this.config = config;
    this.#stream = stream;
    this.#signal = signal;
  }

  /** Reads what the site publishes. Throws `CommandError` where there is no such site, or it has not the world's stages. */
  static async open(
    target: SiteTarget,
    { world, stream, signal }: { world: World; stream: string; signal?: AbortSignal },
  ): Promise<SimulatedSite> {
    const { edge, publicKey, origin } = target;
    const url = `${edge}/v1/config/${publicKey}`;
    const response = await fetch(url, { headers: { Origin: origin, "Accept-Language": LANGUAGE } }).catch(() => null);
    if (!response) {
      throw new CommandError(`Nothing answers at ${edge}. Is it running? (npm start, or --edge URL for another.)`);
    }
    if (!response.ok) throw await refusal(response, url);
    const config = (await response.json()) as PublishedConfig;
    for (const { id, path } of world.stages) {
      const found = stageOf(config.journey, { type: "page", name: "", url: origin + path });
      if (found === id) continue;
      const is = found === "" ? "in no stage" : `in its stage “${found}”`;
      throw new CommandError(
        `The world's stage “${id}” is at ${path}, which is ${is} of the site's journey. Take the demo, or give the site's own world: --world FILE.`,
      );
    }
    return new SimulatedSite(target, config, stream, signal);
  }

  /** The triggers that the site's pages ask for, as an ask names them. */
  get triggers(): string[] {
    return this.config.triggers.map(triggerKey);
  }

  /** Sends a message, and again as long as that can help; gives what the edge says to it. */
  async send(message: Message): Promise<Answer> {
    switch (message.to) {
      case "consent":
        return this.#choose(message);
      case "collect":
        return this.#collect(message);
      case "batch":
        return this.#tell(message);
    }
  }

  async #choose({ browser, isGranted }: Extract<Message, { to: "consent" }>): Promise<Answer> {
    const { policy, mode, notice, language, purposes } = this.config.consent;
    const choice: Omit<ConsentRequest, "secret"> = {
      v: 1,
      site: this.#target.publicKey,
      consent: { rev: 1, purposes: isGranted ? purposes : [] },
      policy,
      mode,
      notice,
      language,
      surface: "banner",
      control: isGranted ? "accept" : "reject",
    };
    const body = JSON.stringify({ ...choice, ...(isGranted ? { secret: browser.secret } : {}) });
    await this.#call("/v1/consent", () => ({ headers: this.#pageHeaders(browser), body }));
    return { visitor: "", decision: null };
  }

  async #collect({ browser, streams, ask }: Extract<Message, { to: "collect" }>): Promise<Answer> {
    const bodyOf = (): CollectRequest => {
      const now = Date.now();
      const person = this.#tokens.get(browser);
      return {
        v: 1,
        site: this.#target.publicKey,
        ...(person === undefined ? { secret: browser.secret } : { person }),
        sentAt: now,
        consent: { rev: 1, purposes: this.config.consent.purposes },
        streams,
        // Asked now, however often it had to be said: the same ask has the same answer.
        asks: ask ? [{ ...ask, at: now, score: null, model: null }] : [],
      };
    };
    const response = await this.#call("/v1/collect", () => ({
      headers: this.#pageHeaders(browser),
      body: JSON.stringify(bodyOf()),
    }));
    const { person, visitor = "", refused, decisions } = (await response.json()) as CollectReply;
    this.#tokens.set(browser, person);
    this.sent.touchpoints += streams.reduce((sum, { touchpoints }) => sum + touchpoints.length, 0);
    if (ask) this.sent.asks++;
    for (const { reason, field, bound } of refused) this.#note(`${reason}: ${field} must be ${bound}`);
    const [decision] = decisions;
    return { visitor, decision: decision ? decisionOf(decision) : null };
  }

  async #tell({ items }: Extract<Message, { to: "batch" }>): Promise<Answer> {
    const headers = { Authorization: `Basic ${btoa(`${this.#target.writeKey}:`)}`, "Content-Type": "application/json" };
    for (let left = items, tries = 0; left.length > 0; tries++) {
      const body = JSON.stringify({ historical: false, stream: this.#stream, batch: left });
      const response = await this.#call("/v1/batch", () => ({ headers, body }));
      const { results } = (await response.json()) as { results: ItemResult[] };
      for (const one of results) {
        if (one.result === "refused") this.#note(`${one.reason}: ${one.field} must be ${one.bound}`);
      }
      left = left.filter((_, index) => results.some((one) => one.index === index && one.result === "unavailable"));
      if (left.length > 0 && tries >= RETRIES)
        throw new CommandError(`${this.#target.edge} does not take what servers tell.`);
      if (left.length > 0) await this.#wait(delayMs(tries + 1));
    }
    this.sent.items += items.length;
    return { visitor: "", decision: null };
  }

  #note(reason: string): void {
    this.sent.refused++;
    this.sent.firstRefusal ??= reason;
  }

  #pageHeaders({ userAgent }: Browser): Record<string, string> {
    const { origin } = this.#target;
    return { Origin: origin, "Content-Type": "text/plain", "User-Agent": userAgent, "Accept-Language": LANGUAGE };
  }

  /** One call, made anew for each try: it says when it was sent. Throws `CommandError` where no try can help. */
  async #call(path: string, make: () => { headers: Record<string, string>; body: string }): Promise<Response> {
    const url = this.#target.edge + path;
    const until = performance.now() + PATIENCE_MS;
    for (let failures = 0; ; ) {
      this.sent.calls++;
      const response = await this.#try(url, make());
      if (response?.ok) return response;
      if (response && response.status < 500 && response.status !== 429) throw await refusal(response, url);
      const told = Number(response?.headers.get("Retry-After") ?? 0) * 1000;
      await response?.body?.cancel();
      if (response?.status === 429) this.sent.waits++;
      else failures++;
      if (failures > RETRIES || performance.now() > until) {
        throw new CommandError(`${url} does not answer any more. Run the same command with the same --seed again.`);
      }
      await this.#wait((told > 0 ? told : 0) + delayMs(Math.max(1, failures)));
    }
  }

  async #try(
    url: string,
    { headers, body }: { headers: Record<string, string>; body: string },
  ): Promise<Response | null> {
    const signals = [AbortSignal.timeout(TIMEOUT_MS), ...(this.#signal ? [this.#signal] : [])];
    try {
      return await fetch(url, { method: "POST", headers, body, signal: AbortSignal.any(signals) });
    } catch (error) {
      this.#signal?.throwIfAborted();
      // Cut, refused or silent: whether the edge has taken it is not known, so it goes again.
      if (error instanceof Error) return null;
      throw error;
    }
  }

  #wait(ms: number): Promise<unknown> {
    return wait(ms, null, this.#signal ? { signal: this.#signal } : {});
  }
}

/** Full jitter below a bound that doubles. */
function delayMs(failures: number): number {
  return Math.random() * Math.min(LONGEST_DELAY_MS, BASE_DELAY_MS * 2 ** (failures - 1));
}

function decisionOf({ verdict, reason, campaign = "", reservation = "" }: CollectReply["decisions"][number]) {
  return { isShown: verdict === "show", isHeldOut: reason === "holdout", campaign, reservation };
}

async function refusal(response: Response, url: string): Promise<CommandError> {
  const { title = "", detail = "no further word" } = (await response.json().catch(() => ({}))) as Partial<Problem>;
  return new CommandError(`${url} answered ${response.status} ${title}: ${detail}`);
}
