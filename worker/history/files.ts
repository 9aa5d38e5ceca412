/** The Parquet of history, read when a file is first written or read: no page waits for it, so no cold start reads it. */
export function parquet(): Promise<typeof import("./parquet.ts")> {
  return import("./parquet.ts");
}
