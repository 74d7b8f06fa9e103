import { flushCompileCache } from "node:module";
import { workerData } from "node:worker_threads";
import { serveCommits } from "../../cloud-sync/sqlite/commit-worker.ts";
import { createStoreCore } from "./store-core.ts";

/** The store's commit thread: `sqlite-store.ts` starts it. */
serveCommits((notify) => createStoreCore(workerData, notify));
// What this thread has compiled is kept for the next start, also of a gateway that never ends but by a power cut.
setTimeout(() => flushCompileCache(), 5_000).unref();
