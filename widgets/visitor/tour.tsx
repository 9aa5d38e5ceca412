import { type JSX, render } from "preact";
import type { TourStep } from "../../models/content.ts";
import type { Veto } from "../../models/outcome.ts";
import { pathMatches } from "../../models/stage.ts";
import type { CampaignRequest, Surface } from "../../models/surface.ts";
import { ANCHOR_CSS, anchor, raise, type TargetVeto, vetoOf } from "./anchor.ts";
import { filled } from "./filled.ts";
import { type End, Frame } from "./frame.tsx";
import { reserveRoom } from "./mount.ts";
import { type Opened, openCampaign } from "./open-campaign.ts";
import { findTarget, sightOf } from "./target.ts";

/** How long a step waits for its target, and how often it looks: what comes in a shadow root no observer of ours would see. */
const WAIT_MS = 3_000;
const LOOK_EVERY_MS = 100;

const CSS = `
.steps{display:flex;flex-wrap:wrap;align-items:center;gap:.5em;margin-block:.75em .25em}
.steps>*{margin:0}
.steps p{flex:1 0 100%}
:host([hidden]){display:none!important}
a.quiet{display:inline-flex;align-items:center;border:1px solid;border-radius:calc(var(--r)/2);min-block-size:2.75em;padding:.4em 1em;color:inherit;text-decoration:none}
`;

/** Shows a step after the other, each beside its target; the page stays as it is, and can be used. */
export function show(request: CampaignRequest<"tour">): Surface | Veto {
  const tour = new Tour(request);
  return tour.begin();
}

interface Sought {
  at: number;
  /** Which way to go on where its target does not come. */
  way: 1 | -1;
  /** Whether the visitor pressed for it: then the focus goes there, and the page scrolls. */
  pressed: boolean;
  untilMs: number;
}

class Tour {
  readonly #request: CampaignRequest<"tour">;
  readonly #steps: TourStep[];
  #opened!: Opened;
  #end!: End;
  #at: number;
  #sought: Sought | null = null;
  #path = location.pathname;
  #unanchor = () => {};

  constructor(request: CampaignRequest<"tour">) {
    this.#request = request;
    this.#steps = request.content.steps;
    this.#at = request.step ?? 0;
  }

  begin(): Surface | Veto {
    const at = this.#after(this.#at, 1);
    const step = this.#steps[at];
    if (!step || !fits(step)) return "target-gone";
    // One that goes on from another page came by the visitor's press there: its target may still be on its way.
    const goesOn = this.#at > 0;
    const veto = step.target && !goesOn ? vetoOf(findTarget(step.target)) : null;
    if (veto) return veto;
    this.#at = at;
    const opened = openCampaign(this.#request, {
      name: "tour",
      css: ANCHOR_CSS + CSS,
      place: "modal",
      view: (end) => {
        this.#end = end;
        return this.#view();
      },
      says: goesOn ? [] : this.#said(),
      closesBy: "everywhere",
    });
    this.#opened = opened;
    const timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    opened.signal.addEventListener("abort", () => clearInterval(timer));
    opened.host.hidden = goesOn;
    this.#seek(at, 1, goesOn);
    return opened;
  }

  /** The first step from this one on that is of this page, or to which a link leads; those of other places are left out. */
  #after(at: number, way: 1 | -1): number {
    let next = at;
    for (let step = this.#steps[next]; step && !fits(step) && !hrefOf(step); step = this.#steps[next]) next += way;
    return next;
  }

  #seek(at: number, way: 1 | -1, pressed: boolean): void {
    this.#sought = { at, way, pressed, untilMs: performance.now() + WAIT_MS };
    this.#look();
  }

  /** Looks for the step that is sought, and whether the site has gone to another page without loading one. */
  #look(): void {
    if (this.#path !== location.pathname) this.#arrive();
    if (!this.#sought) return;
    const { at, way, pressed, untilMs } = this.#sought;
    const step = this.#steps[at] as TourStep;
    const target = step.target ? findTarget(step.target) : null;
    if (fits(step) && (!step.target || this.#isSeen(target, pressed))) this.#display(at, target, pressed);
    else if (performance.now() > untilMs) this.#pass(this.#after(at + way, way));
  }

  /** Only on the visitor's own press is the page scrolled to it. */
  #isSeen(target: Element | null, pressed: boolean): target is Element {
    if (!target) return false;
    const { host } = this.#opened;
    if (pressed && sightOf(target, host) === "out-of-view")
      target.scrollIntoView({ block: "center", behavior: "instant" });
    return sightOf(target, host) === "seen";
  }

  /** The target of the step that was sought has not come: on to the next, or, on the way back, to where the visitor was. */
  #pass(next: number): void {
    const { way, pressed } = this.#sought as Sought;
    const step = this.#steps[next];
    if (step && fits(step)) this.#seek(next, way, pressed);
    else if (way < 0) this.#seek(this.#at, 1, false);
    else this.#lose("target-gone");
  }

  /** On to the step that this page is for; else the tour waits for the visitor to come back, as for a target. */
  #arrive(): void {
    const before = this.#path;
    this.#path = location.pathname;
    const isOfThis = ({ path }: TourStep) => path !== undefined && pathMatches(path, this.#path);
    const isNew = (one: TourStep) => isOfThis(one) && !pathMatches(one.path as string, before);
    const ahead = this.#steps.findIndex((one, i) => i > this.#at && isNew(one));
    // A step of both pages stays, unless the one after it is what the visitor went for.
    if (fits(this.#steps[this.#at] as TourStep) && ahead !== this.#at + 1) return;
    const back = this.#steps.findIndex(isOfThis);
    this.#seek([ahead, back, this.#at].find((at) => at >= 0) as number, 1, false);
  }

  #display(at: number, target: Element | null, pressed: boolean): void {
    const { host, root, announce, enter } = this.#opened;
    const step = this.#steps[at] as TourStep;
    const isOther = at !== this.#at;
    this.#sought = null;
    this.#at = at;
    this.#unanchor();
    host.hidden = false;
    render(this.#view(), root);
    if (target && step.target) {
      const find = () => findTarget(step.target as string);
      const onLost = (veto: TargetVeto) => {
        if (veto === "target-covered") return this.#lose(veto);
        // It stands beside nothing now: out of sight until it does again, unless the visitor is in it.
        host.hidden = document.activeElement !== host;
        this.#seek(at, 1, false);
      };
      this.#unanchor = anchor(this.#opened, { target, find, placement: step.placement, onLost });
    } else {
      raise(host, document.body);
      this.#unanchor = reserveRoom(host);
    }
    if (isOther) this.#request.onStep?.(at);
    if (isOther || pressed) announce(...this.#said());
    if (pressed) enter();
  }

  #lose(veto: TargetVeto): void {
    this.#opened.close();
    this.#request.onLost?.(veto);
  }

  #said(): string[] {
    const { title, body } = this.#steps[this.#at] as TourStep;
    return [this.#progress(), title, ...body];
  }

  #progress(): string {
    return filled(this.#request.text.step, { n: this.#at + 1, all: this.#steps.length });
  }

  #view(): JSX.Element {
    const { text } = this.#request;
    const step = this.#steps[this.#at] as TourStep;
    const next = this.#after(this.#at + 1, 1);
    return (
      <>
        {step.target && (
          <>
            <div class="ring" />
            <div class="arrow" />
          </>
        )}
        <Frame request={this.#request} says={step} end={this.#end}>
          <div class="steps">
            <p>{this.#progress()}</p>
            {this.#to(this.#after(this.#at - 1, -1), -1, text.back)}
            {this.#steps[next] ? (
              this.#to(next, 1, text.next)
            ) : (
              <button type="button" class="action" onClick={() => this.#end("acted")}>
                {text.finish}
              </button>
            )}
            {this.#steps[next] && (
              <button type="button" class="why" onClick={() => this.#end("dismissed")}>
                {text.leave}
              </button>
            )}
          </div>
        </Frame>
      </>
    );
  }

  /** To a step of this page a button; to one of another page a link, and the step is told before it leads away. */
  #to(at: number, way: 1 | -1, label: string): JSX.Element | null {
    const step = this.#steps[at];
    if (!step) return null;
    const look = way > 0 ? "action" : "quiet";
    if (fits(step)) {
      return (
        <button type="button" class={look} onClick={() => this.#seek(at, way, true)}>
          {label}
        </button>
      );
    }
    return (
      <a class={look} href={hrefOf(step) as string} onClick={() => this.#request.onStep?.(at)}>
        {label}
      </a>
    );
  }
}

function fits({ path }: TourStep): boolean {
  return path === undefined || pathMatches(path, location.pathname);
}

/** Where a step of another page is, if its path names one page of this site. */
function hrefOf({ path = "*" }: TourStep): string | undefined {
  if (path.endsWith("*") || !URL.canParse(path, location.origin)) return undefined;
  const { origin, href } = new URL(path, location.origin);
  return origin === location.origin ? href : undefined;
}
