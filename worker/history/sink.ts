import type { HistoryRow } from "../../models/history.ts";
import type { Env } from "../env.ts";

export interface HistoryChunk {
  site: string;
  shard: string;
  from: number;
  to: number;
  rows: HistoryRow[];
}
export interface HistorySink {
  write(chunk: HistoryChunk): Promise<void>;
}
export function historySink(_env: Env): HistorySink | null {
  return null;
}
