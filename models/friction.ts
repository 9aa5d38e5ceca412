import type { FrictionConfig } from "./site-config.ts";

/**
 * The definitions that the field has settled on. Rage: three clicks within a second inside 30 px. Dead: nothing within
 * 2.5 s. Error: within a second of a click. U-turn: back within 10 s. Struggle: come back to, or refused, twice.
 */
export const FRICTION_DEFAULTS = {
  rage: { clicks: 3, withinMs: 1_000, radiusPx: 30 },
  dead: { afterMs: 2_500 },
  error: { withinMs: 1_000 },
  uTurn: { withinMs: 10_000 },
  struggle: { times: 2 },
} satisfies FrictionConfig;

/** How one detector is set, where it is on. */
export type Setting<D extends keyof FrictionConfig> = Exclude<FrictionConfig[D], false>;

/*
 * Each detector is a machine that is told what happened and when (`atMs`: any clock in ms that does not go back), and
 * answers with why it fired, in plain words with the figures that it saw, or null.
 */

/** A click of a pointer: its place in CSS px, and whether a selection of text changed with it. */
export interface Spot {
  atMs: number;
  x: number;
  y: number;
  selects: boolean;
}

/** Fires once in a burst of clicks, at the one that is too many. A click that selects text ends the burst. */
export function rageDetector({ clicks, withinMs, radiusPx }: Setting<"rage">): (click: Spot) => string | null {
  let burst: Spot[] = [];
  let told = false;
  return (click) => {
    const last = burst.at(-1) ?? click;
    const elsewhere = click.atMs - last.atMs > withinMs || distance(last, click) > radiusPx;
    if (click.selects || (told && elsewhere)) {
      burst = [];
      told = false;
    }
    if (click.selects) return null;
    burst = [...burst, click].slice(-clicks);
    const [first = click] = burst;
    const tookMs = click.atMs - first.atMs;
    const apartPx = Math.max(...burst.map((spot) => distance(first, spot)));
    if (told || burst.length < clicks || tookMs > withinMs || apartPx > radiusPx) return null;
    told = true;
    return `${clicks} clicks in ${Math.round(tookMs)} ms within ${Math.round(apartPx)} px`;
  };
}

function distance(a: Spot, b: Spot): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** A timer this late means that the page stood still, in a dialog or a long task: what the click did may still come. */
const LATE_MS = 1_000;

/** Something that fired, for one of several clicks. */
interface Fired<Click> {
  click: Click;
  why: string;
}

export interface DeadDetector<Click> {
  /** False where its target is waited for already: then this click belongs to that wait. */
  clicked: (click: Click, target: unknown, atMs: number) => boolean;
  /** Something came of a click: every click that it can have come of is alive. */
  happened: (atMs: number) => void;
  /** To be asked `afterMs` after each click. */
  due: (nowMs: number) => Fired<Click>[];
  /** Whether no click waits. */
  idle: () => boolean;
}

/** Fires for each click of which nothing came within `afterMs`, once for all clicks on one target meanwhile. */
export function deadDetector<Click>({ afterMs }: Setting<"dead">): DeadDetector<Click> {
  let waiting: { click: Click; target: unknown; atMs: number }[] = [];
  return {
    clicked(click, target, atMs) {
      if (waiting.some((one) => one.target === target)) return false;
      waiting.push({ click, target, atMs });
      return true;
    },
    happened(atMs) {
      waiting = waiting.filter((one) => atMs - one.atMs > afterMs);
    },
    due(nowMs) {
      const over = waiting.filter(({ atMs }) => nowMs - atMs >= afterMs);
      waiting = waiting.filter(({ atMs }) => nowMs - atMs < afterMs);
      return over
        .filter(({ atMs }) => nowMs - atMs <= afterMs + LATE_MS)
        .map(({ click }) => ({ click, why: `nothing happened on the page within ${afterMs} ms` }));
    },
    idle: () => waiting.length === 0,
  };
}

export interface ErrorDetector<Click> {
  clicked: (click: Click, atMs: number) => void;
  /** An error of the page's own code. */
  failed: (atMs: number) => Fired<Click> | null;
}

/** Fires at the first error that follows the last click within `withinMs`. */
export function errorDetector<Click>({ withinMs }: Setting<"error">): ErrorDetector<Click> {
  let last: { click: Click; atMs: number } | null = null;
  return {
    clicked(click, atMs) {
      last = { click, atMs };
    },
    failed(atMs) {
      if (!last || atMs - last.atMs > withinMs) return null;
      const { click, atMs: clickedMs } = last;
      last = null;
      return { click, why: `an error ${Math.round(atMs - clickedMs)} ms after the click` };
    },
  };
}

/** The page that was turned away from. */
export interface UTurn {
  path: string;
  why: string;
}

/**
 * Told of every page as it comes into view, fires where the one before the last follows, soon. Going to and fro fires
 * once a round: the page that was turned away from is not "the page before" of the one that was come back to.
 */
export function uTurnDetector({ withinMs }: Setting<"uTurn">): (path: string, atMs: number) => UTurn | null {
  let here: { path: string; atMs: number } | null = null;
  let before: string | null = null;
  return (path, atMs) => {
    const left = here;
    if (path === left?.path) return null;
    const turned = left !== null && path === before && atMs - left.atMs <= withinMs;
    here = { path, atMs };
    before = turned ? null : (left?.path ?? null);
    return turned ? { path: left.path, why: `back on the page before after ${Math.round(atMs - left.atMs)} ms` } : null;
  };
}

export interface StruggleDetector<Field> {
  focused: (field: Field) => string | null;
  refused: (field: Field) => string | null;
}

/**
 * Fires once for a field that was come back to from another field, or refused, `times` times. Focus that comes back to
 * the same field is none: so it does when a person returns to the window.
 */
export function struggleDetector<Field extends WeakKey>({ times }: Setting<"struggle">): StruggleDetector<Field> {
  const fields = new WeakMap<Field, { visited: boolean; returns: number; refusals: number; told: boolean }>();
  let last: Field | null = null;
  const troubleOf = (field: Field) => {
    const known = fields.get(field) ?? { visited: false, returns: 0, refusals: 0, told: false };
    fields.set(field, known);
    return known;
  };
  return {
    focused(field) {
      const trouble = troubleOf(field);
      if (trouble.visited && last !== field) trouble.returns++;
      trouble.visited = true;
      last = field;
      if (trouble.told || trouble.returns < times) return null;
      trouble.told = true;
      return `come back to ${trouble.returns} times`;
    },
    refused(field) {
      const trouble = troubleOf(field);
      trouble.refusals++;
      if (trouble.told || trouble.refusals < times) return null;
      trouble.told = true;
      return `refused ${trouble.refusals} times`;
    },
  };
}
