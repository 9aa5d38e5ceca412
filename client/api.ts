import { NO_CONSENT } from "../models/consent.ts";
import { RECORDED_CALLS, type Setting } from "./context.ts";
import { createEmitter } from "./emitter.ts";
import { Runtime } from "./runtime.ts";

type Method = (...args: unknown[]) => unknown;
/** The queue of the stub becomes the API itself: whoever kept a reference to the array still reaches us. */
type Queue = unknown[] & { loaded?: boolean };

/** Takes over `window.waypost` and starts. A second tag on the page changes nothing. */
export function startApi(setting: Setting): void {
  const page = window as unknown as { waypost?: unknown };
  // An element with the id "waypost" would be found here too (S7).
  const queue: Queue = Array.isArray(page.waypost) ? page.waypost : [];
  if (queue.loaded) return;
  const waiting = queue.splice(0);
  const methods = createMethods(setting);
  const dispatch = (command: unknown) => {
    if (!Array.isArray(command)) return;
    const [name, ...args] = command;
    methods.get(name)?.(...args);
  };
  const consent: Record<string, Method> = {};
  const api: Record<string, unknown> = { consent, loaded: true };
  for (const [name, method] of methods) {
    const [first, second] = name.split(".") as [string, string?];
    if (second) consent[second] = method;
    else api[first] = method;
  }
  api.push = (...commands: unknown[]) => commands.forEach(dispatch);
  page.waypost = Object.assign(queue, api);
  waiting.forEach(dispatch);
}

/** Every method by the name that the queue uses: none throws into the page. */
function createMethods(setting: Setting): Map<string, Method> {
  const log = (...what: unknown[]) => {
    if (setting.debug) console.info("[waypost]", ...what);
  };
  const events = createEmitter(log);
  const runtime = new Runtime({ setting, events, log });
  const methods: [string, Method][] = [
    ...RECORDED_CALLS.map((name): [string, Method] => [
      name,
      (...args) => runtime.record({ name, args, perfMs: performance.now() }),
    ]),
    ["on", events.on],
    ["once", events.once],
    ["off", events.off],
    // Whatever cannot be called throws where throws are caught.
    ["ready", (listener) => runtime.whenOpen(() => (listener as () => void)())],
    ["reset", () => runtime.whenOpen((gate) => gate.reset())],
    ["why", () => runtime.gate?.capture?.why() ?? null],
    ["debug", (on) => (setting.debug = on !== false)],
    ["consent.get", () => ({ ...(runtime.gate?.stamp ?? NO_CONSENT), decided: runtime.gate?.decided ?? false })],
    ["consent.set", (purposes) => Array.isArray(purposes) && runtime.whenOpen((gate) => gate.choose(purposes, "api"))],
    ["consent.open", () => runtime.whenOpen((gate) => gate.open(true))],
  ];
  const guarded = (method: Method): Method => {
    return (...args) => {
      try {
        return method(...args);
      } catch (error) {
        log(error);
      }
    };
  };
  return new Map(methods.map(([name, method]) => [name, guarded(method)]));
}
