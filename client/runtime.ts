import type { Call } from "./context.ts";
import { fetchConfig } from "./fetch-config.ts";
import { Gate, type GateParts, HELD_CALLS_MAX } from "./gate.ts";
import { createLoadChunk } from "./load-chunk.ts";

type Parts = Pick<GateParts, "setting" | "events" | "log">;

/** From the tag's first task to an open gate: what was asked of us meanwhile waits here. */
export class Runtime {
  readonly #parts: Parts;
  /** Null once the gate is open, or never will be. */
  #held: Call[] | null = [];
  #waiting: ((gate: Gate) => unknown)[] = [];
  gate: Gate | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    addEventListener("click", (event) => this.#onClick(event));
    this.#load().catch((error) => {
      // Without a configuration nothing may be asked, so nothing is granted: until the next page (B6).
      this.#held = null;
      this.#waiting = [];
      parts.log(error);
    });
  }

  /** Runs when the gate is open; never, where there is no configuration. */
  whenOpen(task: (gate: Gate) => unknown): void {
    if (this.gate) this.#run(task, this.gate);
    else if (this.#held) this.#waiting.push(task);
  }

  /** Kept only if `analytics` was granted on an earlier page: the gate drops what was held otherwise (B3). */
  record(call: Call): void {
    if (this.gate) this.gate.call(call);
    else if (this.#held && this.#held.length < HELD_CALLS_MAX) this.#held.push(call);
  }

  async #load(): Promise<void> {
    const { setting } = this.#parts;
    await activated();
    const startedMs = performance.now();
    const config = await fetchConfig(setting, "default");
    const gate = new Gate({ ...this.#parts, config, ...createLoadChunk(setting) }, this.#held ?? [], startedMs);
    this.#held = null;
    this.gate = gate;
    for (const task of this.#waiting.splice(0)) this.#run(task, gate);
    const { tools, asksElsewhere } = config.consent;
    for (const tool of tools ?? []) void gate.show(tool);
    // Where the browser's signal leaves something running, that is told.
    if (gate.decided || asksElsewhere || (gate.signal && !gate.stamp.purposes[0])) gate.rest();
    else await gate.open(false);
  }

  /**
   * "Privacy choices" links of the site: `<a href="/privacy" data-waypost-consent>`, and `data-waypost-consent="withdraw"`
   * takes all back at once (B14).
   */
  #onClick(event: Event): void {
    // A form can have a control named "matches" (S7).
    const { matches } = Element.prototype;
    const path = event.composedPath();
    this.record({ name: "click", args: path, perfMs: performance.now() });
    const opener = path.find((node) => node instanceof Element && matches.call(node, OPENER));
    if (!opener || !(this.gate || this.#held)) return;
    event.preventDefault();
    const withdraws = matches.call(opener, WITHDRAWER);
    this.whenOpen((gate) => (withdraws ? gate.choose([], "withdraw") : gate.open(true)));
  }

  #run(task: (gate: Gate) => unknown, gate: Gate): void {
    // Up to its first await a task runs now: a withdrawal holds for the page's very next call.
    (async () => task(gate))().catch(this.#parts.log);
  }
}

const OPENER = "[data-waypost-consent]";
const WITHDRAWER = "[data-waypost-consent=withdraw]";
/** A page that is being prerendered has no visitor yet. */
async function activated(): Promise<void> {
  if (!(document as { prerendering?: boolean }).prerendering) return;
  await new Promise((resolve) => document.addEventListener("prerenderingchange", resolve, { once: true }));
}
