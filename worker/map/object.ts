import { DurableObject } from "cloudflare:workers";
import { type MapSum, plus, total } from "../../models/analysis/graph.ts";
import { type Contribution, EMPTY_CONTRIBUTION } from "../../models/journey.ts";
import type { Push } from "../../models/journey-state.ts";
import type { Env } from "../env.ts";

/** One journey's push: `person` is a pseudonym, good for finding the rows again and nothing else. */
export interface MapPush extends Push {
  journey: string;
  person: string;
}

interface Row extends Record<string, SqlStorageValue> {
  push: number;
  contribution: string;
}

/**
 * One shard of a site's live map: a row per (journey, person, day) and the sum of all rows in memory. A row is
 * replaced only by a greater push number, and the sum moves by the difference: so a push may be lost, repeated or
 * reordered, and nothing is in the sum that could not be taken out of it again.
 */
export class MapObject extends DurableObject<Env> {
  #sql = this.ctx.storage.sql;
  /** By journey id; absent until first needed after a start, then read from the rows. */
  #sums = new Map<string, MapSum>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS rows (
        journey TEXT, person TEXT, day INTEGER, push INTEGER NOT NULL, contribution TEXT NOT NULL,
        PRIMARY KEY (journey, person, day)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS exclusions (
        journey TEXT, kind TEXT, touchpoints INTEGER NOT NULL, PRIMARY KEY (journey, kind)
      ) WITHOUT ROWID;
    `);
  }

  /** Takes the absolute contributions of some days of one person. Answers once they are durable. */
  push({ journey, person, no, days }: MapPush): void {
    // Where nobody has looked at the map since the start, there is no sum to keep: a push reads its own rows alone.
    let sum = this.#sums.get(journey);
    this.ctx.storage.transactionSync(() => {
      for (const [day, contribution] of days) {
        const [row] = this.#sql
          .exec<Row>(
            "SELECT push, contribution FROM rows WHERE journey = ? AND person = ? AND day = ?",
            journey,
            person,
            day,
          )
          .toArray();
        if (row && row.push >= no) continue;
        this.#sql.exec(
          "INSERT OR REPLACE INTO rows (journey, person, day, push, contribution) VALUES (?, ?, ?, ?, ?)",
          journey,
          person,
          day,
          no,
          JSON.stringify(contribution),
        );
        const before = row ? (JSON.parse(row.contribution) as Contribution) : EMPTY_CONTRIBUTION;
        if (sum) sum = plus(plus(sum, before, -1), contribution);
      }
    });
    if (sum) this.#sums.set(journey, sum);
  }

  /** Counts touchpoints that no journey was given. */
  exclude(journey: string, kind: "bot", touchpoints: number): void {
    this.#sql.exec(
      "INSERT INTO exclusions VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET touchpoints = touchpoints + excluded.touchpoints",
      journey,
      kind,
      touchpoints,
    );
  }

  /** Takes a person out of every journey's sum and deletes the rows: found by the key, one journey after the other. */
  forget(person: string): void {
    const journeys = this.#sql.exec<{ journey: string }>("SELECT DISTINCT journey FROM rows").toArray();
    for (const { journey } of journeys) {
      const rows = this.#sql
        .exec<Row>("SELECT push, contribution FROM rows WHERE journey = ? AND person = ?", journey, person)
        .toArray();
      this.#sql.exec("DELETE FROM rows WHERE journey = ? AND person = ?", journey, person);
      const sum = this.#sums.get(journey);
      if (!sum) continue;
      const gone = rows.map((row) => JSON.parse(row.contribution) as Contribution);
      this.#sums.set(
        journey,
        gone.reduce((rest, contribution) => plus(rest, contribution, -1), sum),
      );
    }
  }

  /** The sum of all rows of a journey. */
  sum(journey: string): MapSum {
    let sum = this.#sums.get(journey);
    if (!sum) {
      const rows = this.#sql.exec<Row>("SELECT push, contribution FROM rows WHERE journey = ?", journey).toArray();
      sum = total(rows.map((row) => JSON.parse(row.contribution) as Contribution));
      this.#sums.set(journey, sum);
    }
    return sum;
  }
}
