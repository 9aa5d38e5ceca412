import { HISTORY_SCHEMA_VERSION, type HistoryChunk, type HistoryRow } from "../../models/history.ts";
import type { HistorySink } from "./sink.ts";

/** Characters of JSON in one call: the platform takes 1 MB, and each may be three bytes. */
const SEND_CHARACTERS_MAX = 300_000;

/** A row as a pipeline gets it: it has no file and no key to say where the row belongs. */
export interface PipelineRow extends HistoryRow {
  site: string;
  shard: string;
  schema: number;
}

/** What a Pipelines binding offers. */
export interface HistoryPipeline {
  send(rows: PipelineRow[]): Promise<void>;
}

/**
 * Sends rows to Cloudflare Pipelines. A pipeline takes what it is sent, so a chunk that is repeated after a crash is
 * in it twice: readers tell rows apart as `HistoryRow` says. Throws where any call failed.
 */
export function pipelineSink(pipeline: HistoryPipeline): HistorySink {
  return {
    async write({ site, shard, rows }: HistoryChunk): Promise<void> {
      const sent = rows.map((row) => ({ ...row, site, shard, schema: HISTORY_SCHEMA_VERSION }));
      for (const part of parts(sent)) await pipeline.send(part);
    },
  };
}

function parts(rows: readonly PipelineRow[]): PipelineRow[][] {
  const found: PipelineRow[][] = [];
  let characters = 0;
  for (const row of rows) {
    const own = JSON.stringify(row).length;
    characters += own;
    const part = found.at(-1);
    if (part && characters <= SEND_CHARACTERS_MAX) {
      part.push(row);
    } else {
      found.push([row]);
      characters = own;
    }
  }
  return found;
}
