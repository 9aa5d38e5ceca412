import type { HistoryChunk } from "../../models/history.ts";
import type { Env } from "../env.ts";
import { pipelineSink } from "./pipeline-sink.ts";
import { r2Sink } from "./r2-sink.ts";

/** Where history leaves to. A shard writes its chunks in order, each again until it was written: see `HistoryChunk`. */
export interface HistorySink {
  /** Resolves once the chunk is durable. Throws where it may not be; then the caller keeps the rows and writes them again. */
  write(chunk: HistoryChunk): Promise<void>;
}

/** The bindings that history may have. */
export type HistoryBindings = Pick<Env, "HISTORY" | "HISTORY_PIPELINE">;

/** Pipelines where they are bound, else the bucket, else none: then no rows need be kept. */
export function historySink({ HISTORY_PIPELINE, HISTORY }: HistoryBindings): HistorySink | null {
  if (HISTORY_PIPELINE) return pipelineSink(HISTORY_PIPELINE);
  return HISTORY ? r2Sink(HISTORY) : null;
}
