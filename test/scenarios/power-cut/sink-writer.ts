import { writeSync } from "node:fs";
import { openSqliteSink } from "../../../cloud-sync/ingest/sinks/sqlite-sink.ts";
import { systemClock } from "../../../gateway/system-clock.ts";
import { glucose } from "../../cloud-sync/ingest/sample-readings.ts";

/** The other end under the knife: it commits readings to a sink, as the ingestor does before it sends a receipt. */
const [path = "", rows = "0", key = ""] = process.argv.slice(2);
const sink = await openSqliteSink({
  path,
  key: key === "" ? null : Buffer.from(key, "hex"),
  clock: systemClock,
  thread: "worker",
});
for (let row = 1; row <= Number(rows); row += 4) {
  const readings = [row, row + 1, row + 2, row + 3].map((number) => glucose(number));
  await sink.commit(readings.map((reading) => ({ gateway: "gw-power-cut", reading })));
  for (const { id } of readings) writeSync(1, `acknowledged ${id}\n`);
}
await sink.close();
