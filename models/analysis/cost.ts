/** What some use of the platform comes to: calls, rows and bytes, over all objects. */
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

/** Dollars a GB and month: the platform's price list of November 2026, as what follows. */
const STORAGE = { objects: 0.2, bucket: 0.015 };
/** Not counted but assumed, above what `npm run bench` shows: CPU of one request, and how long a call keeps an object busy. */
const ASSUMED = { cpuMs: 1, busyMs: 5 };

interface Priced {
  name: string;
  unit: string;
  count: (usage: Usage) => number;
  /** Dollars a unit, beyond what a plan includes. */
  price: number;
}

const TERMS: readonly Priced[] = [
  { name: "Worker requests", unit: "requests", count: (u) => u.workerRequests, price: 0.3e-6 },
  { name: "Worker CPU", unit: "ms", count: (u) => u.workerRequests * ASSUMED.cpuMs, price: 0.02e-6 },
  { name: "calls and alarms of objects", unit: "calls", count: (u) => u.objectCalls, price: 0.15e-6 },
  // 128 MB for as long as a call takes.
  { name: "objects' time", unit: "s", count: (u) => u.objectCalls * (ASSUMED.busyMs / 1000), price: 0.128 * 12.5e-6 },
  { name: "rows written", unit: "rows", count: (u) => u.rowsWritten, price: 1e-6 },
  { name: "rows read", unit: "rows", count: (u) => u.rowsRead, price: 0.001e-6 },
  { name: "history: bucket writes and lists", unit: "operations", count: (u) => u.bucketWrites, price: 4.5e-6 },
  { name: "history: bucket reads", unit: "operations", count: (u) => u.bucketReads, price: 0.36e-6 },
  { name: "configuration: KV reads", unit: "reads", count: (u) => u.kvReads, price: 0.5e-6 },
];

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
  const terms = Object.fromEntries(TERMS.map(({ name, count, price }) => [name, count(usage) * price * each]));
  const perMillion = Object.values(terms).reduce((sum, dollars) => sum + dollars, 0);
  const gigabytes = (bytes: number) => (bytes * each) / 1e9;
  const storedPerMonth = gigabytes(usage.objectBytes) * STORAGE.objects + gigabytes(usage.bucketBytes) * STORAGE.bucket;
  return { terms, perMillion, storedPerMonth };
}

/** What a site has counted. */
export interface Counters {
  batches: number;
  choices: number;
  visits: number;
  /** Visitors who came for the first time. */
  visitors: number;
  /** Times that the site's object was told of all this. */
  flushes: number;
  /** Quarters of an hour in which something came, and shards that then wrote. */
  quarters: number;
  shards: number;
}

/**
 * What each of them causes, as the bill's test measures a visit: a batch is its journey's row and its map row; a visit the page's
 * configuration, an acknowledgement and two alarms; a visitor, 13 months later, the deletion of both rows.
 */
const CAUSED: Record<"batches" | "choices" | "visits" | "visitors" | "flushes" | "intervals", Partial<Usage>> = {
  // The journey, its shard, and a lease of what the site may send.
  batches: { workerRequests: 1, objectCalls: 3, rowsWritten: 2, rowsRead: 2 },
  // The ledger, the journey, a lease.
  choices: { workerRequests: 1, objectCalls: 3, rowsWritten: 2, rowsRead: 2 },
  // The ledger is asked about erasures; the alarm rings, and pushes.
  visits: { workerRequests: 1, objectCalls: 3, rowsWritten: 3 },
  visitors: { objectCalls: 2, rowsWritten: 2 },
  flushes: { objectCalls: 1, rowsWritten: 1, kvReads: 1 },
  // A shard's file, its marks and its alarm.
  intervals: { objectCalls: 1, rowsWritten: 6, bucketWrites: 1 },
};

/** One term of a site's estimated cost. */
export interface EstimatedTerm {
  name: string;
  unit: string;
  count: number;
  dollars: number;
}

/** Nothing used of anything. */
export const NO_USAGE: Readonly<Usage> = {
  workerRequests: 0,
  objectCalls: 0,
  rowsWritten: 0,
  rowsRead: 0,
  bucketWrites: 0,
  bucketReads: 0,
  kvReads: 0,
  touchpoints: 0,
  objectBytes: 0,
  bucketBytes: 0,
};

/**
 * What a site's traffic costs, estimated from what it counted, at list prices beyond what a plan includes; without keeping it, and
 * without what a team's own calls cost.
 */
export function monthlyCost(counters: Counters): { estimated: true; dollars: number; terms: EstimatedTerm[] } {
  const { batches, quarters, shards } = counters;
  // A shard without a batch writes nothing.
  const counts = { ...counters, intervals: Math.min(quarters * shards, batches) };
  const usage = { ...NO_USAGE };
  for (const [what, caused] of Object.entries(CAUSED)) {
    for (const [key, each] of Object.entries(caused)) {
      usage[key as keyof Usage] += each * counts[what as keyof typeof CAUSED];
    }
  }
  const terms = TERMS.map(({ name, unit, count, price }) => {
    const units = count(usage);
    return { name, unit, count: units, dollars: units * price };
  });
  return { estimated: true, dollars: terms.reduce((sum, { dollars }) => sum + dollars, 0), terms };
}
