/** The chunk of what lasts: surveys, of which each answer is recorded, and checklists and tours, which go on at the next page. */
import type { ChecklistContent, SurveyContent } from "../models/content.ts";
import { scrubText } from "../models/scrub.ts";
import type { CampaignRequest, OpenCampaign } from "../models/surface.ts";
import type { Touchpoint } from "../models/touchpoint.ts";
import type { PageContext } from "./context.ts";
import { forgetOpen } from "./forget-open.ts";
import { keepOpen, readOpen } from "./kept-open.ts";
import type { PresenterParts, Showing } from "./present.ts";

/** How long the next page of a tour may take to become quiet, ms. */
const RESUME_WITHIN_MS = 60_000;

export interface Lasting {
  /** What its chunk is handed, and tells. */
  hears: Pick<CampaignRequest, "done" | "step" | "onAnswered" | "onTicked" | "onStep">;
  opened: (open: OpenCampaign) => void;
  /** What the visitor did ticks what it does. */
  add: (touchpoint: Touchpoint) => void;
  /** It does not go on anywhere. */
  end: () => void;
  /** Listens no more, but goes on: with this. */
  pause: () => NonNullable<Showing["kept"]>;
}

/** Follows one surface from its showing to its end. */
export function startLasting(
  { context, signal, record, report, isMatch, past }: PresenterParts,
  { decision, kept = {} }: Pick<Showing, "decision" | "kept">,
): Lasting {
  const { kind, campaign, content } = decision;
  const goesOn = context.durable && kind !== "survey";
  const life = new AbortController();
  let { step } = kept;
  const done = new Set(kept.done);
  let surface: OpenCampaign | null = null;
  /** Items that a touchpoint does, and that were not done yet. */
  const doneBy = (touchpoint: Touchpoint): string[] =>
    kind === "checklist"
      ? (content as ChecklistContent).items
          .filter(({ id, match }) => match && !done.has(id) && isMatch(match, touchpoint))
          .map(({ id }) => id)
      : [];
  const early = past.flatMap((touchpoint) => {
    const ids = doneBy(touchpoint);
    for (const id of ids) done.add(id);
    return ids;
  });
  const keep = () => {
    if (!goesOn || life.signal.aborted || signal.aborted) return;
    keepOpen({ decision, rev: context.gate.stamp.rev, ...(step === undefined ? {} : { step }), done: [...done] });
  };
  const ticked = (item: string) => {
    done.add(item);
    keep();
    report(decision, "ticked", { item });
  };
  return {
    hears: {
      done: [...done],
      ...(step === undefined ? {} : { step }),
      onAnswered: ({ question, value }) => {
        const asked = (content as SurveyContent).questions.find(({ id }) => id === question);
        const told = Array.isArray(value) ? value.join() : typeof value === "string" ? scrubText(value) : value;
        // Nobody's answer, where somebody tries it out.
        if (decision.reason === "preview") return;
        record({
          type: "track",
          name: "Survey Answered",
          props: { campaign, question, kind: asked?.kind, value: told },
        });
      },
      onTicked: ticked,
      onStep: (next) => {
        step = next;
        keep();
      },
    },
    opened: (open) => {
      surface = open;
      keep();
      // Its showing is told first.
      queueMicrotask(() => early.forEach(ticked));
      // From when it was last seen it is kept.
      window.addEventListener("pagehide", keep, { signal: AbortSignal.any([signal, life.signal]) });
    },
    add: (touchpoint) => {
      for (const id of doneBy(touchpoint)) {
        surface?.tick?.(id);
        ticked(id);
      }
    },
    pause: () => {
      life.abort();
      return { done: [...done] };
    },
    end: () => {
      life.abort();
      if (goesOn) forgetOpen();
    },
  };
}

/** What goes on from an earlier page; null where another choice was made since, or nothing of it holds any more. */
export function resumed(stored: string, { gate, durable }: PageContext): Showing | null {
  const kept = readOpen(stored);
  if (!kept || !durable || kept.rev !== gate.stamp.rev) {
    forgetOpen();
    return null;
  }
  const beganMs = performance.now();
  return { decision: kept.decision, kept, leftMs: () => beganMs + RESUME_WITHIN_MS - performance.now() };
}
