/** What the platform asks for, dollars, beyond what a plan includes: its price list of November 2026. */
const PRICES = {
  workerRequest: 0.3e-6,
  workerCpuMs: 0.02e-6,
  objectCall: 0.15e-6,
  /** 128 MB for as long as a call takes. */
  objectSecond: 0.128 * 12.5e-6,
  rowWritten: 1e-6,
  rowRead: 0.001e-6,
  bucketWrite: 4.5e-6,
  bucketRead: 0.36e-6,
  kvRead: 0.5e-6,
};
/** Dollars a GB and month. */
const STORAGE = { objects: 0.2, bucket: 0.015 };

/** Not counted but assumed, above what `npm run bench` shows: CPU of one request, and how long a call keeps an object busy. */
const ASSUMED = { cpuMs: 1, busyMs: 5 };

/** What some visits caused, over all objects. */
export interface Usage {
  workerRequests: number;
  objectCalls: number;
  rowsWritten: number;
  rowsRead: number;
  bucketWrites: number;
  bucketReads: number;
  kvReads: number;
  touchpoints: number;
  objectBytes: number;
  bucketBytes: number;
}

export interface Cost {
  /** Dollars a million touchpoints, by term. */
  terms: Record<string, number>;
  perMillion: number;
  /** Dollars a month for keeping what a million touchpoints leave. */
  storedPerMonth: number;
}

/** The marginal cost of a million touchpoints like those. */
export function costOf(usage: Usage): Cost {
  const each = 1e6 / usage.touchpoints;
  const terms: Record<string, number> = {
    "Worker requests": usage.workerRequests * PRICES.workerRequest * each,
    "Worker CPU": usage.workerRequests * ASSUMED.cpuMs * PRICES.workerCpuMs * each,
    "calls and alarms of objects": usage.objectCalls * PRICES.objectCall * each,
    "objects' time": usage.objectCalls * (ASSUMED.busyMs / 1000) * PRICES.objectSecond * each,
    "rows written": usage.rowsWritten * PRICES.rowWritten * each,
    "rows read": usage.rowsRead * PRICES.rowRead * each,
    "history: bucket writes and lists": usage.bucketWrites * PRICES.bucketWrite * each,
    "history: bucket reads": usage.bucketReads * PRICES.bucketRead * each,
    "configuration: KV reads": usage.kvReads * PRICES.kvRead * each,
  };
  const perMillion = Object.values(terms).reduce((sum, dollars) => sum + dollars, 0);
  const gigabytes = (bytes: number) => (bytes * each) / 1e9;
  const storedPerMonth = gigabytes(usage.objectBytes) * STORAGE.objects + gigabytes(usage.bucketBytes) * STORAGE.bucket;
  return { terms, perMillion, storedPerMonth };
}

/** The terms as lines, dearest first. */
export function costLines({ terms, perMillion, storedPerMonth }: Cost): string[] {
  const rows = Object.entries(terms).sort(([, a], [, b]) => b - a);
  return [
    ...rows.map(([name, dollars]) => `${name.padEnd(34)} ${dollars.toFixed(4)}`),
    `${"in all, dollars a million".padEnd(34)} ${perMillion.toFixed(4)}`,
    `${"keeping it, dollars a month".padEnd(34)} ${storedPerMonth.toFixed(4)}`,
  ];
}
