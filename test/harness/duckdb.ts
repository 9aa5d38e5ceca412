import { DuckDBInstance } from "@duckdb/node-api";

/** Runs SQL statements in one session of an in-memory DuckDB that loads nothing from outside; the rows of each. */
export async function duckdb(statements: readonly string[]): Promise<Record<string, unknown>[][]> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  try {
    const answers: Record<string, unknown>[][] = [];
    for (const statement of statements) {
      answers.push((await connection.runAndReadAll(statement)).getRowObjectsJS());
    }
    return answers;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
