import type { Props, Touchpoint } from "../../models/touchpoint.ts";
import type { TouchpointType } from "../../models/touchpoint-type.ts";
import type { StreamBatch } from "../../models/wire.ts";
import { type Decided, type Person, personOf, type Step } from "./person.ts";
import { type Random, randomOf } from "./random.ts";
import type { World } from "./world.ts";

/** One browser of a person, as the edge gets to know it. */
export interface Browser {
  /** 22 characters of base64url, by which the visitor is named. */
  secret: string;
  userAgent: string;
}

/**
 * What a person's pages and the site's servers send, before clocks and keys are put in. `at`: when the last of it has
 * happened, ms since 1970.
 */
export type Message =
  | { to: "consent"; at: number; browser: Browser; isGranted: boolean }
  | { to: "collect"; at: number; browser: Browser; streams: StreamBatch[]; ask: { ask: string; on: string } | null }
  | { to: "batch"; at: number; items: ServerItem[] };

/** An item of `POST /v1/batch`. */
interface ServerItem {
  type: "track" | "identify";
  /** What the edge calls the visitor; absent where the user is named instead. */
  anonymousId?: string;
  userId?: string;
  event?: string;
  /** ms since 1970. */
  timestamp: number;
  seq: number;
  channel?: string;
  properties?: Props;
}

/** What the edge says to it: who the visitor is, and what is to be shown. */
export interface Answer {
  visitor: string;
  /** `campaign` and `reservation` are "" where nothing is shown. */
  decision: { isShown: boolean; isHeldOut: boolean; campaign: string; reservation: string } | null;
}

export interface Telling {
  seed: number;
  index: number;
  /** Origin of the site's pages. */
  origin: string;
  /** When the world began, ms since 1970. */
  beganAt: number;
  /** Triggers that the published configuration lists, as an ask names them. */
  triggers: readonly string[];
  /** `visit`: pages keep what they have until one asks, or the visit is over; `page`: each sends as it comes and as it goes. */
  sends: "visit" | "page";
  /** Hears of every step, with the answer where it was an ask. */
  onStep?: (step: Step, decided: Decided | null) => void;
}

/** Streams of a batch: below the 16 that the edge takes. */
const STREAMS_SENT = 12;

/** Rows of draws, by what they are for. Behaviour has row 0: people do the same with an edge and without. */
const IDS_ROW = 1;
const SECRETS_ROW = 2;

/** The secret of a person's n-th browser: known to whoever knows the seed, so for simulated visitors alone. */
export function secretOf(seed: number, index: number, device: number): string {
  return randomOf(seed, index, SECRETS_ROW + device).id(22);
}

/**
 * Everything that one person's browsers and the site's servers send, in order; resumed with what the edge answers. Both
 * runs, over HTTP and by models/ alone, drive this.
 */
export function* messagesOf(world: World, telling: Telling): Generator<Message, void, Answer> {
  const person = personOf(world, telling);
  const ids = randomOf(telling.seed, telling.index, IDS_ROW);
  if (!person.accepts) {
    const browser = { secret: "", userAgent: person.userAgent };
    yield { to: "consent", at: telling.beganAt, browser, isGranted: false };
    return;
  }
  yield* new Pages(world, telling, person, ids).run();
}

interface Device extends Browser {
  /** What the edge called this browser's visitor first: servers name it so. */
  visitor: string;
}

class Pages {
  readonly #world: World;
  readonly #telling: Telling;
  readonly #person: Person;
  readonly #ids: Random;
  readonly #devices: Device[] = [];
  #device: Device | null = null;
  #isUser = false;
  /** Of the step that is being taken, ms since 1970. */
  #at = 0;
  /** What is not sent yet; the last is the page that is open. */
  #streams: StreamBatch[] = [];
  #page: { stream: string; url: string; seq: number } | null = null;
  #reservation = "";
  /** The place of the next item among those of each name that the server counts by. */
  readonly #told = new Map<string, number>();

  constructor(world: World, telling: Telling, person: Person, ids: Random) {
    this.#world = world;
    this.#telling = telling;
    this.#person = person;
    this.#ids = ids;
  }

  *run(): Generator<Message, void, Answer> {
    const steps = this.#person.steps();
    let decided: Decided | null = null;
    for (;;) {
      const { value: step, done } = steps.next(decided);
      if (done) {
        yield* this.#flush();
        return;
      }
      this.#at = this.#telling.beganAt + step.atMs;
      decided = yield* this.#take(step);
      this.#telling.onStep?.(step, decided);
    }
  }

  *#take(step: Step): Generator<Message, Decided | null, Answer> {
    switch (step.kind) {
      case "visit":
        yield* this.#arrive(step.device);
        return null;
      case "view": {
        const { path, title } = step.stage;
        this.#page = { stream: this.#ids.id(11), url: this.#telling.origin + path, seq: 0 };
        yield* this.#note("page", title, step.arrival ?? {});
        if (this.#telling.sends === "page") yield* this.#flush();
        return null;
      }
      case "noted":
        yield* this.#note(step.type, step.name, step.props);
        return null;
      case "outcome":
        yield* this.#note("outcome", "", { reservation: this.#reservation, outcome: step.outcome });
        return null;
      case "leave":
        yield* this.#note("leave", "", {});
        if (this.#telling.sends === "page") yield* this.#flush();
        return null;
      case "sign-in":
        yield* this.#signIn();
        return null;
      case "told":
        yield* this.#tell(step);
        return null;
      case "ask":
        return yield* this.#ask(step.stage);
    }
  }

  /** The person's n-th browser; a new one is asked for consent first. */
  *#arrive(index: number): Generator<Message, void, Answer> {
    yield* this.#flush();
    const known = this.#devices[index];
    const secret = secretOf(this.#telling.seed, this.#telling.index, index);
    this.#device = known ?? { secret, userAgent: this.#person.userAgent, visitor: "" };
    if (known) return;
    this.#devices[index] = this.#device;
    yield { to: "consent", at: this.#at, browser: this.#device, isGranted: true };
  }

  *#note(type: TouchpointType, name: string, props: Props): Generator<Message, void, Answer> {
    const page = this.#page;
    if (!page) throw new Error("nothing is noted where no page is open");
    const touchpoint: Touchpoint = { seq: page.seq++, type, name, at: this.#at, url: page.url, props };
    const last = this.#streams.at(-1);
    if (last?.stream === page.stream) last.touchpoints.push(touchpoint);
    else this.#streams.push({ stream: page.stream, touchpoints: [touchpoint] });
    if (this.#streams.length >= STREAMS_SENT) yield* this.#flush();
  }

  /** Sends what waits. */
  *#flush(ask: { ask: string; on: string } | null = null): Generator<Message, Answer["decision"], Answer> {
    const device = this.#device;
    if (!device || (this.#streams.length === 0 && !ask)) return null;
    const streams = this.#streams;
    this.#streams = [];
    const { visitor, decision } = yield { to: "collect", at: this.#at, browser: device, streams, ask };
    if (device.visitor === "") device.visitor = visitor;
    return decision;
  }

  *#ask(stage: string): Generator<Message, Decided | null, Answer> {
    const on = `stage.${stage}`;
    if (!this.#telling.triggers.includes(on)) return null;
    const decision = yield* this.#flush({ ask: this.#ids.id(22), on });
    if (!decision || !(decision.isShown || decision.isHeldOut)) return null;
    this.#reservation = decision.reservation;
    const own = this.#world.campaigns.find(({ campaign }) => isOn(campaign.trigger, stage));
    return { campaign: decision.campaign || (own?.campaign.id ?? ""), isShown: decision.isShown };
  }

  *#signIn(): Generator<Message, void, Answer> {
    yield* this.#flush();
    const device = this.#device as Device;
    const { userId } = this.#person;
    this.#isUser = true;
    const item = { anonymousId: device.visitor, userId, ...this.#placed(device.visitor) };
    yield { to: "batch", at: this.#at, items: [{ type: "identify", ...item }] };
  }

  *#tell({ channel, name, props }: Extract<Step, { kind: "told" }>): Generator<Message, void, Answer> {
    // In the order of what happened: what the page has seen before it comes before it.
    yield* this.#flush();
    const { userId } = this.#person;
    const visitor = this.#device?.visitor ?? "";
    const named = this.#isUser ? { userId } : { anonymousId: visitor };
    const placed = this.#placed(this.#isUser ? userId : visitor);
    const item: ServerItem = { type: "track", ...named, event: name, properties: props, ...placed };
    yield { to: "batch", at: this.#at, items: [{ ...item, ...(channel ? { channel } : {}) }] };
  }

  #placed(name: string): { timestamp: number; seq: number } {
    const seq = this.#told.get(name) ?? 0;
    this.#told.set(name, seq + 1);
    return { timestamp: this.#at, seq };
  }
}

function isOn(trigger: { kind: string; stage?: string }, stage: string): boolean {
  return trigger.kind === "stage" && trigger.stage === stage;
}
