import { startIngest } from "../../cloud-sync/ingest/start-ingest.ts";
import { keptLog } from "./kept-log.ts";
import { realClock } from "./real-clock.ts";

/** An ingestion end in a process of its own, for tests that kill it. Tells its parent the port. */
const ingest = await startIngest({
  role: "all",
  listen: { host: "127.0.0.1", port: 0 },
  sinkPath: process.argv[2],
  key: new Uint8Array(32).fill(7),
  clock: realClock,
  log: keptLog(),
});
process.send?.({ port: ingest.address?.port });
