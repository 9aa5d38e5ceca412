import { expect, test } from "vitest";
import {
  deadDetector,
  errorDetector,
  FRICTION_DEFAULTS,
  rageDetector,
  struggleDetector,
  uTurnDetector,
} from "../../models/friction.ts";
import cases from "../cases/friction.json" with { type: "json" };

/** What happened, then its arguments in the order of the detector's own; and per firing the index of its event. */
interface Trace {
  name: string;
  setting?: object;
  events: (string | number)[][];
  fires: (string | number)[][];
}

type Told = string | null | { click?: string; path?: string; why: string };

/** One detector of its kind, told one event: what it answers, each as the table writes it. */
type Machine = (event: (string | number)[]) => Told[];

const text = (value: string | number | undefined) => value as string;
const ms = (value: string | number | undefined) => value as number;

const MACHINES: Record<keyof typeof FRICTION_DEFAULTS, (setting: object) => Machine> = {
  rage(setting) {
    const click = rageDetector({ ...FRICTION_DEFAULTS.rage, ...setting });
    return ([, at, x, y, selects]) => [click({ atMs: ms(at), x: ms(x), y: ms(y), selects: selects === "selects" })];
  },
  dead(setting) {
    const detector = deadDetector<string>({ ...FRICTION_DEFAULTS.dead, ...setting });
    return ([what, ...args]) => {
      if (what === "due") return detector.due(ms(args[0]));
      if (what === "happened") detector.happened(ms(args[0]));
      else detector.clicked(text(args[0]), args[0], ms(args[1]));
      return [];
    };
  },
  error(setting) {
    const detector = errorDetector<string>({ ...FRICTION_DEFAULTS.error, ...setting });
    return ([what, ...args]) => {
      if (what === "failed") return [detector.failed(ms(args[0]))];
      detector.clicked(text(args[0]), ms(args[1]));
      return [];
    };
  },
  uTurn(setting) {
    const view = uTurnDetector({ ...FRICTION_DEFAULTS.uTurn, ...setting });
    return ([, path, at]) => [view(text(path), ms(at))];
  },
  struggle(setting) {
    const fields: Record<string, { field: string }> = {};
    const detector = struggleDetector<{ field: string }>({ ...FRICTION_DEFAULTS.struggle, ...setting });
    return ([what, name]) => {
      const field = fields[text(name)] ?? { field: text(name) };
      fields[text(name)] = field;
      const why = what === "focused" ? detector.focused(field) : detector.refused(field);
      return [why === null ? null : { click: field.field, why }];
    };
  },
};

/** Everything that fired, as the table writes it: index of the event, what it was for, why. */
function fired(machine: Machine, { events }: Trace): (string | number)[][] {
  return events.flatMap((event, index) =>
    machine(event).flatMap((told) => {
      if (told === null) return [];
      return [typeof told === "string" ? [index, told] : [index, told.click ?? text(told.path), told.why]];
    }),
  );
}

function check(detector: keyof typeof FRICTION_DEFAULTS): void {
  const traces: Trace[] = cases[detector];
  for (const trace of traces) {
    expect(fired(MACHINES[detector](trace.setting ?? {}), trace), trace.name).toEqual(trace.fires);
  }
  expect(traces.filter(({ fires }) => fires.length > 0).length, "firing").toBeGreaterThanOrEqual(3);
  expect(traces.filter(({ fires }) => fires.length === 0).length, "near misses").toBeGreaterThanOrEqual(3);
}

test("K1 K2 K3 K4 rage is so many clicks within a time and a circle, once a burst, and none that selects", () => {
  check("rage");
});

test("K5 K6 K7 K8 a click is dead of which nothing came in time, once for a target that waits", () => {
  check("dead");
});

test("K9 K10 an error belongs to the last click where it follows soon, and only the first does", () => {
  check("error");
});

test("K11 K12 back on the page before, soon, is a u-turn, once a round", () => {
  check("uTurn");
});

test("K13 K14 K15 K16 a field is struggled with that was come back to from another, or refused, so often; once", () => {
  check("struggle");
});

test("K7 a detector of dead clicks is idle when no click waits", () => {
  const detector = deadDetector<string>(FRICTION_DEFAULTS.dead);
  expect(detector.idle()).toBe(true);
  expect(detector.clicked("first", "a", 0)).toBe(true);
  expect(detector.clicked("second", "a", 100)).toBe(false);
  expect(detector.idle()).toBe(false);
  detector.happened(200);
  expect(detector.idle()).toBe(true);
  expect(detector.clicked("third", "a", 300)).toBe(true);
  expect(detector.due(2_800)).toEqual([{ click: "third", why: "nothing happened on the page within 2500 ms" }]);
  expect(detector.idle()).toBe(true);
});
