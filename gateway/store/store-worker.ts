import { workerData } from "node:worker_threads";
import { serveCommits } from "../../cloud-sync/sqlite/commit-worker.ts";
import { createStoreCore } from "./store-core.ts";

/** The store's commit thread: `sqlite-store.ts` starts it. */
serveCommits((notify) => createStoreCore(workerData, notify));
