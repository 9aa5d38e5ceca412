const BAR_WIDTH = 30;
/** A terminal is drawn anew at most this often. */
const REDRAW_MS = 100;

/** Where progress is written: `process.stderr`, or a list in a test. */
export interface ProgressSink {
  isTTY?: boolean;
  write: (text: string) => unknown;
}

export interface Progress {
  /** `done` of the total have a final answer; `now` in ms by any steady clock. */
  report: (done: number, now: number) => void;
  end: () => void;
}

/** What there is to do. */
export interface Extent {
  total: number;
  /** Of these, what was done before. */
  before: number;
  /** By the clock of `report`. */
  startedAt: number;
  /** What is counted: "lines". */
  unit: string;
}

/** A bar where a person watches; elsewhere (logs, CI) a line every 10 %. */
export function progress({ total, before, startedAt, unit }: Extent, sink: ProgressSink): Progress {
  let tenth = partOf(10, before, total);
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    report: (done, now) => {
      const rate = perSecond(done - before, now - startedAt);
      const line = `${percent(done, total)} %  ${done} of ${total} ${unit}  ${rate} ${unit}/s`;
      if (sink.isTTY) {
        if (now - drawnAt < REDRAW_MS && done < total) return;
        drawnAt = now;
        sink.write(`\r${bar(done, total)} ${line}\x1b[K`);
      } else if (partOf(10, done, total) > tenth) {
        tenth = partOf(10, done, total);
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
  return String(partOf(100, done, total)).padStart(3);
}

/** How many of so many parts are done, rounded down; of nothing all is. */
function partOf(parts: number, done: number, total: number): number {
  return total === 0 ? parts : Math.floor((done * parts) / total);
}

function bar(done: number, total: number): string {
  const filled = partOf(BAR_WIDTH, done, total);
  return `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}]`;
}
