import { workerData } from "node:worker_threads";
import { serveCommits } from "../../../cloud-sync/sqlite/commit-worker.ts";
import { TallyCore } from "./tally-core.ts";

serveCommits(() => new TallyCore(workerData));
