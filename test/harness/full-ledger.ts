import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Texts of a chain of so many records, each holding the hash of the one before, made apart from the edge's own code. */
export function* chainOf(count: number, site: string): Generator<string> {
  let previous = "";
  for (let no = 1; no <= count; no++) {
    const text = JSON.stringify({
      v: 2,
      kind: "consent",
      no,
      at: 1_764_000_000_000 + no,
      site,
      subject: createHash("sha256").update(`subject ${no}`).digest("base64url"),
      previous,
      rev: 1,
      granted: ["analytics"],
      refused: ["scoring", "personalization"],
      surface: "banner",
      control: "accept",
      signals: { gpc: false, dnt: false },
      policy: "p".repeat(16),
      notice: "",
      language: "en",
      jurisdiction: { mode: "opt-in", place: "DE", why: "mode" },
      build: "0.1.0",
    });
    previous = createHash("sha256").update(text).digest("base64url");
    yield text;
  }
}

/** Writes a chain into the first ledger of a state folder that has a record, in place of its records. The edge is closed meanwhile. */
export function fillLedger(persist: string, count: number, site: string): void {
  const paths = readdirSync(persist, { recursive: true, encoding: "utf8" })
    .filter((path) => path.includes("LedgerObject") && path.endsWith(".sqlite") && !path.includes("metadata"))
    .map((path) => join(persist, path));
  for (const path of paths) {
    const database = new DatabaseSync(path);
    try {
      if (database.prepare("SELECT no FROM records").all().length === 0) continue;
      database.exec("BEGIN; DELETE FROM records");
      const insert = database.prepare("INSERT INTO records (no, record) VALUES (?, ?)");
      let no = 0;
      for (const text of chainOf(count, site)) insert.run(++no, text);
      database.exec("COMMIT");
      return;
    } finally {
      database.close();
    }
  }
  throw new Error("no ledger has a record");
}
