import { rm } from "node:fs/promises";
import { join } from "node:path";
import { exportConsent } from "../../../worker/cli/consent.ts";
import { verifyFolder } from "../../../worker/cli/verify-consent.ts";
import { createSite, randomKey, startEdge, stateFolder } from "../../harness/edge.ts";
import { fillLedger } from "../../harness/full-ledger.ts";
import { SMALL_SITE } from "../../harness/small-site.ts";

const RECORDS = 100_000;

/** Seconds for exporting 100,000 records over HTTP and for verifying them, and what the exporter's memory grew by. */
export async function ledgerExport(): Promise<{ exportS: number; verifyS: number; grownMb: number }> {
  const persist = await stateFolder();
  const first = await startEdge({ persist });
  const site = await createSite(first, "ledger", SMALL_SITE);
  const body = {
    v: 1,
    site: site.publicKey,
    secret: randomKey(16),
    consent: { rev: 1, purposes: ["analytics"] },
    policy: "policy-hash",
    language: "en",
    control: "accept",
  };
  const headers = { Origin: first.url };
  await fetch(`${first.url}/v1/consent`, { method: "POST", headers, body: JSON.stringify(body) });
  await first.close();
  fillLedger(persist, RECORDS, "ledger");
  const edge = await startEdge({ persist, keys: first.keys });
  const folder = join(persist, "export");
  try {
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    const startedMs = performance.now();
    const { records } = await exportConsent({ edge: edge.url, token: edge.keys.ADMIN_TOKEN, site: "ledger" }, folder);
    const exportS = (performance.now() - startedMs) / 1000;
    const grownMb = (process.memoryUsage.rss() - before) / 2 ** 20;
    const verifyingMs = performance.now();
    const faults = await verifyFolder(folder, () => {});
    const verifyS = (performance.now() - verifyingMs) / 1000;
    if (records !== RECORDS || faults.length > 0) throw new Error(`${records} records, ${faults.length} faults`);
    return { exportS, verifyS, grownMb };
  } finally {
    await edge.close();
    await rm(persist, { recursive: true, force: true });
  }
}
