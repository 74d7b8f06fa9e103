import { type OpenReport, openDatabase } from "../../sqlite/database.ts";
import { SinkCore } from "./sink-core.ts";
import { sinkSchema } from "./sink-schema.ts";

/** What a sink is opened with, on whichever thread. Plain data. */
export interface SinkCoreOptions {
  readonly path: string;
  readonly key: Uint8Array | null;
  readonly at: number;
  readonly deadLettersPerGatewayMax: number;
}

/**
 * The sink may grow as large as its disk. Ids are spread over the whole of their index, so a larger WAL, which writes
 * a page back once for many changes, and a cache for the upper pages keep the rate up.
 */
export const sinkDatabaseLimits = { fileBytesMax: 2 ** 40, walBytesMax: 64 * 2 ** 20, pageCacheBytesMax: 64 * 2 ** 20 };

/** Opens the database as its only writer. Throws what `openDatabase` throws. */
export function openSinkCore(options: SinkCoreOptions): { readonly core: SinkCore; readonly report: OpenReport } {
  const { path, key, at, deadLettersPerGatewayMax } = options;
  const database = openDatabase({ path, key, at, schema: sinkSchema, limits: sinkDatabaseLimits });
  return { core: new SinkCore(database, deadLettersPerGatewayMax), report: database.report };
}
