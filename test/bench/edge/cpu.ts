import { readFileSync } from "node:fs";

/** Linux counts CPU time in 1/100 s. */
const TICK_MS = 10;
/** What a process does after its answers is over when it has taken no tick for this long. */
const IDLE_MS = 100;

/** User and system time of a process so far, ms. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Waits until a process has nothing to do; gives its CPU time so far, ms. */
async function idleCpuMs(pid: number): Promise<number> {
  for (let before = cpuMs(pid); ; ) {
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const now = cpuMs(pid);
    if (now === before) return now;
    before = now;
  }
}

/** CPU time that a process takes for some work and for what it does after the answers, ms. */
export async function spentMs(pid: number, work: () => Promise<unknown>): Promise<number> {
  const before = await idleCpuMs(pid);
  await work();
  return (await idleCpuMs(pid)) - before;
}

/** Does something for each of a list, some at once. */
export async function eachOf<T>(list: readonly T[], atOnce: number, once: (one: T) => Promise<void>): Promise<void> {
  const left = list.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const one of left) await once(one);
    }),
  );
}
