import { workerData } from "node:worker_threads";
import { serveCommits } from "../../sqlite/commit-worker.ts";
import { openSinkCore, type SinkCoreOptions } from "./open-sink-core.ts";
import type { SinkAnswer, SinkRequest } from "./sink-request.ts";

/** The entry module of the sink's commit thread. */
const options: SinkCoreOptions = workerData;

serveCommits<SinkRequest, SinkAnswer>((notify) => {
  const { core, report } = openSinkCore(options);
  notify(report);
  return core;
});
