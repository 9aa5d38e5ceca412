/** The receipt chunk: loaded when somebody asks for theirs. */
import type { Receipt } from "../models/receipt.ts";
import type { ReceiptView } from "../models/surface.ts";
import type { PageText } from "../models/texts/visitor-text.ts";
import type { Gate } from "./gate.ts";

/** Fetches what the edge last recorded of this browser, and shows it in the element. Gives the sentence that says so. */
export async function showOwnReceipt(into: Element, gate: Gate, text: PageText): Promise<string> {
  const [{ showReceipt }, receipt] = await Promise.all([gate.parts.load("receipt"), newestReceipt(gate)]);
  return showReceipt(into, { text, language: gate.consent.language, receipt });
}

/** Null where nothing is recorded that names this browser. */
async function newestReceipt({ parts, secret }: Gate): Promise<ReceiptView | null> {
  if (!secret) return null;
  const { base, site } = parts.setting;
  const reply = await fetch(`${base}v1/me/receipts?site=${encodeURIComponent(site)}`, {
    headers: { Authorization: `Waypost ${secret}` },
    credentials: "omit",
    referrerPolicy: "origin",
  });
  if (!reply.ok) throw new Error(`status ${reply.status}`);
  const { receipts } = (await reply.json()) as { receipts: Receipt[] };
  const views = receipts.map((receipt) => {
    const { at, granted, refused } = receipt["dpv:hasRecordOfActivity"]["waypost:record"];
    return { at, granted, refused, file: JSON.stringify(receipt, null, 2) };
  });
  return views.sort((a, b) => b.at - a.at)[0] ?? null;
}
