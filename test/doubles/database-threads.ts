import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteSink } from "../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { openStore } from "../../gateway/store/sqlite-store.ts";
import { systemClock } from "../../gateway/system-clock.ts";

// Each thread writes what it compiled when it ends.
const folder = mkdtempSync(join(tmpdir(), "carepost-threads-"));
try {
  const options = { key: null, clock: systemClock, thread: "worker" } as const;
  await (await openStore({ ...options, path: join(folder, "store.db") })).close();
  await (await openSqliteSink({ ...options, path: join(folder, "sink.db") })).close();
} finally {
  rmSync(folder, { recursive: true });
}
