/** The chunk of a visitor's own data: loaded when somebody asks for theirs. */
import type { Receipt } from "../models/receipt.ts";
import type { OwnData, OwnState, ReceiptView } from "../models/surface.ts";
import type { DataText, PageText } from "../models/texts/visitor-text.ts";
import type { Props } from "../models/touchpoint.ts";
import { fetchText } from "./fetch-text.ts";
import type { Gate } from "./gate.ts";
import { forgetVisitor, SECRET_KEY, storeSecret } from "./stored.ts";

/** What hears of it: the centre. */
interface Hears {
  say: (sentence: string) => void;
  /** Nothing is granted any more: the erasure goes out. */
  ended: () => void;
}

/** Shows in the element what this browser's visitor may see and do. Rejects where chunk, words or data cannot be had. */
export async function showOwnData(into: Element, gate: Gate, text: PageText, { say, ended }: Hears): Promise<void> {
  const { load, setting } = gate.parts;
  const [{ showOwnData: show }, words, data] = await Promise.all([
    load("receipt"),
    fetchText<DataText>(setting, "/data"),
    ownData(gate, ended),
  ]);
  show(into, { text: { ...text, ...words }, language: gate.consent.language, data, say });
}

/** Null where this browser has no secret that anything could be kept under. */
async function ownData(gate: Gate, ended: () => void): Promise<OwnData<Blob> | null> {
  const { parts, secret, consent } = gate;
  if (!secret) return null;
  const { base, site, credentials } = parts.setting;
  const ask = async (path: string, init: RequestInit = {}, accept = "application/json"): Promise<Response> => {
    const reply = await fetch(`${base}v1/me${path}site=${encodeURIComponent(site)}`, {
      credentials: "omit",
      referrerPolicy: "origin",
      headers: { Authorization: `Waypost ${secret}`, Accept: accept, "Accept-Language": consent.language },
      ...init,
    });
    if (!reply.ok) throw new Error(`status ${reply.status}`);
    return reply;
  };
  const post = async <Answer>(path: string, body: object): Promise<Answer> => {
    const answer = await (await ask(path, { method: "POST", body: JSON.stringify(body) })).json();
    // Of a visitor who was erased elsewhere meanwhile nothing is kept, and nothing was done.
    if (answer.kept === false) throw new Error("nothing is kept");
    return answer;
  };
  return {
    state: stateOf(await (await ask("?")).json()),
    page: async () => (await ask("?", {}, "text/html")).blob(),
    file: async (format) => (await ask(`/export?format=${format}&`)).blob(),
    receipt: async () => newest((await (await ask("/receipts?")).json()) as { receipts: Receipt[] }),
    correct: async (traits) => (await post<{ traits: Props }>("/correct?", { traits })).traits,
    restrict: (restricted) => post("/restrict?", { restricted }),
    erase: async () => {
      // Nothing is granted any more, and first of all: what were sent beside the erasure would begin a new journey, and its
      // answer bring the cookie back. It is said here, so that what another tool remembers grants nothing after it. The centre
      // stays open, so that the receipt can be saved.
      const { slot, held } = gate;
      const { open } = slot;
      slot.open = null;
      gate.note({ ...held, purposes: [], own: true }, null);
      slot.open = open;
      // Without it nobody could ask again once this page is gone: it stays until all is erased, whatever other tabs forget.
      const keep = ({ key }: Pick<StorageEvent, "key">) => {
        if (key === SECRET_KEY) storeSecret(secret);
      };
      keep({ key: SECRET_KEY });
      addEventListener("storage", keep);
      ended();
      try {
        await gate.flying;
        // The cookie goes with it.
        const reply = await ask("?", { method: "DELETE", credentials, keepalive: true });
        const file = new Blob([JSON.stringify(await reply.json(), null, 2)], { type: "application/json" });
        forgetVisitor();
        return file;
      } finally {
        removeEventListener("storage", keep);
      }
    },
  };
}

/** The part that is read here of what is known: the person's main journey comes first. */
interface Known {
  journeys: { journey: { restrictedAt?: number; traits?: { values: Props } } }[];
}

function stateOf({ journeys: [main] }: Known): OwnState {
  return { traits: main?.journey.traits?.values ?? {}, restricted: main?.journey.restrictedAt !== undefined };
}

function newest({ receipts }: { receipts: Receipt[] }): ReceiptView | null {
  const views = receipts.map((receipt) => {
    const { at, granted, refused, objects = false } = receipt["dpv:hasRecordOfActivity"]["waypost:record"];
    return { at, granted, refused, objects, file: JSON.stringify(receipt, null, 2) };
  });
  return views.sort((a, b) => b.at - a.at)[0] ?? null;
}
