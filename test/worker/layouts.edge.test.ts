import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import ARCHITECTURE from "../../ARCHITECTURE.md?raw";
import { costOf, NO_USAGE, type Usage } from "../../models/analysis/cost.ts";

const BATCHES = 3;
const TOUCHPOINTS = 30;
/** About what a state, a batch's rows for the history and a person's day on the map weigh. */
const STATE = "s".repeat(3_000);
const BATCH = "h".repeat(2_500);
const DAY = "d".repeat(900);

/** Storage that counts what it is billed: each put, delete and alarm is a row, of a statement the runtime's own count. */
class Meter {
  rows = 0;
  calls = 0;
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  put(key: string, value: string): void {
    this.#storage.kv.put(key, value);
    this.rows++;
  }

  delete(key: string): void {
    this.#storage.kv.delete(key);
    this.rows++;
  }

  alarm(): void {
    this.rows++;
    this.calls++;
  }

  sql(statement: string, ...values: SqlStorageValue[]): void {
    this.rows += this.#storage.sql.exec(statement, ...values).rowsWritten;
  }
}

/** One visit's writes: what a journey keeps, and what its shard does; counted on the storage of one object. */
type Layout = (journey: Meter, shard: Meter) => void;

const MAP_TABLE =
  "CREATE TABLE IF NOT EXISTS people (day INTEGER, person TEXT, of TEXT, PRIMARY KEY (day, person)) WITHOUT ROWID";
const UPSERT = "INSERT OR REPLACE INTO people VALUES (1, 'p', ?)";

/** Each push is a call, and one row of the map. */
function push(shard: Meter, of = DAY): void {
  shard.calls++;
  shard.sql(UPSERT, of);
}

/** After the visit: an alarm that sets the next, and one write without what waited. */
function ends(journey: Meter, write: () => void): void {
  journey.alarm();
  write();
  journey.alarm();
}

function each(journey: Meter, take: (batch: number) => void): void {
  for (let batch = 0; batch < BATCHES; batch++) {
    journey.calls++;
    take(batch);
  }
}

const LAYOUTS: Record<string, Layout> = {
  "one value, push at once, history in the map's row": (journey, shard) => {
    each(journey, () => {
      journey.put("state", STATE + BATCH);
      push(shard, DAY + BATCH);
    });
    ends(journey, () => journey.put("state", STATE));
  },
  "two values: the state, and what waits": (journey, shard) => {
    each(journey, () => {
      journey.put("state", STATE);
      journey.put("waiting", BATCH);
      push(shard, DAY + BATCH);
    });
    ends(journey, () => journey.delete("waiting"));
  },
  "a table in place of the value": (journey, shard) => {
    journey.sql("CREATE TABLE state (id INTEGER PRIMARY KEY, of TEXT)");
    each(journey, () => {
      journey.sql("INSERT OR REPLACE INTO state VALUES (1, ?)", STATE + BATCH);
      push(shard, DAY + BATCH);
    });
    ends(journey, () => journey.sql("INSERT OR REPLACE INTO state VALUES (1, ?)", STATE));
  },
  "push by the alarm": (journey, shard) => {
    each(journey, () => journey.put("state", STATE + BATCH));
    journey.alarm();
    push(shard, DAY + BATCH);
    ends(journey, () => journey.put("state", STATE));
  },
  "history in a table of the shard": (journey, shard) => {
    shard.sql("CREATE TABLE IF NOT EXISTS waiting (no INTEGER PRIMARY KEY, of TEXT)");
    each(journey, () => {
      journey.put("state", STATE + BATCH);
      push(shard);
      shard.sql("INSERT INTO waiting (of) VALUES (?)", BATCH);
    });
    shard.sql("DELETE FROM waiting");
    ends(journey, () => journey.put("state", STATE));
  },
  "the ask in a batch of its own": (journey, shard) => {
    each(journey, () => {
      journey.put("state", STATE + BATCH);
      push(shard, DAY + BATCH);
    });
    journey.calls++;
    journey.put("state", STATE + BATCH);
    push(shard, DAY);
    ends(journey, () => journey.put("state", STATE));
  },
  "a row a touchpoint": (journey, shard) => {
    journey.sql("CREATE TABLE log (stream TEXT, seq INTEGER, of TEXT, PRIMARY KEY (stream, seq)) WITHOUT ROWID");
    each(journey, (batch) => {
      for (let i = 0; i < TOUCHPOINTS / BATCHES; i++) {
        journey.sql("INSERT INTO log VALUES ('s', ?, ?)", batch * 10 + i, "t");
      }
      journey.put("state", STATE);
      push(shard, DAY);
    });
    ends(journey, () => journey.put("state", STATE));
  },
};

const NOTHING: Usage = { ...NO_USAGE, touchpoints: TOUCHPOINTS };

async function measured(name: string, layout: Layout): Promise<{ rows: number; dollars: number }> {
  const stub = env.MAP.getByName(`layout:${name}`);
  return runInDurableObject(stub, (_, { storage }: DurableObjectState) => {
    const shard = new Meter(storage);
    // Made once for all visits of a site.
    shard.sql(MAP_TABLE);
    shard.rows = 0;
    const journey = new Meter(storage);
    layout(journey, shard);
    const rows = journey.rows + shard.rows;
    const { perMillion } = costOf({ ...NOTHING, rowsWritten: rows, objectCalls: journey.calls + shard.calls });
    return { rows, dollars: perMillion };
  });
}

test("P3 of seven layouts the one that is used is the cheapest that keeps the map fresh, and ARCHITECTURE.md says what each costs", async () => {
  const lines: string[] = [];
  const dollars = new Map<string, number>();
  for (const [name, layout] of Object.entries(LAYOUTS)) {
    const one = await measured(name, layout);
    dollars.set(name, one.dollars);
    lines.push(`| ${name} | ${one.rows} | ${one.dollars.toFixed(3)} |`);
  }
  console.log(lines.join("\n"));
  for (const line of lines) expect(ARCHITECTURE).toContain(line);
  const [used = "", ...others] = Object.keys(LAYOUTS);
  const cheaper = others.filter((name) => (dollars.get(name) as number) <= (dollars.get(used) as number));
  // It tells the map of a visit when the visit is over: minutes late, where five seconds are promised.
  expect(cheaper).toEqual(["push by the alarm"]);
});
