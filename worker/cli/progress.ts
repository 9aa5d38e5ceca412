const BAR_WIDTH = 30;
/** A terminal is drawn anew at most this often. */
const REDRAW_MS = 100;

/** Where progress is written: `process.stderr`, or a list in a test. */
export interface ProgressSink {
  isTTY?: boolean;
  write: (text: string) => unknown;
}

/** How many of what there are to do: `{ total: 200, unit: "events" }`. */
export interface Work {
  total: number;
  unit: string;
}

export interface Progress {
  /** `done` of the total have a final answer; `now` in ms by any steady clock. */
  report: (done: number, now: number) => void;
  end: () => void;
}

/** A bar where a person watches; elsewhere (logs, CI) a line every 10 %. `startedAt` by the clock of `report`. */
export function progress({ total, unit }: Work, startedAt: number, sink: ProgressSink): Progress {
  let tenth = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    report: (done, now) => {
      const rate = perSecond(done, now - startedAt);
      const line = `${percent(done, total)} %  ${done} of ${total} ${unit}  ${rate} ${unit}/s`;
      if (sink.isTTY) {
        if (now - drawnAt < REDRAW_MS && done < total) return;
        drawnAt = now;
        sink.write(`\r${bar(done, total)} ${line}\x1b[K`);
      } else if (Math.floor((done * 10) / total) > tenth) {
        tenth = Math.floor((done * 10) / total);
        sink.write(`${line}\n`);
      }
    },
    end: () => {
      if (sink.isTTY) sink.write("\n");
    },
  };
}

/** How many per second, rounded; `elapsedMs` of 0 counts as one millisecond. */
export function perSecond(count: number, elapsedMs: number): number {
  return Math.round((count * 1000) / Math.max(1, elapsedMs));
}

function percent(done: number, total: number): string {
  return String(Math.floor((done * 100) / total)).padStart(3);
}

function bar(done: number, total: number): string {
  const filled = Math.floor((done * BAR_WIDTH) / total);
  return `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}]`;
}
